"""Availability of every service: four states that add up to the time it existed.

up, down, excluded (planned maintenance) and unknown (no prober has a sample near); availability is
up / (up + down). Down is decided by the probers' vote at every instant, from raw samples of those
hours in which the answer is not settled (`sieve`), so it is exact to half a scrape interval.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import accumulate, groupby
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from newsletter import presets
from newsletter.collect import promql
from newsletter.collect.calendar import Timetable, exclusions
from newsletter.collect.judging import open_edges, service_month
from newsletter.collect.life import Edges, lives, require_retention
from newsletter.collect.reading import Reading, Voters, read_hours
from newsletter.collect.sieve import Survey, Verdicts, active_hours, hours_of, survey
from newsletter.collect.step import Step
from newsletter.collect.timeline import (
    Segment,
    State,
    Vote,
    clipped,
    coalesced,
    intervals,
    sweep,
)
from newsletter.collect.watch import HOUR, TICK, Watch
from newsletter.counting import counted
from newsletter.errors import ConfigError, HistoryError, SourceError
from newsletter.model import Evidence, Exclusion, Interval, Period, ServiceMonth

if TYPE_CHECKING:
    from newsletter.collect.prometheus import Prometheus
    from newsletter.config import AvailabilitySource

_DENSER = 0.98  # a smaller share of the configured interval is not jitter: the configuration is wrong
_BEYOND_S = 72 * HOUR  # an interruption over a weekend goes on, if it does, when business hours begin again
_SPOILT = "samples that are not a number were found and not counted"


class Measured(Struct):
    """Services of one source, with the evidence of each."""

    services: dict[str, ServiceMonth] = field(default_factory=dict)
    evidence: dict[str, Evidence] = field(default_factory=dict)

    def book(self, month: ServiceMonth, evidence: Sequence[Evidence], *, warnings: tuple[str, ...]) -> None:
        """Add a service, which refers to its evidence."""
        self.evidence |= {entry.id: replace(entry, warnings=warnings) for entry in evidence}
        self.services[month.id] = replace(month, evidence=tuple(entry.id for entry in evidence))


class Source(Struct, frozen=True):
    """An entry of `availability` in the configuration, ready to be asked."""

    watch: Watch
    vote: Vote
    maintenance: Watch | None
    merge_within_s: float = 0.0


def source_of(config: AvailabilitySource, only: Sequence[str] | None) -> Source:
    """The series an entry means.

    Args:
        config: the entry.
        only: ids of the services to read; None reads all.

    Raises:
        ConfigError: a selector or label name is not PromQL.
    """
    preset = presets.load_as(presets.AvailabilityPreset, config.preset) if config.preset else None
    text = preset.selector if preset else config.selector or ""
    selector = promql.parse(text).where(*promql.metric("", config.match).matchers)
    watch = Watch(
        selector, promql.label_name(config.service_label), promql.label_name(config.prober_label), config.interval_s
    )
    maintenance = replace(watch, selector=promql.parse(config.maintenance)) if config.maintenance else None
    if preset:
        meanings = {value: state for state, values in preset.states.items() for value in values}
        watch = replace(watch, meanings=meanings)
    if config.leave_out:
        watch = replace(watch, selector=watch.selector.where(promql.none_of(watch.service_label, config.leave_out)))
    if only is not None:
        watch = replace(watch, selector=watch.only(only))
    return Source(watch, config.vote, maintenance, 60 * config.merge_within_min)


def measure(
    prometheus: Prometheus,
    source: Source,
    period: Period,
    now: float,
    *,
    timetable: Callable[[str], Timetable],
    progress: Callable[[Step], None],
) -> Measured:
    """The month of every service that `source` has series of.

    Args:
        prometheus: asked.
        source: what to ask for.
        period: the month.
        now: seconds since the epoch; later samples are not expected.
        timetable: when a service is needed, and when work on it is planned.
        progress: told what is being done, what was found, and how much of it is read.

    Raises:
        SourceError: no or partial answers, no series, series without the service's label, values
            other than 0 and 1, or a month that the server no longer remembers.
        ConfigError: samples come more often than the configuration says.
    """
    watch = source.watch
    progress(Step(f"{watch.selector}: looking for hours in doubt"))
    # one prober in maintenance is enough to exclude the time, so every hour with one is read
    seen = survey(prometheus, watch, "any" if watch.tells_excluded else source.vote, period)
    _require_judgeable(prometheus, seen, watch, period, now)
    reading, whole = _doubts_read(prometheus, source, period, seen, progress)
    edges = {name: _edges(seen.verdicts[name], whole.of(name), watch, period) for name in seen.samples}
    existed = lives(prometheus, watch, period, now, edges)
    planned = _planned(prometheus, source, period)
    told = _excluded(whole, watch, period) if watch.tells_excluded else {}
    excluded = {
        name: _exclusions(timetable(name), (*planned.get(name, ()), *told.get(name, ())), period)
        for name in seen.samples
    }
    segments = {name: timeline_of(seen.verdicts[name], reading.of(name), source, period) for name in seen.samples}
    segments = _continued(prometheus, source, period, segments, excluded)
    measured = Measured()
    if source.maintenance and not planned and not _any_series(prometheus, source.maintenance, period):
        measured.evidence |= _nothing_planned(source.maintenance, period)
    for name in sorted(seen.samples):
        within = source.merge_within_s
        month = service_month(
            name, segments[name], excluded[name], life=existed[name], period=period, merge_within_s=within
        )
        evidence = _evidence(source, period, month, seen.samples[name], len(planned.get(name, ())))
        measured.book(month, evidence, warnings=(_SPOILT,) if name in reading.spoilt else ())
    return measured


def _doubts_read(
    prometheus: Prometheus, source: Source, period: Period, seen: Survey, progress: Callable[[Step], None]
) -> tuple[Reading, Reading]:
    """The samples of the hours in doubt: as votes, and as what shows when a service existed."""
    watch, doubtful = source.watch, _doubtful(seen.verdicts)
    count, whole_month = len(seen.samples), len(seen.samples) * hours_of(period, watch)
    hours = f"{sum(map(len, doubtful.values()))} of {whole_month} hours in doubt"
    found = f"{watch.selector}: {counted(count, 'service')}, {hours}"
    progress(Step(found))
    reading = read_hours(
        prometheus, watch, period, doubtful, watch.is_down, told=lambda *read: progress(Step(found, *read))
    )
    # where some values mean neither up nor down, the votes alone do not show when a service existed
    whole = reading if watch.binary else read_hours(prometheus, watch, period, doubtful, watch.is_excluded)
    return reading, whole


def _require_judgeable(prometheus: Prometheus, seen: Survey, watch: Watch, period: Period, now: float) -> None:
    """Refuse series that are none, too dense, or do not say which service they are about."""
    if not seen.samples:
        require_retention(prometheus, watch, period, now, None)
        raise HistoryError(
            f"{prometheus.source}: no series match {watch.selector} in {period.label}",
            "Check the selector, preset and match of availability in config.yaml.",
        )
    spacing = period.seconds / seen.most
    if spacing < _DENSER * watch.interval_s:
        raise ConfigError(
            f"{watch.selector}: samples come every {spacing:.3g} s, availability.interval_s says {watch.interval_s:g}",
            "Set interval_s to the scrape interval of these series.",
        )
    if "" in seen.samples:
        raise SourceError(
            f"{watch.selector} matches series without the label {watch.service_label!r}",
            "Set availability.service_label to a label that tells services apart, such as instance.",
        )


def _doubtful(verdicts: Mapping[str, Verdicts]) -> dict[int, set[str]]:
    """The hours to read in full, with the services concerned."""
    found: dict[int, set[str]] = defaultdict(set)
    for name, by_hour in verdicts.items():
        for hour in (hour for hour, verdict in enumerate(by_hour) if verdict is None):
            found[hour].add(name)
    return found


def _edges(verdicts: Verdicts, voters: Voters, watch: Watch, period: Period) -> Edges:
    """The first and last sample of a service; of a settled hour, its edge."""
    begin = next(hour for hour, verdict in enumerate(verdicts) if verdict is not State.UNKNOWN)
    until = next(hour for hour in range(len(verdicts), 0, -1) if verdicts[hour - 1] is not State.UNKNOWN)
    first = period.start_s + watch.hour_s * begin
    last = min(period.start_s + watch.hour_s * until, period.end_s)
    times = [at for samples in voters.values() for at in samples.ends]
    return Edges(
        first=first if verdicts[begin] else min(times, default=first),
        last=last if verdicts[until - 1] else max(times, default=last),
    )


def timeline_of(verdicts: Verdicts, voters: Voters, source: Source, period: Period) -> list[Segment]:
    """What the probers say about the whole period, and a tick more on both sides.

    What no verdict says for a whole hour is counted out vote by vote, and so is what lies within
    reach of its ends.
    """
    reach, pad, hour_s = source.watch.reach, source.watch.pad, source.watch.hour_s
    at, limit = period.start_s - TICK, period.end_s + TICK
    groups = [(verdict, len(list(run))) for verdict, run in groupby(verdicts)]
    ends = [period.start_s + hour_s * after for after in accumulate(length for _, length in groups)]
    segments: list[Segment] = []
    for number, ((verdict, _), end) in enumerate(zip(groups, ends, strict=True)):
        last = number == len(groups) - 1
        if verdict is None:
            stop = limit if last else min(end + reach, limit)
            near = (samples.between(at - pad, stop + pad) for samples in voters.values())
            segments += sweep(near, at, stop, reach, source.vote) if stop > at else []
        else:
            stop = limit if last else end - reach if groups[number + 1][0] is None else end
            segments += [Segment(at, stop, verdict)] if stop > at else []
        at = max(at, stop)
    return coalesced(segments)


def _planned(prometheus: Prometheus, source: Source, period: Period) -> dict[str, tuple[Interval, ...]]:
    """When each service was under maintenance: the instants nearest to a sample of 1."""
    if source.maintenance is None:
        return {}
    watch = source.maintenance
    reading = read_hours(prometheus, watch, period, active_hours(prometheus, watch, period), (0.0).__lt__)
    return _excluded(reading, watch, period)


def _any_series(prometheus: Prometheus, watch: Watch, period: Period) -> bool:
    query = f"count(count_over_time({watch.selector.over(period.seconds)}))"
    return bool(prometheus.instant(query, period.end_s - TICK).series)


def _nothing_planned(watch: Watch, period: Period) -> dict[str, Evidence]:
    """Evidence that the selector of planned maintenance found nothing: is it misspelt?"""
    key = f"maintenance/{watch.selector}"
    warning = f"no series match {watch.selector} in {period.label}, so no planned maintenance was left out"
    at = datetime.fromtimestamp(period.end_s - TICK, UTC)
    query = watch.selector.over(period.seconds)
    return {key: Evidence(id=key, query=query, evaluated_at=at, samples=0, coverage=0.0, warnings=(warning,))}


def _excluded(reading: Reading, watch: Watch, period: Period) -> dict[str, tuple[Interval, ...]]:
    """When at least one series of a service was flagged."""
    return {
        name: intervals(sweep(voters.values(), period.start_s, period.end_s, watch.reach, "any"), State.DOWN)
        for name, voters in reading.services.items()
    }


def _exclusions(timetable: Timetable, known: Sequence[Interval], period: Period) -> tuple[Exclusion, ...]:
    """When a service did not have to be up, in the month and in the days beyond its edges."""
    return exclusions(timetable, known, period.start_s - _BEYOND_S, period.end_s + _BEYOND_S)


def _continued(
    prometheus: Prometheus,
    source: Source,
    period: Period,
    segments: Mapping[str, list[Segment]],
    excluded: Mapping[str, Sequence[Exclusion]],
) -> dict[str, list[Segment]]:
    """The timelines, with the days beyond an edge of the month where these decide whether an outage goes on there."""
    hours: dict[int, set[str]] = defaultdict(set)
    end, beyond = hours_of(period, source.watch), math.ceil(_BEYOND_S / source.watch.hour_s)
    for name, known in segments.items():
        at_start, at_end = open_edges(known, excluded[name], period, source.merge_within_s)
        earlier, later = range(-beyond, 0), range(end - 1, end + beyond)
        for hour in (*(earlier if at_start else ()), *(later if at_end else ())):
            hours[hour].add(name)
    reading = read_hours(prometheus, source.watch, period, hours, source.watch.is_down) if hours else Reading()
    found = dict(segments)
    for name, voters in reading.services.items():
        reach, vote = source.watch.reach, source.vote
        before = sweep(voters.values(), period.start_s - _BEYOND_S, period.start_s, reach, vote)
        after = sweep(voters.values(), period.end_s, period.end_s + _BEYOND_S, reach, vote)
        month = clipped(segments[name], period.start_s, period.end_s)
        found[name] = coalesced([*before, *month, *after])
    return found


def _evidence(source: Source, period: Period, month: ServiceMonth, samples: int, windows: int) -> list[Evidence]:
    """The queries that show the samples behind `month`, and how many `windows` of planned maintenance they told."""
    at = datetime.fromtimestamp(period.end_s - TICK, UTC)

    def entry(part: str, watch: Watch, count: int) -> Evidence:
        query = watch.only([month.id]).over(period.seconds)
        key = f"{part}/{month.id}"
        return Evidence(id=key, query=query, evaluated_at=at, samples=count, coverage=month.coverage)

    entries = [entry("availability", source.watch, samples)]
    if source.maintenance and windows:
        entries.append(entry("maintenance", source.maintenance, windows))
    return entries
