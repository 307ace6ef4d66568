"""What every page shares that is served on this machine, for this machine alone."""

from __future__ import annotations

import contextlib
import hmac
from collections.abc import Callable
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from newsletter.asgi import capped, policy_headers
from newsletter.studio.faults import refusal

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
MAIL_POLICY = (
    "sandbox allow-same-origin; default-src 'none'; style-src 'unsafe-inline'; img-src {}; frame-ancestors 'self'"
)

LARGEST_BODY = 65_536
"""Bytes of a request; the page never sends a tenth of it."""

_READING = ("GET", "HEAD")
_CHANGING = ("PUT", "POST")


class Guard:
    """Lets a request through only if it is addressed to this machine, by a page of ours.

    A change also needs the token that our own page holds, and the headers that only a page of this
    origin can send: no other site, and no form, can make the editor's browser send it.
    """

    def __init__(self, app: ASGIApp, *, port: Callable[[], int], token: str | None = None) -> None:
        """`port` is asked at each request: it may be chosen by the system at start. Without a token nothing changes."""
        self.app = app
        self.port = port
        self.token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 421 to a foreign Host, 403 to a foreign page, 405, 413 and 415 to what no page of ours sends."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refused = self._refusal(Request(scope))
        if refused is not None:
            await refused(scope, receive, send)
            return
        await self.app(scope, capped(receive, LARGEST_BODY), send)

    def _refusal(self, request: Request) -> Response | None:
        ours = {f"{name}:{self.port()}" for name in ("127.0.0.1", "localhost", "[::1]")}
        host = request.headers.get("host")
        if host not in ours:
            return _refused(421, "This preview answers only to this machine.")
        if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return _refused(403, "Not from another site.")
        if request.method in _READING:
            return None
        if self.token is None or request.method not in _CHANGING:
            return _refused(405, "The preview only reads.")
        return self._refused_change(request, f"http://{host}", self.token)

    def _refused_change(self, request: Request, origin: str, token: str) -> Response | None:
        given = request.headers
        if given.get("content-type", "").partition(";")[0].strip().casefold() != "application/json":
            return _refused(415, "Changes are sent as application/json.")
        if given.get("origin") != origin or given.get("sec-fetch-site") != "same-origin":
            return _refused(403, "Only the preview's own page changes anything.")
        if not hmac.compare_digest(given.get("x-studio-token", "").encode(), token.encode()):
            return _refused(403, "The page is of an earlier preview.", "Load it again.")
        length = given.get("content-length", "0")
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            return _refused(413, "The request is too large.")
        return None


def _refused(status: int, message: str, fix: str = "") -> Response:
    return JSONResponse(refusal(message, fix), status, headers=policy_headers("default-src 'none'"))


def open_browser(address: str) -> None:
    """Open a browser if there is one; a machine without one is no reason to fail, as the address is printed."""
    import webbrowser

    with contextlib.suppress(webbrowser.Error):
        webbrowser.open(address)
