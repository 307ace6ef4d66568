"""Returned mails: only what names a copy of ours changes anything, and nothing makes it fail."""

from __future__ import annotations

import io
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from newsletter import cli
from newsletter.deliver import Accounted, account, open_ledger
from newsletter.deliver.bounces.verdict import judge
from newsletter.deliver.ledger import FrozenEdition, Outcome, Planned
from newsletter.errors import FileError
from newsletter.mailbox import mails

EDITION = FrozenEdition(id="2026-10", date=datetime(2026, 11, 2, tzinfo=UTC), variants={"staff.en": "ab" * 32})
PEOPLE = ("ada@acme.example", "bob@acme.example", "eve@acme.example", "waits@acme.example")

QMAIL = b"""From: <>
Subject: failure notice

Hi. This is the qmail-send program at mx.example.

<ada@acme.example>:
Sorry, no mailbox here by that name.
"""


def token(number: int) -> str:
    return f"2026-10.{number:020x}"


@pytest.fixture
def ledger(tmp_path: Path):
    """Three people have a copy, the fourth still waits."""
    plans = [
        Planned(address=one, key=one, name="", variant="staff.en", message_id=f"<{token(n)}@acme.example>")
        for n, one in enumerate(PEOPLE)
    ]
    with open_ledger(tmp_path / "newsletter.db") as opened:
        opened.freeze(EDITION, plans)
        rows = opened.claim("2026-10", "me", 3, 0.0)
        opened.begin("me", rows)
        opened.record("me", [Outcome(id=row.id, state="accepted") for row in rows], 0.0)
        yield opened


def report(
    about: str, *, to: str = "it@acme.example", status: str = "5.1.1", action: str = "failed", mail: str = ""
) -> bytes:
    """A delivery report as RFC 3464 defines it."""
    return f"""From: MAILER-DAEMON@mx.example
To: {to}
Auto-Submitted: auto-replied
Subject: Undelivered Mail
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I could not deliver your mail.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; {about}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} no such user

--b
Content-Type: text/rfc822-headers

{mail}
--b--
""".encode()


def returned(number: int, **more: str) -> bytes:
    return report(PEOPLE[number], mail=f"Message-ID: <{token(number)}@acme.example>\n", **more)


def counts(done: Accounted) -> dict[str, int]:
    return {kind: number for kind, number in done.counts.items() if number}


def suppressed(ledger) -> list[str]:
    return [one.address for one in ledger.suppressions()]


def test_a_bounce_suppresses_the_address_of_the_copy_that_it_names(ledger):
    done = account(ledger, [returned(0), report("x@y.example", to=f"it+{token(1).upper()}@acme.example")])
    assert counts(done) == {"suppressed": 2}
    assert suppressed(ledger) == ["ada@acme.example", "bob@acme.example"]
    assert ledger.counts("2026-10")["accepted"] == 3  # the relay did take them


def test_the_same_mails_again_change_nothing_even_if_the_address_was_let_back_in(ledger):
    account(ledger, [returned(0)])
    ledger.unsuppress(["ada@acme.example"])
    assert counts(account(ledger, [returned(0)])) == {"known": 1}
    assert suppressed(ledger) == []


@pytest.mark.parametrize(
    "mail",
    [
        report("ada@acme.example"),
        report("ada@acme.example", mail="Message-ID: <2026-10.ffffffffffffffffffff@acme.example>\n"),
        report("boss@elsewhere.example", mail="Message-ID: <spam@evil.example>\n"),
        returned(3),  # its copy has not left
        report("a@b.example", mail=f"Message-ID: <{token(0)}@x>\nReferences: <{token(1)}@x>\n"),
        QMAIL,
    ],
    ids=["address-alone", "made-up-token", "backscatter", "not-sent-yet", "two-copies", "qmail-without-token"],
)
def test_what_does_not_name_one_copy_that_left_is_told_and_changes_nothing(ledger, mail):
    done = account(ledger, [mail])
    assert counts(done) == {"unproved": 1}
    assert suppressed(ledger) == []
    assert ledger.bounces("2026-10") == (0, 0)


def test_a_bounce_that_is_no_report_counts_too_if_it_names_a_copy(ledger):
    below = b"\n--- Below this line is a copy of the message.\n\n"
    mail = QMAIL + below + f"Message-ID: <{token(0)}@acme.example>\n".encode()
    assert counts(account(ledger, [mail])) == {"suppressed": 1}
    assert suppressed(ledger) == ["ada@acme.example"]


@pytest.mark.parametrize("status", ["5.2.2", "5.7.1", "4.4.7", "5.1.8", "5.3.4", ""])
def test_a_fault_that_is_not_the_addresss_is_counted_once_and_suppresses_nobody(ledger, status):
    assert counts(account(ledger, [returned(0, status=status), returned(0, status=status)])) == {
        "counted": 1,
        "known": 1,
    }
    assert suppressed(ledger) == []
    assert ledger.bounces("2026-10") == (0, 1)


def test_a_lasting_fault_replaces_a_passing_one_but_not_the_other_way_round(ledger):
    done = account(ledger, [returned(0, status="5.2.2"), returned(0), returned(0, status="5.2.2")])
    assert counts(done) == {"counted": 1, "suppressed": 1, "known": 1}
    assert ledger.bounces("2026-10") == (1, 0)


def test_a_status_that_says_nothing_is_told_more_exactly_by_the_words(ledger):
    mail = returned(0, status="5.0.0").replace(b"550 5.0.0 no such user", b"552 5.2.2 mailbox full")
    assert counts(account(ledger, [mail])) == {"counted": 1}


