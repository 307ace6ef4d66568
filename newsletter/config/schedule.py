"""Times as the clock on the wall shows them: business hours, planned maintenance and holidays.

Texts such as "Mo-Fr 07:00-19:00" stay texts in the configuration and in the snapshot; here they
are read. What they mean in real time, clock changes included, is decided where it is measured.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from msgspec import Struct
from pydantic import AfterValidator, BeforeValidator

from newsletter.config.refusals import fault
from newsletter.config.strict_yaml import shown
from newsletter.config.texts import Line

DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")

_DAY = "(?:Mo|Tu|We|Th|Fr|Sa|Su)"
_CLOCK = "(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00"
_DATE = r"\d{4}-\d{2}-\d{2}"
_WEEKLY = re.compile(rf"({_DAY}(?:-{_DAY})?(?:,{_DAY}(?:-{_DAY})?)*) ({_CLOCK})-({_CLOCK})", re.ASCII)
_DATED = re.compile(rf"({_DATE}) ({_CLOCK})-(?:({_DATE}) )?({_CLOCK})", re.ASCII)
_HOLIDAY = re.compile(r"(?:(\d{4})-)?(\d{2})-(\d{2})", re.ASCII)
_LEAP_YEAR = 2000  # stands in for the year of a holiday that has none, so that 02-29 exists


class Weekly(Struct, frozen=True):
    """The same time of day on some days of every week.

    Args:
        days: 0 = Monday to 6 = Sunday; where it runs over midnight, the days on which it begins.
        start: since midnight of the day.
        end: likewise; more than 24 hours where it runs over midnight.
    """

    days: frozenset[int]
    start: timedelta
    end: timedelta


class Dated(Struct, frozen=True):
    """One stretch of local time, from `start` to `end` (naive)."""

    start: datetime
    end: datetime


class Holiday(Struct, frozen=True):
    """A day of one year, or of every year (`year` None)."""

    year: int | None
    month: int
    day: int

    def falls_on(self, day: date) -> bool:
        """Whether `day` is this holiday."""
        return (self.month, self.day) == (day.month, day.day) and self.year in (None, day.year)


def weekly(text: str) -> Weekly:
    """The times of "Mo-Fr 07:00-19:00", "Mo,We,Fr 09:00-17:30" or, over midnight, "Sa 22:00-02:00".

    Raises:
        PydanticCustomError: `text` is not of that form, or begins and ends at the same time.
    """
    found = _WEEKLY.fullmatch(text)
    if not found:
        raise fault(f'{shown(text)} is not understood: write days and times like "Mo-Fr 07:00-19:00"{_why(text)}')
    start, end = _clock(found[2]), _clock(found[3])
    if start == end or start >= timedelta(days=1):
        raise fault(f"{shown(text)} has no length: a whole day is 00:00-24:00")
    return Weekly(_days(found[1]), start, end if end > start else end + timedelta(days=1))


def window(text: str) -> Weekly | Dated:
    """A weekly time, or "2026-10-12 22:00-24:00", "2026-10-12 22:00-2026-10-14 06:00".

    Raises:
        PydanticCustomError: `text` is neither, or a date in it does not exist, or it ends before it begins.
    """
    found = _DATED.fullmatch(text)
    if found:
        return _dated(text, found)
    if not _WEEKLY.fullmatch(text):
        examples = 'write it like "Su 02:00-04:00", "2026-10-12 22:00-24:00" or "2026-10-12 22:00-2026-10-14 06:00"'
        raise fault(f"{shown(text)} is not understood: {examples}{_why(text)}")
    return weekly(text)


def holiday(text: str) -> Holiday:
    """A day, "2026-12-25", or "12-25" for every year.

    Raises:
        PydanticCustomError: `text` is not of that form, or there is no such day.
    """
    found = _HOLIDAY.fullmatch(text)
    if not found:
        raise fault(f'{shown(text)} is not a day: write "2026-12-25", or "12-25" for every year')
    day = _date(f"{found[1] or _LEAP_YEAR}-{found[2]}-{found[3]}", text)
    return Holiday(day.year if found[1] else None, day.month, day.day)


def _why(text: str) -> str:
    """What people get wrong most often, if it is that."""
    if ";" in text or re.search(r"\d:\d\d,", text):
        return "; several times are several items of a list"
    if re.search(r"\b\d:\d\d", text):
        return "; hours have two digits"
    return "; days are " + " ".join(DAYS) if re.match("[A-Za-z]", text) else ""


def _days(text: str) -> frozenset[int]:
    """The days of "Mo-Fr,Su"; "Fr-Mo" runs over the end of the week."""
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        begin = DAYS.index(first)
        length = (DAYS.index(last or first) - begin) % 7
        found |= {(begin + number) % 7 for number in range(length + 1)}
    return frozenset(found)


def _clock(text: str) -> timedelta:
    hours, minutes = text.split(":")
    return timedelta(hours=int(hours), minutes=int(minutes))


def _date(text: str, whole: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise fault(f"{shown(whole)}: there is no day {text.removeprefix(f'{_LEAP_YEAR}-')}") from None


def _dated(text: str, found: re.Match[str]) -> Dated:
    first = _date(found[1], text)
    last = _date(found[3], text) if found[3] else first
    start = datetime.combine(first, datetime.min.time()) + _clock(found[2])
    end = datetime.combine(last, datetime.min.time()) + _clock(found[4])
    if not found[3] and end < start:
        end += timedelta(days=1)
    if end <= start:
        raise fault(f"{shown(text)} ends before it begins" if end < start else f"{shown(text)} has no length")
    return Dated(start, end)


# --- as values of the configuration ---------------------------------------------------------


def _listed(value: Any) -> Any:
    """One text stands for a list of it."""
    return [value] if isinstance(value, str) else value


def _as_text(value: Any) -> Any:
    """YAML reads an unquoted 2026-12-25 as a date; here it is meant as it is written."""
    return value.isoformat() if isinstance(value, date) and not isinstance(value, datetime) else value


def _weekly_text(text: str) -> str:
    weekly(text)
    return text


def _window_text(text: str) -> str:
    window(text)
    return text


def _holiday_text(text: str) -> str:
    holiday(text)
    return text


Hours = Annotated[list[Annotated[Line, AfterValidator(_weekly_text)]], BeforeValidator(_listed)]
Windows = Annotated[list[Annotated[Line, AfterValidator(_window_text)]], BeforeValidator(_listed)]
Holidays = list[Annotated[Line, BeforeValidator(_as_text), AfterValidator(_holiday_text)]]
