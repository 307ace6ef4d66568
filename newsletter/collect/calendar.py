"""Business hours, holidays and planned maintenance of the configuration, in real time. Pure.

A time of day means every instant at which the clock on the wall shows it: an hour that the clock
repeats counts both times, one that it skips does not exist. Spans are pairs (start, end) in
seconds, ascending and without overlap; on the wall clock they count from 1970-01-01 00:00 local time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from msgspec import Struct

from newsletter.config import Config
from newsletter.config.schedule import Dated, Holiday, Weekly, holiday, weekly, window
from newsletter.model import Exclusion, ExclusionReason, Interval

Span = tuple[float, float]

_HOUR = 3600
_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - the wall clock's own zero


class Planned(Struct, frozen=True):
    """Windows on the clock of one zone."""

    windows: tuple[Weekly | Dated, ...]
    zone: ZoneInfo


class Timetable(Struct, frozen=True):
    """When one service is needed and when work on it is planned; no `hours` = round the clock."""

    hours: tuple[Weekly, ...]
    holidays: tuple[Holiday, ...]
    zone: ZoneInfo
    planned: tuple[Planned, ...]


def timetable_of(config: Config, service: str) -> Timetable:
    """What the configuration says about the time of `service`."""
    own = config.services.get(service)
    zone = (own.timezone if own else None) or config.timezone
    planned = [Planned(tuple(map(window, config.maintenance)), config.timezone)]
    if own:
        planned.append(Planned(tuple(map(window, own.maintenance)), zone))
    return Timetable(
        hours=tuple(map(weekly, own.hours)) if own else (),
        holidays=tuple(map(holiday, config.holidays)),
        zone=zone,
        planned=tuple(one for one in planned if one.windows),
    )


def exclusions(timetable: Timetable, known: Iterable[Interval], start: float, end: float) -> tuple[Exclusion, ...]:
    """When within [start, end) the service does not have to be up.

    Args:
        timetable: the configured times.
        known: planned maintenance that the monitoring told, in any order.
        start: seconds since the epoch.
        end: likewise.
    """
    outside = _outside_hours(timetable, start, end)
    windows = [(one.start, one.end) for one in known]
    for planned in timetable.planned:
        windows += _on_the_clock(_wall(planned.windows, start, end), planned.zone, start, end)
    work = without(clipped(united(windows), start, end), outside)
    reasons: tuple[tuple[ExclusionReason, Sequence[Span]], ...] = (("hours", outside), ("maintenance", work))
    found = (Exclusion(start=a, end=b, reason=reason) for reason, spans in reasons for a, b in spans)
    return tuple(sorted(found, key=lambda one: one.start))


def _outside_hours(timetable: Timetable, start: float, end: float) -> list[Span]:
    if not timetable.hours:
        return []
    free = united(
        (_wall_s(day), _wall_s(day + _DAY))
        for day in _days_around(start, end)
        if any(one.falls_on(day) for one in timetable.holidays)
    )
    needed = without(_wall(timetable.hours, start, end), free)
    return without([(start, end)], _on_the_clock(needed, timetable.zone, start, end))


# --- the clock on the wall ------------------------------------------------------------------


def _wall(windows: Iterable[Weekly | Dated], start: float, end: float) -> list[Span]:
    """What `windows` cover on the wall clock, at least wherever it may show between `start` and `end`."""
    days = _days_around(start, end)
    return united(span for one in windows for span in _spans(one, days))


def _spans(one: Weekly | Dated, days: Sequence[date]) -> Iterator[Span]:
    if isinstance(one, Dated):
        yield _wall_s(one.start), _wall_s(one.end)
        return
    for day in days:
        if day.weekday() in one.days:
            midnight = _wall_s(day)
            yield midnight + one.start.total_seconds(), midnight + one.end.total_seconds()


def _days_around(start: float, end: float) -> list[date]:
    """Every local day between two instants, in any zone, and the day before: windows run over midnight."""
    first, last = (datetime.fromtimestamp(at, UTC).date() for at in (start, end))
    return [first + _DAY * number for number in range(-2, (last - first).days + 2)]


def _wall_s(day: date) -> float:
    """A local time, or the midnight a day begins with, in seconds on the wall clock."""
    local = day if isinstance(day, datetime) else datetime.combine(day, datetime.min.time())
    return (local - _EPOCH).total_seconds()


def _on_the_clock(wall: Sequence[Span], zone: ZoneInfo, start: float, end: float) -> list[Span]:
    """The instants within [start, end) at which the wall clock of `zone` shows a time of `wall`."""
    found: list[Span] = []
    for begin, until, offset in _offsets(zone, start, end):
        shown = clipped(wall, begin + offset, until + offset)
        found += ((a - offset, b - offset) for a, b in shown)
    return united(found)


@lru_cache(maxsize=64)
def _offsets(zone: ZoneInfo, start: float, end: float) -> tuple[tuple[float, float, float], ...]:
    """The stretches of [start, end) with the same offset from UTC (seconds), with it."""
    marks = [start, *(start + _HOUR * hour for hour in range(1, int((end - start) // _HOUR) + 1)), end]
    found = [[start, end, _offset(zone, start)]]
    for before, after in pairwise(marks):
        if _offset(zone, after) != found[-1][2]:
            change = _change(zone, before, after)
            found[-1][1] = change
            found.append([change, end, _offset(zone, after)])
    return tuple((a, b, offset) for a, b, offset in found)


def _offset(zone: ZoneInfo, at: float) -> float:
    return (datetime.fromtimestamp(at, UTC).astimezone(zone).utcoffset() or timedelta()).total_seconds()


def _change(zone: ZoneInfo, before: float, after: float) -> float:
    """The second between two instants from which on the later one's offset holds."""
    low, high = int(before), int(after)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _offset(zone, middle) == _offset(zone, after) else (middle, high)
    return float(high)


# --- spans ----------------------------------------------------------------------------------


def united(spans: Iterable[Span]) -> list[Span]:
    """Everything that one of `spans`, in any order, covers."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif start < end:
            merged.append((start, end))
    return merged


def clipped(spans: Iterable[Span], start: float, end: float) -> list[Span]:
    """What of `spans` lies in [start, end)."""
    cut = ((max(a, start), min(b, end)) for a, b in spans)
    return [(a, b) for a, b in cut if a < b]


def without(spans: Iterable[Span], holes: Sequence[Span]) -> list[Span]:
    """What of `spans` lies in none of `holes`."""
    left: list[Span] = []
    for start, end in spans:
        at = start
        for a, b in clipped(holes, start, end):
            if at < a:
                left.append((at, a))
            at = b
        if at < end:
            left.append((at, end))
    return left
