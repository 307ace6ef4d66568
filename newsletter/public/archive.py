"""Past editions: a list in each language, the letters as they were sent, and a feed. Only what was sent is there."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from newsletter.deliver import Ledger
from newsletter.language import Catalogue
from newsletter.pipeline.archive import WebEdition, WebLetter, kept
from newsletter.public.feed import Entry, Feed, atom
from newsletter.public.site import Site

_LETTER_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_ASK_EACH_TIME = "private, no-cache"
_A_DAY = "private, max-age=86400"
_MEDIA_TYPES = {"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif"}


def routes(site: Site) -> list[Route]:
    """None if no audience is public."""
    if not site.public.archive:
        return []
    archive = Archive(site)
    fronts = {site.path(""), site.public.base or "/", site.path("archive"), site.path("archive", "")}
    return [
        *(Route(path, archive.front) for path in sorted(fronts)),
        Route(site.path("archive", "{locale}"), archive.index),
        Route(site.path("archive", "{edition}", "{variant}"), archive.letter),
        Route(site.path("archive", "{edition}", "images", "{name}"), archive.image),
        Route(site.path("feed", "{variant}.atom"), archive.feed),
    ]


class Sent(Struct, frozen=True):
    """An edition that was sent, with the date of its mails."""

    edition: WebEdition
    at: datetime


class Archive:
    """The answers under `/archive` and `/feed`."""

    def __init__(self, site: Site) -> None:
        """`site` is what all pages share."""
        self._site = site
        self._sent: dict[str, datetime] = {}  # what was sent stays sent

    def front(self, request: Request) -> Response:
        """The list in the language that the browser asks for."""
        return self._index(request, self._site.locale(request))

    def index(self, request: Request) -> Response:
        """The list in one language."""
        locale = request.path_params["locale"]
        if locale not in self._site.config.locales:
            return self._site.problem(request, 404)
        return self._index(request, locale)

    def _index(self, request: Request, locale: str) -> Response:
        found = [(sent, letter) for sent in self._all() for letter in sent.edition.letters if letter.locale == locale]
        years = [(year, list(some)) for year, some in itertools.groupby(found, lambda one: one[0].edition.id[:4])]
        feeds = {letter.variant: letter.department for _, letter in found}
        others = [(one, _own_name(one)) for one in self._site.config.locales if one != locale]
        page = self._site.page("archive.html", locale, years=years, feeds=feeds, others=others)
        page.headers["Vary"] = "Accept-Language"
        return self._tagged(request, page)

    def letter(self, request: Request) -> Response:
        """One letter, to the byte as it was kept."""
        for sent in self._all():
            for letter in sent.edition.letters:
                if (sent.edition.id, letter.variant) == (
                    request.path_params["edition"],
                    request.path_params["variant"],
                ):
                    headers = self._site.headers(_LETTER_POLICY, Content_Language=letter.locale)
                    return self._tagged(request, HTMLResponse(sent.edition.html(letter), headers=headers))
        return self._site.problem(request, 404)

    def image(self, request: Request) -> Response:
        """An image that a letter shows."""
        name = request.path_params["name"]
        for sent in self._all():
            if sent.edition.id == request.path_params["edition"] and (content := sent.edition.image(name)) is not None:
                headers = self._site.headers(_LETTER_POLICY, Cache_Control=_A_DAY)
                return Response(content, media_type=_MEDIA_TYPES[name.rpartition(".")[2]], headers=headers)
        return self._site.problem(request, 404)

    def feed(self, request: Request) -> Response:
        """One variant as an Atom feed."""
        variant = request.path_params["variant"]
        found = [(sent, one) for sent in self._all() for one in sent.edition.letters if one.variant == variant]
        if not found:
            return self._site.problem(request, 404)
        url, newest = self._site.public.url, found[0][1]
        told = Feed(
            url=f"{url}/feed/{variant}.atom",
            page=f"{url}/archive/{newest.locale}",
            title=newest.department,
            locale=newest.locale,
            entries=tuple(self._entry(sent, letter) for sent, letter in found),
        )
        headers = self._site.headers("default-src 'none'")
        return self._tagged(request, Response(atom(told), media_type="application/atom+xml", headers=headers))

    def _entry(self, sent: Sent, letter: WebLetter) -> Entry:
        link = f"{self._site.public.url}/archive/{sent.edition.id}/{letter.variant}"
        return Entry(url=link, title=letter.subject, summary=letter.summary, at=sent.at)

    # --- what was sent --------------------------------------------------------------------

    def _all(self) -> list[Sent]:
        found = list(kept(self._site.config))
        if unknown := [one.id for one in found if one.id not in self._sent]:
            with self._site.ledger() as ledger:
                self._sent |= dict(_dates(ledger, unknown))
        return [Sent(one, self._sent[one.id]) for one in found if one.id in self._sent]

    def _tagged(self, request: Request, answer: Response) -> Response:
        """A browser that has it already is told so."""
        tag = f'"{hashlib.sha256(bytes(answer.body)).hexdigest()[:32]}"'
        answer.headers["Cache-Control"], answer.headers["ETag"] = _ASK_EACH_TIME, tag
        asked = request.headers.get("if-none-match", "")
        if tag not in {one.strip().removeprefix("W/") for one in asked.split(",")}:
            return answer
        del answer.headers["content-length"]
        return Response(status_code=304, headers=answer.headers)


def _dates(ledger: Ledger | None, editions: list[str]) -> Iterator[tuple[str, datetime]]:
    """The date of the mails of each edition of which the relay accepted any."""
    for id_ in editions:
        frozen = ledger.edition(id_) if ledger is not None else None
        if ledger is not None and frozen is not None and ledger.counts(id_)["accepted"]:
            yield id_, frozen.date


def _own_name(locale: str) -> str:
    """A language in itself: "Italiano"."""
    babel = Catalogue.load(locale).babel
    name = babel.get_display_name(locale) or locale
    return name[:1].upper() + name[1:]
