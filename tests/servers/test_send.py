"""Sending through a relay that misbehaves: states, report, and nobody twice."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.deliver import Suppression, freeze, open_ledger, send, send_test, status
from newsletter.errors import ConfigError, ContentError, DeliveryError
from newsletter.model import Recipient
from tests.servers.deliver_support import EDITION, QUICK, counted, messages, people, relay, run, server
from tests.servers.smtp_scripted import Fault

pytestmark = pytest.mark.servers

THREE = people("ada", "bob", "cleo")
ALL = [recipient.address for recipient, _ in THREE]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Ten minutes for the reply to the final dot are too long for a test."""
    monkeypatch.setattr("newsletter.deliver.smtp.transaction.DOT_TIMEOUT_S", 0.5)


@pytest.fixture(params=[("PIPELINING", "8BITMIME"), ("8BITMIME",)], ids=["pipelined", "plain"])
def extensions(request):
    return request.param


def test_everybody_gets_one_copy_and_a_second_run_sends_nothing(path, extensions):
    with server(extensions=extensions) as (script, port):
        first = run(path, port, THREE)
        connections = script.connections
        second = run(path, port, THREE)
    assert counted(first) == counted(second) == {"accepted": 3}
    assert script.recipients == ALL
    assert script.connections == connections
    assert first.fault is None
    assert not first.interrupted


def test_what_the_relay_gets_is_the_eml_of_the_recipient(path):
    with server() as (script, port):
        run(path, port, people("ada"))
    with open_ledger(path) as ledger:
        (row,) = ledger.deliveries(EDITION, ["accepted"])
        frozen = ledger.edition(EDITION)
    assert frozen
    eml = messages()["staff.en"].eml(Recipient(address="ada@acme.example", name="Ada"), row.message_id, frozen.date)
    assert script.received[0].data == eml
    assert script.received[0].sender == "it@acme.example"
    assert (row.code, row.reply) == (250, "2.0.0 queued")


# --- the relay as a whole ---------------------------------------------------------------


def test_a_relay_that_is_down_leaves_everybody_pending(path):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        report = run(path, port, THREE)
    assert counted(report) == {"pending": 3}
    assert isinstance(report.fault, DeliveryError)
    assert f"127.0.0.1:{port} cannot be reached" in str(report.fault)


@pytest.mark.parametrize("reply", ["554 5.7.1 go away", "421 4.3.2 too busy"])
def test_a_refusing_greeting_leaves_everybody_pending_and_the_next_run_sends(path, reply):
    with server(Fault("greeting", reply, times=1, close=True)) as (script, port):
        report = run(path, port, THREE)
        assert counted(report) == {"pending": 3}
        assert reply in str(report.fault)
        assert isinstance(report.fault, DeliveryError)
        assert counted(run(path, port, THREE)) == {"accepted": 3}
    assert script.recipients == ALL


def test_a_refused_login_is_a_config_error_without_the_password(path, monkeypatch):
    with server(users={"it": "right"}) as (script, port):
        monkeypatch.setenv("RELAY_PASSWORD", "wrong-secret")
        login = {"user": "it", "password": "env:RELAY_PASSWORD"}
        report = run(path, port, THREE, smtp=login)
        assert counted(report) == {"pending": 3}
        assert isinstance(report.fault, ConfigError)
        assert "535 5.7.8 bad credentials" in str(report.fault)
        assert "wrong-secret" not in f"{report.fault!r} {report.fault.hint}"
        monkeypatch.setenv("RELAY_PASSWORD", "right")
        assert counted(run(path, port, THREE, smtp=login)) == {"accepted": 3}
    assert script.recipients == ALL


def test_a_relay_without_starttls_is_a_config_error_and_nothing_is_sent_in_the_clear(path):
    with server() as (script, port):
        report = run(path, port, THREE, smtp={"security": "starttls"})
    assert counted(report) == {"pending": 3}
    assert isinstance(report.fault, ConfigError)
    assert not any(line.startswith("MAIL") for line in script.commands)


def test_a_refused_sender_ends_the_run_and_books_nothing_on_the_recipients(path, extensions):
    with server(Fault("mail", "550 5.7.60 not your address", times=1), extensions=extensions) as (script, port):
        report = run(path, port, THREE)
        assert counted(report) == {"pending": 3}
        assert isinstance(report.fault, ConfigError)
        assert counted(run(path, port, THREE)) == {"accepted": 3}
    assert script.recipients == ALL


