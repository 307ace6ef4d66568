"""The months before, as series: for each number of the month, the same number of earlier months.

Only an unbroken run of complete months that ends with the month right before counts as history:
a hole in it could hide the very change that the run is asked about. What people recorded as a
step change (a new system, a merger) ends the history, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from newsletter import period
from newsletter.config import Config, StepChange
from newsletter.facts.gate import HISTORY, Point, Scale
from newsletter.facts.tickets import solved_at
from newsletter.model import Fact, Snapshot


class Series(Struct, frozen=True, kw_only=True):
    """One number over the months: `points` are the months before, oldest first; `now` is this one."""

    fact: Fact
    scale: Scale
    points: tuple[Point, ...]
    now: Point


def unbroken(snapshot: Snapshot, past: Sequence[Snapshot], config: Config) -> tuple[Snapshot, ...]:
    """The snapshots of the months right before, without a hole, oldest first; at most 36."""
    known = {one.edition: one for one in past}
    run: list[Snapshot] = []
    month = period.previous(snapshot.period, config.timezone)
    while month.label in known and len(run) < HISTORY:
        run.append(known[month.label])
        month = period.previous(month, config.timezone)
    return tuple(reversed(run))


def series(facts: Sequence[Fact], snapshot: Snapshot, run: Sequence[Snapshot], config: Config) -> Iterator[Series]:
    """Every counted, timed or shared number with its history.

    Downtime is no such series: single long outages make it so uneven that no gate could be both
    fair and useful. It is held against its target instead.
    """
    for fact in facts:
        now = _point(fact, snapshot)
        scale = _scale(fact)
        if scale is None or now is None:
            continue
        since = _since(fact, config)
        yield Series(
            fact=fact, scale=scale, points=_points(fact, [one for one in run if one.edition >= since]), now=now
        )


def _points(fact: Fact, run: Sequence[Snapshot]) -> tuple[Point, ...]:
    """The run's values up to the newest month without one, which ends the history."""
    found: list[Point] = []
    for one in reversed(run):
        point = _point(fact, one)
        if point is None:
            break
        found.append(point)
    return tuple(reversed(found))


def _since(fact: Fact, config: Config) -> str:
    """The first month whose numbers mean the same as today's."""
    return max((step.month for step in step_changes(fact.id, config)), default="")


def step_changes(fact_id: str, config: Config) -> list[StepChange]:
    """The recorded changes that concern a fact: named by its id or by its subject."""
    return [
        step
        for step in config.facts.step_changes
        if any(fact_id == name or fact_id.startswith(f"{name}.") for name in step.facts)
    ]


def _scale(fact: Fact) -> Scale | None:
    if fact.id.endswith(".availability") or fact.type in ("interruption", "latency", "rating"):
        return None
    by_unit: Mapping[str, Scale] = {"count": "count", "ratio": "ratio", "seconds": "duration", "bytes": "duration"}
    return by_unit.get(fact.unit)


def _point(fact: Fact, snapshot: Snapshot) -> Point | None:
    if fact.subject == "tickets":
        return _ticket_point(fact, snapshot)
    figure = snapshot.figures.get(fact.subject)
    if figure is None or figure.value is None or figure.unit != fact.unit or figure.value < 0:
        return None
    if figure.unit != "ratio":
        return Point(figure.value)
    if figure.numerator is None or not figure.denominator:
        return None
    return Point(figure.value, figure.numerator, figure.denominator)


def _ticket_point(fact: Fact, snapshot: Snapshot) -> Point | None:
    part = fact.id.removeprefix("tickets.")
    if part == "solved_within":
        solved = solved_at(snapshot.tickets, float(fact.detail["edge_s"] or 0))
        return None if solved is None else Point(solved.within / solved.count, solved.within, solved.count)
    if part not in ("opened", "resolved", "open_at_end"):
        return None
    count = getattr(snapshot.tickets, part)
    return None if count is None else Point(count.total)
