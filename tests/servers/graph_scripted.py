"""Microsoft Entra ID and Microsoft Graph on one TLS port: tokens, and the members of one group, page by page."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

TENANT, SECRET, TOKEN = "acme.example", "secret-77c1", "token-58ab"
GROUP = "01234567-89ab-cdef-0123-456789abcdef"


@dataclass
class Answer:
    """Given instead of a page, once."""

    status: int = 200
    body: object = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    drip_s: float = 0.0


@dataclass
class Graph:
    """The people, how many of them a page holds, and what was asked."""

    users: list[dict[str, Any]]
    page: int = 3
    instead: list[Answer] = field(default_factory=list)
    next_link: str = ""  # replaces the right one
    token_error: dict[str, str] = field(default_factory=dict)
    asked: list[dict[str, list[str]]] = field(default_factory=list)
    tokens: int = 0
    url: str = ""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    graph: Graph

    def do_POST(self) -> None:
        given = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.graph.tokens += 1
        wanted = {
            "grant_type": ["client_credentials"],
            "client_secret": [SECRET],
            "scope": [f"{self.graph.url}/.default"],
        }
        if self.graph.token_error:
            self._say(Answer(400, self.graph.token_error))
        elif self.path != f"/{TENANT}/oauth2/v2.0/token" or any(given.get(key) != want for key, want in wanted.items()):
            self._say(Answer(401, {"error": "invalid_client", "error_description": "AADSTS7000215: wrong secret"}))
        else:
            self._say(Answer(200, {"token_type": "Bearer", "access_token": TOKEN, "expires_in": 3600}))

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path.endswith("/openid-configuration"):
            base = f"{self.graph.url}/{TENANT}/oauth2/v2.0"
            paths = {"authorization_endpoint": "authorize", "token_endpoint": "token"}
            self._say(Answer(200, {"issuer": base, **{key: f"{base}/{path}" for key, path in paths.items()}}))
            return
        query = parse_qs(parts.query)
        self.graph.asked.append(query)
        if self.graph.instead:
            self._say(self.graph.instead.pop(0))
        elif self.headers["Authorization"] != f"Bearer {TOKEN}":
            self._say(refusal(401, "InvalidAuthenticationToken", "Access token is empty."))
        elif parts.path != f"/v1.0/groups/{GROUP}/transitiveMembers/microsoft.graph.user":
            self._say(refusal(404, "Request_ResourceNotFound", "Resource does not exist."))
        elif self.headers["ConsistencyLevel"] != "eventual" or query.get("$count") != ["true"]:
            self._say(refusal(400, "Request_UnsupportedQuery", "The cast needs ConsistencyLevel and $count."))
        else:
            self._say(Answer(200, self._page(query)))

    def _page(self, query: dict[str, list[str]]) -> dict[str, Any]:
        start = int(query.get("$skiptoken", ["0"])[0])
        wanted = query["$select"][0].split(",")
        rows = self.graph.users[start : start + self.graph.page]
        page: dict[str, Any] = {"value": [{key: user.get(key) for key in wanted} for user in rows]}
        if start + self.graph.page < len(self.graph.users):
            rest = {key: values[0] for key, values in query.items()} | {"$skiptoken": str(start + self.graph.page)}
            page["@odata.nextLink"] = (
                self.graph.next_link or f"{self.graph.url}{urlsplit(self.path).path}?{urlencode(rest)}"
            )
        return page

    def _say(self, answer: Answer) -> None:
        data = json.dumps(answer.body).encode() if answer.raw is None else answer.raw
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            for at in range(0, len(data), 1 if answer.drip_s else len(data) or 1):
                self.wfile.write(data[at : at + (1 if answer.drip_s else len(data))])
                time.sleep(answer.drip_s)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            self.close_connection = True

    def log_message(self, *_: object) -> None: ...


def refusal(status: int, code: str, message: str) -> Answer:
    return Answer(status, {"error": {"code": code, "message": message}})


@contextmanager
def microsoft_graph(context: ssl.SSLContext, users: list[dict[str, Any]]) -> Iterator[Graph]:
    """Serve `users` as the members of GROUP until the block ends."""
    graph = Graph(users)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("GraphHandler", (_Handler,), {"graph": graph}))
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True)
    graph.url = f"https://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield graph
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
