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
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import Struct

from newsletter.collect.hours import Counted, counted_in, merged, said, verdicts
from newsletter.collect.series import Answer, Series
from newsletter.collect.session import THREADS
from newsletter.collect.timeline import State, Vote
from newsletter.collect.watch import TICK, Watch

if TYPE_CHECKING:
    from newsletter.collect.prometheus import Prometheus
    from newsletter.model import Period

Verdicts = list[State | None]
"""For each hour of the month the state it can only be in, or None: its samples must decide."""

_TELLING = 4  # samples due in an hour: with fewer, one empty hour and one with twice as many may be jitter

Labels = tuple[tuple[str, str], ...]


class Survey(Struct, frozen=True):
    """The month at a glance.

    Attributes:
        samples: by service, how many there are in the month.
        most: how many the series with the most has.
        verdicts: by service, what its hours can only have been.
    """

    samples: Mapping[str, int]
    most: int
    verdicts: Mapping[str, Verdicts]


class _Part(Struct, frozen=True):
    """Some hours of the period, surveyed by one thread: a server evaluates a query on one core."""

    start_s: float
    end_s: float  # of the period, where the last hour is cut
    hours: int


class _Found(Struct, frozen=True):
    """A part of the month: the samples of each series, and by service what its hours can only have been."""

    samples: Mapping[Labels, int]
    verdicts: Mapping[str, Verdicts]


