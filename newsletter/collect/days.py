"""The raw samples of a month, a day at a time: a month of them never stands in memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

from newsletter.collect.watch import TICK

if TYPE_CHECKING:
    from newsletter.collect.prometheus import Prometheus
    from newsletter.collect.promql import Selector
    from newsletter.collect.series import Series
    from newsletter.model import Period

DAY: Final = 86400.0

T = TypeVar("T")


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
