"""From configuration and month to the snapshot: everything the edition will ever know."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial

from msgspec.structs import replace

from newsletter.collect import availability, gate, latency, tickets
from newsletter.collect.calendar import timetable_of
from newsletter.collect.cost import Cost
from newsletter.collect.figures import Figures
from newsletter.collect.helpdesk import month as helpdesk
from newsletter.collect.policy import policy_of
from newsletter.collect.prometheus import Prometheus
from newsletter.collect.ratios import measure_ratios, ratio_source_of
from newsletter.collect.step import Step
from newsletter.collect.watch import TICK, Watch
from newsletter.config import Config, LatencyConfig
from newsletter.errors import ConfigError
from newsletter.model import Evidence, Interval, Period, ServiceMonth, Snapshot

_GC_EVERY = 100_000  # new containers


def collect(
    config: Config,
    period: Period,
    *,
    now: datetime,
    progress: Callable[[Step], None] | None = None,
    costs: Callable[[Cost], None] | None = None,
) -> Snapshot:
    """Measure `period`; see `newsletter.collect.collect`."""
    tell = progress or (lambda _: None)
    _require_something(config)
    # first, as a file that is not there is found without asking anybody
    exported = (
        helpdesk.measure(config.tickets.csv, period, zone=config.timezone, now=now) if config.tickets.csv else None
    )
    fail = config.coverage.fail
    with _rare_gc(), Prometheus(config.prometheus, costs) as prometheus:
        services, evidence = _services(prometheus, config, period, now, tell)
        tell(Step("reading tickets"))
        month, of_tickets = exported or tickets.measure(prometheus, config.tickets, period)
        figures = Figures(prometheus, period)
        values = {}
        for name, figure in config.figures.items():
            if not figure.by_hand:
                tell(Step(f"reading the figure {name}"))
                values[name] = figures.measure(name, figure)
        return Snapshot(
            edition=period.label,
            period=period,
            source=prometheus.source,
            services=services,
            tickets=gate.tickets_or_none(month, of_tickets, fail),
            figures={name: gate.figure_or_none(one, figures.evidence, fail) for name, one in values.items()},
            evidence=evidence
            | {key: gate.explained(one, fail) for key, one in {**of_tickets, **figures.evidence}.items()},
            policy=policy_of(config),
        )


def _require_something(config: Config) -> None:
    """A month of nothing, written without a word, would look like a measurement.

    Raises:
        ConfigError: the config names no source of numbers.
    """
    tickets_ = config.tickets
    asked = (
        tickets_.opened,
        tickets_.resolved,
        tickets_.open,
        tickets_.resolution,
        tickets_.satisfaction,
        tickets_.requesters,
        tickets_.csv,
    )
    if not config.availability and not config.figures and not any(asked):
        raise ConfigError(
            f"{config.path}: availability, tickets and figures are empty, so there is nothing to collect",
            "Fill in one of them; `newsletter init --prometheus URL` writes what a server has.",
        )


@contextmanager
def _rare_gc() -> Iterator[None]:
    """Look for cycles seldom: samples come as a list each, by the hundred thousand, and hold none."""
    usual = gc.get_threshold()
    gc.set_threshold(_GC_EVERY, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _services(
    prometheus: Prometheus, config: Config, period: Period, now: datetime, tell: Callable[[Step], None]
) -> tuple[dict[str, ServiceMonth], dict[str, Evidence]]:
    """All services, those of the configuration first; those without series are there, unmeasured."""
    only = sorted(config.services) if config.unlisted_services == "ignore" else None
    services: dict[str, ServiceMonth] = {}
    evidence: dict[str, Evidence] = {}
    timetable = partial(timetable_of, config)
    asked: list[str] = []
    for entry in config.availability if only != [] else []:
        with prometheus.overhear() as remarks:
            if entry.counts_requests:
                ratio = ratio_source_of(entry, only)
                asked.append(str(ratio.whole))
                tell(Step(f"requests of {ratio.whole}"))
                found = measure_ratios(prometheus, ratio, period)
            else:
                source = availability.source_of(entry, only)
                asked.append(str(source.watch.selector))
                at = now.timestamp()
                found = availability.measure(prometheus, source, period, at, timetable=timetable, progress=tell)
                if entry.latency:
                    tell(Step(f"latency by {entry.latency.metric}"))
                    _add_latency(prometheus, source.watch, entry.latency, period, found)
        if twice := sorted(services.keys() & found.services.keys()):
            raise ConfigError(
                f"availability: {twice[0]} is in more than one entry", "Name it under leave_out in one of them."
            )
        services |= found.services
        evidence |= {key: replace(one, warnings=(*remarks, *one.warnings)) for key, one in found.evidence.items()}
    for name in config.services.keys() - services.keys():
        key = f"availability/{name}"
        evidence[key] = _nothing(key, " or ".join(asked), name, period)
        services[name] = _unmeasured(name, period, key)
    fail = config.coverage.fail
    return {name: gate.service_or_unknown(services[name], evidence, fail) for name in sorted(services)}, evidence


def _add_latency(
    prometheus: Prometheus, watch: Watch, config: LatencyConfig, period: Period, found: availability.Measured
) -> None:
    """How fast the services of `found` answered, put into it."""
    months = {name: (month, found.evidence[f"availability/{name}"].samples) for name, month in found.services.items()}
    latencies = latency.measure(prometheus, watch, config, period, months)
    found.evidence |= latencies.evidence
    for name, one in latencies.services.items():
        found.services[name] = replace(found.services[name], latency=one)


def _nothing(key: str, query: str, name: str, period: Period) -> Evidence:
    at = datetime.fromtimestamp(period.end_s - TICK, UTC)
    warning = f"no series of {name}"
    return Evidence(id=key, query=query, evaluated_at=at, samples=0, coverage=0.0, warnings=(warning,))


def _unmeasured(name: str, period: Period, evidence: str) -> ServiceMonth:
    return ServiceMonth(
        id=name,
        availability=None,
        up_s=0.0,
        down_s=0.0,
        excluded_s=0.0,
        unknown_s=period.seconds,
        coverage=0.0,
        unknown=(Interval(start=period.start_s, end=period.end_s),),
        evidence=(evidence,),
    )
