"""The recorded months say what truly happened in the sample company, which only the plan knows."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from newsletter.collect import snapshot
from newsletter.demo import activity, plan
from newsletter.model import Interval, Period, Snapshot

ROOT = Path(__file__).parents[2]
_HOURS = activity.working_hours(), activity.focus_hours()
MONTHS = {month.label: month for month in plan.months()}
INTERVAL_S = 60

TARGETS = {"mail": 0.999, "files": 0.999, "erp": 0.999, "portal": 0.999, "telephony": 0.999, "sso": 0.9995}
OTHER_TARGET = 0.995


@cache
def recorded(label: str) -> Snapshot:
    return snapshot.read(ROOT / "editions" / label / "snapshot.json")


def true_outages(service: str, month: Period) -> list[Interval]:
    return plan.down(service, month.start_s, month.end_s)


def true_down(service: str, month: Period) -> float:
    return sum(one.seconds for one in true_outages(service, month))


def unseen(service: str, month: Period) -> float:
    overlaps = (
        min(one.end, month.end_s) - max(one.start, month.start_s) for one in plan.BLIND if one.concerns(service)
    )
    return sum(overlap for overlap in overlaps if overlap > 0)


def test_two_years_and_a_month_are_recorded():
    folders = sorted(path.parent.name for path in (ROOT / "editions").glob("*/snapshot.json"))
    assert folders == list(MONTHS)
    assert (len(folders), folders[0], folders[-1]) == (25, "2024-10", "2026-10")


@pytest.mark.parametrize("label", MONTHS)
def test_each_interruption_is_recorded_once_and_within_a_minute_at_either_end(label):
    month = MONTHS[label]
    for service in plan.SERVICES:
        if plan.born(service) >= month.end_s:
            assert service not in recorded(label).services
            continue
        truth, found = true_outages(service, month), recorded(label).services[service].outages
        assert len(found) == len(truth), service
        for true, seen in zip(truth, found, strict=True):
            assert seen.start == pytest.approx(true.start, abs=INTERVAL_S), service
            assert seen.end == pytest.approx(true.end, abs=INTERVAL_S), service


@pytest.mark.parametrize("label", MONTHS)
def test_the_four_states_are_as_long_as_they_truly_were(label):
    month = MONTHS[label]
    for service, seen in recorded(label).services.items():
        lived = month.end_s - max(month.start_s, plan.born(service))
        edges = 2 * INTERVAL_S * len(true_outages(service, month))
        planned = sum(
            min(one.end, month.end_s) - one.start
            for one in plan.planned_work()
            if one.service == service and month.start_s <= one.start < month.end_s
        )
        assert seen.down_s == pytest.approx(true_down(service, month), abs=edges), service
        assert seen.excluded_s == pytest.approx(planned, abs=2 * INTERVAL_S), service
        assert seen.unknown_s == pytest.approx(unseen(service, month), abs=2 * INTERVAL_S), service
        total = seen.up_s + seen.down_s + seen.excluded_s + seen.unknown_s
        assert total == pytest.approx(lived, abs=INTERVAL_S), service


@pytest.mark.parametrize("label", MONTHS)
def test_tickets_are_counted_exactly(label):
    month, seen = MONTHS[label], recorded(label).tickets
    opened = [one for one in activity.tickets() if month.start_s <= one.opened < month.end_s]
    resolved = [one for one in activity.tickets() if month.start_s <= one.resolved < month.end_s]
    still_open = [one for one in activity.tickets() if one.opened < month.end_s <= one.resolved]
    assert seen.opened is not None
    assert seen.resolved is not None
    assert seen.open_at_end is not None
    assert seen.opened.total == len(opened)
    # a ticket solved between the last scrape and midnight, or a restart, is seen a month later or not at all
    assert seen.resolved.total == pytest.approx(len(resolved), abs=2)
    assert seen.open_at_end.total == pytest.approx(len(still_open), abs=2)
    quick = sum(one.resolved - one.opened <= 14_400 for one in resolved) / len(resolved)
    assert seen.resolution[""].share_within_s[14_400] == pytest.approx(quick, abs=0.003)


@pytest.mark.parametrize("label", MONTHS)
def test_people_who_asked_are_counted_once_and_small_departments_together(label):
    month, seen = MONTHS[label], recorded(label).tickets.requesters
    asked = {(who, home) for at, who, home in activity.requesters() if month.start_s <= at < month.end_s}
    assert seen is not None
    assert seen.total == len(asked)
    by = Counter(home for _, home in asked)
    assert {name: number for name, number in seen.by.items() if name} == {
        name: number for name, number in by.items() if name in seen.by
    }
    assert by["legal"] < 10
    assert "legal" not in seen.by
    assert min(seen.by.values()) >= 10


@pytest.mark.parametrize("label", MONTHS)
def test_protected_hours_and_the_wait_for_access_are_the_true_ones(label):
    month, figures = MONTHS[label], recorded(label).figures
    worked, quiet = (hours(month.end_s) - hours(month.start_s) for hours in _HOURS)
    assert (figures["focus"].numerator, figures["focus"].denominator) == (quiet, worked)
    assert figures["access_wait"].value == activity.access_wait_typical_seconds(month.end_s - 60)


def test_exactly_the_remembered_targets_were_missed_in_two_years():
    missed = {
        (label, service)
        for label, month in MONTHS.items()
        for service in recorded(label).services
        if true_down(service, month)
        > (1 - TARGETS.get(service, OTHER_TARGET)) * (month.end_s - max(month.start_s, plan.born(service)))
    }
    assert missed == {
        ("2024-11", "files"),
        ("2025-01", "vpn"),
        ("2025-09", "mail"),
        ("2025-12", "sso"),
        ("2026-02", "portal"),
        ("2026-05", "erp"),
        ("2026-10", "files"),
    }
    seen = {
        (label, name)
        for label in MONTHS
        for name, one in recorded(label).services.items()
        if one.availability is not None and one.availability < TARGETS.get(name, OTHER_TARGET)
    }
    assert seen == missed


def test_october_tells_the_story_of_the_notes():
    services = recorded("2026-10").services
    minutes = {name: round(one.down_s / 60) for name, one in services.items()}
    assert minutes == {
        "files": 97, "mail": 30, "wifi": 66, "erp": 11, "sso": 6, "portal": 9, "meetings": 41, "vpn": 18,
        "time": 0, "intranet": 0, "payroll": 0, "telephony": 0,
    }  # fmt: skip
    untouched = [name for name, one in services.items() if one.down_s == one.unknown_s == 0]
    assert sorted(untouched) == ["intranet", "payroll", "telephony"]
    assert services["time"].unknown_s == pytest.approx(3 * 3600, abs=INTERVAL_S)


def test_september_has_the_47_minutes_that_october_corrects():
    assert round(recorded("2026-09").services["meetings"].down_s / 60) == 47


def test_an_outage_over_the_edge_of_a_month_is_known_to_go_on():
    assert recorded("2025-06").services["wifi"].outages[-1].continues_after
    assert recorded("2025-07").services["wifi"].outages[0].continues_before


def test_figures_of_october_are_the_true_counts():
    figures, month = recorded("2026-10").figures, MONTHS["2026-10"]

    def increase(counter: activity.Cumulative) -> int:
        return counter(month.end_s) - counter(month.start_s)

    assert figures["payslips"].value == increase(activity.payslips()) == 1240
    assert figures["sign_ins"].value == pytest.approx(increase(activity.sign_ins()), rel=1e-3)
    assert figures["spam"].numerator == pytest.approx(increase(activity.spam()), rel=1e-3)
    assert figures["spam"].denominator == pytest.approx(increase(activity.received()), rel=1e-3)
    assert figures["self_service"].denominator == increase(activity.resets(self_service=False))


def test_no_random_port_is_recorded():
    assert {recorded(label).source for label in MONTHS} == {"http://127.0.0.1:9090"}


def test_all_editions_together_stay_small():
    assert sum(path.stat().st_size for path in (ROOT / "editions").rglob("*") if path.is_file()) < 600_000
