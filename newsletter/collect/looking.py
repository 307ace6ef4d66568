"""Cheap looks at what a server holds: an hour here and there, never a month of samples."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from msgspec import Struct

from newsletter.collect.promql import Selector, duration
from newsletter.collect.series import Answer
from newsletter.collect.watch import HOUR, TICK, Watch

if TYPE_CHECKING:
    from newsletter.collect.prometheus import Prometheus
    from newsletter.model import Period

MANY_SERVICES = 100  # more values of a service label than anybody reads about
_EVERY = 6 * HOUR
_SERVICES_READ = 3  # to measure a scrape interval
_RAW = 2 * HOUR


def last_values(prometheus: Prometheus, selector: Selector, at: float) -> Answer:
    """The last value of each series in the hour before `at`."""
    return prometheus.instant(f"last_over_time({selector.over(HOUR)})", at - TICK)


class Looks(Struct, frozen=True):
    """At which instants (seconds) each service had a sample in the hour before; a look every `every` s from `begin`."""

    begin: float
    every: float
    seen: dict[str, frozenset[float]]

    def first(self, service: str) -> float:
        """The first instant it was seen at."""
        return min(self.seen[service])

    def last(self, service: str) -> float:
        """The last one."""
        return max(self.seen[service])

    def began_late(self, service: str) -> bool:
        """Whether it was not there at the first looks."""
        return self.first(service) > self.begin + 2 * self.every

    def holes(self, service: str) -> int:
        """How many looks between its first and last one did not see it."""
        looks = round((self.last(service) - self.first(service)) / self.every) + 1
        return looks - len(self.seen[service])


def look_through(prometheus: Prometheus, watch: Watch, month: Period) -> Looks:
    """Four looks a day at all services of `watch`, the last of them at the end of the month."""
    return look(prometheus, watch, month.start_s + HOUR, month.end_s, _EVERY)


def look(prometheus: Prometheus, watch: Watch, begin: float, end: float, every: float) -> Looks:
    """Looks at all services of `watch`, every `every` seconds from `begin` to `end`.

    The last one is at `end`, unless the server moves them all to multiples of `every`, as VictoriaMetrics does.
    """
    count = int((end - begin) // every)
    start = end - TICK - count * every
    query = f"count by ({watch.service_label}) (last_over_time({watch.selector.over(HOUR)}))"
    answer = prometheus.range(query, start, end - TICK, every)
    seen: dict[str, set[float]] = defaultdict(set)
    for series in answer.series:
        seen[watch.service(series.labels)].update(series.times)
    return Looks(begin, every, {name: frozenset(times) for name, times in sorted(seen.items())})


def spacing(prometheus: Prometheus, watch: Watch, services: Sequence[str], at: float) -> float | None:
    """Seconds between two samples: the median of the densest series of a few services, in the two hours before `at`.

    None where there are not two samples to measure between.
    """
    picked = [name for name in services if name][:_SERVICES_READ]
    selector = watch.only(picked) if picked else watch.selector
    answer = prometheus.instant(f"{selector}{duration(_RAW)}", at - TICK)
    medians = [median(b - a for a, b in pairwise(one.times)) for one in answer.series if len(one.times) > 1]
    return _tidy(min(medians)) if medians else None


def _tidy(seconds: float) -> float:
    """Without the jitter of a scrape: a whole second, if one is near."""
    whole = round(seconds)
    return float(whole) if whole and abs(seconds - whole) <= 0.02 * whole else round(seconds, 3)
