"""The tickets of a month from a help desk's export, in the same form as from metrics.

Opened: created in the month. Resolved: last resolution in the month. Open: opened before its end
and not resolved then. Time to a solution: from the first opening to that last resolution.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from newsletter.collect.helpdesk.export import Export, Stay, load
from newsletter.collect.helpdesk.moments import clock_time
from newsletter.collect.requesters import merged
from newsletter.collect.tickets import distribution
from newsletter.collect.watch import TICK
from newsletter.config.helpdesk import MONTH_MARK
from newsletter.counting import counted
from newsletter.errors import HistoryError
from newsletter.model import Count, Evidence, Resolution, Satisfaction, TicketMonth
from newsletter.period import weeks

if TYPE_CHECKING:
    from newsletter.config import CsvSource
    from newsletter.model import Period

EVIDENCE = "tickets/export"
_PARTS = ("opened", "resolved", "open_at_end", "resolution", "satisfaction", "requesters")


def measure(
    config: CsvSource, period: Period, *, zone: ZoneInfo, now: datetime
) -> tuple[TicketMonth, dict[str, Evidence]]:
    """Read the export of the month and count.

    Raises:
        HistoryError: there is no such file, it was made before the month was over, or it holds nothing of it.
        ContentError: the file is no such table, or too many rows make no sense.
    """
    export = load(config, Path(str(config.path).replace(MONTH_MARK, period.label)), zone=zone, now=now)
    moments = export.moments()
    coverage, warnings = _reach(export, moments, period)
    month = count(export, config, period)
    if moments[0] >= period.start_s:
        month = replace(month, resolved=None, open_at_end=None, resolution={}, satisfaction=None)
        warnings.append(
            "it holds no ticket opened before the month, so what became of older ones is not known: "
            "only the tickets opened are told; export older tickets, too"
        )
    evidence = _evidence(export, period, coverage, warnings)
    present = dict.fromkeys([part for part in _PARTS if getattr(month, part)], EVIDENCE)
    return replace(month, evidence=present), {EVIDENCE: evidence}


def count(export: Export, config: CsvSource, period: Period) -> TicketMonth:
    """The numbers of the month, as the tickets stood at its end."""
    tickets = list(export.at(period.end_s))
    opened = [one for one in tickets if one.created >= period.start_s]
    resolved = [one for one in tickets if one.resolved is not None and one.resolved >= period.start_s]
    labels = config.columns
    both = _key(queue=bool(labels.queue), kind=bool(labels.kind))
    queue = _key(queue=bool(labels.queue), kind=False)
    answers = [one.satisfied for one in resolved if one.satisfied is not None]
    return TicketMonth(
        opened=replace(_count(opened, both), weeks=_weekly([one.created for one in opened], period)),
        resolved=replace(_count(resolved, both), weeks=_weekly([one.resolved or 0 for one in resolved], period)),
        open_at_end=_count([one for one in tickets if one.resolved is None], queue),
        resolution=_resolution(resolved, queue, config.edges()),
        satisfaction=Satisfaction(satisfied=sum(answers), answers=len(answers)) if config.satisfaction else None,
        requesters=merged(_people(opened)) if labels.requester else None,
    )


def _people(opened: Iterable[Stay]) -> Counter[str]:
    """Everybody who opened a ticket, once, in the department of the newest one."""
    newest_last = sorted(opened, key=lambda ticket: ticket.created)
    home = {ticket.requester: ticket.department for ticket in newest_last if ticket.requester}
    return Counter(home.values())


def _key(*, queue: bool, kind: bool) -> Callable[[Stay], str] | None:
    """What parts a count; None where the export has no such column."""
    if queue and kind:
        return lambda ticket: f"{ticket.queue}/{ticket.kind}"
    if queue:
        return lambda ticket: ticket.queue
    return (lambda ticket: ticket.kind) if kind else None


def _count(tickets: Sequence[Stay], key: Callable[[Stay], str] | None) -> Count:
    by: Mapping[str, int] = Counter(map(key, tickets)) if key else {}
    return Count(total=len(tickets), by=dict(sorted(by.items())))


def _weekly(moments: Iterable[float], period: Period) -> tuple[int, ...]:
    """How many of the moments lie in each week of the month."""
    spans = weeks(period, ZoneInfo(period.timezone))
    found = Counter(bisect_right([week.start for week in spans], one) - 1 for one in moments)
    return tuple(found[week] for week in range(len(spans)))


def duration(ticket: Stay) -> float:
    """Seconds from the opening to the resolution of a resolved ticket."""
    return 0.0 if ticket.resolved is None else ticket.resolved - ticket.created


def cumulative(durations: Iterable[float], edges: Sequence[float]) -> dict[float, int]:
    """How many took at most as long as each edge, and (under infinity) all of them: a histogram's buckets."""
    falls = Counter(bisect_left(edges, one) for one in durations)
    total, buckets = 0, {}
    for at, edge in enumerate((*edges, float("inf"))):
        total += falls[at]
        buckets[edge] = total
    return buckets


