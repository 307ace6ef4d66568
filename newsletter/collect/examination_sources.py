"""Whether the entries of `availability` can be measured, and what is strange about their series."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from newsletter.collect import looking
from newsletter.collect.availability import Source, source_of
from newsletter.collect.looking import MANY_SERVICES, Looks
from newsletter.collect.ratios import ratio_source_of
from newsletter.collect.watch import HOUR, Watch
from newsletter.counting import counted, some_of
from newsletter.errors import ConfigError, CoverageError, NewsletterError, SourceError
from newsletter.model import Finding
from newsletter.model.finding import fault, ok, warning

if TYPE_CHECKING:
    from newsletter.collect.prometheus import Prometheus
    from newsletter.config import AvailabilitySource, Config, LatencyConfig
    from newsletter.model import Period

_SHOWN = 5
_JITTER = 0.02


class _Entry(Struct, frozen=True):
    """One entry of `availability` (called `name` in findings), and when its services were seen in the month."""

    name: str
    source: Source
    looks: Looks

    @property
    def watch(self) -> Watch:
        """Its series."""
        return self.source.watch


def examine_sources(prometheus: Prometheus, config: Config, month: Period, now: float) -> Iterator[Finding]:
    """Look at each entry, and at what they make together; one that fails does not end the others."""
    found: dict[str, str] = {}
    failed = False
    for number, written in enumerate(config.availability):
        name = "availability" if len(config.availability) == 1 else f"availability[{number}]"
        try:
            if written.counts_requests:
                services = _asked(prometheus, written, month)
                yield ok(name, f"requests of {_count(services)}: {some_of(services, _SHOWN)}")
                yield from _twice(found, name, services)
                found |= dict.fromkeys(services, name)
                continue
            source = source_of(written, None)
            entry = _Entry(name, source, looking.look_through(prometheus, source.watch, month))
            recent = _services_now(prometheus, entry.watch, now)
            yield from _seen(entry, recent, config, month)
            yield from _queried(prometheus, entry, month)
            if written.latency:
                yield _latency(prometheus, entry, written.latency, month)
        except NewsletterError as error:
            failed = True
            yield fault(name, error)
            continue
        yield from _twice(found, name, entry.looks.seen)
        found |= dict.fromkeys(entry.looks.seen, name)
    if not failed:
        yield from _unmeasured(config, found)


def _asked(prometheus: Prometheus, written: AvailabilitySource, month: Period) -> list[str]:
    """The services of an entry that counts requests."""
    source = ratio_source_of(written, None)
    answer = looking.last_values(prometheus, source.whole, month.end_s)
    services = sorted({series.labels.get(source.label, "") for series in answer.series})
    if not services or "" in services:
        what = f"have no label {source.label!r}" if services else "match"
        raise SourceError(
            f"{'some' if services else 'no'} series of {source.whole} {what} at the end of {month.label}",
            "Check preset, match and service_label.",
        )
    return services


def _services_now(prometheus: Prometheus, watch: Watch, now: float) -> set[str]:
    return {watch.service(one.labels) for one in looking.last_values(prometheus, watch.selector, now).series}


def _seen(entry: _Entry, recent: set[str], config: Config, month: Period) -> Iterator[Finding]:
    """What the looks say.

    Raises:
        SourceError: there is nothing to measure, or it cannot be told apart.
    """
    name, watch, looks = entry.name, entry.watch, entry.looks
    if not looks.seen:
        raise _nothing(name, watch, month, recent)
    if "" in looks.seen:
        hint = f"Set service_label of {name} to a label that all of them have, such as instance."
        raise SourceError(f"series of {watch.selector} without the label {watch.service_label}", hint)
    yield ok(name, f"{_count(looks.seen)} of {watch.selector} in {month.label}")
    yield from _services(config, entry, month)
    yield from _gone(looks, recent, name)


def _queried(prometheus: Prometheus, entry: _Entry, month: Period) -> Iterator[Finding]:
    """What further queries say."""
    yield _interval(prometheus, entry)
    if entry.source.maintenance:
        yield _maintenance(prometheus, entry.source.maintenance, entry.name, month)


def _latency(prometheus: Prometheus, entry: _Entry, config: LatencyConfig, month: Period) -> Finding:
    check, durations = f"{entry.name}.latency", replace(entry.watch.selector, metric=config.metric or "")
    found = {entry.watch.service(one.labels) for one in looking.last_values(prometheus, durations, month.end_s).series}
    if missing := sorted(entry.looks.seen.keys() - found):
        what = f"no series of {durations} of {some_of(missing, _SHOWN)} at the end of {month.label}"
        return warning(check, what, "Check latency.metric, or take latency out: the letter says nothing of it.")
    return ok(check, f"{_count(found)} with durations in {durations}")


def _twice(found: Mapping[str, str], name: str, services: Collection[str]) -> Iterator[Finding]:
    twice = sorted(found.keys() & set(services))
    if twice:
        what = f"{some_of(twice, _SHOWN)} also stands in {found[twice[0]]}"
        yield fault(name, ConfigError(what, "Name them under leave_out in one of the two."))


def _nothing(name: str, watch: Watch, month: Period, recent: set[str]) -> SourceError:
    if recent:
        what = f"{watch.selector} has series now, but none in {month.label}: the first month begins when they did"
        return SourceError(what, "Wait for the end of this month, and collect then.")
    hint = f"Check the selector, preset and match of {name}, or run `newsletter init` elsewhere to see what there is."
    return SourceError(f"no series match {watch.selector} in {month.label}", hint)


def _interval(prometheus: Prometheus, entry: _Entry) -> Finding:
    """Too short an interval makes time unknown, and `collect` refuses one that is too long."""
    check, seen = f"{entry.name}.interval_s", entry.looks.seen
    measured = looking.spacing(prometheus, entry.watch, list(seen), max(map(max, seen.values())))
    configured = entry.watch.interval_s
    if measured is None:
        return warning(check, "could not be measured: there are too few samples", "Look at the series.")
    if abs(measured - configured) > _JITTER * configured:
        what = f"samples come every {measured:g} s, interval_s says {configured:g}"
        return fault(check, ConfigError(what, f"Write interval_s: {measured:g}"))
    return ok(check, f"samples come every {measured:g} s, as configured")


def _services(config: Config, entry: _Entry, month: Period) -> Iterator[Finding]:
    looks, included = entry.looks, config.unlisted_services == "include"
    unnamed = sorted(looks.seen.keys() - config.services.keys())
    if unnamed and included:
        what = f"{_count(unnamed)} with series but without an entry, shown by their ids: {some_of(unnamed, _SHOWN)}"
        yield warning("services", what, "Name them under services, or write unlisted_services: ignore.")
    if len(looks.seen) > MANY_SERVICES and included:
        what = f"{len(looks.seen):,} services are more than a letter can tell of"
        hint = "Choose another service_label, or name those that matter and ignore the others."
        yield warning(entry.name, what, hint)
    told = [one for one in looks.seen if included or one in config.services]
    yield from _gaps(entry, told, config.coverage.fail, month)
    yield from _beginnings(entry, told, config.coverage.fail, month)


def _gaps(entry: _Entry, told: Sequence[str], fail: float, month: Period) -> Iterator[Finding]:
    looks = entry.looks
    gaps = [one for one in told if looks.holes(one)]
    thin = [one for one in gaps if looks.holes(one) > (1 - fail) * (looks.holes(one) + len(looks.seen[one]))]
    if thin:
        what = f"{_count(thin)} measured for less than {fail * 100:g}% of {month.label}: {some_of(thin, _SHOWN)}"
        yield fault(entry.name, CoverageError(what, "`collect` ends with 3, and no percentage of them is told."))
    if some := [one for one in gaps if one not in thin]:
        what = f"{_count(some)} not measured for hours in {month.label}: {some_of(some, _SHOWN)}"
        yield warning(entry.name, what, "That time is told as unknown. Look why nobody measured then.")


def _beginnings(entry: _Entry, told: Sequence[str], fail: float, month: Period) -> Iterator[Finding]:
    """A service may begin within a month; that all do means that the samples begin there."""
    looks = entry.looks
    late = [one for one in told if looks.began_late(one)]
    if not late:
        return
    if len(late) < len(looks.seen):
        since = [f"{one} (since {_day(looks.first(one), month)})" for one in late]
        yield ok(
            entry.name,
            f"{_count(late)} not there from the start of {month.label}: {some_of(since, _SHOWN)}",
        )
        return
    first = min(looks.first(one) for one in late)
    what = f"the samples begin on {_day(first, month)}, so {month.label} is not whole"
    if first - month.start_s > (1 - fail) * month.seconds:
        yield fault(entry.name, CoverageError(what, "Raise the retention, and wait for the first whole month."))
    else:
        yield warning(entry.name, what, "The time before is told as unknown.")


def _gone(looks: Looks, recent: set[str], name: str) -> Iterator[Finding]:
    """What was there in the month and has no sample in the last hour."""
    gone = sorted(looks.seen.keys() - recent)
    if gone and not recent:
        what = "none of these series has a sample in the last hour"
        yield warning(name, what, "Check that the exporter runs and Prometheus scrapes it.")
    elif gone:
        yield warning(
            name,
            f"{_count(gone)} without a sample in the last hour: {some_of(gone, _SHOWN)}",
            "Retired, or broken?",
        )


def _maintenance(prometheus: Prometheus, planned: Watch, name: str, month: Period) -> Finding:
    check = f"{name}.maintenance"
    looks = looking.look_through(prometheus, planned, month)
    if not looks.seen:
        what = f"no series match {planned.selector}: planned maintenance would count as an outage"
        return warning(check, what, "Check the selector, or take it out.")
    return ok(check, f"{_count(looks.seen)} with planned maintenance in {planned.selector}")


def _unmeasured(config: Config, found: Collection[str]) -> Iterator[Finding]:
    """Services of the configuration that no source has a series of."""
    missing = sorted(config.services.keys() - set(found))
    if missing:
        what = f"no series of {some_of(missing, _SHOWN)}: `collect` ends with 3 for want of coverage"
        yield fault("services", ConfigError(what, "Write their ids as the service label has them, or take them out."))


def _day(at: float, month: Period) -> str:
    return f"{datetime.fromtimestamp(at - HOUR, month.start.tzinfo):%Y-%m-%d}"


def _count(services: Collection[str]) -> str:
    return counted(len(services), "service")
