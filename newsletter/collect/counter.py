"""Counters from raw samples: what was counted in a month, restarts and renamed pods included.

The samples are read in days and each day is folded to a few numbers where it is read, so a month
of them never stands in memory. Of very many series only the hours are read in which something happens to one of
them (`eventful`): in between a counter does nothing but count.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import reduce
from typing import TYPE_CHECKING

from msgspec import Struct, field

from newsletter.collect.days import DAY, read_days
from newsletter.collect.eventful import MANY_SERIES, counted_samples, read_eventful
from newsletter.collect.fold import HANDOVER_S, Fold, Weeks, by_week, ends_of_weeks
from newsletter.collect.promql import Selector
from newsletter.collect.series import Series
from newsletter.collect.watch import TICK
from newsletter.counting import counted
from newsletter.errors import SourceError
from newsletter.model import Evidence

if TYPE_CHECKING:
    from newsletter.collect.prometheus import Prometheus
    from newsletter.model import Period

_TOGETHER_S = 300.0  # series that begin within this of the first one began with their source
_PASSING = frozenset({"instance", "pod", "pod_name", "container", "container_id", "node", "host", "hostname", "uid"})
_INTEGER_WITHIN = 1e-6

Labels = tuple[tuple[str, str], ...]


class Tally(Struct, frozen=True):
    """What every series of a counter gained in the month, with what must be said about it.

    `coverage` is the share of the month from the first to the last sample: a gap between them
    hides nothing, as a counter goes on counting. `samples` is by series, too; `changed` is how often each
    differed from its value before, empty unless that was asked for. `weekly` is the sum of all series by week; None
    where nobody can tell, as a series was silent over the end of one and had counted on; empty if no week is known.
    """

    gained: Mapping[Labels, float]
    weekly: tuple[float | None, ...]
    changed: Mapping[Labels, int]
    samples: Mapping[Labels, int]
    coverage: float
    warnings: tuple[str, ...]

    def evidence(self, key: str, selector: Selector, period: Period) -> Evidence:
        """How to see the same samples again."""
        return Evidence(
            id=key,
            query=selector.over(period.seconds),
            evaluated_at=datetime.fromtimestamp(period.end_s - TICK, UTC),
            samples=sum(self.samples.values()),
            coverage=self.coverage,
            warnings=self.warnings,
        )


def tally(prometheus: Prometheus, selector: Selector, period: Period, *, changes: bool = False) -> Tally:
    """Count what the counters of `selector` gained in [start, end) of `period`.

    The count begins at each series' last value of the day before. A series born in the month
    counts from 0, with two exceptions that a warning tells: where the whole source was not recorded
    before it, what it had counted earlier is not the month's; and where it differs from a series
    that just ended by its instance only, and goes on from its total, it is the same counter.
    Series of the same metric that the matchers leave out are of the source, too: failures may appear
    for the first time where successes always were.

    Args:
        prometheus: asked.
        selector: the series.
        period: the month.
        changes: also count how often the values changed, which needs every sample.

    Raises:
        SourceError: no or partial answers.
    """
    with prometheus.overhear() as remarks:
        before = _baselines(prometheus, selector, period)
        sparse = len(before) >= MANY_SERIES and selector.metric != "" and not changes
        month = (_read_sparsely if sparse else _read_whole)(prometheus, selector, period)
    folds = {labels: reduce(Fold.then, stretches.values()) for labels, stretches in month.folds.items()}
    if not folds:
        return Tally({}, (), {}, {}, 0.0, (*remarks, f"no series match {selector}"))
    recorded = bool(before) or _has_siblings(prometheus, selector, period.start_s, DAY)
    began = -math.inf if recorded else min(fold.first_at for fold in folds.values()) + _TOGETHER_S
    adopted = {labels for labels, fold in folds.items() if fold.first_at <= began and fold.first > 1}
    heirs = inherited(folds, before, adopted, period.start_s)
    gained: dict[Labels, float] = {}
    changed: dict[Labels, int] = {}
    weekly = Weeks(month.folds.values(), ends_of_weeks(period), period.start_s, recorded=recorded)
    for labels, fold in folds.items():
        known = before.get(labels, heirs.get(labels))
        base = known if known is not None else fold.first if labels in before or labels in adopted else 0.0
        start = Fold(first_at=period.start_s, last_at=period.start_s, first=base, last=base, samples=0)
        gained[labels] = start.then(fold).gained
        weekly.add(base, _seen_at(labels, fold, before, {*heirs, *adopted}, period), month.folds[labels])
        if changes:
            changed[labels] = fold.changes + (known is not None and known != fold.first)
    unexplained = 0 if not before else _unexplained(folds, {*before, *heirs})
    warnings = (*remarks, *_warnings(month.dropped, len(adopted), len(heirs), unexplained))
    first, last = _span(prometheus, selector, folds, recorded, period)
    coverage = min((last - first) / period.seconds, 1.0)
    return Tally(gained, weekly.told(first, last, period), changed, month.samples, coverage, warnings)


def _seen_at(
    labels: Labels, fold: Fold, before: Mapping[Labels, float | None], went_on: Collection[Labels], period: Period
) -> float | None:
    """When the series had the value that its count begins with; None if it was born in the month."""
    if labels in before:
        return period.start_s
    return fold.first_at if labels in went_on else None


def inherited(
    folds: Mapping[Labels, Fold], before: Mapping[Labels, float | None], adopted: Collection[Labels], start: float
) -> dict[Labels, float]:
    """The series that carry on an ended one's total under another instance, with that total.

    Args:
        folds: every series of the month.
        before: the last values of the day before the month.
        adopted: series whose first value is not the month's anyway.
        start: when the month begins, seconds since the epoch.
    """
    ended: dict[Labels, list[tuple[float, float]]] = defaultdict(list)
    for labels, fold in folds.items():
        ended[_lasting(labels)].append((fold.last_at, fold.last))
    for labels, last in before.items():
        if labels not in folds and last is not None:
            ended[_lasting(labels)].append((start, last))
    found: dict[Labels, float] = {}
    for labels in sorted(folds.keys() - before.keys() - set(adopted), key=lambda one: folds[one].first_at):
        born = folds[labels]
        forebears = ended[_lasting(labels)]
        fits = [
            (last_at, last)
            for last_at, last in forebears
            if 0 < born.first_at - last_at <= HANDOVER_S and 0 < last <= born.first
        ]
        if fits:
            _, found[labels] = max(fits)
            forebears.remove(max(fits))  # nobody inherits twice
    return found


def _unexplained(folds: Mapping[Labels, Fold], explained: Collection[Labels]) -> int:
    """How many series began above 1 although no older one counted the same: were they only recorded late?"""
    oldest: dict[Labels, float] = {}
    for labels in explained:
        oldest[_lasting(labels)] = -math.inf
    for labels, fold in folds.items():
        key = _lasting(labels)
        oldest[key] = min(fold.first_at, oldest.get(key, math.inf))
    return sum(
        fold.first > 1 and fold.first_at <= oldest[_lasting(labels)]
        for labels, fold in folds.items()
        if labels not in explained
    )


def _lasting(labels: Labels) -> Labels:
    """The labels that stay when a program moves to another machine or pod."""
    return tuple(pair for pair in labels if pair[0] not in _PASSING)


def whole(value: float, what: str) -> int:
    """`value` as the integer it must be.

    Raises:
        SourceError: it is none.
    """
    if abs(value - round(value)) > _INTEGER_WITHIN:
        raise SourceError(f"{what} is {value:g}, no whole number", "Name a series that counts things one by one.")
    return round(value)


def _baselines(prometheus: Prometheus, selector: Selector, period: Period) -> dict[Labels, float | None]:
    """The last value of the day before; None where it was not a number."""
    answer = prometheus.instant(f"last_over_time({selector.over(DAY)})", period.start_s - TICK)
    return {_key(series): series.values[0] if series.values else None for series in answer.series}


class _Month(Struct):
    """Every series of the month, folded week by week; how many samples it has; and how many of all were no number."""

    folds: dict[Labels, dict[int, Fold]] = field(default_factory=dict)
    samples: dict[Labels, int] = field(default_factory=dict)
    dropped: int = 0


def _read_whole(prometheus: Prometheus, selector: Selector, period: Period) -> _Month:
    """By all its samples."""
    month, dropped = _joined(read_days(prometheus, selector, period, _folding(ends_of_weeks(period))))
    samples = {labels: sum(fold.samples for fold in stretches.values()) for labels, stretches in month.items()}
    return _Month(month, samples, sum(dropped.values()))


def _read_sparsely(prometheus: Prometheus, selector: Selector, period: Period) -> _Month:
    """By the samples of the hours in which something happens to a series; the others are only counted."""
    ends = ends_of_weeks(period)
    month, dropped = _joined(read_eventful(prometheus, selector, period, _folding(ends), ends))
    counted = counted_samples(prometheus, selector, period)
    samples = {labels: counted.get(unnamed(labels), 0) - dropped[labels] for labels in month}
    return _Month(month, samples, sum(dropped.values()))


Folded = tuple[Labels, tuple[tuple[int, Fold], ...], int]
"""A series, its stretches by the number of the week, and how many of its samples were no number."""


def _folding(ends: Sequence[float]) -> Callable[[Sequence[Series]], list[Folded]]:
    return lambda every: [(_key(series), tuple(by_week(series, ends)), series.dropped) for series in every]


def _joined(stretches: Iterable[Sequence[Folded]]) -> tuple[dict[Labels, dict[int, Fold]], Counter[Labels]]:
    """Each series as one fold a week, and how many of its samples were no number."""
    month: dict[Labels, dict[int, Fold]] = {}
    dropped: Counter[Labels] = Counter()
    for stretch in stretches:
        for labels, folds, lost in stretch:
            dropped[labels] += lost
            for week, fold in folds:
                known = month.setdefault(labels, {})
                known[week] = known[week].then(fold) if week in known else fold
    return month, dropped


def unnamed(labels: Labels) -> Labels:
    """The labels without the name of the metric, which functions of a range drop."""
    return tuple(pair for pair in labels if pair[0] != "__name__")


def _key(series: Series) -> Labels:
    return tuple(sorted(series.labels.items()))


def _span(
    prometheus: Prometheus, selector: Selector, folds: Mapping[Labels, Fold], recorded: bool, period: Period
) -> tuple[float, float]:
    """From when to when the source was recorded in the month."""
    first = period.start_s if recorded else min(fold.first_at for fold in folds.values())
    last = max(fold.last_at for fold in folds.values())
    if period.end_s - last <= _TOGETHER_S or _has_siblings(prometheus, selector, period.end_s, _TOGETHER_S):
        last = period.end_s
    return first, last


def _has_siblings(prometheus: Prometheus, selector: Selector, at: float, seconds: float) -> bool:
    """Whether the metric, without its matchers, was recorded shortly before `at`."""
    if not (selector.metric and selector.matchers):
        return False
    every = Selector(selector.metric).over(seconds)
    return bool(prometheus.instant(f"count(last_over_time({every}))", at - TICK).series)


def _warnings(dropped: int, adopted: int, heirs: int, unexplained: int) -> tuple[str, ...]:
    told = {
        f"{counted(dropped, 'sample was', 'samples were')} not a number, so not counted": dropped,
        f"{counted(adopted, 'series was', 'series were')} first recorded in the month with a count; it is not the month's": adopted,
        f"{counted(heirs, 'series goes', 'series go')} on counting where one of another instance ended": heirs,
        f"{unexplained:,} series began in the month above 1; the whole count is taken as the month's": unexplained,
    }
    return tuple(text for text, count in told.items() if count)