def test_content_refused_three_times_in_a_row_stops_the_run_and_refuses_nobody(path):
    crowd = people(*(f"p{i}" for i in range(10)))
    with server(Fault("dot", "550 5.7.1 looks like spam", times=3)) as (script, port):
        report = run(path, port, crowd)
        assert counted(report) == {"pending": 10}
        assert "550 5.7.1 looks like spam" in str(report.fault)
        assert sum(line.startswith("MAIL") for line in script.commands) == 3
        assert counted(run(path, port, crowd)) == {"accepted": 10}
    assert len(set(script.recipients)) == len(script.recipients) == 10


def test_one_message_refused_after_the_dot_is_refused_once_another_is_accepted(path):
    with server(Fault("dot", "554 5.7.1 not for him", match="bob")) as (script, port):
        report = run(path, port, THREE)
    assert counted(report) == {"accepted": 2, "refused": 1}
    assert [(one.address, one.code, one.reply) for one in report.refused] == [
        ("bob@acme.example", 554, "5.7.1 not for him")
    ]
    assert script.recipients == ["ada@acme.example", "cleo@acme.example"]


def test_a_relay_that_puts_everybody_off_is_left_alone_after_twenty_tries(path):
    crowd = people(*(f"p{i}" for i in range(60)))
    with server(Fault("mail", "452 4.3.1 disk full")) as (script, port):
        report = run(path, port, crowd)
    assert "disk full" in str(report.fault)
    assert sum(line.startswith("MAIL") for line in script.commands) == 20
    assert report.unsettled == 60


# --- one recipient ----------------------------------------------------------------------


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "dot"])
def test_a_temporary_failure_is_tried_again_in_the_same_run(path, stage, extensions):
    faults = Fault(stage, "451 4.7.1 try later", times=2)
    with server(faults, extensions=extensions) as (script, port):
        report = run(path, port, THREE)
    assert counted(report) == {"accepted": 3}
    assert sorted(script.recipients) == ALL


@pytest.mark.parametrize("stage", ["rcpt", "data", "dot"])
def test_a_lasting_temporary_failure_ends_deferred_and_the_next_run_resumes(path, stage, extensions):
    fault = Fault(stage, "451 4.7.1 greylisted", match="bob")
    with server(fault, extensions=extensions) as (script, port):
        report = run(path, port, THREE)
        assert counted(report) == {"accepted": 2, "deferred": 1}
        assert [(one.address, one.code) for one in report.deferred] == [("bob@acme.example", 451)]
        script.faults.clear()
        assert counted(run(path, port, THREE)) == {"accepted": 2, "deferred": 1}  # its time has not come
        assert counted(run(path, port, THREE, retry_now=True)) == {"accepted": 3}
    assert sorted(script.recipients) == ALL


def test_an_unknown_mailbox_is_refused_and_never_tried_again(path, extensions):
    with server(Fault("rcpt", "550 5.1.1 no such user", match="bob"), extensions=extensions) as (script, port):
        report = run(path, port, THREE)
        assert counted(report) == {"accepted": 2, "refused": 1}
        assert report.fault is None
        script.faults.clear()
        assert counted(run(path, port, THREE)) == {"accepted": 2, "refused": 1}
    assert script.recipients == ["ada@acme.example", "cleo@acme.example"]


def test_a_relay_that_denies_relaying_refuses_nobody(path):
    with server(Fault("rcpt", "554 5.7.1 Relay access denied")) as (_, port):
        report = run(path, port, THREE)
    assert counted(report) == {"pending": 3}
    assert "Relay access denied" in str(report.fault)


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "dot"])
def test_a_421_closes_the_connection_and_the_mail_goes_over_a_new_one(path, stage, extensions):
    fault = Fault(stage, "421 4.3.2 closing", times=1, close=True, match="bob" if stage != "mail" else "")
    with server(fault, extensions=extensions) as (script, port):
        report = run(path, port, THREE)
    assert counted(report) == {"accepted": 3}
    assert sorted(script.answered) == ALL
    assert script.connections == 2


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "body"])
def test_a_connection_lost_before_the_dot_is_certainly_not_sent_and_tried_again(path, stage, extensions):
    fault = Fault(stage, times=1, close=True, match="bob" if stage != "mail" else "")
    # Larger than the socket buffers: a small body would leave the machine before the loss is seen.
    content = messages("x" * 8_000_000 if stage == "body" else "Hello ")
    with server(fault, extensions=extensions) as (script, port):
        report = run(path, port, THREE, content=content)
    assert counted(report) == {"accepted": 3}
    assert sorted(script.recipients) == ALL


def test_a_relay_that_always_drops_ends_the_run_with_nobody_lost(path):
    with server(Fault("data", close=True)) as (script, port):
        report = run(path, port, THREE)
    assert counted(report) == {"pending": 3}
    assert "keeps ending the connection" in str(report.fault)
    assert script.connections <= 4


