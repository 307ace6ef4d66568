"""The facts of an edition as the page lists them, and where a single number comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, get_args

from newsletter import compose, pipeline
from newsletter.config import Config
from newsletter.language import Catalogue, Formats, without_isolates
from newsletter.language.values import plain_value
from newsletter.model import Editorial, Evidence, Fact, Outage, TimeTold
from newsletter.pipeline import Draft, Earlier, Explanation


class Telling:
    """One edition's facts in the words of the studio, which speaks English; their titles in the languages of the letters."""

    def __init__(self, draft: Draft, config: Config, editorial: Editorial) -> None:
        self._draft = draft
        self._config = config
        self._editorial = editorial
        self._formats = Formats(Catalogue.load("en"), config.timezone)
        self._where = self._places()
        self._titles = dict(zip(config.locales, map(self._titled, config.locales), strict=True))

    def facts_json(self) -> dict[str, Any]:
        """What must be told, what was chosen, and what was not, each with its reason."""
        facts, selection = {one.id: one for one in self._draft.facts}, self._draft.selection
        chosen = [*selection.did_you_know, *filter(None, [selection.spotlight])]
        must = [one for one in self._draft.facts if pipeline.where_told(one, selection) == "always"]
        return {
            "must": [self.fact_json(one) for one in must],
            "chosen": [self.fact_json(facts[name]) for name in chosen if name in facts],
            "passed": [self._passed(name, why, facts.get(name)) for name, why in selection.passed_over.items()],
        }

    def fact_json(self, fact: Fact, reason: str = "") -> dict[str, Any]:
        """One fact."""
        score = fact.score
        parts = ("total", "impact", "significance", "effect", "novelty")
        return {
            "id": fact.id,
            "titles": self._titles_of(fact.id),
            "type": fact.type,
            "value": plain_value(fact.value, fact.unit),
            "unit": fact.unit,
            "level": fact.level,
            "target": None if fact.target is None else plain_value(fact.target, fact.unit),
            "met": fact.met,
            "previous": None if fact.previous is None else plain_value(fact.previous, fact.unit),
            "score": {name: round(getattr(score, name), 4) for name in parts} if score else None,
            "state": self.state(fact.id),
            "reason": reason,
            "where": self._where.get(fact.id, []),
            "evidence": list(fact.evidence),
        }

    def state(self, name: str) -> str:
        """What the editors decided about a fact."""
        return "pin" if name in self._editorial.pin else "mute" if name in self._editorial.mute else "none"

    def _passed(self, name: str, reason: str, fact: Fact | None) -> dict[str, Any]:
        state = self.state(name)
        marks = {"pinned": state == "pin", "muted": state == "mute"}
        if fact is not None:
            return self.fact_json(fact, reason) | marks
        return {
            "id": name,
            "titles": self._titles_of(name),
            "reason": reason,
            "state": state,
        } | marks

    def _titled(self, locale: str) -> Mapping[str, str]:
        """What each fact is called in one language of the letters."""
        draft = self._draft
        context = compose.Context.of(
            draft.facts,
            (),
            selection=draft.selection,
            snapshot=draft.snapshot,
            past=(),
            audience="",
            locale=locale,
            config=self._config,
        )
        return compose.fact_titles(context, known_ids(draft))

    def _titles_of(self, name: str) -> dict[str, str]:
        return {locale: without_isolates(titles.get(name, name)) for locale, titles in self._titles.items()}

    def _places(self) -> dict[str, list[str]]:
        """Where each fact is printed: the letter, and the title of the section."""
        places: dict[str, list[str]] = {}
        for variant, edition in self._draft.editions.items():
            for section in edition.sections:
                for one in compose.printed(section):
                    places.setdefault(one.fact, []).append(f"{variant}: {section.title}")
            for one in edition.minute_quoted:
                places.setdefault(one.fact, []).append(f"{variant}: {edition.minute_title}")
            for quoted in edition.quoted:
                places.setdefault(quoted.fact, []).append(f"{variant}: a note")
        return {fact: list(dict.fromkeys(found)) for fact, found in places.items()}

    # --- one number -----------------------------------------------------------------------

    def evidence_json(self, explained: Explanation) -> dict[str, Any]:
        """Where one number comes from, and what becomes of it."""
        fact, window = explained.fact, explained.window
        low_high = explained.interval
        return {
            "fact": self.fact_json(fact, explained.reason)
            if fact
            else self._passed(explained.id, explained.reason, None),
            "window": f"{self._formats.window(window.start, window.end)} ({window.seconds / 3600:g} hours)",
            "interval": "{:.1%} to {:.1%} (95 %, Wilson)".format(*low_high) if low_high else None,
            "detail": list(explained.details()),
            "strip": None
            if explained.strip is None
            else [{"day": one.number, "state": one.state} for one in explained.strip],
            "outages": [self._outage(one, explained) for one in explained.outages],
            "evidence": [self._evidence(one) for one in explained.evidence],
            "command": f"newsletter explain {explained.id} --month {window.label}",
            "value": "" if fact is None or fact.value is None else repr(fact.value),
            "printed": {locale: _printed(explained, locale) for locale in self._config.locales},
            "earlier": [self._earlier(one, fact) for one in explained.earlier if fact],
        }

    def _earlier(self, one: Earlier, fact: Fact) -> dict[str, Any]:
        return {
            "month": one.month,
            "value": plain_value(one.value, fact.unit),
            "evidence": [self._evidence(each) for each in one.evidence],
        }

    def _outage(self, outage: Outage, explained: Explanation) -> dict[str, Any]:
        start, end = explained.local(outage.start), explained.local(outage.end)
        return {"start": self._at(start), "end": self._at(end), "minutes": round(outage.down_s / 60, 1)}

    def _evidence(self, one: Evidence) -> dict[str, Any]:
        return {
            "id": one.id,
            "origin": one.origin,
            "query": one.query,
            "evaluated_at": self._at(one.evaluated_at.astimezone(self._config.timezone)),
            "samples": one.samples,
            "coverage": one.coverage,
            "warnings": list(one.warnings),
        }

    def _at(self, at: datetime) -> str:
        return f"{at.day} {at:%b %Y, %H:%M}"


def _printed(explained: Explanation, locale: str) -> dict[TimeTold, list[str]]:
    """How the letters in one language print the number of each time, each wording once."""
    own = [one for one in explained.printed if one.variant.rpartition(".")[2] == locale]
    return {
        time: list(dict.fromkeys(without_isolates(one.text) for one in own if one.of == time))
        for time in get_args(TimeTold)
    }


def known_ids(draft: Draft) -> Iterator[str]:
    """Every fact, and every claim that could not be made."""
    yield from (fact.id for fact in draft.facts)
    yield from draft.selection.passed_over
