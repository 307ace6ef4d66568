"""An HTTP server that misbehaves as it is told, to stand in for a Prometheus that does."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs


@dataclass
class Request:
    """What arrived."""

    method: str
    path: str
    headers: dict[str, str]
    form: dict[str, str]


Reply = Callable[["Handler", Request], None]


@dataclass
class Script:
    """Replies to give in turn, the last one for ever; `seen` is what arrived."""

    replies: Sequence[Reply]
    url: str = ""
    seen: list[Request] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    over: threading.Event = field(default_factory=threading.Event)

    def next_reply(self, request: Request) -> Reply:
        with self.lock:
            self.seen.append(request)
            return self.replies[min(len(self.seen), len(self.replies)) - 1]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    script: Script

    def do_POST(self) -> None:
        self._reply()

    def do_GET(self) -> None:
        self._reply()

    def _reply(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        form = {name: values[-1] for name, values in parse_qs(body).items()}
        request = Request(self.command, self.path, dict(self.headers), form)
        try:
            self.script.next_reply(request)(self, request)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def log_message(self, *_: object) -> None: ...

    def answer(self, body: bytes, status: int = 200, kind: str = "application/json", **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


class _Server6(ThreadingHTTPServer):
    address_family = socket.AF_INET6


@contextmanager
def scripted(*replies: Reply, host: str = "127.0.0.1") -> Iterator[Script]:
    """Serve `replies` on a loopback port until the block ends."""
    script = Script(replies)
    handler = type("ScriptedHandler", (Handler,), {"script": script})
    server = (_Server6 if ":" in host else ThreadingHTTPServer)((host, 0), handler)
    server.daemon_threads = True
    script.url = f"http://{f'[{host}]' if ':' in host else host}:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield script
    finally:
        script.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def plain(body: bytes, status: int = 200, kind: str = "application/json", **headers: str) -> Reply:
    return lambda handler, _: handler.answer(body, status, kind, **headers)


def envelope(**members: Any) -> Reply:
    return plain(json.dumps(members).encode())


def vector(*rows: tuple[dict[str, str], str], **members: Any) -> Reply:
    result = [{"metric": labels, "value": [1.0, value]} for labels, value in rows]
    return envelope(status="success", data={"resultType": "vector", "result": result}, **members)


def silence(handler: Handler, _: Request) -> None:
    """Never answer."""
    handler.script.over.wait(30)
    handler.close_connection = True


def dripping(handler: Handler, _: Request) -> None:
    """A good answer, one byte at a time, each well within any read timeout."""
    body = json.dumps({"status": "success", "data": {"resultType": "vector", "result": []}}).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    handler.close_connection = True
    for byte in head + body:
        if handler.script.over.is_set():
            return
        handler.wfile.write(bytes([byte]))
        handler.wfile.flush()
        time.sleep(0.05)


def dripping_body(handler: Handler, _: Request) -> None:
    """Headers at once, then the body one byte at a time."""
    handler.send_response(200)
    handler.send_header("Content-Length", "10000")
    handler.end_headers()
    handler.close_connection = True
    while not handler.script.over.wait(0.05):
        handler.wfile.write(b" ")
        handler.wfile.flush()


def cut_short(handler: Handler, _: Request) -> None:
    """Promise more than comes."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"status":"success","data":{"resultType":"vec')
    handler.close_connection = True


def hang_up(handler: Handler, _: Request) -> None:
    """Close without a word."""
    handler.close_connection = True


def reset(handler: Handler, _: Request) -> None:
    """Begin to answer, then tear the connection down (TCP RST)."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.close_connection = True


def raw(*parts: bytes) -> Reply:
    """Send these bytes, whatever they are, then close."""

    def reply(handler: Handler, _: Request) -> None:
        handler.close_connection = True
        for part in parts:
            handler.wfile.write(part)
            handler.wfile.flush()

    return reply


def endless(head: bytes, again: bytes) -> Reply:
    """Send `head`, then `again` for ever."""

    def reply(handler: Handler, _: Request) -> None:
        handler.close_connection = True
        handler.wfile.write(head)
        while not handler.script.over.is_set():
            handler.wfile.write(again)

    return reply
