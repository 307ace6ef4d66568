"""`/u/TOKEN`: leaving the list. GET only shows a page, because programs that look for harm follow every link of a mail."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property
from typing import Literal

from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from newsletter.deliver.leaving import Reader, leave, reader, stay
from newsletter.deliver.links import PATH, SAMPLE, Links
from newsletter.public import forms
from newsletter.public.site import PAGE_POLICY, Site
from newsletter.public.throttle import WINDOW_S, Throttle

_PER_MINUTE = 10
_KEPT = "kept"

Nobody = Literal["sample", "invalid"]


def routes(site: Site) -> list[Route]:
    """The page and what its buttons, or a mail program, send."""
    page = Unsubscribe(site)
    path = f"{site.public.base}{PATH}{{token}}"
    return [Route(path, page.show), Route(path, page.change, methods=["POST"])]


class Asked(Struct, frozen=True, kw_only=True):
    """Whom a token stands for; without a reader it is a sample's, or nobody's."""

    reader: Reader | None = None
    nobody: Nobody = "invalid"


class Unsubscribe:
    """The answers under `/u/`."""

    def __init__(self, site: Site) -> None:
        """`site` is what all pages share."""
        self._site = site
        self._throttle = Throttle(_PER_MINUTE)

    @cached_property
    def _links(self) -> Links:
        return Links(self._site.public)

    def show(self, request: Request) -> Response:
        """The page with its one button; changes nothing."""
        token = request.path_params["token"]
        asked = self._asked(token)
        if asked.reader is None:
            return self._nobody(request, asked.nobody)
        one = asked.reader
        return self._site.page(
            "unsubscribe.html",
            one.locale,
            state=one.standing,
            address=veiled(one.delivery.address),
            kept=request.url.query == _KEPT,
            action=self._path(token),
        )

    async def change(self, request: Request) -> Response:
        """Leave, or come back. A mail program gets a plain answer (RFC 8058, 3.1: no redirect), a browser the page."""
        given = forms.fields(request.headers.get("content-type", ""), await request.body())
        by_program = given.get("List-Unsubscribe") == "One-Click"
        wish = "leave" if by_program else given.get("do", "")
        return await run_in_threadpool(self._changed, request, wish, by_program=by_program)

    def _changed(self, request: Request, wish: str, *, by_program: bool) -> Response:
        if wish not in ("leave", "stay"):
            return self._site.problem(request, 400)
        token = request.path_params["token"]
        asked = self._asked(token)
        if asked.reader is None:
            return self._nobody(request, asked.nobody)
        if not self._throttle.allows(token):
            return self._site.problem(request, 429, **{"Retry-After": f"{WINDOW_S:.0f}"})
        with self._site.ledger() as ledger:
            if ledger is not None:
                leave(ledger, asked.reader, datetime.now(UTC)) if wish == "leave" else stay(ledger, asked.reader)
        headers = self._site.headers(PAGE_POLICY)
        if by_program:
            return PlainTextResponse("Unsubscribed.\n", headers=headers)
        back = self._path(token) + (f"?{_KEPT}" if wish == "stay" else "")
        return RedirectResponse(back, 303, headers=headers)

    def _asked(self, token: str) -> Asked:
        if token == SAMPLE:
            return Asked(nobody="sample")
        row = self._links.row(token) if self._site.public.unsubscribe else None
        if row is None:
            return Asked()
        with self._site.ledger() as ledger:
            return Asked(reader=reader(ledger, row) if ledger is not None else None)

    def _nobody(self, request: Request, why: Nobody) -> Response:
        status = 200 if why == "sample" else 404
        locale = self._site.locale(request)
        return self._site.page("unsubscribe.html", locale, status=status, state=why, address="")

    def _path(self, token: str) -> str:
        return f"{self._site.public.base}{PATH}{token}"


def veiled(address: str) -> str:
    """Enough of an address for its owner to know it, as links may end in the logs of others: "m…r@acme.example"."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…{local[-1:] if len(local) > 2 else ''}@{domain}"
