"""The raw samples of a month, a day at a time: a month of them never stands in memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final, Self, TypeVar

from msgspec import Struct

from newsletter.collect.watch import TICK

if TYPE_CHECKING:
    from newsletter.collect.prometheus import Prometheus
    from newsletter.collect.promql import Selector
    from newsletter.collect.series import Series
    from newsletter.model import Period

DAY: Final = 86400.0

TOGETHER_S: Final = 300.0  # what begins, or ends, within this of something else does so with it

T = TypeVar("T")


class Extent(Struct, frozen=True):
    """How many samples were read, how many of them were no number, and from when to when they reach."""

    samples: int = 0
    dropped: int = 0
    first: float = math.inf
    last: float = -math.inf

    @classmethod
    def of(cls, every: Sequence[Series]) -> Self:
        """All that was read at once."""
        return cls(
            samples=sum(len(series.times) for series in every),
            dropped=sum(series.dropped for series in every),
            first=min((series.times[0] for series in every if series.times), default=math.inf),
            last=max((series.times[-1] for series in every if series.times), default=-math.inf),
        )

    def and_also(self, other: Extent) -> Extent:
        """Both together."""
        return Extent(
            samples=self.samples + other.samples,
            dropped=self.dropped + other.dropped,
            first=min(self.first, other.first),
            last=max(self.last, other.last),
        )

    def coverage(self, period: Period) -> float:
        """The share of the month from the first to the last sample."""
        if not self.samples:
            return 0.0
        first = period.start_s if self.first - period.start_s <= TOGETHER_S else self.first
        last = period.end_s if period.end_s - self.last <= TOGETHER_S else self.last
        return min((last - first) / period.seconds, 1.0)


def read_days(
    prometheus: Prometheus, selector: Selector, period: Period, reduce: Callable[[Sequence[Series]], T]
) -> Iterable[T]:
    """For each day of the month, in order, what `reduce` makes of its series, on the thread that reads them.

    Days are stretches of 86,400 s from the start of the month, whatever the clocks do.

    Raises:
        SourceError: no or partial answers.
    """
    starts = [period.start_s + DAY * day for day in range(math.ceil(period.seconds / DAY))]

    def read(start: float) -> T:
        seconds = min(DAY, period.end_s - start)
        return reduce(prometheus.instant(selector.over(seconds), start + seconds - TICK).series)

    return prometheus.each(read, starts)
