"""Stretches of a counter's samples, folded to a few numbers where they are read; and the weeks of a month."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from newsletter.collect.series import Series
from newsletter.period import weeks

if TYPE_CHECKING:
    from newsletter.model import Period

HANDOVER_S = 6 * 3600.0
"""A counter that was moved is back within a working day's half."""


class Fold(Struct, frozen=True):
    """A stretch of one series, folded; adjoining stretches add up.

    `gained` is the sum of its rises, a fall counting as a restart from 0; `changes` how often the
    value differed from the one before.
    """

    first_at: float
    last_at: float
    first: float
    last: float
    gained: float = 0.0
    changes: int = 0
    samples: int = 1

    def then(self, later: Fold) -> Fold:
        """This stretch and the one that follows it."""
        return replace(
            self,
            last_at=later.last_at,
            last=later.last,
            gained=self.gained + self.step_to(later) + later.gained,
            changes=self.changes + (later.first != self.last) + later.changes,
            samples=self.samples + later.samples,
        )

    def step_to(self, later: Fold) -> float:
        """What was gained between this stretch and the one that follows it."""
        return later.first - self.last if later.first >= self.last else later.first


def folded(series: Series) -> Fold | None:
    """All samples of `series` as one stretch; None if it has none."""
    if not series.times:
        return None
    values = series.values
    gained, changes, last = 0.0, 0, values[0]
    for value in values:
        if value != last:
            gained += value - last if value > last else value
            changes += 1
            last = value
    return Fold(
        first_at=series.times[0],
        last_at=series.times[-1],
        first=values[0],
        last=last,
        gained=gained,
        changes=changes,
        samples=len(values),
    )


def by_week(series: Series, edges: Sequence[float]) -> Iterator[tuple[int, Fold]]:
    """The stretches of `series` between the edges of weeks: the number of the week, from 0, and the stretch."""
    cuts = [0, *(bisect_left(series.times, edge) for edge in edges), len(series.times)]
    for week, (first, end) in enumerate(pairwise(cuts)):
        if end - first == len(series.times):
            piece = series
        else:
            dropped = 0 if first else series.dropped
            piece = Series(series.labels, series.times[first:end], series.values[first:end], dropped)
        fold = folded(piece)
        if fold:
            yield week, fold


class Weeks:
    """Adds up what the series of a counter gained in each week, and remembers of which weeks no sample tells it.

    What a series gained while it was silent for longer than `HANDOVER_S` over the end of a week may lie on either
    side of it: then neither week is known. What it did not gain is known, however long it was silent.

    Args:
        every: the stretches of each series by the number of the week.
        ends: where a week ends and the next one begins, in seconds since the epoch.
        start: when the month begins.
        recorded: whether the source was recorded before the month, so that a series that is not there is not born yet.
    """

    def __init__(
        self, every: Collection[Mapping[int, Fold]], ends: Sequence[float], start: float, *, recorded: bool
    ) -> None:
        numbers = range(len(ends) + 1)
        self._ends = ends
        self._gained = [0.0] * len(numbers)
        self._unknown: set[int] = set()
        self._first = [min((one[week].first_at for one in every if week in one), default=math.inf) for week in numbers]
        self._last = [max((one[week].last_at for one in every if week in one), default=-math.inf) for week in numbers]
        self._recorded_since = start if recorded else -math.inf

    def add(self, base: float, seen_at: float | None, pieces: Mapping[int, Fold]) -> None:
        """One series, from the value `base` that it had at `seen_at`; None if it was born in the month."""
        if seen_at is None:
            seen_at = self._missing_at(*next(iter(pieces.items())))
        so_far = Fold(first_at=seen_at, last_at=seen_at, first=base, last=base, samples=0)
        for week, piece in pieces.items():
            before = self._week(so_far.last_at)
            if before < week and piece.first_at - so_far.last_at > HANDOVER_S and so_far.step_to(piece):
                self._unknown.update(range(before, week + 1))
            now = so_far.then(piece)
            self._gained[week] += now.gained - so_far.gained
            so_far = now

    def told(self, first: float, last: float, period: Period) -> tuple[float | None, ...]:
        """The sums, None for a week that is not known; empty if none is.

        Args:
            first: since when the source was recorded, seconds since the epoch.
            last: until when.
            period: the month.
        """
        unknown = set(self._unknown)
        if first - period.start_s > HANDOVER_S:
            unknown.update(range(self._week(first) + 1))
        if period.end_s - last > HANDOVER_S:
            unknown.update(range(self._week(last), len(self._gained)))
        if len(unknown) == len(self._gained):
            return ()
        return tuple(None if week in unknown else gained for week, gained in enumerate(self._gained))

    def _missing_at(self, week: int, piece: Fold) -> float:
        """When the source was last seen without the series whose first stretch `piece` is, as far as weeks tell."""
        if self._first[week] < piece.first_at:
            return self._first[week]
        return max((*self._last[:week], self._recorded_since))

    def _week(self, at: float) -> int:
        return bisect_right(self._ends, at)


def ends_of_weeks(period: Period) -> tuple[float, ...]:
    """Where a week of the month ends and the next one begins, in seconds since the epoch."""
    return tuple(week.start for week in weeks(period, ZoneInfo(period.timezone))[1:])
