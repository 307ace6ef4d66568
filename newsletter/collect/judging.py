"""From one service's timeline to its month: four states, interruptions, availability. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

from msgspec.structs import replace

from newsletter.collect.timeline import Segment, State, clipped, excluding, interruptions, intervals, total
from newsletter.model import Exclusion, Interval, Outage, Period, ServiceMonth

_ROUNDING_S = 0.01


def service_month(
    name: str,
    segments: Sequence[Segment],
    excluded: Sequence[Exclusion],
    *,
    life: tuple[float, float],
    period: Period,
    merge_within_s: float = 0.0,
) -> ServiceMonth:
    """Add up one service's timeline; where next to nothing was to be measured, no percentage is made of that.

    Args:
        name: its id.
        segments: what was measured, without a hole, over the period and at least a tick more on both
            sides; what lies beyond only tells whether an interruption goes on there.
        excluded: when it did not have to be up, ascending, over the same stretch.
        life: when the service existed within the period.
        period: the month.
        merge_within_s: interruptions at most so far apart are one.
    """
    whole = excluding(segments, excluded)
    lived = clipped(whole, *life)
    up, down, out, unknown = (round(total(lived, state), 3) for state in State)
    assert abs(up + down + out + unknown - (life[1] - life[0])) < _ROUNDING_S
    to_measure = life[1] - life[0] - out
    born = life[0] if life[0] > period.start_s else -math.inf
    retired = life[1] if life[1] < period.end_s else math.inf
    month = ServiceMonth(
        id=name,
        availability=up / (up + down) if up + down else None,
        up_s=up,
        down_s=down,
        excluded_s=out,
        unknown_s=unknown,
        coverage=max(1 - unknown / to_measure, 0.0) if to_measure > 0 else 1.0,
        outages=_outages(clipped(whole, born, retired), period, merge_within_s),
        excluded=_within(excluded, *life),
        unknown=intervals(lived, State.UNKNOWN),
        lifetime=None if life == (period.start_s, period.end_s) else Interval(start=life[0], end=life[1]),
    )
    # a few seconds between two samples of a month of maintenance are no lack of measurements
    return replace(month, availability=None, coverage=1.0) if month.exempt else month


def open_edges(
    segments: Sequence[Segment], excluded: Sequence[Exclusion], period: Period, merge_within_s: float
) -> tuple[bool, bool]:
    """Whether what lies before, and what lies after, the period can change an interruption's story.

    So it is where the service was down next to an edge, and nobody saw it up in between.
    """
    whole = excluding(segments, excluded)
    return (
        _open(whole, lambda up: up.end - period.start_s > merge_within_s),
        _open(whole[::-1], lambda up: period.end_s - up.start > merge_within_s),
    )


def _open(inwards: Sequence[Segment], long: Callable[[Segment], bool]) -> bool:
    """The same for one edge; `inwards` are the segments from there on, `long` tells recoveries that count."""
    for number, segment in enumerate(inwards):
        if segment.state is State.DOWN:
            return number > 0  # else it is seen down on both sides of the edge
        if segment.state is State.UP and long(segment):
            return False
    return False


def _outages(known: Sequence[Segment], period: Period, merge_within_s: float) -> tuple[Outage, ...]:
    """The interruptions that touch the period, cut to it, those that reach beyond it marked so."""
    found = []
    for stretches in interruptions(known, merge_within_s):
        inside = _cut(stretches, period)
        if inside:
            found.append(
                Outage(
                    start=inside[0].start,
                    end=inside[-1].end,
                    down_s=round(sum(one.seconds for one in inside), 3),
                    continues_before=stretches[0].start < period.start_s,
                    continues_after=stretches[-1].end > period.end_s,
                    stretches=inside if len(inside) > 1 else (),
                )
            )
    return tuple(found)


def _cut(stretches: Iterable[Interval], period: Period) -> tuple[Interval, ...]:
    cut = (Interval(start=max(one.start, period.start_s), end=min(one.end, period.end_s)) for one in stretches)
    return tuple(one for one in cut if one.start < one.end)


def _within(excluded: Iterable[Exclusion], start: float, end: float) -> tuple[Exclusion, ...]:
    cut = (Exclusion(start=max(one.start, start), end=min(one.end, end), reason=one.reason) for one in excluded)
    return tuple(one for one in cut if one.start < one.end)
