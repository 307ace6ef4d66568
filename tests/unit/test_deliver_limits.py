"""How fast mail may leave, in which hours, and until when; nobody's sum is ever one too many."""

from __future__ import annotations

import random
import threading
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.config import SendingConfig, SmtpConfig
from newsletter.deliver.hours import SendingHours, require_timely
from newsletter.deliver.limits import DomainLimits, Throttle, describe, estimate_s
from newsletter.errors import ContentError, DeliveryError
from newsletter.period import month

ROME = ZoneInfo("Europe/Rome")


class Clock(threading.Event):
    """A stop event whose waiting moves the time."""

    now = 1000.0

    def wait(self, timeout=None):
        self.now += max(1e-6, timeout)
        return self.is_set()


def smtp(**more: object) -> SmtpConfig:
    return SmtpConfig.model_validate({"from": "it@acme.example", **more})


@settings(deadline=None)
@given(
    per_minute=st.one_of(st.integers(1, 60), st.floats(0.3, 40)),
    seed=st.integers(0, 2**16),
    recent=st.lists(st.floats(940, 1000), max_size=30),
)
def test_whenever_within_its_time_the_relay_counts_a_mail_no_minute_holds_more_than_the_limit(per_minute, seed, recent):
    clock, choose = Clock(), random.Random(seed)
    throttle = Throttle(per_minute, clock=lambda: clock.now, recent=recent)
    limit = max(1, int(per_minute))
    counted = sorted(recent)[-limit:]
    for _ in range(2 * limit + 3):
        with throttle.permit(clock) as granted:
            assert granted
            begun = clock.now
            clock.now += choose.choice([0.001, 0.5, 30.0])  # how long the relay takes
            counted.append(choose.uniform(begun, clock.now))
        clock.now += choose.choice([0.0, 0.0, 20.0])  # a quiet time must not be made up for
    counted.sort()
    for i, first in enumerate(counted):
        assert sum(first <= at < first + 59.9999 for at in counted[i:]) <= limit


def test_permits_of_several_threads_share_one_limit():
    clock = Clock()
    throttle = Throttle(2, clock=lambda: clock.now)
    assert throttle.try_permit() == 0
    clock.now += 30
    assert throttle.try_permit() == 0
    clock.now += 3000
    assert throttle.try_permit() > 0  # both are still under way: the relay may count them at any moment from now
    throttle.ended()
    assert throttle.try_permit() == pytest.approx(60.0)
    clock.now += 60
    assert throttle.try_permit() == 0


def test_a_full_day_ends_the_run_and_says_when_to_come_back():
    clock = Clock()
    throttle = Throttle(None, 3, clock=lambda: clock.now, recent=[clock.now - 80_000, clock.now - 10, clock.now - 5])
    with (
        pytest.raises(DeliveryError, match=r"smtp.per_day: 3 mails have left within 24 hours") as caught,
        throttle.permit(clock),
    ):
        pass
    assert "after 20" in caught.value.hint
    clock.now += 6401
    with throttle.permit(clock) as granted:
        assert granted


def test_mails_of_a_clock_that_was_ahead_count_as_of_now_and_block_no_longer_than_others():
    clock = Clock()
    ahead = [clock.now + 365 * 86_400.0] * 28
    throttle = Throttle(28, clock=lambda: clock.now, recent=ahead)
    with throttle.permit(clock) as granted:
        assert granted
    assert clock.now == pytest.approx(1060.0)
    throttle = Throttle(28, 28, clock=lambda: clock.now, recent=ahead)
    with pytest.raises(DeliveryError, match=r"smtp.per_day: 28 mails have left") as caught, throttle.permit(clock):
        pass
    tomorrow = datetime.now(UTC).astimezone() + timedelta(days=1)
    assert f"after {tomorrow:%Y-%m-%d}" in caught.value.hint
    clock.now += 86_400
    with throttle.permit(clock) as granted:
        assert granted


def test_a_rate_below_one_in_a_quarter_of_an_hour_is_waited_for_and_is_no_full_day():
    clock = Clock()
    throttle = Throttle(1 / 60, 100, clock=lambda: clock.now)
    for _ in range(3):
        with throttle.permit(clock) as granted:
            assert granted
    assert clock.now == pytest.approx(1000 + 2 * 3600)


