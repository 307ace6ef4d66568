"""Stretches of a counter's samples, folded to a few numbers where they are read; and the weeks of a month."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
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
        step = later.first - self.last if later.first >= self.last else later.first
        return replace(
            self,
            last_at=later.last_at,
            last=later.last,
            gained=self.gained + step + later.gained,
            changes=self.changes + (later.first != self.last) + later.changes,
            samples=self.samples + later.samples,
        )


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
    """Adds up what the series gained in each week; the sums of all weeks are those of the month."""

    def __init__(self, number: int) -> None:
        self._gained = [0.0] * number
        self._first = [math.inf] * number
        self._last = [-math.inf] * number

    def add(self, start: Fold, pieces: Mapping[int, Fold]) -> None:
        """One series, from the value it began the month with."""
        so_far = start
        for week, piece in pieces.items():
            now = so_far.then(piece)
            self._gained[week] += now.gained - so_far.gained
            self._first[week] = min(self._first[week], piece.first_at)
            self._last[week] = max(self._last[week], piece.last_at)
            so_far = now

    def told(self) -> tuple[float, ...]:
        """The sums; nothing if somewhere no sample tells the end of one week from the start of the next."""
        gaps = (after - before for before, after in zip(self._last, self._first[1:], strict=False))
        return tuple(self._gained) if all(gap <= HANDOVER_S for gap in gaps) else ()


def ends_of_weeks(period: Period) -> tuple[float, ...]:
    """Where a week of the month ends and the next one begins, in seconds since the epoch."""
    return tuple(week.start for week in weeks(period, ZoneInfo(period.timezone))[1:])
