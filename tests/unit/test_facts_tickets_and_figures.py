"""Facts about tickets and configured figures."""

from __future__ import annotations

import pytest

from newsletter.facts import facts
from newsletter.model import Count, Fact, Resolution, Satisfaction, Snapshot, TicketMonth
from tests.unit.edition_samples import config, edition, figure, section, snapshot, tickets

PROMISE = {"resolution": {"histogram": "ticket_resolution_seconds", "target_s": 14400, "target_share": 0.6}}


def by_id(month: Snapshot, *past: Snapshot, **overrides) -> dict[str, Fact]:
    return {fact.id: fact for fact in facts(month, past=past, config=config(**overrides))}


def test_ticket_counts_carry_last_months_number():
    found = by_id(snapshot(tickets=tickets()), snapshot(label="2026-09", tickets=tickets(1198)))
    assert (found["tickets.resolved"].value, found["tickets.resolved"].previous) == (1301, 1198)
    assert [fact for fact in found if fact.startswith("tickets")][:3] == [
        "tickets.opened",
        "tickets.resolved",
        "tickets.open_at_end",
    ]


def test_what_the_source_did_not_have_is_no_fact():
    found = by_id(snapshot(tickets=TicketMonth(opened=Count(total=0))))
    assert list(found) == ["tickets.opened"]
    assert found["tickets.opened"].value == 0


def test_the_share_solved_in_the_promised_time_meets_its_target():
    fact = by_id(snapshot(tickets=tickets()), tickets=PROMISE)["tickets.solved_within"]
    assert (fact.met, fact.type, fact.target) == (True, "target_met", 0.6)
    assert (fact.detail["part"], fact.detail["whole"], fact.detail["edge_s"]) == (806, 1301, 14400)


def test_a_promised_time_between_two_bucket_edges_gives_no_guess():
    promise = {"resolution": PROMISE["resolution"] | {"target_s": 10000}}
    assert "tickets.solved_within" not in by_id(snapshot(tickets=tickets()), tickets=promise)


def test_without_a_promise_the_edge_above_the_median_is_told_without_verdict():
    fact = by_id(snapshot(tickets=tickets()))["tickets.solved_within"]
    assert (fact.met, fact.target, fact.detail["edge_s"]) == (None, None, 14400)


def test_queues_are_added_up_ticket_by_ticket():
    queues = {
        "desktop": Resolution(count=300, share_within_s={14400.0: 1 / 3}, median_between_s=None),
        "erp": Resolution(count=100, share_within_s={14400.0: 0.99}, median_between_s=None),
    }
    fact = by_id(snapshot(tickets=TicketMonth(resolution=queues)), tickets=PROMISE)["tickets.solved_within"]
    assert (fact.detail["part"], fact.detail["whole"], fact.met) == (199, 400, False)


@pytest.mark.parametrize(
    ("good", "value", "met"),
    [("up", 3.0, True), ("up", 2.99, False), ("down", 3.0, True), ("down", 3.01, False), ("none", 9.0, None)],
)
def test_a_figure_is_judged_by_its_good_direction(good, value, met):
    figures = {"sign_in": {"gauge": "seconds", "noun": "sign-in", "good": good, "target": 3}}
    month = snapshot(figures=[figure("sign_in", value, kind="gauge")])
    assert by_id(month, figures=figures)["sign_in.gauge"].met is met


def test_a_figure_without_a_value_is_a_known_gap():
    month = snapshot(figures=[figure("sign_ins", None)])
    fact = by_id(month, figures={"sign_ins": {"counter": "c_total", "noun": "sign-ins", "good": "up", "target": 1}})
    assert (fact["sign_ins.count"].value, fact["sign_ins.count"].met) == (None, None)


def answered(satisfied: int, answers: int) -> Snapshot:
    return snapshot(tickets=tickets(satisfaction=Satisfaction(satisfied=satisfied, answers=answers)))


ASKED = {"satisfaction": {"part": "satisfied_total", "total": "ratings_total", "min_answers": 12}}


def test_satisfaction_has_no_value_below_the_answers_that_make_a_number():
    fact = by_id(answered(11, 11), tickets=ASKED)["tickets.satisfied"]
    assert (fact.value, fact.detail["part"], fact.detail["whole"]) == (None, None, None)
    enough = by_id(answered(9, 12), answered(0, 11), tickets=ASKED)["tickets.satisfied"]
    assert (enough.value, enough.previous, enough.detail["resolved"]) == (0.75, None, 1301)


@pytest.mark.parametrize(
    ("locale", "satisfied", "answers", "row"),
    [
        ("en", 196, 213, ("Satisfied (213 of 1,301 answered)", "92%")),
        ("en", 14, 17, ("Satisfied (17 of 1,301 answered)", "14 of 17")),
        ("it", 14, 17, ("Soddisfatti (risposte: 17 su 1.301)", "14 su 17")),
    ],
)
def test_satisfaction_is_printed_with_how_many_answered_and_few_of_them_without_percent(
    locale, satisfied, answers, row
):
    requests = section(edition(answered(satisfied, answers), tickets=ASKED, locale=locale), "requests")
    assert requests.table[-1] == row


def test_satisfaction_from_too_few_is_not_printed():
    requests = section(edition(answered(11, 11), tickets=ASKED), "requests")
    assert not [label for label, _ in requests.table if "Satisfied" in label]
