"""The strip of days of one service: a state for each local day, and the sentence that says it all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from newsletter.compose.context import Context
from newsletter.compose.standing import FULL_COVERAGE, Standing
from newsletter.language.formats import capitalised
from newsletter.model import Day, DayState, Interval, Outage, Period, ServiceMonth

NAMED_DAYS = 5
"""Up to so many days are named in the sentence for screen readers; more are counted."""


@lru_cache(maxsize=512)  # every variant shows the same months, and a preview composes them again at every save
def days(month: ServiceMonth, period: Period, zone: ZoneInfo) -> tuple[Day, ...]:
    """One cell for each day of the month on the clock of `zone`, 23 and 25 hour days included."""
    lived = lifetime(month, period)
    return tuple(_day(number, span, month, lived) for number, span in _local_days(period, zone))


def lifetime(month: ServiceMonth, period: Period) -> Interval:
    """When in the month the service existed.

    Where the snapshot does not say so, the missing part is taken to lie before its birth: a service that
    was measured until the end is the common case, and a day before it must not be shown as up.
    """
    if month.lifetime:
        return month.lifetime
    existed = month.up_s + month.down_s + month.excluded_s + month.unknown_s
    return Interval(start=period.end_s - existed, end=period.end_s)


def sentence(context: Context, standing: Standing, cells: tuple[Day, ...]) -> str:
    """The strip for somebody who cannot see it."""
    states = context.catalogue.separated(_states(context, standing, cells))
    month = context.formats.month_name(context.start)
    return context.text("strip.sentence", month=capitalised(month), service=standing.name, states=states)


def _local_days(period: Period, zone: ZoneInfo) -> Iterator[tuple[int, Interval]]:
    """Day numbers with their spans, from local midnight to local midnight."""
    day = period.start.astimezone(zone).date()
    end = period.end.astimezone(zone).date()
    while day < end:
        following = day + timedelta(days=1)
        midnights = (datetime(one.year, one.month, one.day, tzinfo=zone) for one in (day, following))
        start_s, end_s = (midnight.timestamp() for midnight in midnights)
        yield day.day, Interval(start=start_s, end=end_s)
        day = following


def _day(number: int, span: Interval, month: ServiceMonth, lived: Interval) -> Day:
    """The worst thing of the day wins: interrupted, planned maintenance, not measured, up."""
    down = [part for outage in month.outages for part in _clip(_seen_down(outage), span)]
    if down:
        gaps = sum(_overlap([*month.excluded, *month.unknown], part) for part in down)
        return Day(number=number, state="down", down_s=sum(part.seconds for part in down) - gaps)
    return Day(number=number, state=_quiet_state(span, month, lived))


def _seen_down(outage: Outage) -> tuple[Interval, ...]:
    return outage.stretches or (Interval(start=outage.start, end=outage.end),)


def _quiet_state(span: Interval, month: ServiceMonth, lived: Interval) -> DayState:
    existed = _overlap([lived], span)
    if existed <= 0:
        return "absent"
    if any(one.reason == "maintenance" and _overlap([one], span) > 0 for one in month.excluded):
        return "planned"
    needed = existed - _overlap(month.excluded, span)
    if needed <= 0:
        return "absent"  # a day outside the business hours
    # the odd lost sample is no gap: a day counts as watched from the same share on as the month
    return "unknown" if _overlap(month.unknown, span) > (1 - FULL_COVERAGE) * needed else "up"


def _clip(intervals: Iterable[Interval], span: Interval) -> list[Interval]:
    clipped = (Interval(start=max(one.start, span.start), end=min(one.end, span.end)) for one in intervals)
    return [one for one in clipped if one.seconds > 0]


def _overlap(intervals: Iterable[Interval], span: Interval) -> float:
    return sum(one.seconds for one in _clip(intervals, span))


def _states(context: Context, standing: Standing, cells: tuple[Day, ...]) -> Iterator[str]:
    existing = [cell for cell in cells if cell.state != "absent"]
    numbers: dict[DayState, tuple[int, ...]] = {
        state: tuple(cell.number for cell in cells if cell.state == state) for state in ("down", "planned", "unknown")
    }
    if numbers["down"]:
        down = context.formats.downtime(standing.down_s)
        yield context.text("strip.down", down=down, days=_numbered(context, numbers["down"]))
    elif existing and all(cell.state == "up" for cell in existing):
        yield context.text("strip.up", n=len(existing))
    else:
        yield context.text("strip.up_seen")
    if numbers["planned"]:
        yield context.text("strip.planned", days=_numbered(context, numbers["planned"]))
    if numbers["unknown"]:
        unknown = context.formats.duration(standing.month.unknown_s)
        yield context.text("strip.unknown", unknown=unknown, days=_numbered(context, numbers["unknown"]))


def _numbered(context: Context, numbers: tuple[int, ...]) -> str:
    """Few days by number ("on days 3 and 14"), many as a count ("on 12 days")."""
    if len(numbers) > NAMED_DAYS:
        return context.text("strip.days_counted", n=len(numbers))
    named = context.catalogue.enumerate(tuple(str(number) for number in numbers))
    return context.text("strip.days_named", n=len(numbers), days=named)