@pytest.mark.parametrize(
    "mail",
    [
        returned(0, action="delayed", status="4.4.1"),
        returned(0, action="delivered", status="2.0.0"),
        b"Auto-Submitted: auto-replied\nSubject: Out of office\nIn-Reply-To: <%s@acme.example>\n\n"
        b"550 user unknown: I am away.\n" % token(0).encode(),
        b"X-Autoreply: yes\nSubject: Please confirm that you are human\n\n<%s@acme.example>\n" % token(0).encode(),
        b"Content-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n--b\n\nread\n--b--\n",
        b"Subject: Great letter\nIn-Reply-To: <%s@acme.example>\n\nThank you!\n" % token(0).encode(),
        b"",
    ],
    ids=["delayed", "delivered", "absence", "challenge", "receipt", "reply", "empty"],
)
def test_what_is_no_bounce_is_ignored(ledger, mail):
    assert counts(account(ledger, [mail])) == {"no_bounce": 1}
    assert suppressed(ledger) == []


def nested(depth: int) -> bytes:
    opened = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(depth))
    return opened + returned(0)


HOSTILE = [
    nested(3000),
    b"Content-Type: message/delivery-status\n\n" + b"Action: failed\n\n" * 5000,
    b"Content-Type: multipart/report; boundary=\n\n--\n",
    returned(0).replace(b"rfc822; ada@acme.example", b"rfc822; \x1b[31mada\x00@acme.example\n x"),
    returned(0).replace(b"text/plain", b'text/plain; charset="no-such"\nContent-Transfer-Encoding: base64'),
    b"\xff\xfe" * 2000,
]


@pytest.mark.parametrize("mail", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_mail_neither_ends_the_run_nor_hides_the_next_one(ledger, mail):
    done = account(ledger, [mail, returned(1)])
    assert sum(done.counts.values()) == 2
    assert "bob@acme.example" in suppressed(ledger)
    assert all(one.words.isprintable() and one.address.isprintable() for one in done.told)


@given(st.binary(max_size=300), st.integers(0, 700), st.binary(max_size=20))
def test_no_bytes_make_the_reading_fail(tail, cut, middle):
    whole = returned(0)
    for mail in (tail, whole[:cut] + middle + whole[cut:], whole[:cut] + tail):
        assert judge(mail).kind in {"hard", "soft", "none", "unreadable"}


def test_a_mailbox_file_a_maildir_a_folder_a_mail_and_a_pipe_give_the_same_mails(tmp_path, monkeypatch):
    wanted = [returned(0), returned(1), b"Subject: x\n\nFrom here on\n"]
    mbox = b"".join(b"From MAILER-DAEMON Mon Nov  2 09:00:00 2026\n" + one + b"\n" for one in wanted)
    (tmp_path / "mbox").write_bytes(mbox)
    for folder in ("maildir/new", "maildir/cur", "maildir/tmp", "plain"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "maildir/tmp/0").write_bytes(b"half")
    (tmp_path / "maildir/cur/1:2,S").write_bytes(wanted[0])
    (tmp_path / "maildir/new/2").write_bytes(wanted[1])
    (tmp_path / "maildir/new/3").write_bytes(wanted[2])
    for number, one in enumerate(wanted):
        (tmp_path / "plain" / f"{number}.eml").write_bytes(one)
    for place in ("mbox", "maildir", "plain"):
        assert [one.strip() for one in mails(tmp_path / place)] == [one.strip() for one in wanted], place
    assert list(mails(tmp_path / "plain/0.eml")) == [wanted[0]]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(mbox)))
    assert [one.strip() for one in mails(Path("-"))] == [one.strip() for one in wanted]
    with pytest.raises(FileError, match="No such file"):
        list(mails(tmp_path / "nothing"))


def test_a_mail_without_end_costs_bounded_memory(tmp_path):
    (tmp_path / "huge").write_bytes(returned(0) + b"x" * 1000 + b"\n" + b"y" * 99 * 200_000)
    (one,) = mails(tmp_path / "huge")
    assert len(one) < 9e6


def test_the_command_prints_totals_and_whose_mails_came_back(tmp_path, ledger):
    ledger.close()
    config = tmp_path / "config.yaml"
    config.write_text(
        "organisation: Acme\ntimezone: Europe/Rome\nprometheus: {url: 'http://127.0.0.1:9'}\n"
        "smtp: {from: it@acme.example}\n"
    )
    (tmp_path / "back").write_bytes(returned(0))
    (tmp_path / "forged").write_bytes(report("boss@acme.example"))
    arguments = ["bounces", "--config", str(config), str(tmp_path / "back"), str(tmp_path / "forged")]
    shown = CliRunner().invoke(cli.main, arguments)
    assert shown.exit_code == 0, shown.output
    assert "    1  the address takes no mail: suppressed\n" in shown.stdout
    assert "suppressed  2026-10  ada@acme.example   5.1.1  550 5.1.1 no such user\n" in shown.stdout
    assert "unproved             boss@acme.example" in shown.stdout
    assert "newsletter suppress ADDRESS" in shown.stderr
    again = json.loads(CliRunner().invoke(cli.main, [*arguments, "--json"]).stdout)
    assert (again["known"], again["unproved"], again["suppressed"]) == (1, 1, 0)
    assert [one["address"] for one in again["mails"]] == ["boss@acme.example"]
    (tmp_path / "nothing").mkdir()
    assert CliRunner().invoke(cli.main, [*arguments[:3], str(tmp_path / "nothing")]).stdout == "no mails there\n"
    (tmp_path / "newsletter.db").unlink()
    missing = CliRunner().invoke(cli.main, arguments)
    assert missing.exit_code == 74
    assert "there is no ledger at" in missing.stderr
