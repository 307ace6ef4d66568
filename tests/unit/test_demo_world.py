"""The sample company's data: the same everywhere, and true to its story."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import defaultdict
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from newsletter.demo import activity, plan, world
from newsletter.model import Interval

ROME = ZoneInfo("Europe/Rome")
LINE = re.compile(r"(?P<name>\w+)\{(?P<labels>[^}]*)\} (?P<value>\S+) (?P<at>\d+\.\d{3})")
OCTOBER = Interval(
    start=datetime(2026, 10, 1, tzinfo=ROME).timestamp(), end=datetime(2026, 11, 1, tzinfo=ROME).timestamp()
)


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ROME).timestamp()


def days(first: str, count: int) -> Interval:
    start = datetime.fromisoformat(first).replace(tzinfo=ROME)
    return Interval(start=start.timestamp(), end=(start + timedelta(days=count)).timestamp())


def series(window: Interval) -> dict[tuple[str, tuple[tuple[str, str], ...]], list[tuple[float, float]]]:
    """Every series of the window, as (name, labels) -> (time, value)."""
    found = defaultdict(list)
    for block in world.samples(window):
        for line in block.splitlines():
            parsed = LINE.fullmatch(line)
            if parsed:
                labels = tuple(re.findall(r'(\w+)="([^"]*)"', parsed["labels"]))
                found[parsed["name"], labels].append((float(parsed["at"]), float(parsed["value"])))
            else:
                assert line.startswith("# TYPE "), line
    return found


@cache
def probes(service: str) -> tuple[dict[int, float], ...]:
    """October's samples of a service by minute, one mapping a prober."""
    found = []
    for prober in ("milan", "turin"):
        lines = (LINE.fullmatch(line) for line in world.probe_samples(service, prober, OCTOBER).splitlines())
        found.append({int(float(line["at"]) // 60): float(line["value"]) for line in lines if line})
    return tuple(found)


def minutes_down(service: str) -> list[int]:
    """Minutes of October in which every prober that has a sample says 0, and there is at least one such."""
    first, second = probes(service)
    both = [minute for minute in first if minute in second]
    return [minute for minute in both if first[minute] == second[minute] == 0]


# --- the same everywhere ------------------------------------------------------------------


def test_the_same_stretch_is_the_same_bytes_in_another_process_with_another_hash_seed():
    window = days("2026-10-14", 1)
    here = "".join(world.samples(window))
    code = (
        "import sys; from newsletter.demo import world; from newsletter.model import Interval;"
        f"sys.stdout.write(''.join(world.samples(Interval(start={window.start!r}, end={window.end!r}))))"
    )
    there = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "7"},
    )
    assert there.stdout == here


def test_neighbouring_windows_agree_on_the_day_they_share():
    early, late = series(days("2026-06-13", 2)), series(days("2026-06-14", 2))
    shared = days("2026-06-14", 1)
    assert early.keys() == late.keys()
    for key, samples in early.items():
        inside = [sample for sample in samples if shared.start <= sample[0] < shared.end]
        assert inside == [sample for sample in late[key] if shared.start <= sample[0] < shared.end], key


def test_a_file_is_openmetrics_that_ends_with_eof(tmp_path):
    window = days("2026-10-14", 1)
    *lines, last = world.write(tmp_path / "samples.om", window).read_text(encoding="utf-8").splitlines()
    assert last == "# EOF"
    assert lines == "".join(world.samples(window)).splitlines()


def test_a_month_is_written_with_a_day_on_each_side(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(world, "write", lambda path, window: asked.append(window))
    october = next(month for month in plan.months() if month.label == "2026-10")
    world.write_month(october, tmp_path / "samples.om")
    assert asked == [Interval(start=at("2026-10-01 00:00") - 86_400, end=at("2026-11-01 00:00") + 86_400)]


# --- the story of October 2026 ------------------------------------------------------------


def test_shared_files_are_down_from_0912_to_1049_on_wednesday_the_14th():
    down = minutes_down("files")
    first, last = (datetime.fromtimestamp(minute * 60, ROME) for minute in (down[0], down[-1]))
    assert first.strftime("%A %d %B %H:%M") in ("Wednesday 14 October 09:11", "Wednesday 14 October 09:12")
    assert last.strftime("%A %d %B %H:%M") in ("Wednesday 14 October 10:48", "Wednesday 14 October 10:49")
    assert down == list(range(down[0], down[-1] + 1))
    assert 96 <= len(down) <= 98


@pytest.mark.parametrize("service", ["intranet", "payroll", "telephony", "time"])
def test_services_without_interruption_never_have_both_probers_down(service):
    assert minutes_down(service) == []


@pytest.mark.parametrize(
    ("service", "minutes"),
    [("mail", 30 + 50), ("wifi", 66), ("erp", 12), ("sso", 6), ("portal", 9), ("meetings", 41), ("vpn", 18)],
)
def test_small_interruptions_last_as_long_as_the_plan_says(service, minutes):
    assert len(minutes_down(service)) == pytest.approx(minutes, abs=2)


def test_single_probers_fail_and_lose_samples_by_themselves():
    first, second = probes("telephony")
    expected = (OCTOBER.end - OCTOBER.start) / 60
    assert 3 <= sum(value == 0 for side in (first, second) for value in side.values()) <= 40
    assert 1 <= 2 * expected - len(first) - len(second) <= 40


def test_time_recording_has_no_sample_from_ten_to_one_on_sunday_the_25th():
    for side in probes("time"):
        minutes = range(int(at("2026-10-25 10:00")) // 60 + 1, int(at("2026-10-25 13:00")) // 60 - 1)
        assert not [minute for minute in minutes if minute in side]


def test_mail_is_under_maintenance_from_six_to_eight_on_sunday_the_18th():
    planner = {key: samples for key, samples in series(days("2026-10-18", 1)).items() if key[0] == "maintenance_active"}
    [(key, samples)] = planner.items()
    assert dict(key[1])["service"] == "mail"
    active = [when for when, value in samples if value == 1]
    assert active[0] == pytest.approx(at("2026-10-18 06:00"), abs=60)
    assert active[-1] == pytest.approx(at("2026-10-18 08:00"), abs=60)
    assert len(active) == 120


def test_nothing_at_all_is_sampled_while_the_monitoring_is_away():
    away = Interval(start=at("2026-06-14 03:10"), end=at("2026-06-14 04:40"))
    for key, samples in series(days("2026-06-14", 1)).items():
        assert not [when for when, _ in samples if away.start <= when < away.end], key


def test_a_service_has_no_samples_before_it_went_live():
    before = world.probe_samples("portal", "milan", days("2025-03-16", 1))
    after = world.probe_samples("portal", "milan", days("2025-03-17", 1))
    assert before == ""
    assert len(after.splitlines()) >= 1437


# --- what people did ----------------------------------------------------------------------


def test_ticket_counters_fall_only_at_a_restart_and_count_every_ticket():
    restart = next(one for one in world.service_desk_restarts() if one > at("2026-09-01 00:00"))
    window = Interval(start=restart - 1.5 * 86_400, end=restart + 1.5 * 86_400)
    counted, falls = 0.0, 0
    for (name, _), samples in series(window).items():
        if name != "tickets_opened_total":
            continue
        for (_, before), (when, value) in pairwise(samples):
            restarted = value < before
            falls += restarted
            assert not restarted or when - 240 <= restart <= when
            counted += value if restarted else value - before
    assert falls > 0
    assert counted == sum(window.start <= one.opened < window.end for one in activity.tickets())


def test_a_resolution_histogram_is_cumulative_and_its_last_bucket_is_its_count():
    found = series(days("2026-10-14", 1))
    for queue in activity.queues():
        buckets = {
            float(dict(labels)["le"]): samples
            for (name, labels), samples in found.items()
            if name == "ticket_resolution_seconds_bucket" and dict(labels)["queue"] == queue
        }
        [count] = [
            samples
            for (name, labels), samples in found.items()
            if name == "ticket_resolution_seconds_count" and dict(labels)["queue"] == queue
        ]
        ordered = [buckets[edge] for edge in sorted(buckets)]
        assert sorted(buckets)[:2] == [3600, 14_400]
        for lower, upper in pairwise(ordered):
            assert all(low[1] <= high[1] for low, high in zip(lower, upper, strict=True))
        assert ordered[-1] == count


def test_august_is_the_quietest_month_of_each_year():
    opened: dict[str, int] = defaultdict(int)
    for ticket in activity.tickets():
        opened[datetime.fromtimestamp(ticket.opened, ROME).strftime("%Y-%m")] += 1
    for year in (2025, 2026):
        months = {label: count for label, count in opened.items() if label.startswith(f"{year}-") and label < "2026-11"}
        assert min(months, key=months.__getitem__) == f"{year}-08"


def test_every_payslip_of_october_leaves_on_the_27th_before_six():
    sent = activity.payslips()
    assert sent(OCTOBER.end) - sent(OCTOBER.start) == 1240
    assert sent(at("2026-10-27 05:48")) - sent(at("2026-10-27 05:10")) == 1240


def test_about_one_message_in_three_is_spam():
    spam, received = activity.spam(), activity.received()
    share = (spam(OCTOBER.end) - spam(OCTOBER.start)) / (received(OCTOBER.end) - received(OCTOBER.start))
    assert share == pytest.approx(1 / 3, abs=0.003)