def _resolution(
    resolved: Iterable[Stay], key: Callable[[Stay], str] | None, edges: Sequence[float]
) -> dict[str, Resolution]:
    """By queue and, under "", for all; shares at edges as a histogram would tell them, and the exact median."""
    took: dict[str, list[float]] = defaultdict(list)
    for ticket in resolved:
        for name in {"", key(ticket) if key else ""}:
            took[name].append(duration(ticket))
    return {
        name: replace(distribution(cumulative(one, edges), EVIDENCE), median_s=median(one))
        for name, one in sorted(took.items())
    }


def _reach(export: Export, moments: Sequence[float], period: Period) -> tuple[float, list[str]]:
    """How much of the month the entries reach over, and what must be said about its ends.

    When a file was written is nowhere in it. An entry after the end of the month proves that it was
    late enough; without one, a silence longer than any other tells that it was too early.
    """
    inside = [one for one in moments if period.start_s <= one < period.end_s]
    name = export.path.name
    if not inside:
        raise HistoryError(
            f"{export.path}: nothing was opened or resolved in {period.label}", "Export the tickets of that month."
        )
    warnings: list[str] = []
    start, end = max(period.start_s, moments[0]), period.end_s
    if moments[-1] < period.end_s:
        end = moments[-1]
        before = [period.start_s] if moments[0] < period.start_s else []
        longest = max((later - earlier for earlier, later in pairwise([*before, *inside])), default=0.0)
        newest = clock_time(end, export.zone)
        if period.end_s - end > longest:
            raise HistoryError(
                f"{export.path}: the newest entry is of {newest}, so it was made before {period.label} was over",
                "Export again, with everything opened or resolved since.",
            )
        warnings.append(
            f"the newest entry of {name} is of {newest}: nothing in it proves that it was made after the month"
        )
    return (end - start) / period.seconds, warnings


def _evidence(export: Export, period: Period, coverage: float, warnings: Iterable[str]) -> Evidence:
    told = (
        (export.skipped, "bad row was left out", "bad rows were left out"),
        (
            export.repeated,
            "row stood there before and was counted once",
            "rows stood there before and were counted once",
        ),
        (
            export.ambiguous,
            "time was shown twice by the clock and taken as the earlier one",
            "times were shown twice by the clock and taken as the earlier one",
        ),
    )
    rows = sum(
        any(period.start_s <= at < period.end_s for at in (stay.created, stay.resolved) if at is not None)
        for ticket in export.tickets
        for stay in ticket
    )
    return Evidence(
        id=EVIDENCE,
        query=f"{export.path.name}, {counted(export.rows, 'row')}, sha256 {export.sha256}",
        evaluated_at=datetime.fromtimestamp(period.end_s - TICK, UTC),
        samples=rows,
        coverage=coverage,
        warnings=(*warnings, *(counted(number, one, several) for number, one, several in told if number)),
        origin="export",
    )
