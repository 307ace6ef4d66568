"""Raw samples of chosen hours, in as few requests as pay."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct, field

from newsletter.collect.promql import batches
from newsletter.collect.series import Series
from newsletter.collect.timeline import Sample
from newsletter.collect.watch import TICK, Watch

if TYPE_CHECKING:
    from newsletter.collect.prometheus import Prometheus
    from newsletter.model import Period

_LONGEST = 12  # doubtful hours to read at once
_REQUEST = 12  # service-hours of samples that take as long as one request
_MOST = 6000  # samples of each prober that one request may bring: what is being read stays small in memory

Ask = tuple[tuple[int, int], list[str]]  # hours [first, after) of services
Stretches = dict[tuple[int, int], set[str]]  # hours [first, after) of the month -> services


class Samples:
    """What one voter said: times that ascend, and whether each says down; nine bytes each, as there may be millions."""

    __slots__ = ("_downs", "_times")

    def __init__(self, times: Iterable[float] = (), downs: Iterable[bool] = ()) -> None:
        self._times, self._downs = array("d", times), bytearray(downs)

    def __iter__(self) -> Iterator[Sample]:
        return zip(self._times, map(bool, self._downs), strict=True)

    def __bool__(self) -> bool:
        return bool(self._times)

    @property
    def ends(self) -> tuple[float, ...]:
        """The times of the first and the last one, if there are any."""
        return (*self._times[:1], *self._times[-1:])

    def between(self, start: float, end: float) -> Samples:
        """Those of [start, end]."""
        first, after = bisect_left(self._times, start), bisect_right(self._times, end)
        return Samples(self._times[first:after], map(bool, self._downs[first:after]))

    def add(self, more: Samples) -> None:
        """Put `more` among them; of two at the same time the new one counts."""
        if self and more and more._times[0] <= self._times[-1]:
            begin = bisect_left(self._times, more._times[0])  # only what overlaps is sorted anew
            overlapped = Samples(self._times[begin:], map(bool, self._downs[begin:]))
            del self._times[begin:], self._downs[begin:]
            both = sorted({**dict(overlapped), **dict(more)}.items())
            more = Samples((at for at, _ in both), (down for _, down in both))
        self._times += more._times
        self._downs += more._downs


Voters = Mapping[str, Samples]


class Reading(Struct):
    """By service and voter, the samples; `spoilt` are services with some that are no number."""

    services: dict[str, Voters] = field(default_factory=dict)
    spoilt: set[str] = field(default_factory=set)

    def of(self, service: str) -> Voters:
        """The voters of a service, none if nothing was read."""
        return self.services.get(service, {})


def read_hours(
    prometheus: Prometheus,
    watch: Watch,
    period: Period,
    hours: Mapping[int, set[str]],
    flag: Callable[[float], bool | None],
    *,
    told: Callable[[int, int], None] = lambda _done, _total: None,
) -> Reading:
    """All samples of the services in the hours given, and a little beyond, each reduced by `flag`.

    A sample whose flag is None says nothing and is left out.
    Samples of overlapping reads and of renamed instances of a prober are merged.

    Args:
        prometheus: asked.
        watch: the series.
        period: where the hours are counted from.
        hours: by hour, the services.
        flag: whether a value says down.
        told: how many hours of services have been read, of how many, after every answer.
    """
    wanted = _asks(hours, watch)

    def read(ask: Ask) -> list[tuple[str, str, Samples, int]]:
        (first, after), services = ask
        query = watch.only(services).over(watch.hour_s * (after - first) + 2 * watch.pad)
        answer = prometheus.instant(query, period.start_s + watch.hour_s * after + watch.pad - TICK)
        return [
            (watch.service(series.labels), watch.voter(series.labels), _flagged(series, flag), series.dropped)
            for series in answer.series
        ]

    merged: dict[str, dict[str, Samples]] = defaultdict(lambda: defaultdict(Samples))
    reading = Reading()
    done, total = 0, sum(map(_size, wanted))
    for ask, answer in zip(wanted, prometheus.each(read, wanted), strict=True):
        done += _size(ask)
        told(done, total)
        for service, voter, samples, dropped in answer:
            merged[service][voter].add(samples)
            if dropped:
                reading.spoilt.add(service)
    for service, voters in merged.items():
        reading.services[service] = {voter: samples for voter, samples in voters.items() if samples}
    return reading


def _asks(hours: Mapping[int, set[str]], watch: Watch) -> list[Ask]:
    """The requests to make, in the order of their hours; the most services of one are those that its answer has room for."""
    found: list[Ask] = []
    for (first, after), names in sorted(stretches(hours).items()):
        most = max(_MOST // ((after - first) * watch.due), 1)
        for part in batches(sorted(names)):
            found += [((first, after), part[at : at + most]) for at in range(0, len(part), most)]
    return found


def _size(ask: Ask) -> int:
    (first, after), services = ask
    return (after - first) * len(services)


def _flagged(series: Series, flag: Callable[[float], bool | None]) -> Samples:
    """The samples that say something; `flag` is asked once of each value."""
    flags = {value: flag(value) for value in set(series.values)}
    downs = [flags[value] for value in series.values]
    if None not in flags.values():
        return Samples(series.times, map(bool, downs))
    said = [(at, down) for at, down in zip(series.times, downs, strict=True) if down is not None]
    return Samples((at for at, _ in said), (down for _, down in said))


def stretches(hours: Mapping[int, set[str]], request: int = _REQUEST) -> Stretches:
    """The hours to read at once, each stretch with the services in doubt during it.

    Reading several hours at once spares requests and brings samples nobody asked for. The cheapest
    way to cut is found from the left: the best cut before each hour, and then a stretch from there.

    Args:
        hours: by hour, the services in doubt.
        request: service-hours of samples that take as long as one request.
    """
    bits = {name: 1 << number for number, name in enumerate(sorted(set().union(*hours.values())))}
    ordered = [(hour, sum(map(bits.__getitem__, names))) for hour, names in sorted(hours.items())]
    best: list[tuple[int, int]] = [(0, 0)]  # before each of `ordered`: effort, where the last stretch begins
    for after in range(1, len(ordered) + 1):
        together, options = 0, []
        for first in range(after - 1, max(after - _LONGEST, 0) - 1, -1):
            together |= ordered[first][1]
            length = ordered[after - 1][0] + 1 - ordered[first][0]
            options.append((best[first][0] + request + length * together.bit_count(), first))
        best.append(min(options))
    found: Stretches = {}
    after = len(ordered)
    while after:
        first = best[after][1]
        services = set().union(*(hours[hour] for hour, _ in ordered[first:after]))
        found[ordered[first][0], ordered[after - 1][0] + 1] = services
        after = first
    return found
