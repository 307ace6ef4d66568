"""Any other number of the month; the configuration says of each how it is read.

A source without series gives no value and a warning, never 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from newsletter.collect import events
from newsletter.collect.counter import Tally, tally, whole
from newsletter.collect.difference import difference
from newsletter.collect.promql import Selector, metric, narrowed, parse
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
        unit = config.unit or ("ratio" if config.ratio else "count")
        key = f"figures/{name}"
        if config.ratio is not None:
            return self._ratio(name, config.ratio, unit)
        if config.gauge is not None:
            return self._gauge(name, with_matchers(config.gauge, config.match), unit)
        selector = selector_of(config)
        if config.advances is not None:
            value = self._seen(key, selector, events.advances(self._prometheus, selector, config.by, self._period))
        elif config.falls is not None:
            value = self._seen(key, selector, events.falls(self._prometheus, selector, config.by, self._period))
        elif config.alerts is not None:
            value = self._seen(key, selector, events.alerts(self._prometheus, selector, self._period))
        elif config.difference is not None:
            value = self._difference(key, selector)
        elif config.changes is not None:
            value = self._changes(key, selector)
        else:
            value = self._total(selector, key)
        return self._counted(name, value, unit)

    def _counted(self, name: str, value: float | None, unit: str) -> Figure:
        """What a month gained; seconds and bytes may be fractions, things may not."""
        if value is not None and unit == "count":
            value = whole(value, f"figures.{name}")
        return Figure(id=name, value=value, unit=unit, kind=_kind(unit, "count"), evidence=(f"figures/{name}",))

    def _seen(self, key: str, selector: Selector, seen: events.Seen) -> float | None:
        self.evidence[key] = seen.evidence(key, selector, self._period)
        return seen.value

    def _difference(self, key: str, selector: Selector) -> float | None:
        found = difference(self._prometheus, selector, self._period)
        self.evidence[key] = found.evidence(key, selector, self._period)
        return float(sum(found.gained.values())) if found.gained else None

    def _changes(self, key: str, selector: Selector) -> float | None:
        """How often the value differed from the one before."""
        found = self._tally(selector, key, changes=True)
        return float(sum(found.changed.values())) if found.changed else None

    def _ratio(self, name: str, ratio: RatioSource, unit: str) -> Figure:
        """Part of total; no value if either has no series, or nothing was counted."""
        keys = (f"figures/{name}/part", f"figures/{name}/total")
        part, total = (self._total(parse(text), key) for text, key in zip((ratio.part, ratio.total), keys, strict=True))
        value = part / total if part is not None and total else None
        return Figure(id=name, value=value, unit=unit, kind="ratio", evidence=keys, numerator=part, denominator=total)

    def _gauge(self, name: str, query: str, unit: str) -> Figure:
        """The value of any PromQL expression at the last instant of the month; several series add up.

        One of them without a number leaves the sum unknown.
        """
        key = f"figures/{name}"
        at = self._period.end_s - TICK
        answer = self._prometheus.instant(query, at)
        values = [series.values[-1] for series in answer.series if series.values]
        dropped = len(answer.series) - len(values)
        warnings = (
            *answer.infos,
            *(() if answer.series else (f"no value of {query} at the end of the month",)),
            *((f"not a number: {dropped} of {len(answer.series)} series, so no sum",) if dropped else ()),
        )
        self.evidence[key] = Evidence(
            id=key,
            query=query,
            evaluated_at=datetime.fromtimestamp(at, UTC),
            samples=len(values),
            coverage=len(values) / len(answer.series) if answer.series else 0.0,
            warnings=warnings,
        )
        value = sum(values) if values and not dropped else None
        return Figure(id=name, value=value, unit=unit, kind=_kind(unit, "gauge"), evidence=(key,))

    def _total(self, selector: Selector, key: str) -> float | None:
        found = self._tally(selector, key)
        return float(sum(found.gained.values())) if found.gained else None

    def _tally(self, selector: Selector, key: str, *, changes: bool = False) -> Tally:
        found = tally(self._prometheus, selector, self._period, changes=changes)
        self.evidence[key] = found.evidence(key, selector, self._period)
        return found


def selector_of(config: FigureConfig) -> Selector:
    """The series of a figure that is read from one plain selector (neither `gauge` nor `ratio`).

    Raises:
        ConfigError: it is not PromQL.
    """
    forms = (config.counter, config.changes, config.advances, config.falls, config.difference, config.alerts)
    return narrowed(next(text for text in forms if text is not None), config.match)


def with_matchers(expression: str, match: Mapping[str, str]) -> str:
    """An expression of a preset, whose selectors say with `$match` where further matchers go."""
    return expression.replace("$match", ",".join(metric("", match).matchers))


def _kind(unit: str, default: FigureKind) -> FigureKind:
    kinds: Mapping[str, FigureKind] = {"seconds": "duration", "ratio": "ratio"}
    return kinds.get(unit, default)
