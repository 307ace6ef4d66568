"""Calendar months in the organisation's own time zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from newsletter.errors import UsageError
from newsletter.model import Period

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_LABEL = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)


def month(label: str, timezone: ZoneInfo) -> Period:
    """The calendar month `label` ("2026-10") from local midnight to local midnight.

    Its length is the true elapsed time: October 2026 in Europe/Rome has 745 hours.

    Raises:
        UsageError: `label` is not a month.
    """
    found = _LABEL.fullmatch(label)
    if not found:
        raise UsageError(f"{label!r} is not a month", "Write it as YYYY-MM, for example 2026-10.")
    year, number = int(found[1]), int(found[2])
    next_year, next_number = divmod(year * 12 + number, 12)
    return Period(
        start=datetime(year, number, 1, tzinfo=timezone),
        end=datetime(next_year, next_number + 1, 1, tzinfo=timezone),
        timezone=timezone.key,
        label=label,
    )


def previous(period: Period, timezone: ZoneInfo, months: int = 1) -> Period:
    """The calendar month `months` before `period`."""
    year, number = divmod(period.start.year * 12 + period.start.month - 1 - months, 12)
    return month(f"{year:04d}-{number + 1:02d}", timezone)


def last_complete(now: datetime, timezone: ZoneInfo) -> Period:
    """The newest month that is over at `now` (aware)."""
    local = now.astimezone(timezone)
    return previous(month(f"{local.year:04d}-{local.month:02d}", timezone), timezone)


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
