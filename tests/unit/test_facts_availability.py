"""Availability facts: exact verdicts, gaps that stay gaps, last month as a plain number."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.facts import facts, tell
from newsletter.model import Exclusion, Fact, Latency, Snapshot
from tests.unit.edition_samples import MONTH_S, NAMES, config, outage, service, snapshot, span


def of(month: Snapshot, fact_id: str, *past: Snapshot, **overrides) -> Fact:
    (found,) = (fact for fact in facts(month, past=past, config=config(**overrides)) if fact.id == fact_id)
    return found


def test_ninety_seven_minutes_miss_a_target_of_99_9_in_october():
    fact = of(snapshot(service("files", outage("2026-10-14 09:12", 97))), "files.availability")
    assert (fact.type, fact.met, fact.level) == ("target_missed", False, "target")
    assert fact.value == pytest.approx(1 - 5820 / 2_682_000, abs=1e-12)
    assert fact.detail["allowed_s"] == pytest.approx(2682)
    assert fact.detail["down_s"] == 5820
    assert fact.detail["outages"] == 1
    assert fact.evidence == ("availability/files",)


@pytest.mark.parametrize(("down_s", "met"), [(2682, True), (2682.001, False), (2681.999, True)])
def test_a_downtime_of_exactly_the_allowance_meets_the_target(down_s, met):
    month = service("mail")
    exact = type(month)(
        id="mail", availability=0.999, up_s=MONTH_S - down_s, down_s=down_s, excluded_s=0, unknown_s=0, coverage=1
    )
    assert of(snapshot(exact), "mail.availability").met is met


@given(down=st.integers(0, 10**6), up=st.integers(1, 10**7), target=st.decimals("0.001", "100", places=3))
def test_the_verdict_agrees_with_integer_arithmetic(down, up, target):
    month = service("mail")
    given_month = type(month)(
        id="mail", availability=up / (up + down), up_s=up, down_s=down, excluded_s=0, unknown_s=0, coverage=1
    )
    settings = {"services": {"mail": {"name": "E-mail", "target": float(max(target, 50))}}}
    thousandths = int(max(target, 50) * 1000)
    expected = up * 100_000 >= thousandths * (up + down)
    assert of(snapshot(given_month), "mail.availability", **settings).met is expected


def test_planned_work_counts_neither_as_up_nor_as_down():
    month = service("mail", outage("2026-10-05 10:00", 10), excluded=[span("2026-10-18 00:00", 24)])
    fact = of(snapshot(month), "mail.availability")
    assert Fraction(fact.value or 0).limit_denominator(10**7) == 1 - Fraction(600, 745 * 3600 - 86400)


def test_a_service_below_the_coverage_gate_has_no_number_and_no_verdict():
    month = service("mail", outage("2026-10-05 10:00", 500), unknown=[span("2026-10-06 00:00", 24 * 10)])
    fact = of(snapshot(month), "mail.availability")
    assert (fact.value, fact.met, fact.type, fact.level) == (None, None, "target_unjudged", "number")
    assert fact.detail["allowed_s"] is None


@pytest.mark.parametrize(
    ("down", "unknown", "kind"),
    [
        (5, 39, "target_met"),
        (5, 40, "target_unjudged"),
        (0, 44, "target_met"),
        (0, 45, "target_unjudged"),
        (45, 0, "target_missed"),
        (45, 600, "target_missed"),
    ],
)
def test_a_target_is_met_only_if_the_unmeasured_time_could_not_have_missed_it(down, unknown, kind):
    """99.9 % of October in Rome allow 44.7 minutes."""
    outages = [outage("2026-10-05 10:00", down)] if down else []
    fact = of(
        snapshot(service("mail", *outages, unknown=[span("2026-10-06 00:00", unknown / 60)])), "mail.availability"
    )
    assert fact.type == kind
    assert fact.met is {"target_met": True, "target_missed": False, "target_unjudged": None}[kind]
    assert fact.detail["left_s"] == pytest.approx(fact.detail["allowed_s"] - 60 * down)


def test_excluded_time_is_told_by_its_reason():
    night = Exclusion(start=span("2026-10-05 00:00", 7).start, end=span("2026-10-05 00:00", 7).end, reason="hours")
    fact = of(snapshot(service("mail", excluded=[night, span("2026-10-18 10:00", 2)])), "mail.availability")
    assert (fact.detail["outside_hours_s"], fact.detail["planned_work_s"]) == (7 * 3600, 2 * 3600)


def test_the_worst_service_is_the_least_available_and_of_equals_the_critical_one():
    ids = ("mail", "files", "wifi")
    months = [service(one, outage("2026-10-05 10:00", minutes)) for one, minutes in zip(ids, (5, 9, 9), strict=True)]
    assert of(snapshot(*months), "services.worst").subject == "files"
    services = {one: {"name": one, "critical": one == "wifi"} for one in ids}
    assert of(snapshot(*months), "services.worst", services=services).subject == "wifi"
    assert "services.worst" not in [fact.id for fact in facts(snapshot(service("mail")), past=(), config=config())]


def test_a_service_without_a_target_gets_no_verdict():
    fact = of(snapshot(service("printing", outage("2026-10-05 10:00", 5))), "printing.availability")
    assert (fact.met, fact.target, fact.type) == (None, None, "value")


def test_last_month_is_the_month_right_before():
    september = snapshot(service("mail", outage("2026-09-03 10:00", 43.2), seconds=720 * 3600.0), label="2026-09")
    august = snapshot(service("mail", outage("2026-08-03 10:00", 400), seconds=744 * 3600.0), label="2026-08")
    now = snapshot(service("mail"))
    assert of(now, "mail.availability", august, september).previous == pytest.approx(0.999)
    assert of(now, "mail.availability", august).previous is None
    assert of(now, "mail.availability").previous is None


def test_last_month_below_the_gate_is_not_a_number():
    september = snapshot(service("mail", coverage=0.5, seconds=720 * 3600.0), label="2026-09")
    assert of(snapshot(service("mail")), "mail.availability", september).previous is None


def test_an_outage_begun_last_month_is_a_fact_but_not_counted_again():
    month = service("mail", outage("2026-10-01 00:00", 30, continues_before=True), outage("2026-10-09 10:00", 5))
    assert of(snapshot(month), "mail.availability").detail["outages"] == 1
    assert of(snapshot(month), "mail.interruption_1").detail["continues_before"] == 1
    assert of(snapshot(month), "mail.interruption_2").value == 300


def test_facts_come_in_the_order_of_the_config_then_by_id():
    shuffled = snapshot(service("zeta"), service("wifi"), service("alpha"), service("mail"), service("files"))
    ids = [fact.subject for fact in facts(shuffled, past=(), config=config())]
    assert ids == [*NAMES, "alpha", "zeta"]


def test_unlisted_services_can_be_ignored():
    month = snapshot(service("zeta"), service("mail"))
    assert [fact.subject for fact in facts(month, past=(), config=config(unlisted_services="ignore"))] == ["mail"]


def test_a_latency_is_an_upper_bound_with_its_evidence_and_competes_for_no_place():
    def month(label: str, seconds: float, quantile: float = 0.95) -> Snapshot:
        latency = Latency(quantile=quantile, seconds=seconds, evidence="availability/mail")
        return snapshot(service("mail", latency=latency), label=label)

    fact = of(month("2026-10", 0.38), "mail.latency", month("2026-09", 0.41))
    assert (fact.type, fact.value, fact.unit, fact.previous) == ("latency", 0.38, "seconds", 0.41)
    assert fact.evidence == ("availability/mail",)
    assert fact.detail["meaning"] == "an upper bound: at least 95% of answers took no longer"
    assert of(month("2026-10", 0.38), "mail.latency", month("2026-09", 0.41, 0.9)).previous is None
    every, selection = tell(month("2026-10", 0.38), past=[], config=config())
    assert next(one for one in every if one.id == "mail.latency").score is None
    assert "mail.latency" not in selection.did_you_know
