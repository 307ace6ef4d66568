"""Tickets of the month: whole numbers, as exact as the samples can show.

Counters are read sample by sample: a value that falls was counted anew from 0 after a restart.
`increase()` extrapolates and is not used.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from newsletter.collect.counter import tally, whole
from newsletter.collect.difference import difference
from newsletter.collect.promql import Selector, label_name, narrowed, parse
from newsletter.collect.requesters import merged
from newsletter.collect.watch import TICK
from newsletter.errors import SourceError
from newsletter.model import Count, Evidence, Resolution, Satisfaction, TicketMonth

if TYPE_CHECKING:
    from newsletter.collect.prometheus import Prometheus
    from newsletter.config import CounterSource, GaugeSource, HistogramSource, SatisfactionSource, TicketsConfig
    from newsletter.model import Period

Key = tuple[str, ...]


def measure(prometheus: Prometheus, config: TicketsConfig, period: Period) -> tuple[TicketMonth, dict[str, Evidence]]:
    """Read what the configuration asks for.

    Raises:
        SourceError: no or partial answers, or a count that is no whole number.
        ConfigError: a selector or label name is not PromQL.
    """
    config = matched(config)
    evidence: dict[str, Evidence] = {}
    counters = {"opened": config.opened, "resolved": config.resolved}
    counts = {name: _counted(prometheus, name, source, period, evidence) for name, source in counters.items() if source}
    month = TicketMonth(
        opened=counts.get("opened"),
        resolved=counts.get("resolved"),
        open_at_end=_gauged(prometheus, "open_at_end", config.open, period, evidence) if config.open else None,
        resolution=_resolution(prometheus, config.resolution, period, evidence) if config.resolution else {},
        satisfaction=_satisfaction(prometheus, config.satisfaction, period, evidence) if config.satisfaction else None,
        requesters=_requesters(prometheus, config.requesters, period, evidence) if config.requesters else None,
        evidence={key.split("/")[1]: key for key in evidence},
    )
    return month, evidence


def _requesters(
    prometheus: Prometheus, source: GaugeSource, period: Period, evidence: dict[str, Evidence]
) -> Count | None:
    count = _gauged(prometheus, "requesters", source, period, evidence)
    return merged(count.by or {"": count.total}) if count else None


def _satisfaction(
    prometheus: Prometheus, source: SatisfactionSource, period: Period, evidence: dict[str, Evidence]
) -> Satisfaction | None:
    """The answers of the month; a missing counter of satisfied ones is none, not 0."""
    counts = []
    for key, counter in (("tickets/satisfaction/part", source.part), ("tickets/satisfaction", source.total)):
        selector = parse(counter)
        found = tally(prometheus, selector, period)
        evidence[key] = found.evidence(key, selector, period)
        counts.append(whole(sum(found.gained.values()), key) if found.gained else None)
    satisfied, answers = counts
    if satisfied is None or answers is None:
        return None
    if satisfied > answers:
        raise SourceError(
            f"tickets.satisfaction: {source.part} counted {satisfied}, {source.total} only {answers}",
            "Let total count all answers, the satisfied ones included.",
        )
    return Satisfaction(satisfied=satisfied, answers=answers)


def matched(config: TicketsConfig) -> TicketsConfig:
    """The same parts, each selector narrowed by the `match` that goes with the preset.

    Raises:
        ConfigError: a selector or label name is not PromQL.
    """
    if not config.match:
        return config

    def narrow(source: Any) -> Any:
        texts = {key: getattr(source, key) for key in _SELECTORS if getattr(source, key, None)}
        return source.model_copy(update={key: str(narrowed(text, config.match)) for key, text in texts.items()})

    parts = {part: getattr(config, part) for part in _PARTS}
    return config.model_copy(update={"match": {}, **{part: narrow(source) for part, source in parts.items() if source}})


_PARTS = ("opened", "resolved", "open", "resolution", "satisfaction", "requesters")
_SELECTORS = ("counter", "difference", "gauge", "histogram", "part", "total")


def _counted(
    prometheus: Prometheus, name: str, source: CounterSource, period: Period, evidence: dict[str, Evidence]
) -> Count | None:
    key = f"tickets/{name}"
    selector = parse(source.counter or source.difference or "")
    measured = (
        tally(prometheus, selector, period)
        if source.counter
        else difference(prometheus, selector, period, by_week=True)
    )
    evidence[key] = measured.evidence(key, selector, period)
    if not measured.gained:
        return None
    if sum(measured.gained.values()) < 0:
        fell = f"the total of {selector} fell in the month: it does not count what was {name}"
        evidence[key] = replace(evidence[key], warnings=(*evidence[key].warnings, fell))
        return None
    count = count_by(measured.gained, source.by, f"tickets.{name}")
    # what was reopened may leave less in a week than was there: then no week is told
    by_week = tuple(None if week is None else whole(week, f"tickets.{name}") for week in measured.weekly)
    count = replace(count, weeks=by_week if all(week is None or week >= 0 for week in by_week) else ())
    # tickets that were moved to another queue leave less in theirs; the sum stays right
    return count if all(part >= 0 for part in count.by.values()) else replace(count, by={})


def _gauged(
    prometheus: Prometheus, part: str, source: GaugeSource, period: Period, evidence: dict[str, Evidence]
) -> Count | None:
    """The gauge at the last instant of the month; not its last value, which a renamed pod would double.

    None, too, if a series has no number then: the others are not all.
    """
    selector = parse(source.gauge)
    at = period.end_s - TICK
    answer = prometheus.instant(str(selector), at)
    values = {tuple(sorted(series.labels.items())): series.values[0] for series in answer.series if series.values}
    dropped = len(answer.series) - len(values)
    warnings = (
        *answer.infos,
        *(() if answer.series else (f"no series match {selector} at the end of the month",)),
        *((f"not a number: {dropped} of {len(answer.series)} series, so no count",) if dropped else ()),
    )
    key = f"tickets/{part}"
    evidence[key] = Evidence(
        id=key,
        query=str(selector),
        evaluated_at=datetime.fromtimestamp(at, UTC),
        samples=len(values),
        coverage=len(values) / len(answer.series) if answer.series else 0.0,
        warnings=warnings,
    )
    return count_by(values, source.by, f"tickets.{part}") if values and not dropped else None


def count_by(values: Mapping[tuple[tuple[str, str], ...], float], by: Sequence[str], what: str) -> Count:
    """The sum of all series, and of those that share the labels `by`.

    Raises:
        SourceError: a sum is no whole number.
    """
    parts: dict[str, float] = defaultdict(float)
    for labels, value in values.items():
        parts["/".join(_group(labels, by))] += value
    whole_parts = {key: whole(value, f"{what} of {key or 'all'}") for key, value in sorted(parts.items())}
    return Count(total=sum(whole_parts.values()), by=whole_parts if by else {})


def _group(labels: tuple[tuple[str, str], ...], by: Sequence[str]) -> Key:
    present = dict(labels)
    return tuple(present.get(label_name(label), "") for label in by)


def _resolution(
    prometheus: Prometheus, source: HistogramSource, period: Period, evidence: dict[str, Evidence]
) -> dict[str, Resolution]:
    """How long tickets took, by label key and, under "", for all."""
    selector = parse(source.histogram).suffixed("_bucket")
    gained = tally(prometheus, selector, period)
    evidence["tickets/resolution"] = gained.evidence("tickets/resolution", selector, period)
    buckets: dict[str, dict[float, float]] = defaultdict(lambda: defaultdict(float))
    for labels, value in gained.gained.items():
        edge = _edge(dict(labels).get("le", ""), selector)
        for key in {"", "/".join(_group(labels, source.by))}:
            buckets[key][edge] += value
    return {key: distribution(cumulative, str(selector)) for key, cumulative in sorted(buckets.items())}


def _edge(text: str, selector: Selector) -> float:
    try:
        return float(text)
    except ValueError:
        raise SourceError(
            f"{selector} has a series whose le is {text!r}", "Name a histogram, without _bucket."
        ) from None


def distribution(cumulative: Mapping[float, float], what: str) -> Resolution:
    """What cumulative buckets (upper edge in seconds -> count) say exactly: shares at edges, no interpolation.

    Raises:
        SourceError: the bucket +Inf is missing, or a count is no whole number.
    """
    edges = sorted(cumulative)
    if edges[-1] != float("inf"):
        raise SourceError(f'{what} has no bucket le="+Inf"', "Name a complete histogram.")
    counts = [whole(cumulative[edge], what) for edge in edges]
    count = counts[-1]
    if not count:
        return Resolution(count=0, share_within_s={}, median_between_s=None)
    shares = {edge: min(below / count, 1.0) for edge, below in zip(edges[:-1], counts, strict=False)}
    middle = next(at for at, below in enumerate(counts) if 2 * below >= count)
    upper = edges[middle] if middle < len(edges) - 1 else None
    return Resolution(
        count=count, share_within_s=shares, median_between_s=(edges[middle - 1] if middle else 0.0, upper)
    )
