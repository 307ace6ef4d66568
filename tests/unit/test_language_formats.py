"""Numbers that never flatter, and dates as people write them."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.language import Catalogue, Formats
from newsletter.language.formats import budget, decimals_of, exact, rounded, whole_minutes

ROME = ZoneInfo("Europe/Rome")
EN = Formats(Catalogue.load("en"), ROME)
IT = Formats(Catalogue.load("it"), ROME)


def test_one_instant_has_its_own_day_in_each_time_zone():
    instant = datetime(2026, 10, 14, 23, 30, tzinfo=UTC)
    assert EN.day(instant) == "14\u00a0October"
    assert EN.day(instant.astimezone(ROME)) == "15\u00a0October"


# --- percent ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ratio", "expected"),
    [(0.99996, "99.99%"), (1, "100.00%"), (0.9995, "99.95%"), (0.999, "99.90%"), (0.0, "0.00%"), (0.07, "7.00%")],
)
def test_a_percent_has_two_decimals_and_is_floored(ratio, expected):
    assert EN.percent(ratio) == expected


def test_a_percent_follows_the_locale():
    assert IT.percent(0.99784) == "99,78%"


@given(up=st.integers(0, 10**9), down=st.integers(1, 10**9))
def test_a_printed_percent_is_never_above_the_truth_and_never_100_with_downtime(up, down):
    printed = EN.percent(Fraction(up, up + down))
    assert re.fullmatch(r"\d{1,2}\.\d\d%", printed)
    value = Fraction(printed.rstrip("%"))
    assert value * (up + down) <= 100 * up < (value + Fraction(1, 100)) * (up + down)


@given(st.integers(0, 10_000))
def test_a_ratio_written_with_four_decimals_prints_as_written(ten_thousandths):
    assert EN.percent(ten_thousandths / 10_000) == f"{ten_thousandths // 100}.{ten_thousandths % 100:02d}%"


@given(
    ratio=st.fractions(0, 1),
    target=st.integers(0, 1000).map(lambda thousandths: thousandths / 1000),
    good=st.booleans(),
)
def test_a_share_and_its_target_are_printed_in_the_order_of_the_truth(ratio, target, good):
    printed = Fraction(EN.ratio(ratio, "floor" if good else "ceiling", like=target).rstrip("%"))
    promised = Fraction(EN.ratio(target, "nearest", like=target).rstrip("%"))
    if good:
        assert (ratio >= exact(target)) == (printed >= promised)
    else:
        assert (ratio <= exact(target)) == (printed <= promised)


@given(value=st.decimals(-(10**6), 10**6, places=4), decimals=st.integers(0, 3))
def test_rounding_agrees_with_decimal(value, decimals):
    step = Decimal(1).scaleb(-decimals)
    assert rounded(value, decimals, "floor") == value.quantize(step, rounding="ROUND_FLOOR")
    assert rounded(value, decimals, "ceiling") == value.quantize(step, rounding="ROUND_CEILING")
    assert rounded(value, decimals, "nearest") == value.quantize(step, rounding="ROUND_HALF_UP")


def test_equal_numbers_that_read_differently_round_differently():
    """0.29 reads as written, and the fraction that the machine holds for it is a little less; whichever comes first."""
    for value, expected in ((0.29, "0.29"), (Fraction(0.29), "0.28"), (0.29, "0.29")):
        assert rounded(value, 2, "floor") == Decimal(expected)
    assert Fraction(0.29) == 0.29


def test_a_number_has_the_marks_of_the_locale():
    assert (EN.number(1234567), IT.number(1234567)) == ("1,234,567", "1.234.567")
    assert (EN.number(2.13, 1), IT.number(2.13, 1, "ceiling")) == ("2.1", "2,2")


def test_decimals_are_as_many_as_needed():
    assert [decimals_of(value) for value in (60, 62.5, 0.05, 1e-9)] == [0, 1, 2, 6]


# --- downtime and allowance ---------------------------------------------------------------


@pytest.mark.parametrize(("seconds", "minutes"), [(0, 0), (0.1, 1), (59, 1), (89, 1), (90, 2), (1830, 31), (5820, 97)])
def test_downtime_is_told_to_the_nearest_minute_but_at_least_one(seconds, minutes):
    assert whole_minutes(seconds) == minutes


@pytest.mark.parametrize(
    ("down_s", "allowed_s", "expected"),
    [
        (5820, 2682, (97, 44, "minutes")),
        (0, 13329.9, (0, 222, "minutes")),
        (2682, 2678.4, (45, 44, "minutes")),
        (2645, 2640, (2645, 2640, "seconds")),
        (2670, 2678.4, (2670, 2678, "seconds")),
        (2640, 2678.4, (44, 44, "minutes")),
        (10, 26.78, (10, 26, "seconds")),
        (60, 0, (1, 0, "minutes")),
    ],
)
def test_a_budget_is_told_in_minutes_unless_they_hide_the_verdict(down_s, allowed_s, expected):
    assert budget(down_s, allowed_s) == expected


@given(
    down_s=st.floats(0, 3e6, allow_subnormal=False).map(lambda seconds: round(seconds, 3)),
    allowed_s=st.floats(0, 3e6, allow_subnormal=False).map(lambda seconds: round(seconds, 3)),
)
def test_the_two_numbers_of_a_budget_always_show_the_verdict(down_s, allowed_s):
    down, allowed, unit = budget(down_s, allowed_s)
    assert (down > allowed) == (down_s > allowed_s)
    scale = 60 if unit == "minutes" else 1
    assert abs(down * scale - down_s) <= scale
    assert 0 <= allowed_s - allowed * scale < scale


@given(target=st.integers(90_000, 99_999), extra=st.integers(-200, 200))
def test_near_the_allowance_the_verdict_is_visible_to_the_second(target, extra):
    allowed = 2_682_000 * (100_000 - target) / 100_000
    down_s = max(0, round(allowed) + extra)
    down, printed, _ = budget(down_s, allowed)
    assert (down > printed) == (down_s > exact(allowed))


# --- durations ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "english", "italian"),
    [
        (60, "1 minute", "1 minuto"),
        (97 * 60, "97 minutes", "97 minuti"),
        (2 * 3600, "2 hours", "2 ore"),
        (205 * 60, "3 hours 25 minutes", "3 ore e 25 minuti"),
        (49 * 3600, "2 days 1 hour", "2 giorni e 1 ora"),
        (25, "1 minute", "1 minuto"),
    ],
)
def test_downtime_is_a_phrase_with_no_break_spaces(seconds, english, italian):
    for formats, expected in ((EN, english), (IT, italian)):
        told = formats.downtime(seconds)
        assert told.replace("\u00a0", " ") == expected
        assert re.fullmatch(r"\d+\u00a0\w+(( e)? \d+\u00a0\w+)?", told)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (2.13, "2.1 s"),
        (3, "3 s"),
        (0, "0 s"),
        (38 * 60, "38 min"),
        (3 * 3600, "3 h"),
        (12300, "3 h 25 min"),
        (183600, "2 d 3 h"),
    ],
)
def test_a_duration_in_a_label_is_short_and_has_plain_spaces(seconds, expected):
    assert EN.short_duration(seconds).replace("\u00a0", "!") == expected


def test_a_waiting_time_is_rounded_up_when_asked():
    assert EN.duration(2.11, "ceiling") == "2.2\u00a0seconds"
    assert IT.duration(1) == "1\u00a0secondo"


@pytest.mark.parametrize(
    ("size", "expected"),
    [(0, "0 bytes"), (999, "999 bytes"), (1200, "1.2 kB"), (5.28e12, "5.2 TB"), (1e18, "1,000 PB")],
)
def test_sizes_are_decimal(size, expected):
    assert EN.byte_size(size).replace("\u00a0", " ") == expected


# --- dates --------------------------------------------------------------------------------

WEDNESDAY = date(2026, 10, 14)


def test_days_are_written_as_people_do_and_stay_together():
    assert EN.weekday(WEDNESDAY) == "Wednesday 14\u00a0October"
    assert IT.weekday(WEDNESDAY) == "mercoledì 14\u00a0ottobre"
    assert (EN.short_weekday(WEDNESDAY), IT.short_weekday(WEDNESDAY)) == ("Wed 14 Oct", "mer 14 ott")
    assert (EN.day(WEDNESDAY), IT.short_day(WEDNESDAY)) == ("14\u00a0October", "14 ott")


def test_months_are_written_in_the_locale():
    assert (EN.month(WEDNESDAY), IT.month(WEDNESDAY)) == ("October 2026", "ottobre 2026")
    assert (EN.month_name(WEDNESDAY), IT.month_name(WEDNESDAY)) == ("October", "ottobre")
    assert (EN.month_initial(WEDNESDAY), IT.month_initial(date(2026, 5, 1))) == ("O", "M")


def test_a_window_ends_on_the_last_day_measured():
    start, end = datetime(2026, 10, 1, tzinfo=ROME), datetime(2026, 11, 1, tzinfo=ROME)
    assert EN.window(start, end) == "1\u201331 October 2026"
    assert IT.window(start.astimezone(UTC), end.astimezone(UTC)) == "1\u201331 ottobre 2026"


def test_clock_times_are_local_and_the_repeated_hour_says_which_one():
    assert EN.clock(datetime(2026, 10, 14, 7, 12, tzinfo=UTC)) == "09:12"
    assert EN.clock(datetime(2026, 10, 25, 0, 30, tzinfo=UTC)) == "02:30 (UTC+2)"
    assert EN.clock(datetime(2026, 10, 25, 1, 30, tzinfo=UTC)) == "02:30 (UTC+1)"
    assert (
        EN.clock_range(datetime(2026, 10, 25, 2, 0, tzinfo=UTC), datetime(2026, 10, 25, 3, 5, tzinfo=UTC))
        == "03:00\u201304:05"
    )


def test_the_clock_of_an_india_zone_has_a_half_hour():
    assert Formats(Catalogue.load("en"), ZoneInfo("Asia/Kolkata")).clock(0.0) == "05:30"


def test_babel_takes_the_zones_of_the_standard_library_even_beside_pytz():
    """What imports pytz later still finds it."""
    code = (
        "import sys, newsletter.language, babel.localtime\n"
        "print('pytz' in sys.modules, type(babel.localtime.LOCALTZ).__module__)\n"
        "import pytz\n"
        "print(pytz.timezone('Europe/Rome'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["False zoneinfo", "Europe/Rome"]
