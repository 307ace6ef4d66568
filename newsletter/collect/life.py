"""When a service began and ceased to exist, told from when nobody was measuring.

A service without samples at the start of the month was born in it only if it has none on the day
before either, while its source was already recording. Otherwise the missing time is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from newsletter.collect.promql import batches
from newsletter.collect.retention import advice
from newsletter.collect.watch import TICK, Watch
from newsletter.counting import counted
from newsletter.errors import HistoryError

if TYPE_CHECKING:
    from newsletter.collect.prometheus import Prometheus
    from newsletter.model import Period

_DAY = 86400.0
_NEAR = 1.5  # scrape intervals: closer to an edge than this is at the edge


class Edges(Struct, frozen=True):
    """The first and last sample of a service in the month."""

    first: float
    last: float


def lives(
    prometheus: Prometheus, watch: Watch, period: Period, now: float, edges: Mapping[str, Edges]
) -> dict[str, tuple[float, float]]:
    """For each service of `edges` the stretch of the period in which it existed.

    Raises:
        SourceError: the server keeps its samples for a shorter time than the report needs.
    """
    near = _NEAR * watch.interval_s
    late = [name for name, edge in edges.items() if edge.first > period.start_s + near]
    early = [name for name, edge in edges.items() if edge.last < period.end_s - near]
    if len(late) == len(edges):
        require_retention(prometheus, watch, period, now, min(edge.first for edge in edges.values()))
    before = _seen(prometheus, watch, late, period.start_s, _DAY)
    after = _seen(prometheus, watch, early, min(period.end_s + _DAY, now), min(_DAY, now - period.end_s))
    source_first = min(edge.first for edge in edges.values())
    source_last = max(edge.last for edge in edges.values())
    found: dict[str, tuple[float, float]] = {}
    for name, edge in edges.items():
        born = name in late and name not in before and edge.first > source_first + near
        retired = name in early and name not in after and edge.last < source_last - near
        found[name] = (
            round(edge.first - watch.interval_s / 2, 3) if born else period.start_s,
            round(edge.last + watch.interval_s / 2, 3) if retired else period.end_s,
        )
    return found


def _seen(prometheus: Prometheus, watch: Watch, services: Iterable[str], end: float, seconds: float) -> set[str]:
    """Which of `services` have a sample in the `seconds` before `end`."""
    names = sorted(services)
    if not names or seconds <= 0:
        return set()
    found: set[str] = set()
    for part in batches(names):
        query = f"count by ({watch.service_label}) (count_over_time({watch.only(part).over(seconds)}))"
        found |= {watch.service(series.labels) for series in prometheus.instant(query, end - TICK).series}
    return found


def require_retention(prometheus: Prometheus, watch: Watch, period: Period, now: float, first: float | None) -> None:
    """Refuse a month whose beginning the server has already thrown away.

    Args:
        prometheus: asked for its retention.
        watch: the series that have no sample at the start of the period.
        period: the month.
        now: seconds since the epoch.
        first: their first sample, if there is any.

    Raises:
        HistoryError: as said.
    """
    retention = prometheus.retention_s()
    if retention is None or now - retention <= period.start_s:
        return
    since = "holds no sample of it" if first is None else f"holds samples only since {_clock(period, first)}"
    raise HistoryError(
        f"{prometheus.source} keeps {counted(retention / _DAY, 'day')} of samples and, for {watch.selector}, {since}; "
        f"{period.label} began {_clock(period, period.start_s)}",
        f"Raise it: {advice(40)} or more, and collect soon after the month ends.",
    )


def _clock(period: Period, at: float) -> str:
    return f"{period.start.fromtimestamp(at, period.start.tzinfo):%Y-%m-%d %H:%M}"
