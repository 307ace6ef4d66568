"""Every kind of answer at every stage: what becomes of the recipients, and how the command ends.

The table of docs/sending.md, row by row. Three people are mailed; the relay answers as told, then
a second run meets a relay in good health and must bring everybody who is left to their end.
"""

from __future__ import annotations

from typing import Any

import pytest

from newsletter.cli.delivery_report import end
from newsletter.deliver import DeliveryReport
from newsletter.errors import NewsletterError
from tests.servers.deliver_support import counted, people, run, server
from tests.servers.smtp_scripted import Fault

pytestmark = pytest.mark.servers

THREE = people("ada", "bob", "cleo")
PENDING = {"pending": 3}
BOB_REFUSED = {"accepted": 2, "refused": 1}
BOB_LATER = {"accepted": 2, "deferred": 1}
DONE = {"accepted": 3}
PIPELINED = ("PIPELINING", "8BITMIME", "SIZE 10000000")
PLAIN = ("8BITMIME",)


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr("newsletter.deliver.smtp.transaction.DOT_TIMEOUT_S", 0.5)


def exit_code(report: DeliveryReport) -> int:
    """How `newsletter send` ends with this report."""
    try:
        end(report)
    except NewsletterError as error:
        return error.exit_code
    return 0


def bob(stage: str, reply: str, **more: Any) -> Fault:
    return Fault(stage, reply, match="bob", **more)


def row(faults: Fault, states: dict[str, int], code: int, later: dict[str, int], name: str) -> Any:
    return pytest.param((faults, states, code, later), id=f"{faults.stage}-{name}")