@pytest.mark.parametrize("fault", [Fault("dot", close=True, match="bob"), Fault("dot", pause_s=6, match="bob")])
def test_no_reply_after_the_dot_is_in_doubt_and_held_until_a_person_says_so(path, fault):
    with server(fault) as (script, port):
        report = run(path, port, THREE, smtp={"timeout_s": 0.5})
        assert counted(report) == {"accepted": 2, "in_doubt": 1}
        (doubt,) = report.in_doubt
        assert doubt.address == "bob@acme.example"
        assert "no reply to the final dot" in doubt.reply
        assert f"Message-ID: {doubt.message_id}".encode() in script.received[1].data
        script.faults.clear()
        assert counted(run(path, port, THREE)) == {"accepted": 2, "in_doubt": 1}
        assert sorted(script.recipients) == ALL
        assert counted(run(path, port, THREE, in_doubt="resend")) == {"accepted": 3}
    assert sorted(script.recipients) == sorted([*ALL, "bob@acme.example"])
    assert script.received[1].data == script.received[3].data


def test_senseless_words_after_the_dot_are_in_doubt(path):
    with server(Fault("dot", "what?", match="bob", times=1)) as (_, port):
        report = run(path, port, THREE)
    assert counted(report) == {"accepted": 2, "in_doubt": 1}


def test_an_address_beyond_ascii_needs_smtputf8(path):
    wide = [(Recipient(address="jürgen@acme.example", name="Jürgen"), "staff.en"), *people("ada")]
    with server(extensions=("PIPELINING",)) as (script, port):
        report = run(path, port, wide)
    assert counted(report) == {"accepted": 1, "refused": 1}
    assert report.refused[0].reply == "the relay does not offer SMTPUTF8"
    with server() as (script, port):
        assert counted(run(path.with_name("other.db"), port, wide)) == {"accepted": 2}
    assert script.recipients[0] == "jürgen@acme.example"
    assert "MAIL FROM:<it@acme.example> BODY=8BITMIME SMTPUTF8" in script.commands


# --- several connections, limits, Ctrl-C -------------------------------------------------


def test_four_connections_share_the_work_and_nobody_gets_two(path):
    crowd = people(*(f"p{i}" for i in range(200)))
    faults = Fault("rcpt", "451 4.7.1 later", times=20, match=r"p1\d\d"), Fault("dot", times=3, close=True)
    with server(*faults) as (script, port):
        report = run(path, port, crowd, smtp={"connections": 4})
    assert counted(report) == {"accepted": 197, "in_doubt": 3}
    assert len(script.recipients) == len(set(script.recipients)) == 200


def test_the_rate_limit_holds_over_all_connections(path):
    crowd = people(*(f"p{i}" for i in range(9)))
    with server() as (_script, port):
        before = time.monotonic()
        report = run(path, port, crowd, smtp={"connections": 4, "rate_per_minute": 600})
        took = time.monotonic() - before
    assert counted(report) == {"accepted": 9}
    assert took >= 0.8  # nine messages, eight gaps of 100 ms


_INTERRUPTED = """
import sys
from pathlib import Path
from tests.servers.deliver_support import people, run
report = run(Path(sys.argv[1]), int(sys.argv[2]), people(*(f"p{i}" for i in range(300))), smtp={"connections": 2})
print(report.interrupted, report.counts["in_doubt"], report.counts["claimed"] + report.counts["sending"])
print(report.in_doubt, file=sys.stderr)
"""


def test_ctrl_c_finishes_the_messages_under_way_and_the_next_run_resumes(path):
    import os
    import signal

    crowd = people(*(f"p{i}" for i in range(300)))
    with server(Fault("dot", "250 2.0.0 slowly", pause_s=0.05)) as (script, port):
        arguments = [sys.executable, "-c", _INTERRUPTED, str(path), str(port)]
        with subprocess.Popen(
            arguments, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": "."}
        ) as child:
            while sum(line == "DATA" for line in script.commands) < 20:
                assert child.poll() is None
                time.sleep(0.02)
            child.send_signal(signal.SIGINT)
            output, _ = child.communicate(timeout=20)
        assert output.split() == ["True", "0", "0"]
        done = status(path, EDITION).counts["accepted"]
        assert 0 < done < 300
        script.faults.clear()
        assert counted(run(path, port, crowd)) == {"accepted": 300}
    assert sorted(script.recipients) == sorted(one.address for one, _ in crowd)


# --- other refusals ----------------------------------------------------------------------


