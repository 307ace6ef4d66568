"""What the relay's answers mean, and how fast mail may leave."""

from __future__ import annotations

import threading

import pytest

from newsletter.deliver.breaker import BUSY_LIMIT, Breaker
from newsletter.deliver.ledger import Outcome
from newsletter.deliver.limits import Throttle
from newsletter.deliver.replies import Reply, judge, one_line


@pytest.mark.parametrize(
    ("stage", "code", "text", "state", "scope"),
    [
        ("dot", 250, "2.0.0 ok", "accepted", "recipient"),
        ("dot", 451, "4.3.0 later", "deferred", "busy"),
        ("dot", 550, "5.7.1 spam", "refused", "policy"),
        ("dot", 552, "5.2.2 mailbox full", "refused", "recipient"),
        ("dot", 554, "5.2.0 STOREDRV.Submission.Exception", "refused", "policy"),
        ("dot", 354, "go on", "in_doubt", "connection"),
        ("dot", -1, "?", "in_doubt", "connection"),
        ("rcpt", 450, "4.7.1 greylisted", "deferred", "recipient"),
        ("rcpt", 550, "5.1.1 no such user", "refused", "recipient"),
        ("rcpt", 550, "No such user", "refused", "recipient"),
        ("rcpt", 553, "bad name", "refused", "recipient"),
        ("rcpt", 550, "relay not permitted", "refused", "policy"),
        ("rcpt", 554, "5.7.1 Relay access denied", "refused", "policy"),
        ("rcpt", 530, "5.7.0 authenticate first", "refused", "policy"),
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


class Clock(threading.Event):
    """A stop event whose waiting moves the time."""

    now = 0.0

    def wait(self, timeout=None):
        self.now += max(0.0, timeout)
        return self.is_set()


@pytest.mark.parametrize("per_minute", [28, 30, 600, 0.5])
def test_no_minute_ever_holds_more_than_the_limit(per_minute):
    clock = Clock()
    throttle = Throttle(per_minute, clock=lambda: clock.now)
    sent = []
    for i in range(200):
        assert throttle.wait(clock)
        sent.append(clock.now)
        clock.now += 17.0 if i == 50 else 0.001  # a quiet time must not be made up for
    for i, start in enumerate(sent):
        assert sum(start <= at < start + 59.999 for at in sent[i:]) <= max(1, per_minute)
    assert sent[50] == pytest.approx(50 * 60 / per_minute)


def test_a_stop_ends_the_waiting():
    stop = threading.Event()
    throttle = Throttle(1)
    assert throttle.wait(stop)
    stop.set()
    assert not throttle.wait(stop)
