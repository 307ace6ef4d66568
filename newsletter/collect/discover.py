"""What a server holds that an edition could be made of, found by a few cheap queries.

Nothing here reads a month: a preset fits when its metrics had samples in the last hour, and how
far back they go is looked up an hour a week. The label that names the services is chosen by what
the series really carry; https://prometheus.io/docs/practices/naming/ has no rule for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct

from newsletter import presets
from newsletter.collect import looking, promql
from newsletter.collect.discover_ratios import FoundRatio, find_ratios, lately, whole
from newsletter.collect.looking import MANY_SERVICES, Looks
from newsletter.collect.prometheus import Prometheus
from newsletter.collect.promql import Selector
from newsletter.collect.watch import HOUR, TICK, Watch
from newsletter.counting import some_of

if TYPE_CHECKING:
    from newsletter.config import PrometheusConfig

Labels = Mapping[str, str]

MAINTENANCE = "maintenance_active"
_SERVICE_LABELS = ("service", "service_name", "app", "application", "target", "name", "instance", "job")
_PROBER_LABELS = ("prober", "probe", "location", "region", "site", "zone", "datacenter", "job", "instance", "pod")
_DAY = 86400.0
_BACK_DAYS = 400  # a year to compare with, and the month of it
_RECENT_DAYS = 3
_SHOWN = 5
_LAST_RESORT = "up"  # tells of the scrape, not of what people use

AnyPreset = TypeVar("AnyPreset", bound=presets.Preset)


class FoundSource(Struct, frozen=True, kw_only=True):
    """Series of one preset (and one job) that tell the state of services.

    Args:
        preset: its name.
        match: labels that narrow the series, {} for all of the preset.
        service_label: the label whose values are the services.
        services: those values, sorted.
        prober_label: the label that tells the probers of one service apart; None if none does.
        probers: its values.
        interval_s: seconds between two samples, as measured; None if there were too few.
        maintenance: a selector of planned maintenance with the same service label, if there is one.
        remarks: what is strange about them, as sentences.
    """

    preset: str
    match: Labels
    service_label: str
    services: tuple[str, ...]
    prober_label: str | None
    probers: tuple[str, ...]
    interval_s: float | None
    maintenance: str | None
    remarks: tuple[str, ...]


class Discovery(Struct, frozen=True, kw_only=True):
    """What was found at `source`.

    Args:
        source: the address, without credentials.
        version: what the server says it is, if it does.
        retention_s: how long it says it keeps samples, in seconds; None where it does not say.
        since: the earliest week in which samples were seen, in seconds since the epoch; None without any.
        sources: of availability by time, the best first; their services do not overlap.
        ratios: of availability by requests, without the services of `sources`.
        others: presets of availability that fit as well, but speak of the same services or need a choice.
        tickets: the presets of the service desk that fit; one of them is to be chosen.
        figures: presets of single figures that fit.
    """

    source: str
    version: str | None
    retention_s: float | None
    since: float | None
    sources: tuple[FoundSource, ...]
    ratios: tuple[FoundRatio, ...]
    others: tuple[str, ...]
    tickets: tuple[str, ...]
    figures: tuple[str, ...]


def discover(config: PrometheusConfig, *, now: float) -> Discovery:
    """Look at what the server of `config` holds at `now` (seconds since the epoch).

    Raises:
        SourceError: no answer, or a partial one.
        ConfigError: a secret is missing.
    """
    with Prometheus(config) as prometheus:
        prometheus.clock()
        present = _present(prometheus, now)
        fitting = [one for one in presets.load_all() if present.issuperset(one.metrics)]
        planned = MAINTENANCE in present
        by_time = {one.name: one for one in _of(presets.AvailabilityPreset, fitting)}
        scrapes = by_time.pop(_LAST_RESORT, None)
        sources, others = _sources(prometheus, tuple(by_time.values()), now, planned=planned)
        taken = _measured(prometheus, sources, now)
        ratios = find_ratios(prometheus, _of(presets.RatioPreset, fitting), taken, now)
        if scrapes and (sources or ratios):
            others = (*others, scrapes.name)
        elif scrapes:
            sources = tuple(_of_preset(prometheus, scrapes, now, planned=planned))
        return Discovery(
            source=prometheus.source,
            version=prometheus.version(),
            retention_s=prometheus.retention_s(),
            since=_since(prometheus, sources, ratios, now),
            sources=sources,
            ratios=ratios,
            others=others,
            tickets=tuple(one.name for one in _of(presets.TicketsPreset, fitting)),
            figures=tuple(one.name for one in _of(presets.FigurePreset, fitting)),
        )


def _of(kind: type[AnyPreset], fitting: Sequence[presets.Preset]) -> list[AnyPreset]:
    return [one for one in fitting if isinstance(one, kind)]


def _present(prometheus: Prometheus, now: float) -> set[str]:
    """Which metrics of all presets had a sample in the last hour."""
    metrics = sorted({metric for one in presets.load_all() for metric in one.metrics} | {MAINTENANCE})
    selector = Selector("", (promql.one_of("__name__", metrics),))
    answer = prometheus.instant(f"count by (__name__) (last_over_time({selector.over(HOUR)}))", now - TICK)
    return {series.labels.get("__name__", "") for series in answer.series}


def _sources(
    prometheus: Prometheus, fitting: Sequence[presets.AvailabilityPreset], now: float, *, planned: bool
) -> tuple[tuple[FoundSource, ...], tuple[str, ...]]:
    """Sources whose services do not overlap, and the presets that were left because theirs do."""
    taken: set[str] = set()
    sources: list[FoundSource] = []
    others: list[str] = []
    for preset in fitting:
        for found in _of_preset(prometheus, preset, now, planned=planned):
            if taken.isdisjoint(found.services):
                sources.append(found)
                taken.update(found.services)
            else:
                others.append(preset.name)
    return tuple(sources), tuple(dict.fromkeys(others))


def _measured(prometheus: Prometheus, sources: Sequence[FoundSource], now: float) -> dict[str, str]:
    """The services of `sources`, those that ended lately too, each with the preset that measures it."""
    return {
        service: one.preset for one in sources for service in lately(prometheus, _series(one), one.service_label, now)
    } | {service: one.preset for one in sources for service in one.services}


def _series(source: FoundSource) -> Selector:
    """The series of a source."""
    return promql.narrowed(presets.load_as(presets.AvailabilityPreset, source.preset).selector, source.match)


def _of_preset(
    prometheus: Prometheus, preset: presets.AvailabilityPreset, now: float, *, planned: bool
) -> Iterator[FoundSource]:
    """One source a job, or one for all jobs where they probe the same services."""
    selector = promql.parse(preset.selector)
    series = [one.labels for one in looking.last_values(prometheus, selector, now).series]
    for match, labels in _by_job(series, preset):
        yield _found(prometheus, preset, match, labels, now, planned=planned)


def _by_job(series: Sequence[Labels], preset: presets.AvailabilityPreset) -> Iterator[tuple[Labels, list[Labels]]]:
    jobs: dict[str, list[Labels]] = defaultdict(list)
    for labels in series:
        jobs[labels.get("job", "")].append(labels)
    services = [{one.get(service_label(of_job, preset), "") for one in of_job} for of_job in jobs.values()]
    shared = sum(map(len, services)) > len(set().union(*services))
    if preset.service_label == "job" or shared or "" in jobs:
        yield {}, list(series)
        return
    for job, of_job in sorted(jobs.items()):
        yield {"job": job}, of_job


def service_label(series: Sequence[Labels], preset: presets.AvailabilityPreset) -> str:
    """The label that names the services of `series`: the first that all of them have, with more than one value.

    A label with one value only names no services (an operator often writes its own `service` on all
    targets), unless there is one series; of labels with too many values the next one is asked.
    """
    wanted = dict.fromkeys((preset.service_label, *_SERVICE_LABELS))
    if preset.service_label == "job":
        del wanted["instance"]  # machines are no services to a reader; the copies of a job vote
    usable = {label: _values(series, label) for label in wanted if all(one.get(label) for one in series)}
    telling = [label for label, values in usable.items() if len(values) > 1]
    few = [label for label in telling if len(usable[label]) <= MANY_SERVICES]
    return next(iter([*few, *telling, *usable]), preset.service_label)


def prober_label(series: Sequence[Labels], service: str, preset: presets.AvailabilityPreset) -> str | None:
    """The label whose values tell the series of each service apart; None where there is none, or no need of one."""
    groups: dict[str, list[Labels]] = defaultdict(list)
    for labels in series:
        groups[labels.get(service, "")].append(labels)
    several = [group for group in groups.values() if len(group) > 1]
    candidates = dict.fromkeys((preset.prober_label, *_PROBER_LABELS))
    apart = (
        label
        for label in candidates
        if label != service and all(len(_values(group, label) - {""}) == len(group) for group in several)
    )
    return next(apart, None) if several else None


def _found(
    prometheus: Prometheus,
    preset: presets.AvailabilityPreset,
    match: Labels,
    series: Sequence[Labels],
    now: float,
    *,
    planned: bool,
) -> FoundSource:
    label = service_label(series, preset)
    prober = prober_label(series, label, preset)
    services = tuple(sorted(_values(series, label) - {""}))
    selector = promql.parse(preset.selector).where(*promql.metric("", match).matchers)
    watch = Watch(selector, promql.label_name(label), prober or preset.prober_label, HOUR)
    return FoundSource(
        preset=preset.name,
        match=match,
        service_label=label,
        services=services,
        prober_label=prober,
        probers=tuple(sorted(_values(series, prober))) if prober else (),
        interval_s=looking.spacing(prometheus, watch, services, now),
        maintenance=_maintenance(prometheus, label, services, now) if planned else None,
        remarks=tuple(_remarks(prometheus, watch, services, now)),
    )


def _maintenance(prometheus: Prometheus, label: str, services: Collection[str], now: float) -> str | None:
    """The selector of planned maintenance, if any of it names one of these services by the same label."""
    found = looking.last_values(prometheus, Selector(MAINTENANCE), now).series
    return MAINTENANCE if any(one.labels.get(label) in services for one in found) else None


def _remarks(prometheus: Prometheus, watch: Watch, services: Sequence[str], now: float) -> Iterator[str]:
    """What an ops would look at first."""
    if len(services) > MANY_SERVICES:
        yield f"{len(services):,} values of {watch.service_label}: more services than a letter can tell of"
    looks = looking.look(prometheus, watch, now - _RECENT_DAYS * _DAY, now, HOUR)
    gone = sorted(looks.seen.keys() - set(services))
    if gone:
        yield f"seen in the last {_RECENT_DAYS} days, but not in the last hour: {some_of(gone, _SHOWN)}"
    if gaps := [one for one in services if one in looks.seen and looks.holes(one)]:
        yield f"not measured for an hour or more in the last {_RECENT_DAYS} days: {some_of(gaps, _SHOWN)}"


def _since(
    prometheus: Prometheus, sources: Sequence[FoundSource], ratios: Sequence[FoundRatio], now: float
) -> float | None:
    """The earliest look with a sample: an hour a week over more than a year, then an hour a day of the week before."""
    found = [(_series(one), one.service_label) for one in sources]
    found += [(whole(presets.load_as(presets.RatioPreset, one.preset)), one.service_label) for one in ratios]
    if not found:
        return None
    selector, label = found[0]
    watch = Watch(selector, label, "", HOUR)
    week = looking.look(prometheus, watch, now - _BACK_DAYS * _DAY, now, 7 * _DAY)
    first = _first(week) or now
    day = looking.look(prometheus, watch, first - 7 * _DAY, first, _DAY)
    return _first(day) or first


def _first(looks: Looks) -> float | None:
    return min((at for seen in looks.seen.values() for at in seen), default=None)


def _values(series: Sequence[Labels], label: str) -> set[str]:
    return {one.get(label, "") for one in series}
