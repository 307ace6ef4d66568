"""The preview's routes: an ASGI application for this machine only. GET reads and never changes anything."""

from __future__ import annotations

import hashlib
import json
import mimetypes
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from newsletter.asgi import policy_headers
from newsletter.studio.api import Api, answer
from newsletter.studio.desk import Desk
from newsletter.studio.faults import refusal
from newsletter.studio.frame import View
from newsletter.studio.loopback import MAIL_POLICY, PAGE_POLICY, Guard

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_SERVED = (".css", ".js", ".svg")
_FOR_EVER = "public, max-age=31536000, immutable"


@cache
def static_files() -> dict[str, bytes]:
    """The page's own files by name."""
    folder = resources.files("newsletter.studio").joinpath("static")
    return {one.name: one.read_bytes() for one in folder.iterdir() if one.name.endswith((*_SERVED, ".html"))}


@cache
def static_hash() -> str:
    """Changes with every byte of them, so that browsers may keep them for ever."""
    digest = hashlib.sha256()
    for name, content in sorted(static_files().items()):
        digest.update(name.encode() + content)
    return digest.hexdigest()[:16]


def studio_app(
    desk: Desk,
    *,
    token: str,
    port: Callable[[], int],
    lifespan: Callable[[Starlette], AbstractAsyncContextManager[None]] | None = None,
) -> ASGIApp:
    """The preview's pages over one desk; `token` lets our own page change what may be changed."""
    routes = Routes(desk, token)
    answers = {status: _answered(status) for status in _WORDS}
    app = Starlette(routes=routes.all(), lifespan=lifespan, exception_handlers=answers)
    return Guard(app, port=port, token=token)


_WORDS = {
    404: "There is nothing at this address.",
    405: "This cannot be asked here.",
    500: "A bug: the terminal shows where.",
}


def _answered(status: int) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def answered(_: Request, __: Exception) -> Response:
        return answer(refusal(_WORDS[status]), status)

    return answered


class Routes:
    """What is answered at each address."""

    def __init__(self, desk: Desk, token: str) -> None:
        self.desk = desk
        self.token = token

    def all(self) -> list[Route]:
        """Every route; none takes the path of a file, a template or a query."""
        return [
            Route("/", self.page),
            Route("/static/{hash}/{name}", self.static),
            Route("/events", self.events),
            Route("/api/edition", self.edition),
            Route("/api/mail/{variant}", self.picture),
            Route("/mail/{variant}", self.mail),
            *Api(self.desk).routes(),
        ]

    async def page(self, _: Request) -> Response:
        """The page, with the token that only it can read."""
        html = static_files()["studio.html"].decode()
        html = html.replace("{{hash}}", static_hash()).replace("{{token}}", self.token)
        return HTMLResponse(html, headers=policy_headers(PAGE_POLICY))

    async def static(self, request: Request) -> Response:
        """Style and script, for ever under this address."""
        name = request.path_params["name"]
        content = static_files().get(name) if name.endswith(_SERVED) else None
        if content is None or request.path_params["hash"] != static_hash():
            return answer(refusal("There is no such file."), 404)
        headers = policy_headers(PAGE_POLICY) | {"Cache-Control": _FOR_EVER}
        return Response(content, media_type=mimetypes.guess_type(name)[0], headers=headers)

    async def edition(self, _: Request) -> Response:
        """The edition around its letters."""
        return answer(await self.desk.edition())

    async def picture(self, request: Request) -> Response:
        """One letter with everything that the page draws over it."""
        picture = await self.desk.picture(view_of(request))
        return answer(picture) if picture else self.no_letter()

    async def mail(self, request: Request) -> Response:
        """The document of the frame."""
        view = view_of(request)
        picture = await self.desk.picture(view)
        policy = MAIL_POLICY.format("'self'" if view.images else "'none'")
        if picture is None:
            return PlainTextResponse("There is no such letter.", 404, headers=policy_headers(policy))
        return HTMLResponse(picture["html"], headers=policy_headers(policy, X_Digest=picture["digest"]))

    def no_letter(self) -> Response:
        """A letter that is not there, or cannot be made."""
        error = self.desk.proofs.error_json()
        return answer(error or refusal("There is no such letter."), 422 if error else 404)

    async def events(self, request: Request) -> Response:
        """What changes from now on, as server-sent events."""
        seen = request.headers.get("last-event-id", "")
        stream = _stream(self.desk, view_of(request), int(seen) if seen.isdecimal() else None)
        return StreamingResponse(stream, media_type="text/event-stream", headers=policy_headers(PAGE_POLICY))


def view_of(request: Request) -> View:
    """What an address asks for; anything unknown counts as not asked."""
    asked = request.query_params
    return View(
        variant=request.path_params.get("variant", asked.get("variant", "")),
        reader=asked.get("as", "sample"),
        look="dark" if asked.get("look") == "dark" else "light",
        images=asked.get("images") != "off",
        drafts=asked.get("drafts") != "off",
    )


async def _stream(desk: Desk, view: View, seen: int | None) -> AsyncIterator[str]:
    async for event in desk.news(view, seen):
        if event is None:
            yield ":\n\n"
        else:
            yield f"id: {event.rev}\nevent: {event.name}\ndata: {json.dumps(event.data, ensure_ascii=False)}\n\n"
