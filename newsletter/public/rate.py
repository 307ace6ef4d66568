"""`/rate/EDITION/AUDIENCE.LOCALE/QUESTION/ANSWER`: answering on a page. A GET only shows it, because scanners follow links.

The link is the same for every reader, so it needs no signature: what it names is held against what the edition asked,
and no more answers are counted than letters left. It cannot be known whether two of them are one person's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from newsletter import compose, feedback, pipeline
from newsletter.language import Catalogue, localised
from newsletter.model import ANSWERS, USEFUL
from newsletter.public import forms
from newsletter.public.site import PAGE_POLICY, Site
from newsletter.public.throttle import WINDOW_S, Throttle

_PER_MINUTE = 300  # a whole office may read its mail at nine
_COUNTED = "counted"
_ANSWERS = tuple(str(number) for number in range(1, ANSWERS + 1))
_EDITION = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)


def routes(site: Site) -> list[Route]:
    """The page and its five buttons; nothing where letters ask for mails."""
    if site.config.ratings.links != "web":
        return []
    page = Rate(site)
    path = site.path("rate", "{edition}", "{variant}", "{question}", "{answer}")
    return [Route(path, page.show), Route(path, page.count, methods=["POST"])]


class Asked(Struct, frozen=True, kw_only=True):
    """What a link asks: `most` answers may be counted, `text` is a pulse question's words."""

    edition: str
    audience: str
    locale: str
    question: str
    answer: int
    closed: bool
    most: int
    text: str | Mapping[str, str]


class Rate:
    """The answers under `/rate/`."""

    def __init__(self, site: Site) -> None:
        """`site` is what all pages share."""
        self._site = site
        self._throttle = Throttle(_PER_MINUTE)

    def show(self, request: Request) -> Response:
        """The question with a button for each answer; changes nothing."""
        asked = self._asked(request)
        if asked is None:
            return self._site.problem(request, 404)
        words = Catalogue.load(asked.locale)
        if asked.question == USEFUL:
            title = words.text("section.rate")
        else:
            title = localised(asked.text, asked.locale, self._site.config.locales[0])
        counted = request.url.query == _COUNTED
        state = "counted" if counted else "closed" if asked.closed else "open"
        return self._site.page(
            "rate.html",
            asked.locale,
            state=state,
            title=title,
            answers=compose.answer_words(words, asked.question),
            chosen=asked.answer,
            action=request.url.path,
        )

    async def count(self, request: Request) -> Response:
        """Count the answer of the button that was pressed."""
        given = forms.fields(request.headers.get("content-type", ""), await request.body())
        return await run_in_threadpool(self._count, request, given.get("answer", ""))

    def _count(self, request: Request, answer: str) -> Response:
        asked = self._asked(request)
        if asked is None:
            return self._site.problem(request, 404)
        if answer not in _ANSWERS:
            return self._site.problem(request, 400)
        if not self._throttle.allows(f"{asked.edition}/{asked.audience}/{asked.question}"):
            return self._site.problem(request, 429, **{"Retry-After": f"{WINDOW_S:.0f}"})
        taken = False
        if not asked.closed:
            with feedback.open_store(self._site.config.ratings.store) as store:
                taken = store.take_from_web(asked.edition, asked.question, asked.audience, int(answer), most=asked.most)
        back = request.url.path + (f"?{_COUNTED}" if taken else "")
        return RedirectResponse(back, 303, headers=self._site.headers(PAGE_POLICY))

    def _asked(self, request: Request) -> Asked | None:
        """What the link names, if an edition that was sent asked it."""
        edition, variant, question, answer = (
            request.path_params[name] for name in ("edition", "variant", "question", "answer")
        )
        audience, _, locale = variant.rpartition(".")
        if not _EDITION.fullmatch(edition) or answer not in _ANSWERS or locale not in self._site.config.locales:
            return None
        ballot = pipeline.ballots(self._site.config, now=datetime.now(UTC))(edition)
        if ballot is None or audience not in ballot.questions.get(question, frozenset()):
            return None
        copies, taken = self._copies(edition, audience), self._taken(edition, question, audience)
        return Asked(
            edition=edition,
            audience=audience,
            locale=locale,
            question=question,
            answer=int(answer),
            closed=ballot.closed or taken >= copies,
            most=copies,
            text=ballot.texts.get(question, ""),
        )

    def _copies(self, edition: str, audience: str) -> int:
        """How many letters this audience got; answers to an edition that was not sent cannot be."""
        with self._site.ledger() as ledger:
            counts = ledger.variant_counts(edition) if ledger is not None else {}
        return sum(number for name, number in counts.items() if name.partition(".")[0] == audience)

    def _taken(self, edition: str, question: str, audience: str) -> int:
        if not self._site.config.ratings.store.exists():
            return 0
        with feedback.open_store(self._site.config.ratings.store) as store:
            return store.web_votes(edition, question, audience)
