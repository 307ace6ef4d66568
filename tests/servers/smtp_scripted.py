"""A real SMTP server on a socket that misbehaves as told.

A `Fault` replaces one reply: at a stage, for some recipients, some number of times, and it can
close the connection before or after. Everything accepted or dropped after the dot is recorded.
"""

from __future__ import annotations

import base64
import re
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Fault:
    """`stage`: greeting, ehlo, auth, mail, rcpt, data, body, dot, rset, noop or quit. An empty reply means none is sent."""

    stage: str
    reply: str = ""
    times: int | None = None
    close: bool = False
    match: str = ""  # only transactions whose recipient matches this expression
    pause_s: float = 0.0


@dataclass
class Received:
    sender: str
    recipient: str
    data: bytes
    answered: bool = True


@dataclass
class Script:
    faults: list[Fault] = field(default_factory=list)
    extensions: tuple[str, ...] = ("PIPELINING", "8BITMIME", "SMTPUTF8")
    context: ssl.SSLContext | None = None
    users: dict[str, str] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    connections: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    after_starttls: bytes = b""  # plaintext smuggled in the packet of the STARTTLS reply
    starttls_reply: str = ""  # offers STARTTLS, but answers this
    tls_from_start: bool = False
    mechanisms: str = "PLAIN"
    tokens: dict[str, str] = field(default_factory=dict)  # user -> the token XOAUTH2 takes
    most: int = 1000  # connections at once
    open: int = 0

    def fault(self, stage: str, recipient: str = "") -> Fault | None:
        with self.lock:
            for fault in self.faults:
                if fault.stage == stage and fault.times != 0 and re.search(fault.match, recipient):
                    if fault.times is not None:
                        fault.times -= 1
                    return fault
        return None

    @property
    def recipients(self) -> list[str]:
        with self.lock:
            return [one.recipient for one in self.received]

    @property
    def answered(self) -> list[str]:
        with self.lock:
            return [one.recipient for one in self.received if one.answered]


class _Closed(Exception):
    pass