_STAGES = ("mail", "rcpt", "data", "dot")
ROWS = [
    # before any mail: nobody is touched
    row(Fault("greeting", "554 5.7.1 no service", close=True), PENDING, 75, DONE, "5xx"),
    row(Fault("greeting", "421 4.3.2 too many", close=True), PENDING, 75, DONE, "421"),
    row(Fault("greeting", "", close=True), PENDING, 75, DONE, "drop"),
    row(Fault("ehlo", "421 4.3.2 closing", close=True), PENDING, 75, DONE, "421"),
    row(Fault("ehlo", "451 4.3.0 later"), PENDING, 75, DONE, "4xx"),
    row(Fault("ehlo", "", close=True), PENDING, 75, DONE, "drop"),
    row(Fault("auth", "535 5.7.8 bad credentials"), PENDING, 78, DONE, "535"),
    row(Fault("auth", "534 5.7.9 stronger mechanism"), PENDING, 78, DONE, "534"),
    row(Fault("auth", "530 5.7.0 must issue STARTTLS"), PENDING, 78, DONE, "530"),
    row(Fault("auth", "454 4.7.0 temporary"), PENDING, 75, DONE, "454"),
    row(Fault("auth", "432 4.3.2 concurrent connections"), PENDING, 75, DONE, "432"),
    row(Fault("auth", "421 4.3.2 closing", close=True), PENDING, 75, DONE, "421"),
    row(Fault("auth", "", close=True), PENDING, 75, DONE, "drop"),
    # the run as a whole: nobody is marked
    row(Fault("mail", "550 5.7.60 not allowed to send as"), PENDING, 78, DONE, "sender"),
    row(Fault("mail", "530 5.7.57 not authenticated"), PENDING, 78, DONE, "530"),
    row(Fault("mail", "552 5.3.4 too big"), PENDING, 65, DONE, "size"),
    row(Fault("rcpt", "550 5.1.0 <it@acme.example>: Sender address rejected"), PENDING, 78, DONE, "sender"),
    row(Fault("rcpt", "554 5.7.1 Relay access denied"), PENDING, 75, DONE, "relay"),
    row(Fault("rcpt", "550 5.1.1 no such user"), PENDING, 75, DONE, "everybody-unknown"),
    row(Fault("data", "554 5.7.1 policy"), PENDING, 75, DONE, "policy"),
    row(Fault("dot", "550 5.7.1 looks like spam"), PENDING, 75, DONE, "content"),
    row(Fault("dot", "550 5.7.515 access denied"), PENDING, 75, DONE, "policy"),
    row(Fault("dot", "552 5.3.4 too big"), PENDING, 65, DONE, "size"),
    row(Fault("dot", "550 5.7.60 not allowed to send as"), PENDING, 78, DONE, "sender"),
    row(Fault("dot", "554 5.2.0 STOREDRV.Submission.Exception: quota"), PENDING, 75, DONE, "m365-day"),
    row(Fault("mail", "550 5.4.5 Daily user sending limit exceeded"), PENDING, 75, DONE, "google-day"),
    row(Fault("rcpt", "550 5.4.5 Daily user sending limit exceeded"), PENDING, 75, DONE, "google-day"),
    # one recipient
    row(bob("rcpt", "550 5.1.1 no such user"), BOB_REFUSED, 4, BOB_REFUSED, "unknown"),
    row(bob("rcpt", "553 bad address"), BOB_REFUSED, 4, BOB_REFUSED, "553"),
    row(bob("rcpt", "501 5.1.3 bad syntax"), BOB_REFUSED, 4, BOB_REFUSED, "501"),
    row(bob("rcpt", "552 5.2.2 mailbox full"), BOB_REFUSED, 4, BOB_REFUSED, "full"),
    row(bob("dot", "552 5.2.2 mailbox full"), BOB_REFUSED, 4, BOB_REFUSED, "full"),
    row(bob("dot", "550 5.7.1 not for him"), BOB_REFUSED, 4, BOB_REFUSED, "one-content"),
    row(bob("data", "554 5.7.1 not for him"), BOB_REFUSED, 4, BOB_REFUSED, "one-policy"),
    # temporary
    *(row(bob(stage, "451 4.7.1 later"), BOB_LATER, 75, DONE, "4xx") for stage in _STAGES[1:]),
    *(row(bob(stage, "452 4.3.1 no space"), BOB_LATER, 75, DONE, "452") for stage in _STAGES[1:]),
    *(row(bob(stage, "421 4.3.2 closing", times=1, close=True), DONE, 0, DONE, "421") for stage in _STAGES[1:]),
    *(row(bob(stage, "432 4.3.2 too many", times=1), DONE, 0, DONE, "432") for stage in _STAGES[1:]),
    row(Fault("mail", "421 4.3.2 closing", times=1, close=True), DONE, 0, DONE, "421"),
    row(Fault("mail", "451 4.3.0 later", times=1), DONE, 0, DONE, "4xx"),
    # the connection
    row(Fault("mail", times=1, close=True), DONE, 0, DONE, "drop"),
    *(row(bob(stage, "", times=1, close=True), DONE, 0, DONE, "drop") for stage in ("rcpt", "data")),
    row(bob("dot", "", close=True), {"accepted": 2, "in_doubt": 1}, 4, {"accepted": 2, "in_doubt": 1}, "drop"),
    row(bob("dot", "", pause_s=3), {"accepted": 2, "in_doubt": 1}, 4, {"accepted": 2, "in_doubt": 1}, "silence"),
    row(bob("dot", "what?"), {"accepted": 2, "in_doubt": 1}, 4, {"accepted": 2, "in_doubt": 1}, "nonsense"),
    # leaving and starting anew
    row(Fault("rset", "421 4.3.2 closing", close=True), DONE, 0, DONE, "421"),
    row(Fault("rset", "", close=True), DONE, 0, DONE, "drop"),
    row(Fault("quit", "", close=True), DONE, 0, DONE, "drop"),
    row(Fault("quit", "500 what?"), DONE, 0, DONE, "5xx"),
]


@pytest.mark.parametrize("extensions", [PIPELINED, PLAIN], ids=["pipelined", "plain"])
@pytest.mark.parametrize("case", ROWS)
def test_an_answer_leads_to_its_states_and_exit_code(tmp_path, monkeypatch, case, extensions):
    fault, states, code, later = case
    monkeypatch.setenv("RELAY_PASSWORD", "right")
    login = {"user": "it", "password": "env:RELAY_PASSWORD"}
    fault = Fault(**vars(fault))  # a fault counts its uses
    with server(fault, extensions=extensions, users={"it": "right"}) as (script, port):
        if fault.stage == "rset":
            script.faults.append(Fault("rcpt", "451 4.7.1 later", times=1, match="bob"))
        first = run(tmp_path / "ledger.db", port, THREE, smtp=login)
        assert counted(first) == states
        assert exit_code(first) == code
        script.faults.clear()
        second = run(tmp_path / "ledger.db", port, THREE, smtp=login, retry_now=True)
    assert counted(second) == later
    assert len(script.answered) == len(set(script.answered)) == later["accepted"]