def test_a_stop_ends_the_waiting():
    clock = Clock()
    throttle = Throttle(1, clock=lambda: clock.now)
    with throttle.permit(clock) as granted:
        assert granted
    clock.set()
    with throttle.permit(clock) as granted:
        assert not granted


def test_a_relay_that_complains_is_asked_more_slowly_but_at_most_half_as_fast():
    clock = Clock()
    throttle = Throttle(60, clock=lambda: clock.now)
    for _ in range(10):
        throttle.slow_down()
    assert throttle.try_permit() == 0
    assert throttle.try_permit() == pytest.approx(2.0)


def test_a_domain_has_its_own_pace_and_the_others_do_not_wait_for_it():
    clock = Clock()
    limits = DomainLimits({"gmail.example": 20}, clock=lambda: clock.now)
    assert limits.wait_s("a@gmail.example") == 0
    assert [limits.wait_s(f"{name}@GMAIL.example") for name in "bcd"] == pytest.approx([3, 6, 9])
    assert limits.wait_s("e@acme.example") == 0
    limits.ended("a@gmail.example")
    clock.now += 3
    assert limits.wait_s("b@gmail.example") == 0
    assert DomainLimits({}).longest_wait_s == 0


@pytest.mark.parametrize(
    ("config", "people", "seconds"),
    [
        ({}, 2000, None),
        ({"rate_per_minute": 30}, 2000, 1999 * 2.0),
        ({"preset": "m365"}, 2000, 1999 * 60 / 28),
        ({"per_day": 10_000}, 9000, None),
        ({"per_day": 10_000}, 25_000, 2 * 86_400),
        ({"per_domain": {"acme.example": 10}}, 11, 60.0),
    ],
)
def test_the_time_that_the_limits_take_is_known_before(config, people, seconds):
    found = estimate_s(smtp(**config), [f"p{i}@acme.example" for i in range(people)])
    assert found == (None if seconds is None else pytest.approx(seconds))


def test_what_a_preset_fills_in_is_said():
    said = describe(smtp(preset="m365", connections=2, per_domain={"gmail.com": 20.0}))
    assert said == (
        "smtp.office365.com:587 (preset m365), 2 connections, 28 mails a minute, 10,000 a day, 20 a minute to gmail.com"
    )


@pytest.mark.parametrize(
    ("text", "when", "included"),
    [
        ("Mo-Fr 07:00-19:00", "2026-10-30 18:59", True),
        ("Mo-Fr 07:00-19:00", "2026-10-30 19:00", False),
        ("Mo-Fr 07:00-19:00", "2026-10-31 12:00", False),
        ("Fr 22:00-06:00", "2026-10-31 05:59", True),
        ("Fr 22:00-06:00", "2026-10-30 05:59", False),
        ("Mo-Su 00:00-24:00", "2026-10-25 02:30", True),
    ],
)
def test_hours_are_those_of_the_clock_on_the_wall(text, when, included):
    local = datetime.fromisoformat(when).replace(tzinfo=ROME)
    assert SendingHours.read([text], ROME).include(local.astimezone(UTC)) is included


def test_outside_of_the_hours_it_is_said_when_they_begin():
    hours = SendingHours.read(["Mo-Fr 07:00-19:00"], ROME)
    with pytest.raises(DeliveryError, match=r"sending.hours \(Mo-Fr 07:00-19:00\) only") as caught:
        hours.require(datetime(2026, 10, 30, 20, tzinfo=ROME))
    assert "after Mon 2026-11-02 07:00" in caught.value.hint
    SendingHours.read([], ROME).require(datetime(2026, 10, 31, 3, tzinfo=ROME))


def test_an_edition_is_not_sent_when_nobody_expects_it_any_more():
    october = month("2026-10", ROME)
    late = SendingConfig()
    require_timely(late, october, october.end + timedelta(days=30))
    with pytest.raises(ContentError, match=r"2026-10 ended 31 days ago, and sending.max_lateness_days is 30"):
        require_timely(late, october, october.end + timedelta(days=31))
    require_timely(SendingConfig(max_lateness_days=None), october, october.end + timedelta(days=3000))
