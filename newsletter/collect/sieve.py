"""Which hours must be read sample by sample? Two cheap passes over the month answer.

An hour in which most probers are complete and without a failure can only be up. All other hours
are read raw. Windows overlap by one scrape interval on each side, so that nothing hides behind
a full hour, and only `*_over_time` of plain selectors is used: it streams on the server.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from newsletter.collect.series import Answer
from newsletter.collect.timeline import State, Vote
from newsletter.collect.watch import HOUR, TICK, Watch

if TYPE_CHECKING:
    from newsletter.collect.prometheus import Prometheus
    from newsletter.model import Period

Verdicts = list[State | None]
"""For each hour of the month UP, UNKNOWN (no sample at all), or None: its samples must decide."""

Counts = dict[str, dict[int, int]]  # service -> hour of the month -> voters


@dataclass(frozen=True, slots=True)
class Survey:
    """The month at a glance: how many samples each series has, and what each service's hours tell."""

    totals: Answer
    verdicts: dict[str, Verdicts]


def hours_of(period: Period) -> int:
    """How many hours it takes to cover the period; the last may be cut (zones with half hours)."""
    return -int(-period.seconds // HOUR)


def settled(failing: int, complete: int, vote: Vote) -> bool:
    """Whether an hour can only be up.

    Args:
        failing: voters with a failing sample in it.
        complete: voters that miss no sample; those that fail too are not known, so only the
            surplus is surely healthy.
        vote: the rule.
    """
    healthy = complete - failing
    if healthy <= 0:
        return False
    return failing <= healthy if vote == "majority" else vote == "all" or not failing


def survey(prometheus: Prometheus, watch: Watch, vote: Vote, period: Period) -> Survey:
    """Count every series' samples, and judge the hours of every service that has any."""
    window = HOUR + 2 * watch.interval_s
    expected = int(window / watch.interval_s)
    # Only series with the prober's label are merged by it, so the others are asked apart.
    named = watch.selector.where(f'{watch.prober_label}!=""').over(window)
    single = watch.selector.where(f'{watch.prober_label}=""').over(window)
    service, prober = f"by ({watch.service_label})", f"by ({watch.service_label}, {watch.prober_label})"
    complete = (
        f"sum {service} (min {prober} (count_over_time({named}) >= bool {expected}))",
        f"sum {service} (count_over_time({single}) >= bool {expected})",
    )
    failing = (
        f"count {service} (count {prober} ({watch.not_up(named)}))",
        f"count {service} ({watch.not_up(single)})",
    )
    total = f"count_over_time({watch.selector.over(period.seconds)})"
    grids = (partial(_grid, prometheus, query, watch, period) for query in (*complete, *failing))
    asks: list[Callable[[], Answer]] = [lambda: prometheus.instant(total, period.end_s - TICK), *grids]
    totals, *by_hour = prometheus.each(lambda ask: ask(), asks)
    return Survey(
        totals, _verdicts(_counts(by_hour[:2], watch, period), _counts(by_hour[2:], watch, period), vote, period)
    )


def active_hours(prometheus: Prometheus, watch: Watch, period: Period) -> dict[int, set[str]]:
    """The hours in which a series of `watch` is not 0, with the services concerned."""
    window = HOUR + 2 * watch.interval_s
    query = f"max by ({watch.service_label}) (max_over_time({watch.selector.over(window)})) > 0"
    found: dict[int, set[str]] = defaultdict(set)
    for name, hour, _ in _by_hour(_grid(prometheus, query, watch, period), watch, period):
        found[hour].add(name)
    return found


def _verdicts(complete: Counts, failing: Counts, vote: Vote, period: Period) -> dict[str, Verdicts]:
    found: dict[str, Verdicts] = {}
    for name, by_hour in complete.items():
        verdicts = found[name] = [State.UNKNOWN] * hours_of(period)
        failed = failing.get(name, {})
        for hour, count in by_hour.items():
            verdicts[hour] = State.UP if settled(failed.get(hour, 0), count, vote) else None
    return found


def _counts(answers: Iterable[Answer], watch: Watch, period: Period) -> Counts:
    """The sum of the answers, service by service and hour by hour."""
    counts: Counts = {}
    for answer in answers:
        for name, hour, count in _by_hour(answer, watch, period):
            of_service = counts.setdefault(name, {})
            of_service[hour] = of_service.get(hour, 0) + count
    return counts


def _grid(prometheus: Prometheus, query: str, watch: Watch, period: Period) -> Answer:
    """`query` at the end of every hour's window."""
    first = _first_end(watch, period)
    return prometheus.range(query, first, first + HOUR * (hours_of(period) - 1), HOUR)


def _by_hour(answer: Answer, watch: Watch, period: Period) -> Iterator[tuple[str, int, int]]:
    """(service, hour of the month, value) of an answer on the grid."""
    first = _first_end(watch, period)
    for series in answer.series:
        name = watch.service(series.labels)
        for at, value in zip(series.times, series.values, strict=True):
            yield name, round((at - first) / HOUR), int(value)


def _first_end(watch: Watch, period: Period) -> float:
    """Where the window of the first hour ends."""
    return period.start_s + HOUR + watch.interval_s - TICK