def test_a_refused_starttls_stops_the_run_and_says_nothing_in_the_clear(tmp_path):
    with server(starttls_reply="502 5.5.1 not now") as (script, port):
        report = run(tmp_path / "ledger.db", port, THREE, smtp={"security": "starttls"})
    assert counted(report) == PENDING
    assert exit_code(report) == 78
    assert not any(line.startswith("MAIL") for line in script.commands)


def test_a_starttls_that_is_not_there_now_is_tried_again_later(tmp_path):
    with server(starttls_reply="454 4.7.0 TLS not available") as (script, port):
        report = run(tmp_path / "ledger.db", port, THREE, smtp={"security": "starttls"})
    assert counted(report) == PENDING
    assert exit_code(report) == 75
    assert not any(line.startswith("MAIL") for line in script.commands)


@pytest.mark.parametrize("reply", ["421 4.3.2 too many connections", "432 4.3.2 concurrent connections"])
def test_too_many_connections_become_fewer_and_everybody_is_mailed(tmp_path, reply):
    crowd = people(*(f"p{i}" for i in range(60)))
    with server(Fault("mail", reply, times=3), most=4) as (script, port):
        report = run(tmp_path / "ledger.db", port, crowd, smtp={"connections": 4})
        assert counted(report) == {"accepted": 60}
    assert len(set(script.answered)) == len(script.answered) == 60
    assert script.connections <= 5


def test_a_relay_that_takes_two_connections_at_once_gets_two(tmp_path):
    crowd = people(*(f"p{i}" for i in range(60)))
    with server(most=2) as (script, port):
        report = run(tmp_path / "ledger.db", port, crowd, smtp={"connections": 4})
    assert counted(report) == {"accepted": 60}
    assert len(set(script.answered)) == len(script.answered) == 60


def test_a_connection_is_renewed_before_the_relay_ends_it(tmp_path):
    with server() as (script, port):
        report = run(tmp_path / "l.db", port, people(*"abcdefg"), smtp={"messages_per_connection": 3})
    assert counted(report) == {"accepted": 7}
    assert script.connections == 3
    assert [line.upper() for line in script.commands].count("QUIT") == 3


def test_a_connection_that_was_closed_while_idle_is_opened_anew_without_a_loss(tmp_path, monkeypatch):
    monkeypatch.setattr("newsletter.deliver.line._IDLE_S", 0.0)
    with server(Fault("noop", "421 4.4.2 idle", close=True, times=2)) as (script, port):
        report = run(tmp_path / "l.db", port, THREE)
    assert counted(report) == {"accepted": 3}
    assert script.connections == 3
    assert script.commands.count("MAIL FROM:<it@acme.example>") == 3


def test_the_first_mail_goes_alone_so_that_bad_content_meets_three_people_at_most(tmp_path):
    crowd = people(*(f"p{i}" for i in range(200)))
    with server(Fault("dot", "550 5.7.1 looks like spam", pause_s=0.05)) as (script, port):
        report = run(tmp_path / "l.db", port, crowd, smtp={"connections": 10})
    assert counted(report) == {"pending": 200}
    assert sum(line.startswith("MAIL") for line in script.commands) == 3


def test_a_relay_that_knows_nobody_is_left_alone_after_a_tenth_of_the_list(tmp_path):
    crowd = people(*(f"p{i:03}" for i in range(300)))
    with server(Fault("rcpt", "550 5.1.1 no such user")) as (script, port):
        report = run(tmp_path / "l.db", port, crowd, smtp={"connections": 4})
        assert counted(report) == {"pending": 300}
        assert sum(line.startswith("RCPT") for line in script.commands) == 30
        believed = run(tmp_path / "l.db", port, crowd, believe_refusals=True)
    assert counted(believed) == {"refused": 300}


def test_no_address_stands_in_the_log(tmp_path, caplog):
    caplog.set_level("DEBUG")
    with server(bob("rcpt", "550 5.1.1 no such user"), Fault("dot", close=True, match="cleo")) as (_, port):
        report = run(tmp_path / "l.db", port, THREE)
    assert counted(report) == {"accepted": 1, "refused": 1, "in_doubt": 1}
    assert not any(recipient.address in caplog.text for recipient, _ in THREE)
