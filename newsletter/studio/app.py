"""The pages of the preview as an ASGI application: read only, this machine only.

A web page elsewhere must not read drafts through the editor's browser, so the Host header is
checked (DNS rebinding), cross-site requests are refused, and the mail is shown in a frame
without scripts under a policy that loads nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from importlib import resources
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from newsletter.studio.desk import Desk, Letter
from newsletter.studio.loopback import Guard, policy_headers

if TYPE_CHECKING:
    from starlette.types import ASGIApp

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
MAIL_POLICY = "sandbox allow-same-origin; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"

STATIC = {"studio.css": "text/css", "studio.js": "text/javascript"}


def _static(name: str) -> str:
    return resources.files("newsletter.studio").joinpath("static", name).read_text(encoding="utf-8")


def studio_app(
    desk: Desk,
    *,
    port: Callable[[], int],
    lifespan: Callable[[Starlette], AbstractAsyncContextManager[None]] | None = None,
) -> ASGIApp:
    """The preview's pages over one desk."""

    async def page(_: Request) -> Response:
        return HTMLResponse(_static("studio.html"), headers=policy_headers(PAGE_POLICY))

    async def static(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in STATIC:
            return PlainTextResponse("no such file", 404, headers=policy_headers(PAGE_POLICY))
        return Response(_static(name), media_type=STATIC[name], headers=policy_headers(PAGE_POLICY))

    async def edition(_: Request) -> Response:
        return JSONResponse(desk.state(), headers=policy_headers(PAGE_POLICY))

    async def events(_: Request) -> Response:
        return StreamingResponse(_stream(desk), media_type="text/event-stream", headers=policy_headers(PAGE_POLICY))

    routes = [
        Route("/", page),
        Route("/static/{name}", static),
        Route("/api/edition", edition),
        Route("/events", events),
        Route("/mail/{variant}", _of_letter(desk, _mail)),
        Route("/mail/{variant}/text", _of_letter(desk, _text)),
    ]
    return Guard(Starlette(routes=routes, lifespan=lifespan), port=port)


def _of_letter(desk: Desk, show: Callable[[Letter, Request], Response]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        letters = desk.letters.variants if desk.letters else {}
        letter = letters.get(request.path_params["variant"])
        if letter is None:
            return PlainTextResponse("no such variant", 404, headers=policy_headers(MAIL_POLICY))
        return show(letter, request)

    return endpoint


def _mail(letter: Letter, request: Request) -> Response:
    html = letter.html
    if request.query_params.get("look") in ("light", "dark"):
        html = with_look(html, request.query_params["look"])
    return HTMLResponse(html, headers=policy_headers(MAIL_POLICY) | {"X-Digest": letter.digest})


def with_look(html: str, look: str) -> str:
    """The mail with its dark rules switched on or off, whatever the system's own scheme is.

    Without `look` the bytes are exactly those of the mail.
    """
    media = "all" if look == "dark" else "not all"
    return re.sub(r"\(\s*prefers-color-scheme\s*:\s*dark\s*\)", media, html)


def _text(letter: Letter, _: Request) -> Response:
    return PlainTextResponse(letter.text, headers=policy_headers(MAIL_POLICY) | {"X-Digest": letter.digest})


async def _stream(desk: Desk) -> AsyncIterator[str]:
    async for state in desk.news():
        yield ": still here\n\n" if state is None else _event(state)


def _event(state: dict[str, Any]) -> str:
    return f"id: {state['rev']}\nevent: edition\ndata: {json.dumps(state)}\n\n"