def hours_of(period: Period, watch: Watch) -> int:
    """How many hours it takes to cover the period; the last may be cut (zones with half hours)."""
    return -int(-period.seconds // watch.hour_s)


def survey(prometheus: Prometheus, watch: Watch, vote: Vote, period: Period) -> Survey:
    """Count every series' samples, and judge the hours of every service that has any."""
    # a closed range must not count the sample at its beginning, which is the end of the one before
    less = 0.0 if prometheus.left_open else TICK
    parts = _parts(period, watch)
    by_series: dict[Labels, int] = defaultdict(int)
    judged: dict[str, Verdicts] = {}
    hours = 0
    surveyed = prometheus.each(lambda part: _surveyed(prometheus, watch, vote, part, less), parts)
    for part, found in zip(parts, surveyed, strict=True):  # each is let go of as soon as it is added
        for labels, count in found.samples.items():
            by_series[labels] += count
        for service in judged.keys() | found.verdicts.keys():
            # where there are no series of it, nobody said anything
            so_far = judged.setdefault(service, [State.UNKNOWN] * hours)
            so_far += found.verdicts.get(service) or [State.UNKNOWN] * part.hours
        hours += part.hours
    samples: dict[str, int] = defaultdict(int)
    for labels, count in by_series.items():
        samples[watch.service(dict(labels))] += count
    samples = {service: count for service, count in samples.items() if count}
    return Survey(samples, max(by_series.values(), default=0), {service: judged[service] for service in samples})


def _parts(period: Period, watch: Watch) -> list[_Part]:
    """The period in parts, two for each thread: the fewer, the cheaper, and the more, the less is held at a time."""
    hours, count = hours_of(period, watch), 2 * THREADS
    edges = sorted({hours * part // count for part in range(count + 1)})
    start = [period.start_s + watch.hour_s * edge for edge in edges]
    return [
        _Part(start[part], min(start[part + 1], period.end_s), after - first)
        for part, (first, after) in enumerate(pairwise(edges))
    ]


def _surveyed(prometheus: Prometheus, watch: Watch, vote: Vote, part: _Part, less: float) -> _Found:
    """Ask for a part of the month, and judge its hours."""
    before, beyond, pairs, failing = (ask() for ask in _asks(prometheus, watch, part, less))
    after_end = {_labels(series): int(series.values[0]) for series in beyond.series}
    due, hours = watch.due, part.hours
    samples: dict[Labels, int] = {}
    voters: dict[str, dict[str, list[Mapping[int, int]]]] = defaultdict(lambda: defaultdict(list))
    for labels, counted in _counted(before, pairs, failing, watch, part).items():
        odd = counted.odd(due, hours)
        samples[labels] = counted_in(odd, due, hours) - after_end.get(labels, 0)
        named = dict(labels)
        voters[watch.service(named)][watch.voter(named)].append(said(counted, odd, due, hours))
    judged = {
        service: verdicts([merged(series) for series in of_service.values()], vote, hours)
        for service, of_service in voters.items()
    }
    return _Found(samples, judged)


def active_hours(prometheus: Prometheus, watch: Watch, period: Period) -> dict[int, set[str]]:
    """The hours in which a series of `watch` is not 0, with the services concerned."""
    window = watch.hour_s + 2 * watch.interval_s
    query = f"max by ({watch.service_label}) (max_over_time({watch.selector.over(window)})) > 0"
    zero = _overlapping(watch, period.start_s)
    answer = _hourly(prometheus, query, watch, range(hours_of(period, watch)), zero)
    found: dict[int, set[str]] = defaultdict(set)
    hours = _HourOf(watch.hour_s, zero)
    for series in answer.series:
        for hour in hours.all(series.times):
            found[hour].add(watch.service(series.labels))
    return found


def _asks(prometheus: Prometheus, watch: Watch, part: _Part, less: float) -> list[Callable[[], Answer]]:
    """The counts before the part and beyond the period in its last hour, of pairs of hours; failing samples."""
    hours, hour_s, overlap = part.hours, watch.hour_s, watch.interval_s
    count = "count_over_time({})".format

    def counted(seconds: float, end: float) -> Answer:
        return prometheus.instant(count(watch.selector.over(seconds - less)), end - TICK)

    end = part.start_s + hours * hour_s
    usual = f" != {2 * watch.due}" if watch.due >= _TELLING else ""
    pairs = count(watch.selector.over(2 * hour_s - less)) + usual
    failing = watch.failing(watch.selector.over(hour_s + 2 * overlap))
    return [
        lambda: counted(hour_s, part.start_s),
        lambda: counted(end - part.end_s, end) if end > part.end_s else Answer(()),
        lambda: _hourly(prometheus, pairs, watch, range(-1, hours), _paired(watch, part.start_s)),
        lambda: _hourly(prometheus, failing, watch, range(hours), _overlapping(watch, part.start_s)),
    ]


def _counted(before: Answer, pairs: Answer, failing: Answer, watch: Watch, part: _Part) -> dict[Labels, Counted]:
    """What was counted of each series."""
    found: dict[Labels, Counted] = defaultdict(Counted)
    for series in before.series:
        found[_labels(series)].before = int(series.values[0])
    hours = _HourOf(watch.hour_s, _paired(watch, part.start_s))
    for series in pairs.series:
        found[_labels(series)].pairs = dict(zip(hours.all(series.times), map(int, series.values), strict=True))
    hours = _HourOf(watch.hour_s, _overlapping(watch, part.start_s))
    for series in failing.series:
        found[_labels(series)].failing = dict(zip(hours.all(series.times), map(bool, series.values), strict=True))
    return found


class _HourOf(dict[float, int]):
    """By the end of a window its hour; all series share these instants. That of hour 0 ends at `zero`."""

    def __init__(self, hour_s: float, zero: float) -> None:
        super().__init__()
        self._hour_s, self._zero = hour_s, zero

    def __missing__(self, at: float) -> int:
        self[at] = round((at - self._zero) / self._hour_s)
        return self[at]

    def all(self, ends: Iterable[float]) -> Iterator[int]:
        return map(self.__getitem__, ends)


def _labels(series: Series) -> Labels:
    return tuple(sorted((name, value) for name, value in series.labels.items() if name != "__name__"))


def _hourly(prometheus: Prometheus, query: str, watch: Watch, hours: range, zero: float) -> Answer:
    """`query` of each of the hours, evaluated where their windows end; that of hour 0 ends at `zero`."""
    step = watch.hour_s
    return prometheus.range(query, zero + hours[0] * step, zero + hours[-1] * step, step)


def _paired(watch: Watch, start_s: float) -> float:
    """Where the window of the first hour and the next ends."""
    return start_s + 2 * watch.hour_s - TICK


def _overlapping(watch: Watch, start_s: float) -> float:
    """Where the window of the first hour and an interval around it ends."""
    return start_s + watch.hour_s + watch.interval_s - TICK
