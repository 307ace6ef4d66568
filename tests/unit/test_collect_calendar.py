"""Business hours and planned work over whole months, in zones whose clocks do odd things."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from newsletter import period
from newsletter.collect.calendar import exclusions, timetable_of
from newsletter.config import Config
from newsletter.model import Exclusion, Interval

HOUR = 3600.0


def excluded(label: str, zone: str, known: tuple[Interval, ...] = (), **keys: Any) -> tuple[Exclusion, ...]:
    service = {key: keys.pop(key) for key in ("hours", "maintenance", "timezone") if key in keys}
    config = Config.model_validate(
        {
            "organisation": "Acme",
            "timezone": zone,
            "prometheus": {"url": "http://127.0.0.1:9090"},
            "services": {"x": {"name": "x", **service}},
            "smtp": {"from": "it@acme.example"},
            **keys,
        }
    )
    month = period.month(label, ZoneInfo(zone))
    return exclusions(timetable_of(config, "x"), known, month.start_s, month.end_s)


def hours(found: tuple[Exclusion, ...], reason: str) -> float:
    return sum(one.seconds for one in found if one.reason == reason) / HOUR


def at(text: str) -> float:
    return datetime.fromisoformat(text).astimezone(UTC).timestamp()


@pytest.mark.parametrize(
    ("label", "zone", "length", "worked"),
    [
        ("2026-02", "Europe/Rome", 28 * 24, 20 * 12),
        ("2028-02", "Europe/Rome", 29 * 24, 21 * 12),
        ("2026-04", "Asia/Kolkata", 30 * 24, 22 * 12),
        ("2026-07", "Asia/Kathmandu", 31 * 24, 23 * 12),
        ("2026-10", "Europe/Rome", 31 * 24 + 1, 22 * 12),
        ("2026-03", "Europe/Rome", 31 * 24 - 1, 22 * 12),
        ("2026-10", "Australia/Lord_Howe", 31 * 24 - 0.5, 22 * 12),
        ("2026-04", "Australia/Lord_Howe", 30 * 24 + 0.5, 22 * 12),
        ("2026-09", "Pacific/Chatham", 30 * 24 - 1, 22 * 12),
    ],
)
def test_business_hours_leave_the_working_hours_of_a_month(label: str, zone: str, length: float, worked: float) -> None:
    found = excluded(label, zone, hours="Mo-Fr 07:00-19:00")
    assert hours(found, "hours") == length - worked
    assert hours(found, "maintenance") == 0


@pytest.mark.parametrize(
    ("label", "zone", "window", "seconds"),
    [
        ("2026-03", "Europe/Rome", "2026-03-29 01:00-04:00", 2 * HOUR),
        ("2026-03", "Europe/Rome", "2026-03-29 02:00-03:00", 0),
        ("2026-10", "Europe/Rome", "2026-10-25 01:00-04:00", 4 * HOUR),
        ("2026-10", "Europe/Rome", "2026-10-25 02:00-03:00", 2 * HOUR),
        ("2026-10", "Europe/Rome", "2026-10-25 02:00-02:30", HOUR),
        ("2026-10", "Australia/Lord_Howe", "2026-10-04 01:00-04:00", 2.5 * HOUR),
        ("2026-04", "Australia/Lord_Howe", "2026-04-05 01:00-04:00", 3.5 * HOUR),
        ("2026-04", "Australia/Lord_Howe", "2026-04-05 01:30-02:00", HOUR),
        ("2026-10", "Europe/Rome", "Su 22:00-02:00", 4 * 4 * HOUR),
        ("2026-10", "Europe/Rome", "Sa 22:00-02:30", (4 * 4.5 + 0.5 + 2) * HOUR),
        ("2026-10", "Asia/Kathmandu", "Th 22:00-02:00", 5 * 4 * HOUR),
        ("2026-11", "Europe/Rome", "Sa 22:00-02:00", (2 + 4 * 4) * HOUR),
        ("2026-10", "Europe/Rome", "2026-10-31 22:00-2026-11-02 06:00", 2 * HOUR),
        ("2026-10", "Europe/Rome", "2026-10-31 22:00-02:00", 2 * HOUR),
        ("2026-10", "Europe/Rome", "Fr-Mo 12:00-13:00", 18 * HOUR),
    ],
)
def test_planned_work_lasts_as_long_as_the_clock_shows_it(label: str, zone: str, window: str, seconds: float) -> None:
    assert hours(excluded(label, zone, maintenance=window), "maintenance") * HOUR == seconds


def test_an_hour_the_clock_repeats_is_two_stretches_of_a_shorter_window() -> None:
    found = excluded("2026-10", "Europe/Rome", maintenance="2026-10-25 02:00-02:30")
    assert [(one.start, one.end) for one in found] == [
        (at("2026-10-25T02:00+02:00"), at("2026-10-25T02:30+02:00")),
        (at("2026-10-25T02:00+01:00"), at("2026-10-25T02:30+01:00")),
    ]


def test_a_service_may_keep_the_hours_of_another_place() -> None:
    found = excluded("2026-06", "Europe/Rome", hours="Mo-Su 09:00-17:00", timezone="Asia/Kolkata")
    assert hours(found, "hours") == 30 * 16
    assert found[0].end - found[0].start == pytest.approx(at("2026-06-01T09:00+05:30") - at("2026-06-01T00:00+02:00"))


def test_holidays_free_the_services_that_have_hours_and_no_other() -> None:
    holidays = ["2026-12-25", "12-08", "2025-12-09"]
    assert hours(excluded("2026-12", "Europe/Rome", hours="Mo-Fr 08:00-18:00", holidays=holidays), "hours") == (
        31 * 24 - 21 * 10
    )
    assert excluded("2026-12", "Europe/Rome", holidays=holidays) == ()


def test_work_outside_the_hours_counts_as_outside_the_hours() -> None:
    known = (Interval(start=at("2026-10-05T18:00+02:00"), end=at("2026-10-05T20:00+02:00")),)
    found = excluded("2026-10", "Europe/Rome", known, hours="Mo-Su 07:00-19:00", maintenance="2026-10-06 06:00-08:00")
    assert hours(found, "maintenance") == 2
    assert hours(found, "hours") == 31 * 12 + 1
    ends = [one.end for one in found[:-1]]
    assert all(end <= later.start for end, later in zip(ends, found[1:], strict=True))
