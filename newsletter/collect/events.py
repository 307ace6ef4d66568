"""Events of the month that a gauge shows only indirectly: times that move forward, work that gets less, alerts.

All three read raw samples. Nothing is counted that happened before the month, and what was already so when
a series was first seen is no event, unless the value itself says that it lies in the month.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from newsletter.collect.days import DAY, TOGETHER_S, Extent, read_days
from newsletter.collect.promql import Selector, label_name
from newsletter.collect.watch import HOUR, TICK
from newsletter.counting import counted
from newsletter.errors import ConfigError
from newsletter.model import Evidence

if TYPE_CHECKING:
    from newsletter.collect.prometheus import Prometheus
    from newsletter.collect.series import Series
    from newsletter.model import Period

_MOVED_S = 60.0  # a boot time is reckoned from a clock that is set now and then; a minute is no event

Thing = tuple[str, ...]
Change = tuple[float, float]  # (time, value)


class Seen(Struct):
    """What was counted, from which samples; `value` None where there was no series at all."""

    value: float | None = None
    extent: Extent = field(default_factory=Extent)

    def evidence(self, key: str, selector: Selector, period: Period) -> Evidence:
        """How to see the same samples again."""
        told = []
        if not self.extent.samples:
            told.append(f"no series match {selector}")
        if self.extent.dropped:
            told.append(f"{counted(self.extent.dropped, 'sample was', 'samples were')} not a number, so not counted")
        return Evidence(
            id=key,
            query=selector.over(period.seconds),
            evaluated_at=datetime.fromtimestamp(period.end_s - TICK, UTC),
            samples=self.extent.samples,
            coverage=self.extent.coverage(period),
            warnings=tuple(told),
        )


# --- times that move forward --------------------------------------------------------------------


def advances(prometheus: Prometheus, selector: Selector, by: Sequence[str], period: Period) -> Seen:
    """How often the times that a gauge holds moved forward, thing by thing.

    Of several series of one thing (probers, a renamed instance) the greatest value counts, so that two
    servers with different certificates behind one address are no renewals without end. A thing that was
    not there on the day before counts once if its first value lies in the month: the first backup of a
    new machine is a backup, the end of a new certificate lies in the future.
    """

    def shortened(day: Sequence[Series]) -> tuple[Extent, list[tuple[Thing, list[Change]]]]:
        samples = ((_thing(series, by), zip(series.times, series.values, strict=True)) for series in day)
        return Extent.of(day), [(thing, _changes(list(found))) for thing, found in samples]

    highest = _highest_before(prometheus, selector, by, period)
    seen = Seen()
    changes: dict[Thing, list[Change]] = defaultdict(list)
    for read, day in read_days(prometheus, selector, period, shortened):
        seen.extent = seen.extent.and_also(read)
        for thing, found in day:
            changes[thing] += found
    if changes:
        seen.value = float(sum(_moves(sorted(found), highest.get(thing), period) for thing, found in changes.items()))
    return seen


def _highest_before(
    prometheus: Prometheus, selector: Selector, by: Sequence[str], period: Period
) -> dict[Thing, float]:
    answer = prometheus.instant(f"max_over_time({selector.over(DAY)})", period.start_s - TICK)
    highest: dict[Thing, float] = {}
    for series in answer.series:
        for value in series.values:
            thing = _thing(series, by)
            highest[thing] = max(value, highest.get(thing, value))
    return highest


def _moves(changes: Sequence[Change], known: float | None, period: Period) -> int:
    count = 0
    if known is None:
        together = [value for at, value in changes if at <= changes[0][0] + TOGETHER_S]
        known = max(together, default=0.0)
        count = int(period.start_s <= known < period.end_s)
    for _, value in changes:
        if value > known + _MOVED_S:
            count += 1
        known = max(known, value)
    return count


def _changes(samples: Sequence[Change]) -> list[Change]:
    """The first sample, and every one that differs from the one before."""
    samples = list(samples)
    return samples[:1] + [now for before, now in pairwise(samples) if now[1] != before[1]]


# --- work that gets less ------------------------------------------------------------------------


def falls(prometheus: Prometheus, selector: Selector, by: Sequence[str], period: Period) -> Seen:
    """All falls of a gauge together, thing by thing.

    The series of one thing are added up scrape by scrape first: an exporter that has nothing left to report
    for a label drops that series, and what it stood for is done.
    """

    def shortened(day: Sequence[Series]) -> tuple[Extent, dict[Thing, list[Change]]]:
        return Extent.of(day), {thing: _changes(sums) for thing, sums in _sums(day, by).items()}

    before = prometheus.instant(selector.over(HOUR), period.start_s - TICK).series
    last = {thing: sums[-1][1] for thing, sums in _sums(before, by).items()}
    seen = Seen()
    for read, day in read_days(prometheus, selector, period, shortened):
        seen.extent = seen.extent.and_also(read)
        for thing, sums in day.items():
            values = [value for _, value in sums]
            steps = pairwise([last.get(thing, values[0]), *values])
            seen.value = (seen.value or 0.0) + sum(max(earlier - later, 0.0) for earlier, later in steps)
            last[thing] = values[-1]
    return seen


def _sums(every: Iterable[Series], by: Sequence[str]) -> dict[Thing, list[Change]]:
    """For each thing, the sum of its series at every scrape; they share its time stamp."""
    sums: dict[Thing, dict[float, float]] = defaultdict(lambda: defaultdict(float))
    for series in every:
        of_thing = sums[_thing(series, by)]
        for at, value in zip(series.times, series.values, strict=True):
            of_thing[at] += value
    return {thing: sorted(by_time.items()) for thing, by_time in sums.items() if by_time}


def _thing(series: Series, by: Sequence[str]) -> Thing:
    return tuple(series.labels.get(label_name(label), "") for label in by)


# --- alerts -------------------------------------------------------------------------------------

Firing = set[tuple[tuple[tuple[str, str], ...], float]]  # (labels of the alert, active since)


def alerts(prometheus: Prometheus, selector: Selector, period: Period) -> Seen:
    """How many alerts began to fire in the month.

    Prometheus records `ALERTS_FOR_STATE` beside `ALERTS`, whose value is when the alert became active: a
    gap in the recording, or a restart, does not make two of one. Alerts that only were pending, and those
    that fired already when the month began, do not count.

    Raises:
        ConfigError: the selector is none of `ALERTS`.
    """
    if selector.metric != "ALERTS":
        raise ConfigError(f"alerts: {selector} is not a selector of ALERTS", 'Write ALERTS{severity="critical"}.')
    labels = tuple(one for one in selector.matchers if not one.startswith("alertstate"))
    firing, since = Selector("ALERTS", (*labels, 'alertstate="firing"')), Selector("ALERTS_FOR_STATE", labels)
    seen = Seen()
    found: Firing = set()
    days = zip(
        read_days(prometheus, firing, period, tuple),
        read_days(prometheus, since, period, tuple),
        strict=True,
    )
    for fired, active in days:
        seen.extent = seen.extent.and_also(Extent.of(fired))
        found |= _active_since(fired, active)
    before = (prometheus.instant(one.over(HOUR), period.start_s - TICK).series for one in (firing, since))
    if seen.extent.samples:
        # an alert has series only while it is active, so where they begin and end tells nothing of the recording
        seen.extent = replace(seen.extent, first=period.start_s, last=period.end_s)
        seen.value = float(len(found - _active_since(*before)))
    return seen


def _active_since(fired: Iterable[Series], active: Iterable[Series]) -> Firing:
    """Each alert that fired, with the time since when it was active: both are recorded at the same instants."""
    known: dict[tuple[tuple[str, str], ...], Mapping[float, float]] = {
        _alert(series): dict(zip(series.times, series.values, strict=True)) for series in active
    }
    return set(_episodes(fired, known))


def _episodes(
    fired: Iterable[Series], known: Mapping[tuple[tuple[str, str], ...], Mapping[float, float]]
) -> Iterator[tuple[tuple[tuple[str, str], ...], float]]:
    for series in fired:
        alert = _alert(series)
        for at in series.times:
            since = known.get(alert, {}).get(at)
            if since is not None:
                yield alert, since


def _alert(series: Series) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(pair for pair in series.labels.items() if pair[0] not in ("__name__", "alertstate")))
