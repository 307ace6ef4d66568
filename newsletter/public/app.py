"""The ASGI application: the gate before all pages, and the pages.

A page is a module of this package with `routes(site) -> list[Route]`, named in `_PAGES`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from newsletter.asgi import capped
from newsletter.errors import LedgerError, NewsletterError
from newsletter.public import archive, rate, unsubscribe
from newsletter.public.forms import LARGEST_BODY
from newsletter.public.site import PAGE_POLICY, Site

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("newsletter")

Observe = Callable[[str, str, int, float], None]
"""Told of every answer: method, page ("/u/{token}"), status, seconds."""

NO_PAGE = "(no page)"
_RETRY_S = "60"
_PAGES = (unsubscribe, archive, rate)


def public_app(site: Site, observe: Observe, *, port: int) -> ASGIApp:
    """Everything that is reached through `public.url`, or at `port` of this machine to try it."""
    routes = [
        Route(site.path("static", "{version}", "{name}"), site.static),
        Route(site.path("robots.txt"), site.robots),
        *(route for page in _PAGES for route in page.routes(site)),
    ]
    pages = Starlette(routes=routes, exception_handlers=_handlers(site))
    pages.router.redirect_slashes = False  # it would lead to http://, as TLS ends at the proxy
    return Gate(pages, site, {route.endpoint: route.path for route in routes}, observe, port=port)


def _handlers(site: Site) -> Mapping[type[Exception], Callable[[Request, Exception], Response]]:
    """What readers are told; operators find the cause in the log."""

    def refused(request: Request, error: Exception) -> Response:
        if isinstance(error, HTTPException):
            return site.problem(request, error.status_code, **(error.headers or {}))
        return site.problem(request, 413 if isinstance(error, ClientDisconnect) else 500)

    def told(request: Request, error: Exception) -> Response:
        assert isinstance(error, NewsletterError)
        log.error("%s%s", error.message, f" - {error.hint}" if error.hint else "")
        if isinstance(error, LedgerError):
            return site.problem(request, 503, **{"Retry-After": _RETRY_S})
        return site.problem(request, 500)

    return {HTTPException: refused, ClientDisconnect: refused, NewsletterError: told, Exception: refused}


class Gate:
    """Lets through what is addressed to us and small, and notes every answer by its page, never by its address.

    `X-Forwarded-*` and `Forwarded` are not read at all: nothing here depends on who asks, or on how.
    """

    def __init__(self, app: ASGIApp, site: Site, pages: Mapping[object, str], observe: Observe, *, port: int) -> None:
        """`pages` tells the path pattern of an endpoint, `port` where it listens."""
        self._app = app
        self._site = site
        self._pages = pages
        self._observe = observe
        host = site.public.host
        here = {f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")}
        self._hosts = {host, host if ":" in host.rpartition("]")[2] else f"{host}:443"} | here

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 421 to a foreign Host, 413 to a large body; pass on the rest."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.monotonic(), 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await (self._refusal(Request(scope)) or self._app)(scope, capped(receive, LARGEST_BODY), noted)
        finally:
            page = self._pages.get(scope.get("endpoint"), NO_PAGE)
            seconds = time.monotonic() - began
            log.info("%s %s %d %.0f ms", scope["method"], page, status, seconds * 1000)
            self._observe(scope["method"], page, status, seconds)

    def _refusal(self, request: Request) -> Response | None:
        if [host.lower() for host in request.headers.getlist("host")] not in [[one] for one in self._hosts]:
            return self._refused(421, "This server answers only under its own name.")
        length = request.headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            return self._refused(413, "The request is too large.")
        return None

    def _refused(self, status: int, words: str) -> Response:
        return PlainTextResponse(f"{words}\n", status, headers=self._site.headers(PAGE_POLICY))
