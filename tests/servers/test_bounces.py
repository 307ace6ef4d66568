"""Bounces that a real Postfix writes, for copies that the next server refuses."""

from __future__ import annotations

import pytest

from newsletter.deliver import account, freeze, open_ledger, send
from newsletter.mailbox import mails
from newsletter.model import Recipient
from tests.servers.deliver_support import EDITION, QUICK, VARIANT, counted, messages, relay, server
from tests.servers.postfix import postfix
from tests.servers.smtp_scripted import Fault

pytestmark = pytest.mark.servers

PEOPLE = ("ada@acme.example", "gone@next.example", "full@next.example", "strict@next.example")
FAULTS = (
    Fault("rcpt", "550 5.1.1 <gone@next.example>: user unknown", match="gone"),
    Fault("rcpt", "552 5.2.2 mailbox is full", match="full"),
    Fault("dot", "550 5.7.1 looks like bulk mail", match="strict"),
)


@pytest.mark.parametrize("verp", [False, True], ids=["by-message-id", "by-verp"])
def test_what_a_real_postfix_returns_is_told_apart_and_suppresses_only_who_is_gone(tmp_path, verp):
    with (
        server(*FAULTS) as (_, hop),
        postfix(next_hops={"next.example": hop}) as first,
        open_ledger(tmp_path / "l.db") as ledger,
    ):
        smtp = relay(first.port, timeout_s=30, envelope={"verp": verp})
        content = messages(config=smtp)
        freeze(ledger, EDITION, content, [(Recipient(address=one), VARIANT) for one in PEOPLE])
        report = send(ledger, EDITION, content, smtp, pace=QUICK)
        assert counted(report) == {"accepted": 4}, report.fault
        arrived = first.delivered(4)  # one copy, three reports
        returned = [one for one in arrived if b"multipart/report" in one]
        assert len(returned) == 3
        token = ledger.deliveries(EDITION, ["accepted"])[1].message_id[1:].partition("@")[0]
        if verp:
            assert sum(f"Delivered-To: it+{token}@acme.example".encode() in one for one in returned) == 1
            # The other side may take anything away but the address it writes to.
            returned = [one.replace(b"Message-ID: <2026", b"Message-ID: <1999") for one in returned]
        (tmp_path / "box").mkdir()
        for number, one in enumerate(arrived):
            (tmp_path / "box" / str(number)).write_bytes(one)
        done = account(ledger, mails(tmp_path / "box"))
        assert {kind: n for kind, n in done.counts.items() if n} == {"suppressed": 1, "counted": 2, "no_bounce": 1}
        assert [one.address for one in ledger.suppressions()] == ["gone@next.example"]
        assert ledger.suppressions()[0].reason == "bounced: 5.1.1"
        assert {one.address: one.status for one in done.told} == {
            "gone@next.example": "5.1.1",
            "full@next.example": "5.2.2",
            "strict@next.example": "5.7.1",
        }
        again = account(ledger, mails(tmp_path / "box"))
        assert {kind: n for kind, n in again.counts.items() if n} == {"known": 3, "no_bounce": 1}
        assert ledger.bounces(EDITION) == (1, 2)