class _Session(socketserver.BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        self.script = self.server.script
        with self.script.lock:
            self.script.connections += 1
            self.script.open += 1
            crowded = self.script.open > self.script.most
        self.sender = self.recipient = ""
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            if self.script.tls_from_start:
                self._wrap()
            self.file = self.request.makefile("rb")
            if crowded:
                self._say("421 4.3.2 too many connections")
                return
            self._answer("greeting", "220 scripted ESMTP")
            while line := self.file.readline():
                self._command(line.rstrip(b"\r\n").decode(errors="replace"))
        except (_Closed, OSError):
            pass

    def finish(self) -> None:
        with self.script.lock:
            self.script.open -= 1
        if hasattr(self, "file"):
            self.file.close()
        self.request.close()

    def _wrap(self) -> None:
        assert self.script.context is not None
        self.request = self.script.context.wrap_socket(self.request, server_side=True)

    def _say(self, reply: str) -> None:
        self.request.sendall(f"{reply}\r\n".encode())

    def _answer(self, stage: str, reply: str) -> bool:
        """Whether the usual reply was given."""
        fault = self.script.fault(stage, self.recipient)
        if fault is None:
            self._say(reply)
            return True
        self.server.stopping.wait(fault.pause_s)
        if fault.reply:
            self._say(fault.reply)
        if fault.close:
            raise _Closed
        return False

    def _command(self, line: str) -> None:
        verb = line.partition(" ")[0].upper()
        with self.script.lock:
            self.script.commands.append(line)
        handler = getattr(self, f"_do_{verb.lower()}", None)
        if handler is None:
            self._say("500 5.5.1 unknown command")
        else:
            handler(line)

    def _do_ehlo(self, line: str) -> None:
        extensions = list(self.script.extensions)
        if (self.script.context or self.script.starttls_reply) and not isinstance(self.request, ssl.SSLSocket):
            extensions.append("STARTTLS")
        if self.script.users or self.script.tokens:
            extensions.append(f"AUTH {self.script.mechanisms}")
        lines = ["scripted", *extensions]
        text = "\r\n".join(f"250{' ' if i == len(lines) - 1 else '-'}{one}" for i, one in enumerate(lines))
        self._answer("ehlo", text)

    def _do_helo(self, line: str) -> None:
        self._answer("helo", "250 scripted")

    def _do_starttls(self, line: str) -> None:
        if self.script.starttls_reply:
            self._say(self.script.starttls_reply)
            return
        self.request.sendall(b"220 go ahead\r\n" + self.script.after_starttls)
        self.file.close()
        self._wrap()
        self.file = self.request.makefile("rb")

    def _do_auth(self, line: str) -> None:
        good = getattr(self, f"_auth_{line.split()[1].lower()}")(line)
        self._answer("auth", "235 2.7.0 ok" if good else "535 5.7.8 bad credentials")

    def _auth_plain(self, line: str) -> bool:
        _, user, password = base64.b64decode(line.rsplit(maxsplit=1)[-1]).decode().split("\0")
        return self.script.users.get(user) == password

    def _auth_login(self, line: str) -> bool:
        answers = []
        for question in (b"Username:", b"Password:"):
            self._say(f"334 {base64.b64encode(question).decode()}")
            answers.append(base64.b64decode(self.file.readline()).decode())
        return self.script.users.get(answers[0]) == answers[1]

    def _auth_xoauth2(self, line: str) -> bool:
        said = base64.b64decode(line.rsplit(maxsplit=1)[-1]).decode()
        user, _, token = said.removesuffix("\1\1").removeprefix("user=").partition("\1auth=Bearer ")
        if self.script.tokens.get(user) == token:
            return True
        self._say("334 " + base64.b64encode(b'{"status":"401"}').decode())
        assert self.file.readline() == b"\r\n"
        return False

    def _do_mail(self, line: str) -> None:
        if self.sender:
            self._say("503 5.5.1 nested MAIL command")
            return
        sender = line[line.index("<") + 1 : line.index(">")]
        if self._answer("mail", "250 2.1.0 ok"):
            self.sender = sender

    def _do_rcpt(self, line: str) -> None:
        if not self.sender:
            self._say("503 5.5.1 need MAIL")
            return
        # The fault is looked up for the recipient being named, the state changes only on success.
        recipient = line[line.index("<") + 1 : line.index(">")]
        before, self.recipient = self.recipient, recipient
        if not self._answer("rcpt", "250 2.1.5 ok"):
            self.recipient = before

    def _do_data(self, line: str) -> None:
        if not self.recipient:
            self._say("503 5.5.1 need RCPT")
            return
        if not self._answer("data", "354 go on"):
            return
        if fault := self.script.fault("body", self.recipient):
            self.file.readline()
            assert fault.close
            raise _Closed
        lines = []
        while (data := self.file.readline()) != b".\r\n":
            if not data:
                raise _Closed
            lines.append(data.removeprefix(b"."))
        one = Received(self.sender, self.recipient, b"".join(lines), answered=False)
        self.sender, recipient = "", self.recipient
        fault = self.script.fault("dot", recipient)
        if fault is None or fault.close or not fault.reply or fault.reply.startswith("2"):
            with self.script.lock:
                self.script.received.append(one)
        if fault is None:
            one.answered = True
            self._say("250 2.0.0 queued")
        else:
            self.server.stopping.wait(fault.pause_s)
            if fault.reply:
                self._say(fault.reply)
                one.answered = fault.reply.startswith("2")
            if fault.close:
                raise _Closed
        self.recipient = ""

    def _do_rset(self, line: str) -> None:
        self.sender = self.recipient = ""
        self._answer("rset", "250 2.0.0 ok")

    def _do_noop(self, line: str) -> None:
        self._answer("noop", "250 2.0.0 ok")

    def _do_quit(self, line: str) -> None:
        self._answer("quit", "221 2.0.0 bye")
        raise _Closed


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, script: Script) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.script = script
        self.stopping = threading.Event()

    def handle_error(self, request: Any, client_address: Any) -> None:
        with self.script.lock:
            self.script.commands.append("SERVER ERROR")
        super().handle_error(request, client_address)


@contextmanager
def scripted(script: Script) -> Iterator[int]:
    """Run the server; its port."""
    server = _Server(script)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()
