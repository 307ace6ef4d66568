"""What every page shares that is served on this machine, for this machine alone."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


class Guard:
    """Lets a request through only if it is addressed to this machine, by a page of ours."""

    def __init__(self, app: ASGIApp, *, port: Callable[[], int]) -> None:
        """`port` is asked at each request: it may be chosen by the system at start."""
        self.app = app
        self.port = port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 421 to a foreign Host, 403 to a foreign page, 405 to anything but reading."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        refusal = self._refusal(request)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _refusal(self, request: Request) -> Response | None:
        ours = {f"{name}:{self.port()}" for name in ("127.0.0.1", "localhost", "[::1]")}
        if request.headers.get("host") not in ours:
            return PlainTextResponse("This preview answers only to this machine.", 421)
        if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return PlainTextResponse("Not from another site.", 403)
        if request.method not in ("GET", "HEAD"):
            return PlainTextResponse("The preview only reads.", 405)
        return None


def policy_headers(policy: str) -> dict[str, str]:
    """The headers of every answer: `policy` for the content, and nothing shared with any other site."""
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }


def open_browser(address: str) -> None:
    """Open a browser if there is one; a machine without one is no reason to fail, as the address is printed."""
    import webbrowser

    with contextlib.suppress(webbrowser.Error):
        webbrowser.open(address)