def test_a_second_send_on_the_same_ledger_refuses(path):
    with server(Fault("dot", "250 2.0.0 slowly", pause_s=1.2, times=1)) as (script, port):
        reports = []
        first = threading.Thread(target=lambda: reports.append(run(path, port, THREE)))
        first.start()
        while "DATA" not in script.commands:
            time.sleep(0.01)
        with pytest.raises(DeliveryError, match="another send is running"):
            run(path, port, THREE)
        assert status(path, EDITION).counts["total"] == 3
        first.join()
    assert counted(reports[0]) == {"accepted": 3}
    assert script.recipients == ALL


def test_removing_the_lock_file_does_not_let_a_second_send_in(path):
    with server(Fault("dot", "250 2.0.0 slowly", pause_s=0.5, times=1)) as (script, port):
        first = threading.Thread(target=lambda: run(path, port, THREE))
        first.start()
        while "DATA" not in script.commands:
            time.sleep(0.01)
        Path(f"{path}.lock").unlink()
        with pytest.raises(DeliveryError, match="still writing"):
            run(path, port, THREE)
        first.join()
    assert script.recipients == ALL


def test_changed_content_is_refused_with_both_digests(path):
    with server(Fault("rcpt", "451 4.7.1 later", match="bob")) as (script, port):
        run(path, port, THREE)
        changed = messages("Hello again ")
        with pytest.raises(ContentError, match="frozen for sending with other content") as caught:
            run(path, port, THREE, content=changed)
        assert changed["staff.en"].digest[:12] in str(caught.value)
        assert messages()["staff.en"].digest[:12] in str(caught.value)
        with open_ledger(path) as ledger, pytest.raises(ContentError):
            send(ledger, EDITION, changed, relay(port), pace=QUICK)
    assert script.recipients == ["ada@acme.example", "cleo@acme.example"]


def test_the_frozen_list_wins_over_a_changed_one_and_the_difference_is_reported(path):
    with server() as (script, port), open_ledger(path) as ledger:
        assert freeze(ledger, EDITION, messages(), THREE).created
        again = freeze(ledger, EDITION, messages(), people("ada", "cleo", "dan"))
        report = send(ledger, EDITION, messages(), relay(port), pace=QUICK)
    assert not again.created
    assert again.difference.added == (1, ("dan@acme.example",))
    assert again.difference.removed == (1, ("bob@acme.example",))
    assert again.difference.changed == (0, ())
    assert counted(report) == {"accepted": 3}
    assert script.recipients == ALL


def test_suppressed_addresses_are_recorded_and_never_mailed(path):
    with server() as (script, port), open_ledger(path) as ledger:
        ledger.suppress([Suppression(address="BOB@acme.example", reason="gone", since=datetime.now(UTC))])
        freeze(ledger, EDITION, messages(), THREE)
        report = send(ledger, EDITION, messages(), relay(port), pace=QUICK)
    assert counted(report) == {"accepted": 2, "suppressed": 1}
    assert script.recipients == ["ada@acme.example", "cleo@acme.example"]


def test_a_test_mail_differs_in_the_recipients_own_fields_only_and_leaves_no_ledger(path, tmp_path):
    def shared(data: bytes) -> list[bytes]:
        return [line for line in data.split(b"\r\n") if not line.startswith((b"Date: ", b"Message-ID: "))]

    with server() as (script, port):
        results = send_test(messages(), [Recipient(address="ada@acme.example", name="Ada")], relay(port))
        assert list(tmp_path.iterdir()) == []
        run(path, port, people("ada"))
    assert [(one.address, one.variant, one.code, one.accepted) for one in results] == [
        ("ada@acme.example", "staff.en", 250, True)
    ]
    test, real = (one.data for one in script.received)
    assert shared(test) == shared(real)
    assert test != real


def test_a_refused_test_mail_is_told_with_the_relays_words():
    with server(Fault("rcpt", "550 5.1.1 no such user", match="bob")) as (_, port):
        readers = [Recipient(address=f"{name}@acme.example") for name in ("bob", "ada")]
        results = send_test(messages(), readers, relay(port))
    assert [(one.address, one.code, one.reply) for one in results] == [
        ("bob@acme.example", 550, "5.1.1 no such user"),
        ("ada@acme.example", 250, "2.0.0 queued"),
    ]


def test_before_the_first_send_status_knows_of_nobody_and_creates_no_ledger(path):
    assert (status(path, EDITION).frozen, status(path, EDITION).counts["total"]) == (False, 0)
    assert not path.exists()
    path.touch()  # as a send leaves it for a moment while it creates it
    assert (status(path, EDITION).frozen, status(path, EDITION).counts["total"]) == (False, 0)
    with open_ledger(path):
        pass
    assert (status(path, EDITION).frozen, status(path, EDITION).counts["total"]) == (False, 0)
