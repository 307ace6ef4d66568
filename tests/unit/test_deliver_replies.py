"""What the relay's answers mean, and how fast mail may leave."""

from __future__ import annotations

import threading

import pytest

from newsletter.deliver.breaker import BUSY_LIMIT, Breaker
from newsletter.deliver.ledger import Outcome
from newsletter.deliver.replies import Reply, judge, one_line


@pytest.mark.parametrize(
    ("stage", "code", "text", "state", "scope"),
    [
        ("dot", 250, "2.0.0 ok", "accepted", "recipient"),
        ("dot", 451, "4.3.0 later", "deferred", "busy"),
        ("dot", 550, "5.7.1 spam", "refused", "policy"),
        ("dot", 552, "5.2.2 mailbox full", "refused", "recipient"),
        ("dot", 554, "5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException", "pending", "quota"),
        ("dot", 550, "5.4.5 Daily user sending limit exceeded", "pending", "quota"),
        ("mail", 550, "5.7.1 Daily SMTP relay limit exceeded for customer", "pending", "quota"),
        ("mail", 552, "5.2.0 submission quota", "pending", "quota"),
        ("rcpt", 552, "5.2.2 mailbox quota exceeded", "refused", "recipient"),
        ("dot", 554, "5.2.252 SendAsDenied; it@acme.example not allowed to send as this sender", "pending", "sender"),
        ("dot", 550, "5.7.60 SMTP; Client does not have permissions to send as this sender", "pending", "sender"),
        ("rcpt", 550, "5.1.0 <it@acme.example>: Sender address rejected: User unknown", "pending", "sender"),
        ("rcpt", 553, "5.1.8 <it@acme.example>: Sender address rejected: Domain not found", "pending", "sender"),
        ("mail", 552, "5.3.4 Message size exceeds fixed limit", "pending", "size"),
        ("mail", 552, "too big", "pending", "size"),
        ("dot", 552, "5.3.4 Message size exceeds fixed limit", "pending", "size"),
        ("mail", 530, "5.7.57 Client not authenticated to send mail", "pending", "login"),
        ("dot", 354, "go on", "in_doubt", "connection"),
        ("dot", -1, "?", "in_doubt", "connection"),
        ("rcpt", 450, "4.7.1 greylisted", "deferred", "recipient"),
        ("rcpt", 550, "5.1.1 no such user", "refused", "recipient"),
        ("rcpt", 550, "No such user", "refused", "recipient"),
        ("rcpt", 553, "bad name", "refused", "recipient"),
        ("rcpt", 550, "relay not permitted", "refused", "policy"),
        ("rcpt", 554, "5.7.1 Relay access denied", "refused", "policy"),
        ("rcpt", 530, "5.7.0 authenticate first", "pending", "login"),
        ("rcpt", -1, "?", "pending", "connection"),
        ("mail", 452, "4.3.1 no space", "deferred", "busy"),
        ("mail", 550, "5.7.60 not allowed to send as", "pending", "sender"),
        ("data", 554, "5.5.1 no", "refused", "policy"),
        ("rcpt", 421, "4.3.2 closing", "deferred", "connection"),
        ("mail", 432, "4.3.2 concurrent connections", "deferred", "connection"),
    ],
)
def test_a_reply_is_judged_by_stage_and_code(stage, code, text, state, scope):
    verdict = judge(Reply(stage=stage, code=code, text=text))
    assert (verdict.state, verdict.scope) == (state, scope)


def test_the_relays_words_become_one_printable_line():
    assert one_line(b"ok\r\n \x1b[31mred\0 \xff" + b"x" * 999).startswith("ok [31mred")
    assert len(one_line("x" * 999)) == 300


