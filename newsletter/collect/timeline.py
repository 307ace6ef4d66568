"""What a service did, instant by instant, from the samples of its probers. Pure.

Each sample speaks for the instants nearest to it, at most `reach` away; the probers that speak
for an instant vote. All times are seconds since the epoch, to the millisecond.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from typing import Literal, NamedTuple

from newsletter.model import Interval

Vote = Literal["majority", "any", "all"]
Sample = tuple[float, bool]  # (time, down)


class State(Enum):
    """The four states; together they fill the life of a service."""

    UP = "up"
    DOWN = "down"
    EXCLUDED = "excluded"
    UNKNOWN = "unknown"


class Segment(NamedTuple):
    """The half-open stretch [start, end) in one state."""

    start: float
    end: float
    state: State

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.end - self.start


def verdict(vote: Vote, down: int, seen: int) -> State:
    """The state when `down` of `seen` probers say down. A tie is up: the fault is a prober's."""
    if not seen:
        return State.UNKNOWN
    is_down = {"majority": 2 * down > seen, "any": down > 0, "all": down == seen}[vote]
    return State.DOWN if is_down else State.UP


def runs(samples: Iterable[Sample], reach: float) -> Iterator[tuple[float, float, bool]]:
    """The stretches (start, end, down) one prober speaks for; `samples` ascend without doubles."""
    begin, before, last = 0.0, -math.inf, None
    for at, down in samples:
        if at - before > 2 * reach:  # nobody spoke in between
            if last is not None:
                yield begin, before + reach, last
            begin, last = at - reach, down
        elif down is not last:
            middle = (before + at) / 2
            yield begin, middle, not down
            begin, last = middle, down
        before = at
    if last is not None:
        yield begin, before + reach, last


def sweep(voters: Iterable[Iterable[Sample]], start: float, end: float, reach: float, vote: Vote) -> list[Segment]:
    """The states of [start, end), without a hole, by going from one change of opinion to the next."""
    changes: list[tuple[float, int, int]] = [(end, 0, 0)]
    for samples in voters:
        for low, high, down in runs(samples, reach):
            begin, until = max(round(low, 3), start), min(round(high, 3), end)
            if begin < until:
                changes += ((begin, 1, int(down)), (until, -1, -int(down)))
    segments: list[Segment] = []
    at, seen, down_votes = start, 0, 0
    for when, more_seen, more_down in sorted(changes):
        if when > at:
            segments.append(Segment(at, when, verdict(vote, down_votes, seen)))
            at = when
        seen += more_seen
        down_votes += more_down
    return coalesced(segments)


def coalesced(segments: Iterable[Segment]) -> list[Segment]:
    """The same stretches with equal neighbours made one."""
    merged: list[Segment] = []
    for segment in segments:
        if merged and merged[-1].state is segment.state and merged[-1].end == segment.start:
            merged[-1] = merged[-1]._replace(end=segment.end)
        else:
            merged.append(segment)
    return merged


def clipped(segments: Iterable[Segment], start: float, end: float) -> list[Segment]:
    """What of `segments` lies in [start, end)."""
    cut = (Segment(max(s.start, start), min(s.end, end), s.state) for s in segments)
    return [s for s in cut if s.start < s.end]


def excluding(segments: Sequence[Segment], planned: Sequence[Interval]) -> list[Segment]:
    """`segments` where planned maintenance, whatever was measured in it, is EXCLUDED.

    Args:
        segments: ascending, without holes.
        planned: ascending, without overlap.
    """
    result: list[Segment] = []
    for segment in segments:
        at = segment.start
        for window in planned:
            begin, until = max(window.start, at), min(window.end, segment.end)
            if begin < until:
                result += (Segment(at, begin, segment.state), Segment(begin, until, State.EXCLUDED))
                at = until
        result.append(Segment(at, segment.end, segment.state))
    return coalesced(s for s in result if s.start < s.end)


def interruptions(segments: Iterable[Segment], merge_within: float = 0.0) -> tuple[tuple[Interval, ...], ...]:
    """The interruptions, each as the stretches in which it was seen down.

    Where nobody measured, or excluded time lies, between two stretches of DOWN, they are one: nobody
    saw it come back. So are stretches at most `merge_within` seconds apart.
    """
    found: list[list[Interval]] = []
    came_back = True
    for segment in segments:
        if segment.state is State.UP:
            came_back = True
        elif segment.state is State.DOWN:
            stretch = Interval(start=segment.start, end=segment.end)
            apart = came_back and not (found and stretch.start - found[-1][-1].end <= merge_within)
            if apart or not found:
                found.append([stretch])
            else:
                found[-1].append(stretch)
            came_back = False
    return tuple(map(tuple, found))


def intervals(segments: Iterable[Segment], state: State) -> tuple[Interval, ...]:
    """The stretches in `state`."""
    return tuple(Interval(start=s.start, end=s.end) for s in segments if s.state is state)


def total(segments: Iterable[Segment], state: State) -> float:
    """The seconds in `state`."""
    return sum(s.seconds for s in segments if s.state is state)
