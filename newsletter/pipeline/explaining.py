"""One fact with everything behind it, for whoever asks where a number comes from. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from msgspec import Struct, to_builtins

from newsletter import compose
from newsletter.config import Config
from newsletter.errors import UsageError
from newsletter.model import Day, Evidence, Fact, Outage, Period, Selection, ServiceMonth, TimeTold
from newsletter.pipeline.drafting import Draft, evidence_dict


class Printed(Struct, frozen=True, kw_only=True):
    """A number as one variant prints it, rounded and in the words of its language."""

    variant: str
    section: str
    text: str
    of: TimeTold = "month"


class Earlier(Struct, frozen=True, kw_only=True):
    """The same number in an earlier month's snapshot."""

    month: str
    value: float
    evidence: tuple[Evidence, ...]


class Explanation(Struct, frozen=True, kw_only=True):
    """Where one number comes from, and what becomes of it.

    Args:
        id: of a fact, or of a claim that could not be made.
        fact: the fact; None if the claim could not be made.
        told: "always", "did_you_know" or "spotlight"; "" where nothing chooses it: its section prints it, or it is left out.
        reason: why the claim could not be made, or the fact was passed over; "" without one.
        interval: the 95 % confidence interval of a share (0-1) by Wilson's formula; None if it is no share.
        window: the month.
        strip: the days of the service that the fact is about; None if it is about none, or about requests.
        outages: the interruptions of that service, or the one that the fact is about.
        printed: where its number stands in cards, tiles and rows of the variants.
        evidence: what it was read from.
        earlier: the same number of the months before, newest first, as far back as letters show them.
    """

    id: str
    fact: Fact | None
    told: str
    reason: str
    interval: tuple[float, float] | None
    window: Period
    strip: tuple[Day, ...] | None
    outages: tuple[Outage, ...]
    printed: tuple[Printed, ...]
    evidence: tuple[Evidence, ...]
    earlier: tuple[Earlier, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON can hold it; instants as ISO 8601 on the clock of the window. Keys are only ever added."""
        fact = self.fact
        score = {**to_builtins(fact.score), "total": fact.score.total} if fact and fact.score else None
        low_high = dict(zip(("low", "high"), self.interval, strict=True)) if self.interval else None
        return {
            "edition": self.window.label,
            "id": self.id,
            "fact": {**to_builtins(fact), "score": score} if fact else None,
            "choice": {"told": self.told, "reason": self.reason},
            "interval": {**low_high, "level": 0.95, "method": "wilson"} if low_high else None,
            "window": {
                "start": self.window.start.isoformat(),
                "end": self.window.end.isoformat(),
                "seconds": self.window.seconds,
                "timezone": self.window.timezone,
            },
            "strip": None
            if self.strip is None
            else [{"day": one.number, "state": one.state, "down_s": round(one.down_s, 3)} for one in self.strip],
            "outages": [self._outage(one) for one in self.outages],
            "printed": to_builtins(self.printed),
            "evidence": [evidence_dict(one) for one in self.evidence],
            "earlier": [
                {"month": one.month, "value": one.value, "evidence": [evidence_dict(each) for each in one.evidence]}
                for one in self.earlier
            ],
        }

    def details(self) -> Iterator[tuple[str, str]]:
        """What else the fact holds, name and value in words; instants as local times, durations also in minutes."""
        for key, value in self.fact.detail.items() if self.fact else ():
            name = key.removesuffix("_s").replace("_", " ")
            if value is None:
                yield name, "-"
            elif key in ("start", "end"):
                yield name, self.local(float(value)).isoformat(timespec="seconds")
            elif key.endswith("_s"):
                minutes = f" ({float(value) / 60:,.1f} min)" if abs(float(value)) >= 60 else ""
                yield name, f"{float(value):,.10g} s{minutes}"
            else:
                yield name, str(value)

    def local(self, at: float) -> datetime:
        """An instant (seconds since the epoch) on the clock of the window."""
        return datetime.fromtimestamp(at, self.window.start.tzinfo)

    def _outage(self, outage: Outage) -> dict[str, Any]:
        return {
            "start": self.local(outage.start).isoformat(),
            "end": self.local(outage.end).isoformat(),
            "down_s": outage.down_s,
            "continues_before": outage.continues_before,
            "continues_after": outage.continues_after,
        }


def explain(draft: Draft, fact_id: str, config: Config) -> Explanation:
    """Everything that `draft` knows of a fact.

    Args:
        draft: the edition as built.
        fact_id: a fact of the month, or a claim that could not be made.
        config: the clock of days.

    Raises:
        UsageError: there is neither of that id; the nearest one is named.
    """
    from newsletter import compose, facts

    known = {one.id: one for one in draft.facts}
    fact = known.get(fact_id)
    if fact is None and fact_id not in draft.selection.passed_over:
        near = get_close_matches(fact_id, known, n=1)
        hint = f"Did you mean {near[0]}?" if near else "List them with: newsletter facts"
        raise UsageError(f"no fact {fact_id!r} in {draft.month.label}", hint)
    service = _service(draft, fact)
    return Explanation(
        id=fact_id,
        fact=fact,
        told=where_told(fact, draft.selection) if fact else "",
        reason=draft.selection.passed_over.get(fact_id, ""),
        interval=facts.wilson_interval(fact) if fact else None,
        window=draft.month,
        strip=compose.days(service, draft.month, config.timezone) if service else None,
        outages=tuple(_outages(fact, service)) if fact and service else (),
        printed=tuple(_printed(draft, fact_id)),
        evidence=tuple(draft.snapshot.evidence[key] for key in fact.evidence if key in draft.snapshot.evidence)
        if fact
        else (),
        earlier=tuple(_earlier(draft, fact, config)) if fact else (),
    )


def _earlier(draft: Draft, fact: Fact, config: Config) -> Iterator[Earlier]:
    from newsletter import compose, facts

    known = {one.edition: one for one in draft.past[-compose.EARLIER_MONTHS :]}
    for month, one in facts.earlier(fact, tuple(known.values()), config):
        evidence = known[month].evidence
        read = tuple(evidence[key] for key in one.evidence if key in evidence)
        if one.value is not None:
            yield Earlier(month=month, value=one.value, evidence=read)


def where_told(fact: Fact, selection: Selection) -> str:
    """Which choice puts a fact into the letters: "did_you_know", "spotlight", "always"; "" if none does."""
    if fact.id in selection.did_you_know:
        return "did_you_know"
    if fact.id == selection.spotlight:
        return "spotlight"
    return "always" if fact.type in ("target_missed", "interruption") else ""


def _service(draft: Draft, fact: Fact | None) -> ServiceMonth | None:
    """The service that a fact is about, if its days are known."""
    service = draft.snapshot.services.get(fact.subject) if fact else None
    return service if service and service.basis == "time" else None


def _outages(fact: Fact, service: ServiceMonth) -> Iterator[Outage]:
    only = fact.detail.get("start") if fact.type == "interruption" else None
    yield from (one for one in service.outages if only is None or one.start == only)


def _printed(draft: Draft, fact_id: str) -> Iterator[Printed]:
    for variant, edition in draft.editions.items():
        for section in edition.sections:
            for one in compose.printed(section):
                if one.fact == fact_id:
                    yield Printed(variant=variant, section=section.kind, text=one.text, of=one.of)