def test_refusals_held_back_are_booked_once_a_message_is_accepted():
    breaker = Breaker(threading.Event())
    refusal = Reply(stage="dot", code=550, text="5.7.1 no")
    fine = Reply(stage="dot", code=250, text="ok")
    assert breaker.settle(Outcome(id=1, state="refused"), "policy", refusal) == []
    assert breaker.settle(Outcome(id=2, state="refused"), "policy", refusal) == []
    booked = breaker.settle(Outcome(id=3, state="accepted"), "recipient", fine)
    assert [(one.id, one.state) for one in booked] == [(1, "refused"), (2, "refused"), (3, "accepted")]
    assert breaker.fault is None


def test_an_acceptance_makes_the_count_of_busy_answers_begin_anew():
    stop = threading.Event()
    breaker = Breaker(stop)
    busy = Reply(stage="dot", code=451, text="later")
    for _ in range(BUSY_LIMIT - 1):
        breaker.settle(Outcome(id=1, state="deferred"), "busy", busy)
    breaker.settle(Outcome(id=1, state="accepted"), "recipient", Reply(stage="dot", code=250, text="ok"))
    for _ in range(BUSY_LIMIT - 1):
        breaker.settle(Outcome(id=1, state="deferred"), "busy", busy)
    assert not stop.is_set()
    breaker.settle(Outcome(id=1, state="deferred"), "busy", busy)
    assert stop.is_set()


# --- whom a refusal is about -------------------------------------------------------------

_UNKNOWN = Reply(stage="rcpt", code=550, text="5.1.1 no such user")
_FINE = Reply(stage="dot", code=250, text="ok")


def _refuse(breaker, number):
    return [breaker.settle(Outcome(id=i, state="refused"), "recipient", _UNKNOWN) for i in range(number)]


def test_a_relay_that_knows_nobody_stops_the_run_and_refuses_nobody():
    stop = threading.Event()
    breaker = Breaker(stop, waiting=1000)
    *before, last = _refuse(breaker, 100)
    assert not any(before)
    assert {one.state for one in last} == {"pending"}
    assert len(last) == 100
    assert stop.is_set()
    assert breaker.fault
    assert breaker.fault.exit_code == 75
    assert "refused 100 addresses in a row: 550 5.1.1 no such user" in str(breaker.fault)


def test_people_who_left_are_refused_once_somebody_is_accepted():
    breaker = Breaker(threading.Event(), waiting=50)
    assert not any(_refuse(breaker, 19))
    booked = breaker.settle(Outcome(id=99, state="accepted"), "recipient", _FINE)
    assert [one.state for one in booked] == ["refused"] * 19 + ["accepted"]
    assert breaker.fault is None


def test_a_short_list_of_which_nobody_is_accepted_stays_pending():
    breaker = Breaker(threading.Event(), waiting=2)
    _refuse(breaker, 2)
    assert [one.state for one in breaker.finish()] == ["pending"] * 2
    assert breaker.fault
    assert "refused all 2 recipients left" in str(breaker.fault)


def test_the_last_ones_of_an_edition_that_was_accepted_before_are_refused_at_the_end():
    breaker = Breaker(threading.Event(), waiting=1, proved=True)
    _refuse(breaker, 1)
    assert [one.state for one in breaker.finish()] == ["refused"]
    assert breaker.fault is None


def test_a_person_who_believes_the_relay_has_refusals_booked_at_once():
    breaker = Breaker(threading.Event(), waiting=10, believe=True)
    assert [[one.state for one in booked] for booked in _refuse(breaker, 30)] == [["refused"]] * 30


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("4.7.1 try again in 5 minutes", 310.0),
        ("4.7.1 Greylisted for 300 seconds", 310.0),
        ("4.7.0 retry after 1 hour", 3610.0),
        ("4.7.1 later", None),
        ("4.3.0 log 4242 minutes lost", None),
        ("4.3.0 0 seconds", None),
    ],
)
def test_a_relay_may_say_how_long_to_wait(text, seconds):
    assert Reply(stage="rcpt", code=451, text=text).retry_after_s == seconds
    assert Reply(stage="rcpt", code=550, text=text).retry_after_s is None
