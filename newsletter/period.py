"""Calendar months in the organisation's own time zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from newsletter.errors import UsageError
from newsletter.model import Interval, Period

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

FIRST_YEAR, LAST_YEAR = 2000, 2099
"""Monitoring is younger than the first; a year beyond the last is a slip of the finger."""
_LABEL = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)


def month(label: str, timezone: ZoneInfo) -> Period:
    """The calendar month `label` ("2026-10") from local midnight to local midnight.

    Its length is the true elapsed time: October 2026 in Europe/Rome has 745 hours.

    Raises:
        UsageError: `label` is not a month, or one of a year before 2000 or after 2099.
    """
    found = _LABEL.fullmatch(label)
    if not found:
        raise UsageError(f"{label!r} is not a month", "Write it as YYYY-MM, for example 2026-10.")
    year = int(found[1])
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise UsageError(
            f"{label} is out of range: there are editions of {FIRST_YEAR} to {LAST_YEAR} only",
            "Write it as YYYY-MM, for example 2026-10.",
        )
    return _month(year, int(found[2]), timezone)


def _month(year: int, number: int, timezone: ZoneInfo) -> Period:
    next_year, next_number = divmod(year * 12 + number, 12)
    return Period(
        start=datetime(year, number, 1, tzinfo=timezone),
        end=datetime(next_year, next_number + 1, 1, tzinfo=timezone),
        timezone=timezone.key,
        label=f"{year:04d}-{number:02d}",
    )


def weeks(period: Period, timezone: ZoneInfo) -> tuple[Interval, ...]:
    """The ISO weeks of `period`, Monday to Sunday by its own clock, the first and the last cut at its edges.

    Together they are the period; an October has one of an hour more than the others.
    """
    first = period.start.astimezone(timezone).date()
    monday = first + timedelta(days=7 - first.weekday())
    edges = [period.start_s]
    while (at := datetime.combine(monday, time(), timezone).timestamp()) < period.end_s:
        edges.append(at)
        monday += timedelta(days=7)
    return tuple(Interval(start=start, end=end) for start, end in pairwise([*edges, period.end_s]))


def previous(period: Period, timezone: ZoneInfo, months: int = 1) -> Period:
    """The calendar month `months` before `period`."""
    year, number = divmod(period.start.year * 12 + period.start.month - 1 - months, 12)
    return _month(year, number + 1, timezone)


def last_complete(now: datetime, timezone: ZoneInfo) -> Period:
    """The newest month that is over at `now` (aware)."""
    local = now.astimezone(timezone)
    return previous(_month(local.year, local.month, timezone), timezone)


def require_complete(period: Period, now: datetime) -> Period:
    """`period` itself, if it is over at `now`.

    Raises:
        UsageError: the month is still running; its numbers would change.
    """
    if now.astimezone(UTC) < period.end.astimezone(UTC):
        raise UsageError(
            f"{period.label} is not over yet",
            f"Wait until {period.end:%Y-%m-%d %H:%M} {period.timezone}, or name an earlier --month.",
        )
    return period
