"""Which samples of very many counters must be read? Between the others they only go on counting.

A counter that never falls gains the difference of any two of its samples. So samples are needed only where a
series begins, ends or starts anew, or has a sample that is no number.

Two cheap passes tell for every two adjoining hours whether any of this happens to any series: nothing does if all
samples of the first hour are numbers and come from as many series as those of the second, as many as have samples
in either, and none of these falls. If three numbers (the series of the hour, those of the hour before, and those
of both with their falls) are equal, all of it holds. Of the pairs that are left it is asked which series it
is, and their samples are read. Whatever happens to a series between two samples, the first is in an
hour of a pair that is eventful for it and so is the second; all samples of both are read.

The first and last hours are read of all series. Only functions of plain range selectors are used: they stream.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Final, TypeVar

from newsletter.collect import promql
from newsletter.collect.watch import HOUR, TICK

if TYPE_CHECKING:
    from newsletter.collect.prometheus import Prometheus
    from newsletter.collect.promql import Selector
    from newsletter.collect.series import Series
    from newsletter.model import Period

MANY_SERIES: Final = 200
"""Fewer are read whole: the passes over them and some more requests would cost as much."""

_ASKED_HOURS = 8 * 24  # by one query, so that none of them runs into the server's time limit
_TOGETHER_HOURS = 6  # are read by one request, so that no answer is large
_FEW_SERIES = 20  # can be named in a query; of an hour with more eventful ones all are read

T = TypeVar("T")
Labels = tuple[tuple[str, str], ...]
Named = frozenset[Labels] | None
"""The series to read of an hour, without the metric's name; None = all."""


def read_eventful(
    prometheus: Prometheus,
    selector: Selector,
    period: Period,
    reduce: Callable[[Sequence[Series]], T],
    marks: Sequence[float] = (),
) -> Iterable[T]:
    """For some stretches of the month, in order, what `reduce` makes of their series, on the thread that reads them.

    Each series shows in these stretches its first and last samples, those next to each of its falls, and
    all that are no number; others may be among them. Between two samples that it shows it never falls unseen.

    Args:
        prometheus: asked.
        selector: counters of one metric, named in it.
        period: the month.
        reduce: called with the series of a stretch.
        marks: instants (seconds since the epoch) next to which every series shows its samples, too, such as the
            ends of weeks.

    Raises:
        SourceError: no or partial answers.
    """
    hours = math.ceil(period.seconds / HOUR)
    wanted = _eventful(prometheus, selector, period)
    edges = (0, *range(max(int(period.seconds // HOUR) - 1, 0), hours))
    beside = (int((at - period.start_s + shift) // HOUR) for at in marks for shift in (-HOUR, 0))
    wanted |= dict.fromkeys((*edges, *(hour for hour in beside if 0 <= hour < hours)))

    def read(stretch: tuple[range, Named]) -> T:
        some, named = stretch
        start = period.start_s + HOUR * some.start
        end = min(period.start_s + HOUR * some.stop, period.end_s)
        narrowed = selector if named is None else selector.where(*matchers(named))
        return reduce(prometheus.instant(narrowed.over(end - start), end - TICK).series)

    return prometheus.each(read, stretches(wanted))


def counted_samples(prometheus: Prometheus, selector: Selector, period: Period) -> dict[Labels, int]:
    """How many samples each series has in the month, those that are no number too; without the metric's name."""
    answer = prometheus.instant(f"count_over_time({selector.over(period.seconds)})", period.end_s - TICK)
    return {tuple(sorted(one.labels.items())): int(one.values[0]) for one in answer.series if one.values}


def _eventful(prometheus: Prometheus, selector: Selector, period: Period) -> dict[int, Named]:
    """The series to read by the number of the hour, counted from the start of the month."""
    one, two = selector.over(HOUR), selector.over(2 * HOUR)
    whole = int(period.seconds // HOUR)
    parts = [range(first, min(first + _ASKED_HOURS, whole)) for first in range(0, whole, _ASKED_HOURS)]

    def ask(asked: tuple[str, range]) -> list[tuple[Labels, int, float]]:
        query, part = asked
        start, end = (period.start_s + HOUR * (hour + 1) - TICK for hour in (part.start, part.stop - 1))
        return [
            (tuple(sorted(series.labels.items())), part.start + round((at - start) / HOUR), value)
            for series in prometheus.range(query, start, end, HOUR).series
            for at, value in zip(series.times, series.values, strict=True)
        ]

    def by_hour(query: str) -> dict[int, float]:
        return {
            hour: value for part in prometheus.each(ask, [(query, part) for part in parts]) for _, hour, value in part
        }

    # no number if one sample is none
    left = uncertain(by_hour(f"sum(0 * sum_over_time({one}) + 1)"), by_hour(f"sum(resets({two}) + 1)"), whole)
    quiet = f"resets({two}) + 0 * sum_over_time({two}) + (count_over_time({two}) <= bool count_over_time({one})) == 0"
    query = f"count_over_time({two}) unless ({quiet})"
    found: dict[int, set[Labels]] = defaultdict(set)
    for part in prometheus.each(ask, [(query, part) for part in _runs(left)]):
        for labels, pair, _ in part:
            found[pair - 1].add(labels)
            found[pair].add(labels)
    return {hour: nameable(some) for hour, some in found.items()}


def nameable(series: Collection[Labels]) -> Named:
    """The series, if they are few and their labels short enough to stand in a query."""
    few = frozenset(series) if len(series) <= _FEW_SERIES else None
    long = few and sum(len(matcher.encode()) for matcher in matchers(few)) > promql.NAMES_BYTES
    return None if long else few


def uncertain(of_hour: Mapping[int, float], of_pair: Mapping[int, float], hours: int) -> list[int]:
    """The hours of which something may have happened in them or the hour before, ascending.

    Args:
        of_hour: how many series have samples in each hour; missing where there are none, or one is no number.
        of_pair: how many have samples in an hour or the one before it, and how often they fell there.
        hours: how many there are.
    """
    return [
        hour
        for before, hour in pairwise(range(hours))
        if not of_hour.get(before) == of_hour.get(hour) == of_pair.get(hour)
    ]


def matchers(named: Collection[Labels]) -> Iterator[str]:
    """Matchers that let all of these series through, and perhaps some more."""
    for label in sorted({label for series in named for label, _ in series}):
        yield promql.one_of(label, sorted({dict(series).get(label, "") for series in named}))


def stretches(wanted: Mapping[int, Named]) -> list[tuple[range, Named]]:
    """Adjoining hours of which the same is read, none longer than is read at once."""
    found: list[tuple[range, Named]] = []
    for hour, named in sorted(wanted.items(), key=lambda one: one[0]):
        last, known = found[-1] if found else (range(0), None)
        if last.stop == hour and known == named and 0 < len(last) < _TOGETHER_HOURS:
            found[-1] = range(last.start, hour + 1), named
        else:
            found.append((range(hour, hour + 1), named))
    return found


def _runs(hours: Sequence[int]) -> list[range]:
    """Ascending hours as runs of adjoining ones."""
    return [some for some, _ in stretches(dict.fromkeys(hours))]
