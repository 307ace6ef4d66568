"""Raw samples of chosen hours, in as few requests as pay."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from newsletter.collect.timeline import Sample
from newsletter.collect.watch import TICK, Watch

if TYPE_CHECKING:
    from newsletter.collect.prometheus import Prometheus
    from newsletter.model import Period

_LENGTHS = (1, 2, 3, 4, 6, 8, 12, 24)  # hours to read at once
_REQUEST = 12  # service-hours of samples that take as long as one request

Voters = Mapping[str, Sequence[Sample]]
Stretches = dict[tuple[int, int], set[str]]  # hours [first, after) of the month -> services


@dataclass(slots=True)
class Reading:
    """By service and voter, the samples in ascending order; `spoilt` are services with some that are no number."""

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
) -> Reading:
    """All samples of the services in the hours given, and a little beyond, each reduced by `flag`.

    A sample whose flag is None says nothing and is left out.
    Samples of overlapping reads and of renamed instances of a prober are merged.
    """
    wanted = stretches(hours)

    def read(stretch: tuple[int, int]) -> list[tuple[str, str, dict[float, bool], int]]:
        first, after = stretch
        query = watch.only(sorted(wanted[stretch])).over(watch.hour_s * (after - first) + 2 * watch.pad)
        answer = prometheus.instant(query, period.start_s + watch.hour_s * after + watch.pad - TICK)
        return [
            (
                watch.service(series.labels),
                watch.voter(series.labels),
                {
                    at: flagged
                    for at, value in zip(series.times, series.values, strict=True)
                    if (flagged := flag(value)) is not None
                },
                series.dropped,
            )
            for series in answer.series
        ]

    merged: dict[str, dict[str, dict[float, bool]]] = defaultdict(lambda: defaultdict(dict))
    reading = Reading()
    for answer in prometheus.each(read, sorted(wanted)):
        for service, voter, samples, dropped in answer:
            merged[service][voter].update(samples)
            if dropped:
                reading.spoilt.add(service)
    for service, voters in merged.items():
        reading.services[service] = {voter: sorted(samples.items()) for voter, samples in voters.items()}
    return reading


def between(samples: Sequence[Sample], start: float, end: float) -> Sequence[Sample]:
    """The samples of [start, end]."""
    return samples[bisect_left(samples, (start, False)) : bisect_right(samples, (end, True))]


def stretches(hours: Mapping[int, set[str]]) -> Stretches:
    """The hours to read at once, each stretch with the services in doubt during it.

    Reading several hours at once spares requests and brings samples nobody asked for; how many
    hours are best depends on how the doubts are spread, so every length is reckoned.
    """
    return min((_cut(hours, length) for length in _LENGTHS), key=_effort)


def _cut(hours: Mapping[int, set[str]], length: int) -> Stretches:
    found: Stretches = {}
    for _, together in groupby(sorted(hours), lambda hour: hour // length):
        block = list(together)
        found[block[0], block[-1] + 1] = set().union(*(hours[hour] for hour in block))
    return found


def _effort(cut: Stretches) -> int:
    """Service-hours to transfer, a request counting as many of them as take the same time."""
    return sum(_REQUEST + (after - first) * len(services) for (first, after), services in cut.items())
