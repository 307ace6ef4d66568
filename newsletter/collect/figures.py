"""Any other number of the month; the configuration says of each how it is read.

A source without series gives no value and a warning, never 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from newsletter.collect.counter import Tally, tally, whole
from newsletter.collect.promql import parse
from newsletter.collect.watch import TICK
from newsletter.model import Evidence, Figure, FigureKind

if TYPE_CHECKING:
    from newsletter.collect.prometheus import Prometheus
    from newsletter.config import FigureConfig, RatioSource
    from newsletter.model import Period


class Figures:
    """Reads one figure after the other, and keeps their evidence."""

    def __init__(self, prometheus: Prometheus, period: Period) -> None:
        self._prometheus = prometheus
        self._period = period
        self.evidence: dict[str, Evidence] = {}

    def measure(self, name: str, config: FigureConfig) -> Figure:
        """The figure `name`.

        Raises:
            SourceError: no or partial answers, or a count that is no whole number.
            ConfigError: a selector is not PromQL.
        """
        if config.counter is not None:
            return self._counter(name, config.counter, config.unit or "count")
        if config.changes is not None:
            return self._changes(name, config.changes, config.unit or "count")
        if config.ratio is not None:
            return self._ratio(name, config.ratio, config.unit or "ratio")
        return self._gauge(name, config.gauge or "", config.unit or "count")

    def _counter(self, name: str, counter: str, unit: str) -> Figure:
        """What a counter gained; seconds and bytes may be fractions, things may not."""
        key = f"figures/{name}"
        total = self._total(counter, key)
        if total is not None and unit == "count":
            total = whole(total, f"figures.{name}")
        return Figure(id=name, value=total, unit=unit, kind=_kind(unit, "count"), evidence=(key,))

    def _changes(self, name: str, changes: str, unit: str) -> Figure:
        """How often a timestamp changed: one renewal, backup or reboot each."""
        key = f"figures/{name}"
        found = self._tally(changes, key)
        value = float(sum(found.changed.values())) if found.changed else None
        return Figure(id=name, value=value, unit=unit, kind="count", evidence=(key,))

    def _ratio(self, name: str, ratio: RatioSource, unit: str) -> Figure:
        """Part of total; no value if either has no series, or nothing was counted."""
        keys = (f"figures/{name}/part", f"figures/{name}/total")
        part, total = self._total(ratio.part, keys[0]), self._total(ratio.total, keys[1])
        value = part / total if part is not None and total else None
        return Figure(id=name, value=value, unit=unit, kind="ratio", evidence=keys, numerator=part, denominator=total)

    def _gauge(self, name: str, query: str, unit: str) -> Figure:
        """The value of any PromQL expression at the last instant of the month; several series add up."""
        key = f"figures/{name}"
        at = self._period.end_s - TICK
        answer = self._prometheus.instant(query, at)
        values = [series.values[-1] for series in answer.series if series.values]
        warnings = (*answer.infos, *(() if values else (f"no value of {query} at the end of the month",)))
        self.evidence[key] = Evidence(
            id=key,
            query=query,
            evaluated_at=datetime.fromtimestamp(at, UTC),
            samples=len(values),
            coverage=1.0 if values else 0.0,
            warnings=warnings,
        )
        return Figure(
            id=name, value=sum(values) if values else None, unit=unit, kind=_kind(unit, "gauge"), evidence=(key,)
        )

    def _total(self, selector: str, key: str) -> float | None:
        found = self._tally(selector, key)
        return float(sum(found.gained.values())) if found.gained else None

    def _tally(self, selector: str, key: str) -> Tally:
        parsed = parse(selector)
        found = tally(self._prometheus, parsed, self._period)
        self.evidence[key] = found.evidence(key, parsed, self._period)
        return found


def _kind(unit: str, default: FigureKind) -> FigureKind:
    kinds: Mapping[str, FigureKind] = {"seconds": "duration", "ratio": "ratio"}
    return kinds.get(unit, default)
