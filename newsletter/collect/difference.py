"""Gauges that hold a total so far: what was added in the month is the end less the start."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from msgspec import Struct

from newsletter.collect.watch import HOUR, TICK
from newsletter.model import Evidence
from newsletter.period import weeks

if TYPE_CHECKING:
    from newsletter.collect.prometheus import Prometheus
    from newsletter.collect.promql import Selector
    from newsletter.model import Period

_TOGETHER_S = 300.0  # as Prometheus itself looks back: series older than that have ended

Labels = tuple[tuple[str, str], ...]


class Difference(Struct, frozen=True):
    """What each series gained; empty where an edge of the month has no samples, as nobody knows then.

    A series that has begun or ended in between counts with its whole value, so that a renamed instance
    changes no sum. `weekly` is the sum of all series by week; None for
    one with an edge that has no samples; empty if no week is known.
    """

    gained: dict[Labels, float]
    weekly: tuple[float | None, ...]
    samples: int
    warnings: tuple[str, ...]

    def evidence(self, key: str, selector: Selector, period: Period) -> Evidence:
        """Where the value of the end comes from; the start is the same query a month earlier."""
        start = datetime.fromtimestamp(period.start_s - TICK, UTC).isoformat(timespec="milliseconds")
        return Evidence(
            id=key,
            query=f"{selector} less its value at {start}",
            evaluated_at=datetime.fromtimestamp(period.end_s - TICK, UTC),
            samples=self.samples,
            coverage=1.0 if self.gained else 0.0,
            warnings=self.warnings,
        )


def difference(prometheus: Prometheus, selector: Selector, period: Period, *, by_week: bool = False) -> Difference:
    """The values at the end of `period` less those at its start; by week also those between.

    Raises:
        SourceError: no or partial answers.
    """
    start, end = (_values(prometheus, selector, at) for at in (period.start_s, period.end_s))
    missing = " and ".join(edge for edge, values in (("start", start), ("end", end)) if not values)
    if missing:
        return Difference({}, (), len(start) + len(end), (f"no series match {selector} at the {missing} of the month",))
    gained = {labels: end.get(labels, 0.0) - start.get(labels, 0.0) for labels in sorted(start.keys() | end.keys())}
    weekly = _weekly(prometheus, selector, period, start, end) if by_week else ()
    return Difference(gained, weekly, len(start) + len(end), ())


def _weekly(
    prometheus: Prometheus, selector: Selector, period: Period, start: dict[Labels, float], end: dict[Labels, float]
) -> tuple[float | None, ...]:
    edges = [week.start for week in weeks(period, ZoneInfo(period.timezone))[1:]]
    between = [_values(prometheus, selector, edge) for edge in edges]
    totals = [sum(values.values()) if values else None for values in (start, *between, end)]
    gained = tuple(None if before is None or after is None else after - before for before, after in pairwise(totals))
    return gained if any(week is not None for week in gained) else ()


def _values(prometheus: Prometheus, selector: Selector, at: float) -> dict[Labels, float]:
    """The newest values of the hour before `at`, of the series that were still there at its last scrape."""
    found = [series for series in prometheus.instant(selector.over(HOUR), at - TICK).series if series.times]
    newest = max((series.times[-1] for series in found), default=0.0)
    return {
        tuple(sorted(series.labels.items())): series.values[-1]
        for series in found
        if series.times[-1] >= newest - _TOGETHER_S
    }
