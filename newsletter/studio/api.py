"""The routes beside the picture: facts, evidence, changes, the parts of a letter, and what the page may change."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from newsletter.asgi import policy_headers
from newsletter.errors import NewsletterError
from newsletter.studio.answers import Answers, RefusedError
from newsletter.studio.desk import Desk
from newsletter.studio.faults import refusal
from newsletter.studio.loopback import MAIL_POLICY, PAGE_POLICY

Endpoint = Callable[[Request], Awaitable[Response]]


def answer(data: Any, status: int = 200) -> Response:
    """JSON with the headers of every answer."""
    return JSONResponse(data, status, headers=policy_headers(PAGE_POLICY))


class Api:
    """One desk's answers over HTTP."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._answers = Answers(desk.proofs)

    def routes(self) -> list[Route]:
        """Every route; none takes the path of a file, a template or a query."""
        return [
            Route("/mail/{variant}/cid/{id}", self._told(self.image)),
            Route("/api/mail/{variant}/{part}", self._told(self.part)),
            Route("/api/facts", self._told(self.facts)),
            Route("/api/facts/{fact}", self._told(self.decide), methods=["PUT"]),
            Route("/api/evidence/{fact}", self._told(self.evidence)),
            Route("/api/changes", self._told(self.changes)),
            Route("/api/subject", self._told(self.subject), methods=["PUT"]),
            Route("/api/test", self._told(self.test), methods=["POST"]),
        ]

    def _told(self, endpoint: Endpoint) -> Endpoint:
        """The endpoint, with errors as the page shows them."""

        async def told(request: Request) -> Response:
            try:
                return await endpoint(request)
            except RefusedError as refused:
                return answer(self._desk.proofs.as_json(refused.error), refused.status)
            except NewsletterError as error:
                return answer(self._desk.proofs.as_json(error), 422)

        return told

    # --- reading --------------------------------------------------------------------------

    async def image(self, request: Request) -> Response:
        """An image of the letter."""
        asked = request.path_params
        image = await self._desk.by_hand(self._answers.image, asked["variant"], asked["id"])
        return Response(
            image.content, media_type=image.media_type, headers=policy_headers(MAIL_POLICY.format("'none'"))
        )

    async def part(self, request: Request) -> Response:
        """Text, source, headers or the whole message of a letter, as text."""
        asked = request.path_params
        parts = await self._desk.by_hand(
            self._answers.parts, asked["variant"], request.query_params.get("as", "sample")
        )
        match asked["part"]:
            case "text":
                return _plain(parts.text())
            case "source":
                return _plain(parts.source())
            case "raw":
                return _plain(parts.raw())
            case "headers":
                return answer(parts.headers())
            case _:
                return answer(refusal("There is no such part."), 404)

    async def facts(self, _: Request) -> Response:
        """The facts of the edition."""
        return answer(await self._desk.by_hand(self._answers.facts))

    async def evidence(self, request: Request) -> Response:
        """Where one number comes from."""
        return answer(await self._desk.by_hand(self._answers.evidence, request.path_params["fact"]))

    async def changes(self, _: Request) -> Response:
        """What changed since the approval."""
        return answer(await self._desk.by_hand(self._answers.changes))

    # --- changing -------------------------------------------------------------------------

    async def decide(self, request: Request) -> Response:
        """Pin, mute, or neither."""
        data, before = await _data(request), self._desk.rev
        await self._desk.by_hand(self._answers.decide, request.path_params["fact"], data)
        return answer({"rev": await self._desk.newer_than(before)})

    async def subject(self, request: Request) -> Response:
        """Another of the proposed subjects."""
        data, before = await _data(request), self._desk.rev
        await self._desk.by_hand(self._answers.choose_subject, data)
        return answer({"rev": await self._desk.newer_than(before)})

    async def test(self, request: Request) -> Response:
        """Test mails; the relay may take its time, so no letter waits for it."""
        mailing = await self._desk.by_hand(self._answers.trial, await _data(request))
        return answer({"results": await asyncio.to_thread(mailing.send)})


async def _data(request: Request) -> Any:
    try:
        return json.loads(await request.body())
    except (ValueError, RecursionError):
        raise RefusedError(422, NewsletterError("the request holds no JSON")) from None
    except ClientDisconnect:
        raise RefusedError(413, NewsletterError("the request is too large")) from None


def _plain(content: str | bytes) -> Response:
    return PlainTextResponse(content, headers=policy_headers(PAGE_POLICY))
