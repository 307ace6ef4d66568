"""Months in the organisation's time zone."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from newsletter import period
from newsletter.errors import UsageError
from newsletter.model import Period

ROME = ZoneInfo("Europe/Rome")


@pytest.mark.parametrize(
    ("label", "zone", "hours"),
    [
        ("2026-10", "Europe/Rome", 745),
        ("2026-03", "Europe/Rome", 743),
        ("2026-02", "Europe/Rome", 672),
        ("2028-02", "Europe/Rome", 696),
        ("2026-10", "UTC", 744),
        ("2026-10", "Australia/Lord_Howe", 743.5),
        ("2026-04", "Australia/Lord_Howe", 720.5),
    ],
)
def test_a_month_has_its_true_elapsed_time(label, zone, hours):
    """Clock changes are inside the length, half-hour ones too."""
    assert period.month(label, ZoneInfo(zone)).seconds == hours * 3600


def test_december_ends_in_the_next_year():
    """The end is the first local midnight of January."""
    assert period.month("2025-12", ROME).end == datetime(2026, 1, 1, tzinfo=ROME)


@pytest.mark.parametrize("label", ["2026-13", "2026-1", "october", "2026-10-01", "", "\N{FULLWIDTH DIGIT TWO}026-10"])
def test_what_is_not_a_month_is_refused(label):
    """Only YYYY-MM with ASCII digits is a month."""
    with pytest.raises(UsageError, match="not a month"):
        period.month(label, ROME)


@pytest.mark.parametrize("label", ["0000-01", "0001-01", "1999-12", "2100-01", "9999-12"])
def test_a_year_that_no_edition_can_have_is_refused(label):
    """What a calendar cannot count is a slip of the finger, not a crash."""
    with pytest.raises(UsageError, match="2000 to 2099"):
        period.month(label, ROME)


def test_the_outermost_months_have_neighbours():
    """Looking back from the first month, or to the end of the last one, needs no edition there."""
    assert period.previous(period.month("2000-01", ROME), ROME).label == "1999-12"
    assert period.month("2099-12", ROME).end == datetime(2100, 1, 1, tzinfo=ROME)


def test_the_last_complete_month_follows_local_midnight():
    """Half an hour after local midnight of 1 November, October is complete, though UTC says otherwise."""
    just_after = datetime(2026, 10, 31, 23, 30, tzinfo=UTC)
    assert period.last_complete(just_after, ROME).label == "2026-10"
    assert period.last_complete(just_after, ZoneInfo("UTC")).label == "2026-09"


def test_a_running_month_is_refused():
    """Its numbers would still change."""
    october = period.month("2026-10", ROME)
    with pytest.raises(UsageError, match="2026-10 is not over yet"):
        period.require_complete(october, datetime(2026, 10, 31, 22, 59, tzinfo=UTC))
    assert period.require_complete(october, datetime(2026, 10, 31, 23, 0, tzinfo=UTC)) is october


@pytest.mark.parametrize(("months", "label"), [(1, "2026-01"), (2, "2025-12"), (14, "2024-12")])
def test_earlier_months_cross_the_year(months, label):
    """Counting back goes over January."""
    assert period.previous(period.month("2026-02", ROME), ROME, months).label == label


def test_a_period_needs_a_zone_and_a_length():
    """Naive times would silently mean the machine's own zone."""
    naive = datetime(2026, 1, 1)
    aware = datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(ValueError, match="aware"):
        Period(start=naive, end=aware, timezone="UTC", label="2026-01")
    with pytest.raises(ValueError, match="after"):
        Period(start=aware, end=aware, timezone="UTC", label="2026-01")


@pytest.mark.parametrize(
    ("label", "days"),
    [
        ("2026-10", [4, 7, 7, 7, 6]),  # begins on a Thursday; a Sunday of 25 hours
        ("2026-03", [1, 7, 7, 7, 7, 2]),  # begins on a Sunday; one of 23 hours
        ("2027-02", [7, 7, 7, 7]),
        ("2024-09", [1, 7, 7, 7, 7, 1]),
    ],
)
def test_weeks_run_from_monday_to_sunday_and_are_cut_at_the_edges_of_the_month(label, days):
    month = period.month(label, ROME)
    found = period.weeks(month, ROME)
    assert [round(week.seconds / 86400) for week in found] == days
    assert all(datetime.fromtimestamp(week.start, ROME).isoweekday() == 1 for week in found[1:])
    assert all(datetime.fromtimestamp(week.start, ROME).hour == 0 for week in found)
    assert sum(week.seconds for week in found) == month.seconds
    assert [week.end for week in found[:-1]] == [week.start for week in found[1:]]
