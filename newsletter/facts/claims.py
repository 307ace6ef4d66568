"""What the months together allow to say: changes, records, streaks, milestones, shares.

Each kind of claim declares the least that it needs; what falls short is refused with the reason,
which `newsletter facts` shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from newsletter.config import Config
from newsletter.facts import gate
from newsletter.facts.equivalences import equivalences
from newsletter.facts.history import Series, series, unbroken
from newsletter.facts.shares import proactive_share, top_share
from newsletter.facts.spotlights import spotlights
from newsletter.model import Fact, ServiceMonth, Snapshot

STREAKS = frozenset({3, 6, *range(12, 601, 6)})
"""Numbers of months worth naming: a quarter, half a year, and every half year from the first on."""
LEAST_MILESTONE = 1_000

Refusal = str


class Claims(Struct):
    """Facts beyond the plain numbers, and what could not be claimed, by the id it would have had."""

    facts: list[Fact] = field(default_factory=list)
    refused: dict[str, Refusal] = field(default_factory=dict)

    def add(self, found: Iterator[Fact | tuple[str, Refusal]]) -> None:
        """Sort what a rule found into claims and refusals."""
        for one in found:
            if isinstance(one, Fact):
                self.facts.append(one)
            else:
                self.refused[one[0]] = one[1]


def claims(facts: Sequence[Fact], snapshot: Snapshot, past: Sequence[Snapshot], config: Config) -> Claims:
    """Every claim that the numbers of this month and the months before allow.

    Args:
        facts: the plain numbers of the month.
        snapshot: the month itself.
        past: earlier months, in any order.
        config: the gate's limits, targets, names and rules.
    """
    run = unbroken(snapshot, past, config)
    found = Claims()
    every = tuple(series(facts, snapshot, run, config))
    found.add(_changes(every, config))
    for one in every:
        found.add(_milestone(one, run))
        found.add(_first_time(one))
    found.add(_streaks(facts, run, config))
    found.add(top_share(facts, config))
    found.add(proactive_share(facts, config))
    found.add(equivalences(facts, snapshot, config))
    found.add(spotlights(facts, config))
    return found


# --- changes and records ------------------------------------------------------------------


def _changes(every: Sequence[Series], config: Config) -> Iterator[Fact | tuple[str, Refusal]]:
    """One test a series; the gate is over all of them together."""
    tested: list[tuple[Series, gate.Comparison]] = []
    for one in every:
        compared = gate.compare(one.points, one.now, one.scale)
        if compared is None:
            needs = f"needs {gate.LEAST_HISTORY} months of history, there are {len(one.points)}"
            yield f"{one.fact.id}.change", needs
        else:
            tested.append((one, compared))
    passed = gate.passing([compared.p for _, compared in tested], config.facts.false_discovery_rate)
    for number, (one, compared) in enumerate(tested):
        reason = _why_no_change(one, compared, sure=number in passed, config=config)
        yield (f"{one.fact.id}.change", reason) if reason else _change(one, compared)


def _why_no_change(one: Series, compared: gate.Comparison, *, sure: bool, config: Config) -> Refusal:
    if not sure:
        return f"chance could explain it (p = {compared.p:.2g}, {compared.months} months of history)"
    if compared.effect < config.facts.min_effect:
        return f"only {compared.effect:.0%} away from the usual, told from {config.facts.min_effect:.0%}"
    if one.scale != "duration" and compared.base < config.facts.min_base:
        return f"counts around {compared.base:.0f} are too small for a change word"
    if _like_a_year_ago(one, compared):
        return "the same month a year ago was like it, so this may be the season"
    return ""


def _like_a_year_ago(one: Series, compared: gate.Comparison) -> bool:
    """Nearer to the year before than to the usual: with less than two years known, no season can be proved or ruled out."""
    if compared.seasonal or len(one.points) < gate.SEASON:
        return False
    then, now = one.points[-gate.SEASON].value, one.now.value
    return abs(now - then) < abs(now - compared.usual) / 2


def _change(one: Series, compared: gate.Comparison) -> Fact:
    kind = "record" if compared.extreme else "change"
    return replace(
        one.fact,
        id=f"{one.fact.id}.{kind}",
        type=kind,
        level="change",
        target=None,
        met=None,
        detail={
            "usual": compared.usual,
            "direction": "more" if one.now.value > compared.usual else "less",
            "months": compared.months,
            "seasonal": int(compared.seasonal),
            "p": compared.p,
            "effect": compared.effect,
            "part": one.now.part or None,
            "whole": one.now.whole or None,
        },
    )


# --- counted over the months --------------------------------------------------------------


def _milestone(one: Series, run: Sequence[Snapshot]) -> Iterator[Fact]:
    """The sum since measuring began crosses 1, 2 or 5 times a power of ten in this month."""
    if one.fact.unit != "count" or not one.points or one.fact.id.endswith((".open_at_end", ".gauge")):
        return
    before = sum(point.value for point in one.points)
    crossed = _highest_mark(before + one.now.value)
    if crossed >= LEAST_MILESTONE and before < crossed:
        since = run[len(run) - len(one.points)].edition
        yield replace(
            one.fact,
            id=f"{one.fact.id}.milestone",
            type="milestone",
            value=float(crossed),
            previous=None,
            target=None,
            met=None,
            detail={"since": since, "total": before + one.now.value, "months": len(one.points) + 1},
        )


def _highest_mark(total: float) -> int:
    """The greatest of 1, 2, 5, 10, 20, 50, ... that `total` reaches; 0 if none."""
    mark, steps = 0, (1, 2, 5)
    power = 1
    while power <= total:
        mark = max(step * power for step in steps if step * power <= total)
        power *= 10
    return mark


def _first_time(one: Series) -> Iterator[Fact]:
    if len(one.points) >= gate.LEAST_HISTORY and one.now.value > 0 and not any(point.value for point in one.points):
        yield replace(
            one.fact,
            id=f"{one.fact.id}.first_time",
            type="first_time",
            target=None,
            met=None,
            detail={"months": len(one.points)},
        )


def _streaks(facts: Sequence[Fact], run: Sequence[Snapshot], config: Config) -> Iterator[Fact | tuple[str, Refusal]]:
    """Targets met in each of the last k months, for a k worth naming."""
    for fact in facts:
        if fact.id != f"{fact.subject}.availability" or not fact.met or fact.target is None:
            continue
        length = 1 + _met_before(fact, run, config.coverage.fail)
        claim = f"{fact.subject}.availability.streak"
        if length in STREAKS:
            detail: Mapping[str, float] = {"months": length}
            yield replace(
                fact, id=claim, type="streak", value=float(length), unit="count", level="change", detail=detail
            )
        else:
            yield claim, f"target met for {length} months, told at 3, 6, 12 and every half year"


def _within(month: ServiceMonth, allowed: float) -> bool:
    """Whether no more than the share `allowed` of the time, unmeasured time included, or of the requests failed."""
    if month.basis != "time":
        return 1 - (month.availability or 0.0) <= allowed * (1 + 1e-12)
    return month.down_s + month.unknown_s <= allowed * (month.up_s + month.down_s) * (1 + 1e-12)


def _met_before(fact: Fact, run: Sequence[Snapshot], least_coverage: float) -> int:
    """How many months right before met the target that holds today."""
    allowed = 1 - (fact.target or 0.0)
    length = 0
    for one in reversed(run):
        month = one.services.get(fact.subject)
        if month is None or month.availability is None or month.coverage < least_coverage:
            break
        if not _within(month, allowed):
            break
        length += 1
    return length
