"""Whether `collect` would succeed: the server, what it still remembers, and every query of the configuration."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from newsletter.collect import figures, looking, promql, tickets
from newsletter.collect.availability import source_of
from newsletter.collect.examination_sources import examine_sources
from newsletter.collect.helpdesk import month as helpdesk
from newsletter.collect.prometheus import Prometheus
from newsletter.collect.ratios import ratio_source_of
from newsletter.collect.retention import advice
from newsletter.collect.watch import HOUR, TICK
from newsletter.counting import counted
from newsletter.errors import NewsletterError, SourceError
from newsletter.model import Finding
from newsletter.model.finding import fault, ok, warning

if TYPE_CHECKING:
    from newsletter.config import Config, CsvSource, FigureConfig, TicketsConfig
    from newsletter.model import Period

_DAY = 86400.0
_SKEW_S = 30.0
# of a preset for tickets, an exporter may lack these
_PARTS = frozenset({"tickets.open", "tickets.resolution", "tickets.satisfaction.part", "tickets.satisfaction.total"})
_NAMED = 3  # months by their names
_SLACK_DAYS = 4  # to look at a month after it ended, before the server forgets its beginning

Check = tuple[str, Callable[[], Iterable[Finding]]]


def examine(config: Config, month: Period, *, now: datetime, uncollected: Sequence[Period]) -> Iterator[Finding]:
    """Look at everything `collect` would ask for; nothing is written, and no month is read in full.

    Args:
        config: the sources.
        month: the month to be collected.
        now: the present (aware).
        uncollected: months, this one among them perhaps, of which there is no snapshot.

    Yields:
        What was found, faults included: a check that fails does not end the others.
    """
    if config.tickets.csv:
        yield from _told("tickets.csv", partial(_export, config, config.tickets.csv, month, now))
    try:
        prometheus = Prometheus(config.prometheus)
    except NewsletterError as error:
        yield fault("prometheus", error)
        return
    with prometheus:
        server = list(_told("prometheus", lambda: _server(prometheus, now.timestamp())))
        yield from server
        if any(one.status == "fault" for one in server):
            yield warning("queries", "not asked, because Prometheus does not answer", "Mend that first.")
            return
        checks = _checks(prometheus, config, month, now, uncollected)
        for found in prometheus.each(lambda check: list(_told(*check)), checks):
            yield from found


def _told(name: str, check: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """What `check` finds; its failure is a finding too."""
    try:
        yield from check()
    except NewsletterError as error:
        yield fault(name, error)


def _checks(
    prometheus: Prometheus, config: Config, month: Period, now: datetime, uncollected: Sequence[Period]
) -> Iterator[Check]:
    at = now.timestamp()
    yield "retention", lambda: _retention(prometheus, month, at, uncollected)
    if not config.availability:
        yield "availability", _no_sources
    yield "availability", lambda: examine_sources(prometheus, config, month, at)
    for name, selector in _selectors(config):
        optional = config.tickets.preset is not None and name in _PARTS
        yield name, partial(_selector, prometheus, name, selector, month, optional=optional)
    for name, figure in config.figures.items():
        if figure.gauge is not None:
            yield (
                f"figures.{name}",
                partial(
                    _expression, prometheus, f"figures.{name}", figures.with_matchers(figure.gauge, figure.match), month
                ),
            )
    yield "history", lambda: _history(prometheus, config, month, uncollected)


def _export(config: Config, export: CsvSource, month: Period, now: datetime) -> Iterator[Finding]:
    """The export of a help desk, read as `collect` reads it."""
    tickets, evidence = helpdesk.measure(export, month, zone=config.timezone, now=now)
    opened = tickets.opened.total if tickets.opened else 0
    yield ok("tickets.csv", f"{opened:,} tickets opened in {month.label}, by {export.path.name}")
    for text in dict.fromkeys(text for one in evidence.values() for text in one.warnings):
        yield warning("tickets.csv", text, "Look at the export; docs/tickets.md explains how it is read.")


def _server(prometheus: Prometheus, now: float) -> Iterator[Finding]:
    prometheus.clock()  # connects
    began = time.monotonic()
    ahead = prometheus.clock() - now
    took = time.monotonic() - began
    version = prometheus.version()
    told = f"version {version}" if version else "it does not tell its version"
    yield ok("prometheus", f"{prometheus.source} answers in {took * 1000:.0f} ms, {told}")
    if math.isfinite(ahead) and abs(ahead) > _SKEW_S:
        way = "ahead of" if ahead > 0 else "behind"
        what = f"its clock is {abs(ahead):.0f} s {way} the clock of this machine"
        yield warning("clock", what, "Let both follow the same time server: months are cut by these clocks.")


def _retention(prometheus: Prometheus, month: Period, now: float, uncollected: Sequence[Period]) -> Iterator[Finding]:
    kept = prometheus.retention_s()
    if kept is None:
        yield ok("retention", "the server does not say how long it keeps samples; what it still has is below")
        return
    days = counted(kept / _DAY, "day")
    needed = f"A month needs 35 days or more: {advice(40)}, or longer to catch up on past months."
    spare = kept / _DAY - month.seconds / _DAY
    if spare < 0:
        error = SourceError(f"the server keeps {days}, so it never holds a whole month", needed)
        yield fault("retention", error)
    elif month in uncollected and now - kept > month.start_s:
        error = SourceError(f"the server keeps {days} and has forgotten the start of {month.label}", needed)
        yield fault("retention", error)
    elif spare < _SLACK_DAYS:
        yield warning("retention", f"{days} leave {spare:.1f} to collect a month after its end", needed)
    else:
        yield ok("retention", f"the server keeps {days}")


def _no_sources() -> Iterator[Finding]:
    hint = "Name the 0/1 series of your services; `newsletter init --prometheus URL` finds them."
    yield warning("availability", "no source is configured, so the letter tells of no service", hint)


def _selectors(config: Config) -> Iterator[tuple[str, str]]:
    """Every plain selector of tickets and figures, with its key."""
    for key, selector in (*_ticket_selectors(tickets.matched(config.tickets)), *_figure_selectors(config.figures)):
        if selector:
            yield key, selector


def _ticket_selectors(desk: TicketsConfig) -> Iterator[tuple[str, str | None]]:
    if desk.opened:
        yield "tickets.opened", desk.opened.counter or desk.opened.difference
    if desk.resolved:
        yield "tickets.resolved", desk.resolved.counter or desk.resolved.difference
    if desk.open:
        yield "tickets.open", desk.open.gauge
    if desk.resolution:
        yield "tickets.resolution", str(promql.parse(desk.resolution.histogram).suffixed("_bucket"))
    if desk.requesters:
        yield "tickets.requesters", desk.requesters.gauge
    if desk.satisfaction:
        yield "tickets.satisfaction.part", desk.satisfaction.part
        yield "tickets.satisfaction.total", desk.satisfaction.total


def _figure_selectors(wanted: Mapping[str, FigureConfig]) -> Iterator[tuple[str, str]]:
    for name, figure in wanted.items():
        if figure.ratio:
            yield f"figures.{name}.part", figure.ratio.part
            yield f"figures.{name}.total", figure.ratio.total
        elif figure.gauge is None and not figure.by_hand:
            yield f"figures.{name}", str(figures.selector_of(figure))


def _selector(prometheus: Prometheus, name: str, text: str, month: Period, *, optional: bool) -> Iterator[Finding]:
    """Series at the end of the month, or at some time of it; what is `optional` may have none."""
    selector = promql.parse(text)
    count = len(looking.last_values(prometheus, selector, month.end_s).series)
    if count:
        yield ok(name, f"{count:,} series of {selector}")
        return
    if optional:
        yield ok(name, f"no series of {selector}, so it is left out")
        return
    query = f"count(last_over_time({selector.over(HOUR)}))"
    earlier = prometheus.range(query, month.start_s + HOUR - TICK, month.end_s - TICK, 6 * HOUR).series
    if earlier:
        last = datetime.fromtimestamp(max(earlier[0].times), month.start.tzinfo)
        what = f"{selector} ends on {last:%Y-%m-%d}, before the month does"
    else:
        what = f"no series of {selector} in {month.label}"
    yield warning(name, what, "Check the name and labels, or take it out: the letter says nothing of it.")


def _expression(prometheus: Prometheus, name: str, query: str, month: Period) -> Iterator[Finding]:
    count = len(prometheus.instant(query, month.end_s - TICK).series)
    if count:
        yield ok(name, f"{count:,} series at the end of {month.label}")
    else:
        yield warning(name, f"no value of {query} at the end of {month.label}", "Check the expression.")


def _history(prometheus: Prometheus, config: Config, month: Period, uncollected: Sequence[Period]) -> Iterator[Finding]:
    """Past months that could still be collected to compare with."""
    past = sorted((one for one in uncollected if one.label != month.label), key=lambda one: one.label)
    if not past:
        yield ok("history", "the months before are collected")
        return
    selectors = [
        ratio_source_of(entry, None).whole if entry.counts_requests else source_of(entry, None).watch.selector
        for entry in config.availability
    ]
    held = [one for one in past if any(_held(prometheus, selector, one) for selector in selectors)]
    if held:
        what = f"{_named(held)} can still be collected, so that the letter can compare"
        yield warning("history", what, f"Run: newsletter collect --since {held[0].label}")
    else:
        yield ok("history", f"no snapshot of {_named(past)}, nor series to make one: comparisons begin later")


def _held(prometheus: Prometheus, selector: promql.Selector, month: Period) -> bool:
    """Whether the server has samples at both edges of a month."""
    query = f"count(last_over_time({selector.over(HOUR)}))"
    return all(prometheus.instant(query, at - TICK).series for at in (month.start_s + HOUR, month.end_s))


def _named(months: Sequence[Period]) -> str:
    labels = [one.label for one in months]
    return ", ".join(labels) if len(labels) <= _NAMED else f"{len(labels)} months from {labels[0]} on"
