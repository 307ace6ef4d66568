"""Times of an export as instants: with an offset as written, else in the declared zone.

A local time that the clock shows twice is the earlier one, and one that it skips is refused
(PEP 495: `fold`, "gap" and "fold").
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

_HARMLESS = re.compile(r"[0-9 T:./+,Z-]{1,40}")  # what a time is made of; anything else may be a customer's word
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)


class Unreadable(Exception):
    """Why a cell is no time."""


class Moment(Struct, frozen=True):
    """An instant in seconds since the epoch; `later` where the clock showed that time twice."""

    at: float
    later: float | None = None


class Clock(Struct, frozen=True):
    """Reads the times of one export.

    `form` is "iso" or a format of strptime; nothing may lie after `now`.
    """

    form: str
    zone: ZoneInfo
    now: datetime

    def read(self, text: str) -> Moment:
        """The instant that a cell tells.

        Raises:
            Unreadable: it tells none, or one that cannot be.
        """
        written = self._parsed(text)
        moment = _instant(written, self.zone) if written.tzinfo is None else Moment(written.timestamp())
        if moment.at < _EARLIEST.timestamp():
            raise Unreadable(f"{_shown(text)} lies before 1990: is the order of day, month and year right?")
        if moment.at > self.now.timestamp():
            raise Unreadable(f"{_shown(text)} lies in the future: is the order of day and month right?")
        return moment

    def _parsed(self, text: str) -> datetime:
        parse: Callable[[str], datetime] = (
            _iso if self.form == "iso" else lambda value: datetime.strptime(value, self.form)  # noqa: DTZ007  # zone: below
        )
        try:
            written = parse(text)
            if not 1900 < written.year < 9000:
                raise Unreadable(f"{_shown(text)} is in the year {written.year}")
        except ValueError:
            form = "2026-10-31 23:45" if self.form == "iso" else self.form
            raise Unreadable(f"{_shown(text)} is not written like {form} (tickets.csv.dates)") from None
        return written


def _iso(text: str) -> datetime:
    if ":" not in text:
        raise ValueError("a day without its time")
    return datetime.fromisoformat(text)


def _instant(local: datetime, zone: ZoneInfo) -> Moment:
    first, second = (local.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != local:
        raise Unreadable(f"{local:%Y-%m-%d %H:%M} does not exist in {zone.key}: the clock was put forward")
    twice = second.utcoffset() != first.utcoffset()
    return Moment(first.timestamp(), second.timestamp() if twice else None)


def _shown(text: str) -> str:
    return f'"{text}"' if _HARMLESS.fullmatch(text) else "the cell"


def clock_time(at: float, zone: ZoneInfo) -> str:
    """An instant for people."""
    return f"{datetime.fromtimestamp(at, zone):%Y-%m-%d %H:%M}"
