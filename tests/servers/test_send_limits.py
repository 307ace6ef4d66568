"""Each limit on how fast, when and how late mail may leave, through a whole `newsletter send`."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.servers.deliver_support import Company, server

pytestmark = pytest.mark.servers
SEND = ("send", "--yes", "--month", "2026-10")
WEEKDAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
EVERYBODY = [f"p{number}@acme.example" for number in range(6)]


@pytest.fixture
def company(tmp_path: Path) -> Company:
    return Company(tmp_path / "acme")


def test_a_day_is_never_exceeded_and_the_rest_waits_for_the_next(company):
    company.replace(r"^(\s+)connections: \d+", r"\1connections: 2\n\1per_day: 4")
    with server() as (script, port):
        for _ in range(2):  # the second run counts what the first one sent
            code, _, told = company(*SEND, port=port)
            assert code == 75
            assert "smtp.per_day: 4 mails have left within 24 hours" in told
            assert len(script.recipients) == 4
        company.replace("per_day: 4", "per_day: 6")
        assert company(*SEND, port=port)[0] == 0
    assert sorted(script.recipients) == EVERYBODY


def test_a_slow_domain_waits_and_the_others_overtake_it(company):
    company.readers("p0@acme.example", *(f"s{i}@slow.example" for i in range(4)), "p1@acme.example", "p2@acme.example")
    company.replace(r"^(\s+)connections: \d+", r"\1connections: 1\n\1per_domain: {slow.example: 60}")
    with server() as (script, port):
        began = time.monotonic()
        code, report, told = company(*SEND, port=port)
        assert (code, time.monotonic() - began > 3.0) == (0, True), (report, told)
    assert sorted(script.recipients[:4]) == ["p0@acme.example", "p1@acme.example", "p2@acme.example", "s0@slow.example"]
    assert sorted(script.recipients[4:]) == [f"s{i}@slow.example" for i in range(1, 4)]


def test_outside_of_the_hours_nothing_leaves_and_inside_all_does(company):
    today = datetime.now(UTC).astimezone(ZoneInfo("Europe/Rome"))
    day = WEEKDAYS[(today + timedelta(days=3)).weekday()]
    company.replace("^sending:", f'sending:\n  hours: ["{day} 09:00-17:00"]')
    with server() as (script, port):
        code, _, told = company(*SEND, port=port)
        assert (code, script.recipients) == (75, [])
        assert f"mails leave in sending.hours ({day} 09:00-17:00) only" in told
        assert f"{today + timedelta(days=3):%Y-%m-%d} 09:00" in told
        company.replace(f"{day} 09:00-17:00", "Mo-Su 00:00-24:00")
        assert company(*SEND, port=port)[0] == 0
    assert sorted(script.recipients) == EVERYBODY


def test_an_edition_that_is_too_late_is_refused_and_nobody_frozen(company):
    company.replace("max_lateness_days: null", "max_lateness_days: 0.5")
    with server() as (script, port):
        code, _, told = company(*SEND, port=port)
        assert (code, script.recipients) == (65, [])
        assert "sending.max_lateness_days is 0.5" in told
        assert "not sent yet" in company("status", "--month", "2026-10", port=port)[1]
