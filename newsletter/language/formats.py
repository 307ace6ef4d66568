"""How numbers, durations and dates are written for one locale and one time zone.

Rounding never flatters: a share of good things is floored (99.996 % is 99.99 %), an allowance
is floored, and a downtime above zero is at least one minute. Number and unit, day and month are
joined by a no-break space (U+00A0) in running text; narrow labels use plain spaces, because mail
programs cut words in two where a line of no-break spaces does not fit.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.numbers import format_decimal
from msgspec import Struct

from newsletter.language.babel_dates import format_date, format_time, get_month_names
from newsletter.language.bidi import ISOLATE, POP
from newsletter.language.catalogue import Catalogue

Exact = int | float | Fraction | Decimal
Rounding = Literal["floor", "ceiling", "nearest"]

NO_BREAK_SPACE = "\u00a0"
EN_DASH = "\u2013"
_DAY_OF_MONTH = re.compile(r"\bd\b")
_BYTE_UNITS = ("bytes", "kilobytes", "megabytes", "gigabytes", "terabytes", "petabytes")


# The same numbers stand in every letter of an edition, and a preview writes them anew at each save. By type, because a
# float and the fraction that it is in binary are equal, and are not read as the same number.
@lru_cache(maxsize=4096, typed=True)
def exact(value: Exact) -> Fraction:
    """The number a person would read in `value`: 0.9995 is 9995/10000, not the nearest binary fraction."""
    return Fraction(str(value)) if isinstance(value, float) else Fraction(value)


@lru_cache(maxsize=4096, typed=True)
def rounded(value: Exact, decimals: int, rounding: Rounding) -> Decimal:
    """`value` with exactly `decimals` decimals, by integer arithmetic (ties away from zero)."""
    scaled = exact(value) * 10**decimals
    if rounding == "nearest":
        whole = math.floor(abs(scaled) + Fraction(1, 2)) * (-1 if scaled < 0 else 1)
    else:
        whole = math.floor(scaled) if rounding == "floor" else math.ceil(scaled)
    return Decimal(whole).scaleb(-decimals)


def decimals_of(value: Exact) -> int:
    """How many decimals `value` needs to be written in full (at most 6)."""
    return next((places for places in range(6) if (exact(value) * 10**places).denominator == 1), 6)


def whole_minutes(seconds: float) -> int:
    """Downtime in minutes, to the nearest; never 0 for a real interruption."""
    return max(1, int(rounded(exact(seconds) / 60, 0, "nearest"))) if seconds > 0 else 0


def budget(down_s: float, allowed_s: float) -> tuple[int, int, Literal["minutes", "seconds"]]:
    """Downtime and allowance as whole numbers of one unit, such that their order shows the verdict.

    Minutes (downtime to the nearest, allowance floored), unless these would hide the verdict:
    44 min 42 s of an allowance of 44 min 38 s is missed, but "45 of 44" must not stand for a
    target that was met. Then whole seconds, rounded away from a wrong verdict.
    """
    down, allowed = whole_minutes(down_s), math.floor(exact(allowed_s) / 60)
    missed = exact(down_s) > exact(allowed_s)
    if missed == (down > allowed) and (allowed > 0 or allowed_s == 0):
        return down, allowed, "minutes"
    toward = math.ceil if missed else math.floor
    return toward(exact(down_s)), math.floor(exact(allowed_s)), "seconds"


class Formats(Struct, frozen=True):
    """The written forms of one locale in one time zone."""

    catalogue: Catalogue
    timezone: ZoneInfo

    # --- numbers ---

    def number(self, value: Exact, decimals: int = 0, rounding: Rounding = "nearest") -> str:
        """A plain number with exactly `decimals` decimals: "1,301", "1.301"."""
        return _written(rounded(value, decimals, rounding), decimals, self.catalogue.locale)

    def percent(self, ratio: Exact, decimals: int = 2, rounding: Rounding = "floor") -> str:
        """A ratio (0-1) as percent in the locale's own pattern, floored unless told otherwise.

        The pattern comes from the locale, because some put a no-break space before the sign.
        """
        digits = self.number(exact(ratio) * 100, decimals, rounding)
        pattern = str(self.catalogue.babel.percent_formats[None].pattern)
        return pattern.replace("#,##0", digits)

    def ratio(self, ratio: Exact, rounding: Rounding, like: Exact | None = None) -> str:
        """A ratio (0-1) as percent without decimals, or with as many as its target `like` is written with.

        With the target's decimals, and rounded away from praise, a missed target never prints as met.
        """
        decimals = 0 if like is None else decimals_of(exact(like) * 100)
        return self.percent(ratio, decimals, rounding)

    def byte_size(self, value: Exact) -> str:
        """A size in decimal units (IEC 80000-13 keeps kilo = 1000) with at most one decimal."""
        size = exact(value)
        power = max(0, min(len(_BYTE_UNITS) - 1, (len(str(math.floor(abs(size)))) - 1) // 3))
        scaled = size / 1000**power
        places = 0 if power == 0 or scaled >= 100 else 1
        return self.catalogue.text(f"size.{_BYTE_UNITS[power]}", number=self.number(scaled, places, "floor"))

    # --- durations ---

    def downtime(self, seconds: float) -> str:
        """How long something did not work, for a sentence: "97 minutes", "3 hours 25 minutes"."""
        return self._minutes_in_words(whole_minutes(seconds))

    def short_downtime(self, seconds: float) -> str:
        """Downtime for a label: "97 min"."""
        return self.catalogue.text("duration.short.minutes", n=whole_minutes(seconds))

    def duration(self, seconds: float, rounding: Rounding = "nearest") -> str:
        """A measured duration for a sentence: "2.1 seconds", "38 minutes", "3 hours 25 minutes"."""
        if exact(seconds) < 60:
            return self._seconds(seconds, rounding, "duration.seconds", "duration.decimal_seconds")
        return self._minutes_in_words(int(rounded(exact(seconds) / 60, 0, rounding)))

    def short_duration(self, seconds: float, rounding: Rounding = "nearest") -> str:
        """A duration for a label: "2.1 s", "38 min", "3 h", "3 h 25 min", "2 d 4 h"."""
        if exact(seconds) < 60:
            return self._seconds(seconds, rounding, "duration.short.seconds", "duration.short.decimal_seconds")
        return self._parts(int(rounded(exact(seconds) / 60, 0, rounding)), "duration.short.", prefer_minutes=60)

    def _seconds(self, seconds: float, rounding: Rounding, whole_key: str, decimal_key: str) -> str:
        value = rounded(seconds, 1, rounding)
        if value == int(value):
            return self.catalogue.text(whole_key, n=int(value))
        return self.catalogue.text(decimal_key, n=value)

    def _minutes_in_words(self, minutes: int) -> str:
        # up to two hours people compare minutes; beyond, nobody divides 205 by 60
        return self._parts(minutes, "duration.", prefer_minutes=120)

    def _parts(self, minutes: int, prefix: str, *, prefer_minutes: int) -> str:
        """At most two neighbouring units; days from 48 hours on, their minutes dropped into rounded hours."""
        text = self.catalogue.text
        if minutes < prefer_minutes:
            return text(f"{prefix}minutes", n=minutes)
        if minutes < 48 * 60:
            (large, small), units = divmod(minutes, 60), ("hours", "minutes")
        else:
            (large, small), units = divmod(int(rounded(Fraction(minutes, 60), 0, "nearest")), 24), ("days", "hours")
        first = text(f"{prefix}{units[0]}", n=large)
        return first if small == 0 else text("duration.joined", large=first, small=text(f"{prefix}{units[1]}", n=small))

    # --- dates and times ---

    def local(self, instant: datetime | float) -> datetime:
        """An aware instant, or seconds since the epoch, in the edition's time zone."""
        aware = instant if isinstance(instant, datetime) else datetime.fromtimestamp(instant, UTC)
        return aware.astimezone(self.timezone)

    def weekday(self, day: date) -> str:
        """A day for a sentence: "Wednesday 14 October"."""
        return self._date(day, "format.weekday")

    def short_weekday(self, day: date) -> str:
        """A day for a narrow label: "Wed 14 Oct"."""
        return self._date(day, "format.short_weekday")

    def day(self, day: date) -> str:
        """A day of a known year: "14 October"."""
        return self._date(day, "format.day")

    def short_day(self, day: date) -> str:
        """A day for a narrow label: "14 Oct"."""
        return self._date(day, "format.short_day")

    def month(self, day: date) -> str:
        """Month and year: "October 2026", "ottobre 2026"."""
        return self._date(day, "format.month")

    def month_name(self, day: date) -> str:
        """The month alone, as a word of its own: "October", "ottobre"."""
        return str(get_month_names("wide", context="stand-alone", locale=self.catalogue.locale)[day.month])

    def month_initial(self, day: date) -> str:
        """The month's letter under a chart: "O"."""
        return str(get_month_names("narrow", context="stand-alone", locale=self.catalogue.locale)[day.month])

    def window(self, start: datetime, end: datetime) -> str:
        """The days of a half-open period within one month: "1-31 October 2026" with an en dash."""
        last = end.astimezone(self.timezone) - timedelta(microseconds=1)
        first = start.astimezone(self.timezone).day
        return self.catalogue.text(
            "format.window",
            first=self.catalogue.text("format.first_of_window") if first == 1 else str(first),
            last=str(last.day),
            month=self.month(last),
        )

    def clock(self, instant: datetime | float) -> str:
        """A time of day: "09:12". In the hour a clock change repeats, the offset tells which one is meant."""
        local = self.local(instant)
        written = str(format_time(local, self.catalogue.text("format.clock"), locale=self.catalogue.locale))
        if local.replace(fold=0).utcoffset() == local.replace(fold=1).utcoffset():
            return written
        hours = (local.utcoffset() or timedelta()) / timedelta(hours=1)
        return self.catalogue.text("format.repeated_clock", clock=written, offset=f"{hours:+g}")

    def clock_range(self, start: datetime | float, end: datetime | float) -> str:
        """Two times of day with an en dash between them."""
        return self.catalogue.text("format.clock_range", start=self.clock(start), end=self.clock(end))

    def _date(self, day: date, pattern_key: str) -> str:
        pattern = self.catalogue.text(pattern_key)
        if day.day == 1:  # an ordinal in some languages: "1er novembre"
            first = self.catalogue.text("format.first_of_month")
            pattern = _DAY_OF_MONTH.sub(f"'{first}'", pattern)
        return _dated(date(day.year, day.month, day.day), pattern, self.catalogue.locale)


# By the day alone: one instant is equal to itself in another time zone, where it may be on another day.
@lru_cache(maxsize=4096)
def _dated(day: date, pattern: str, locale: str) -> str:
    return str(format_date(day, pattern, locale=locale))


# A letter asks for some 2,000 numbers, few of them different, and Babel parses its pattern for each.
@lru_cache(maxsize=4096)
def _written(value: Decimal, decimals: int, locale: str) -> str:
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return format_decimal(value, format=pattern, locale=locale)


def capitalised(text: str) -> str:
    """The text with a capital first letter, the rest as it is; an isolate before it is none."""
    first = 1 if text.startswith(ISOLATE) else 0
    return text[:first] + text[first : first + 1].upper() + text[first + 1 :]


def ended(text: str) -> str:
    """The text with a full stop, unless it ends with a sign of its own."""
    shown = text.rstrip(POP)
    return text if shown.endswith((".", "!", "?", "…", "؟")) else f"{shown}.{text[len(shown) :]}"


def english_name(locale: str) -> str:
    """A language as editors call it at the terminal and in the studio: "Italian" for `it`, which is also a word."""
    return Locale.parse(locale, sep="-").get_display_name("en") or locale
