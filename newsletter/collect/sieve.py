"""Which hours must be read sample by sample? Two cheap passes over the month answer.

One pass counts samples and one looks for failing ones; both return only the series and hours where
something is out of the ordinary. `hours` tells from them which hours can only have one outcome; the
others are read raw. Only `*_over_time` of plain selectors is used: it streams on the server.

Samples are counted two hours at a time, in steps of one: each sample is counted twice, and a series
that falls silent is noticed wherever its gap begins or ends. With the count of the hour before the
period, every hour's count follows exactly.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.collect.hours import Counted, counted_in, merged, said, verdicts
from newsletter.collect.series import Answer, Series
from newsletter.collect.timeline import State, Vote
from newsletter.collect.watch import TICK, Watch

if TYPE_CHECKING:
    from newsletter.collect.prometheus import Prometheus
    from newsletter.model import Period

Verdicts = list[State | None]
"""For each hour of the month the state it can only be in, or None: its samples must decide."""

_TELLING = 4  # samples due in an hour: with fewer, one empty hour and one with twice as many may be jitter

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Survey:
    """The month at a glance.

    Attributes:
        samples: by service, how many there are in the month.
        most: how many the series with the most has.
        verdicts: by service, what its hours can only have been.
    """

    samples: Mapping[str, int]
    most: int
    verdicts: Mapping[str, Verdicts]


def hours_of(period: Period, watch: Watch) -> int:
    """How many hours it takes to cover the period; the last may be cut (zones with half hours)."""
    return -int(-period.seconds // watch.hour_s)


def survey(prometheus: Prometheus, watch: Watch, vote: Vote, period: Period) -> Survey:
    """Count every series' samples, and judge the hours of every service that has any."""
    hours = hours_of(period, watch)
    asked = prometheus.each(lambda ask: ask(), _asks(prometheus, watch, period))
    before, beyond, pairs, failing = asked
    found = _counted(before, pairs, failing, watch, period)
    samples: dict[str, int] = defaultdict(int)
    voters: dict[str, dict[str, list[Mapping[int, int]]]] = defaultdict(lambda: defaultdict(list))
    after_end = {_labels(series): int(series.values[0]) for series in beyond.series}
    most = 0
    for labels, counted in found.items():
        odd = counted.odd(watch.due, hours)
        count = counted_in(odd, watch.due, hours) - after_end.get(labels, 0)
        most = max(most, count)
        named = dict(labels)
        samples[watch.service(named)] += count
        voters[watch.service(named)][watch.voter(named)].append(said(counted, odd, watch.due, hours))
    judged = {
        service: verdicts([merged(series) for series in of_service.values()], vote, hours)
        for service, of_service in voters.items()
        if samples[service]
    }
    return Survey({service: samples[service] for service in judged}, most, judged)


def active_hours(prometheus: Prometheus, watch: Watch, period: Period) -> dict[int, set[str]]:
    """The hours in which a series of `watch` is not 0, with the services concerned."""
    window = watch.hour_s + 2 * watch.interval_s
    query = f"max by ({watch.service_label}) (max_over_time({watch.selector.over(window)})) > 0"
    answer = _hourly(prometheus, query, watch, range(hours_of(period, watch)), _overlapping(watch, period))
    found: dict[int, set[str]] = defaultdict(set)
    for series in answer.series:
        for hour in _hours(series, watch, _overlapping(watch, period)):
            found[hour].add(watch.service(series.labels))
    return found


def _asks(prometheus: Prometheus, watch: Watch, period: Period) -> list[Callable[[], Answer]]:
    """The counts before the period and beyond its end in the last hour, of pairs of hours; failing samples."""
    # a closed range must not count the sample at its beginning, which is the end of the one before
    less = 0.0 if prometheus.left_open else TICK
    hours, hour_s, overlap = hours_of(period, watch), watch.hour_s, watch.interval_s
    count = "count_over_time({})".format

    def counted(seconds: float, end: float) -> Answer:
        return prometheus.instant(count(watch.selector.over(seconds - less)), end - TICK)

    end = period.start_s + hours * hour_s
    usual = f" != {2 * watch.due}" if watch.due >= _TELLING else ""
    pairs = count(watch.selector.over(2 * hour_s - less)) + usual
    failing = watch.failing(watch.selector.over(hour_s + 2 * overlap))
    return [
        lambda: counted(hour_s, period.start_s),
        lambda: counted(end - period.end_s, end) if end > period.end_s else Answer(()),
        lambda: _hourly(prometheus, pairs, watch, range(-1, hours), _paired(watch, period)),
        lambda: _hourly(prometheus, failing, watch, range(hours), _overlapping(watch, period)),
    ]


def _counted(before: Answer, pairs: Answer, failing: Answer, watch: Watch, period: Period) -> dict[Labels, Counted]:
    """What was counted of each series."""
    found: dict[Labels, Counted] = defaultdict(Counted)
    for series in before.series:
        found[_labels(series)].before = int(series.values[0])
    for series in pairs.series:
        hours = _hours(series, watch, _paired(watch, period))
        found[_labels(series)].pairs = dict(zip(hours, map(int, series.values), strict=True))
    for series in failing.series:
        hours = _hours(series, watch, _overlapping(watch, period))
        found[_labels(series)].failing = dict(zip(hours, map(bool, series.values), strict=True))
    return found


def _labels(series: Series) -> Labels:
    return tuple(sorted((name, value) for name, value in series.labels.items() if name != "__name__"))


def _hourly(prometheus: Prometheus, query: str, watch: Watch, hours: range, zero: float) -> Answer:
    """`query` of each of the hours, evaluated where their windows end; that of hour 0 ends at `zero`."""
    step = watch.hour_s
    return prometheus.range(query, zero + hours[0] * step, zero + hours[-1] * step, step)


def _hours(series: Series, watch: Watch, zero: float) -> Iterator[int]:
    return (round((at - zero) / watch.hour_s) for at in series.times)


def _paired(watch: Watch, period: Period) -> float:
    """Where the window of the first hour and the next ends."""
    return period.start_s + 2 * watch.hour_s - TICK


def _overlapping(watch: Watch, period: Period) -> float:
    """Where the window of the first hour and an interval around it ends."""
    return period.start_s + watch.hour_s + watch.interval_s - TICK
