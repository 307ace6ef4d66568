"""The ten invariants of the ledger (see `newsletter.deliver.ledger.protocol`), each by its number."""

from __future__ import annotations

import functools
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from newsletter.config import LedgerServer
from newsletter.deliver import Suppression, freeze, open_ledger, resolve, resolve_by_log, send
from newsletter.deliver.ledger import STATES, Outcome, Planned
from newsletter.deliver.ledger.journal import Journal
from newsletter.deliver.pace import Pace
from newsletter.deliver.recovery import recover
from newsletter.errors import ContentError, DeliveryError, LedgerError
from tests.servers.deliver_support import EDITION as SENT
from tests.servers.deliver_support import QUICK, counted, messages, people, relay, run, server
from tests.servers.smtp_scripted import Fault
from tests.unit.ledger_rows import EDITION, Refusal, begun, by_hand, planned, six_rows, states


@pytest.fixture
def ledger(place):
    with six_rows(place) as opened:
        yield opened


def test_i1_all_rows_come_with_the_freeze_and_their_number_never_changes(ledger):
    assert not ledger.freeze(EDITION, planned(9))
    begun(ledger, "a", 2)
    ledger.cancel(EDITION.id, "ops")
    assert ledger.counts(EDITION.id)["total"] == len(states(ledger)) == 6


def test_i2_nothing_may_be_sent_that_is_not_committed_as_sending(ledger, place):
    rows = ledger.claim(EDITION.id, "a", 3, 0)
    before_the_commit = open_ledger(place, readonly=True)
    assert before_the_commit.counts(EDITION.id)["sending"] == 0
    ledger.begin("a", rows)
    assert before_the_commit.counts(EDITION.id)["sending"] == 3
    before_the_commit.close()


def test_i3_only_the_owner_who_began_a_delivery_records_its_outcome(ledger):
    (row,) = begun(ledger, "a", 1)
    with pytest.raises(LedgerError, match="somebody else"):
        ledger.record("b", [Outcome(id=row, state="accepted")], 0)
    assert states(ledger)[0] == "sending"


@pytest.mark.parametrize("final", ["accepted", "refused", "suppressed", "cancelled"])
def test_i4_a_final_state_never_changes(ledger, final):
    with by_hand(ledger) as execute:
        execute(f"UPDATE delivery SET state = '{final}' WHERE id = 1")
        for other in set(STATES) - {final}:
            with pytest.raises(Refusal, match="final state"):
                execute(f"UPDATE delivery SET state = '{other}' WHERE id = 1")


def test_i5_the_message_id_of_a_second_try_is_the_one_of_the_first(place):
    with server(Fault("dot", "451 4.3.0 later", times=1)) as (script, port):
        run(place, port, people("ada"))
    ids = {line for one in script.received for line in one.data.split(b"\r\n") if line.startswith(b"Message-ID")}
    with open_ledger(place, readonly=True) as ledger:
        (row,) = ledger.deliveries(SENT, ["accepted"])
    assert ids == {f"Message-ID: {row.message_id}".encode()}
    assert row.attempts == 2


def test_i6_what_was_begun_waits_again_only_if_its_dot_certainly_never_left(ledger):
    begun(ledger, "dead", 2)
    journal = Journal(ledger.journal_path("dead"))
    journal.sent(1)
    journal.close()
    recover(ledger)
    assert states(ledger)[:2] == ["in_doubt", "pending"]


def test_i7_a_clock_that_jumped_neither_frees_nor_holds_anything(ledger):
    begun(ledger, "alive", 1)
    in_a_year = time.time() + 3e7
    assert [row.id for row in ledger.claim(EDITION.id, "other", 9, in_a_year)] == [2, 3, 4, 5, 6]
    # A next try that lies further away than any can was written under a wrong clock.
    ledger.record("other", [Outcome(id=2, state="deferred", next_try_at=in_a_year)], in_a_year)
    assert [row.id for row in ledger.claim(EDITION.id, "other", 9, time.time())] == [2]


@pytest.mark.parametrize("wish", ["pause", "cancel"])
def test_i8_no_window_begins_after_a_pause_or_cancellation(ledger, wish):
    rows = ledger.claim(EDITION.id, "a", 3, 0)
    getattr(ledger, wish)(EDITION.id, "ops")
    assert ledger.begin("a", rows) == frozenset()


def test_i8_what_was_begun_before_a_cancellation_and_not_sent_is_cancelled(ledger):
    ids = begun(ledger, "a", 2)
    assert ledger.cancel(EDITION.id, "ops") == 4
    ledger.record("a", [Outcome(id=ids[0], state="accepted"), Outcome(id=ids[1], state="pending", tried=False)], 0)
    assert states(ledger) == ["accepted", *["cancelled"] * 5]


def test_i9_the_states_add_up_whatever_happens(ledger):
    ids = begun(ledger, "a", 4)
    outcomes = ["accepted", "deferred", "refused", "in_doubt"]
    ledger.record("a", [Outcome(id=i, state=s) for i, s in zip(ids, outcomes, strict=True)], 0)  # type: ignore[arg-type]
    counts = ledger.counts(EDITION.id)
    assert counts.pop("total") == sum(counts.values()) == 6
    assert {state: number for state, number in counts.items() if number} == {**dict.fromkeys(outcomes, 1), "pending": 2}


def test_i10_no_address_stands_in_a_lock_or_journal(place, tmp_path):
    with server(Fault("dot", "drop", match="bob")) as (_, port), open_ledger(place) as ledger:
        freeze(ledger, SENT, messages(), people("ada", "bob"))
        kept: list[bytes] = []
        unlink = Path.unlink

        def keep(path: Path, missing_ok: bool = False) -> None:
            kept.append(path.read_bytes() + str(path).encode())
            unlink(path, missing_ok=missing_ok)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Path, "unlink", keep)
            send(ledger, SENT, messages(), relay(port), pace=QUICK)
    assert len(kept) == 1
    assert b"@" not in kept[0]
    assert [path.read_bytes() for path in tmp_path.glob("*.lock")] == ([] if isinstance(place, LedgerServer) else [b""])


# --- what people ask for ---------------------------------------------------------------------


def test_a_pause_before_the_first_send_holds_it_and_resume_lets_it_go(place):
    with server() as (script, port), open_ledger(place) as ledger:
        ledger.pause(SENT, "ops")
        with pytest.raises(DeliveryError, match=r"paused since .* by ops"):
            run(place, port, people("ada"))
        assert script.recipients == []
        ledger.resume(SENT)
        assert counted(run(place, port, people("ada"))) == {"accepted": 1}


def test_a_cancellation_is_for_good(ledger):
    ledger.cancel(EDITION.id, "ops")
    ledger.pause(EDITION.id, "others")
    ledger.resume(EDITION.id)
    hold = ledger.hold(EDITION.id)
    assert (hold.state, hold.actor) == ("cancelled", "ops")


def test_suppressing_reaches_those_who_wait_and_those_who_come_back_to_waiting(ledger):
    ids = begun(ledger, "a", 2)
    now = datetime.now(UTC)
    gone = [Suppression(address=f"p{i}@acme.example", reason="left", since=now) for i in (1, 5)]
    assert ledger.suppress(gone) == 2
    assert ledger.suppress(gone) == 0
    ledger.record("a", [Outcome(id=i, state="deferred") for i in ids], 0)
    assert states(ledger) == ["deferred", "suppressed", "pending", "pending", "pending", "suppressed"]
    assert ledger.unsuppress(["p1@acme.example", "p9@acme.example"]) == 1
    assert [one.address for one in ledger.suppressions()] == ["p5@acme.example"]


def test_a_changed_name_or_language_of_somebody_frozen_is_told(ledger):
    changed = [
        *planned(5),
        Planned(address="new@x.example", key="new@x.example", name="", variant="staff.en", message_id=""),
    ]
    changed[1] = Planned(
        address="P1@acme.example", key="p1@acme.example", name="Ada", variant="staff.en", message_id=""
    )
    found = ledger.compare(EDITION.id, changed, examples=20)
    assert found.added == (1, ("new@x.example",))
    assert found.removed == (1, ("P5@acme.example",))
    assert found.changed == (1, ("P1@acme.example",))


# --- copies in doubt --------------------------------------------------------------------------

POSTFIX = """\
Nov  2 09:00:01 mail postfix/cleanup[11]: 4F1A2: message-id=<0@x>
Nov  2 09:00:01 mail postfix/qmgr[9]: 4F1A2: from=<it@acme.example>, size=81234, nrcpt=1 (queue active)
Nov  2 09:00:02 mail postfix/cleanup[11]: 4F1A3: message-id=<1@x>
Nov  2 09:00:03 mail postfix/cleanup[12]: 4F1A2: message-id=<other@x>
Nov  2 09:00:03 mail postfix/qmgr[9]: 4F1A2: from=<x@acme.example>, size=1, nrcpt=1 (queue active)
2026-11-02 09:00:04 1tAbCd-000001-XX <= it@acme.example H=app [10.0.0.1] P=esmtp S=81234 id=2@x
"""


@pytest.fixture
def doubtful(ledger):
    ids = begun(ledger, "a", 4)
    ledger.record("a", [Outcome(id=i, state="in_doubt") for i in ids], 0)
    return ledger


def test_the_log_of_postfix_or_exim_proves_what_the_relay_took(doubtful, tmp_path):
    (tmp_path / "mail.log").write_text(POSTFIX)
    done = resolve_by_log(doubtful, EDITION.id, [tmp_path / "mail.log"], actor="ops")
    assert [row.message_id for row in done.accepted] == ["<0@x>", "<2@x>"]
    # A Message-ID alone is written while the data still comes: it proves nothing.
    assert [row.message_id for row in done.left] == ["<1@x>", "<3@x>"]
    assert states(doubtful) == ["accepted", "in_doubt", "accepted", "in_doubt", "pending", "pending"]


def test_what_no_log_knows_is_sent_again_only_if_a_person_says_so(doubtful, tmp_path):
    (tmp_path / "mail.log").write_text(POSTFIX)
    done = resolve_by_log(doubtful, EDITION.id, [tmp_path / "mail.log"], missing="not-sent", actor="ops")
    assert len(done.not_sent) == 2
    assert states(doubtful)[:4] == ["accepted", "pending", "accepted", "pending"]


def test_a_person_resolves_by_address_and_only_what_is_in_doubt(doubtful):
    resolve(doubtful, EDITION.id, ["p0@acme.example"], "accepted", actor="ops")
    resolve(doubtful, EDITION.id, ["p1@acme.example"], "not-sent", actor="ops")
    assert states(doubtful)[:3] == ["accepted", "pending", "in_doubt"]
    with pytest.raises(ContentError, match="not in doubt but accepted"):
        resolve(doubtful, EDITION.id, ["p2@acme.example", "p0@acme.example"], "not-sent", actor="ops")
    assert states(doubtful)[2] == "in_doubt"
    with pytest.raises(ContentError, match="not among the recipients"):
        resolve(doubtful, EDITION.id, ["nobody@acme.example"], "accepted", actor="ops")


# --- trying again -------------------------------------------------------------------------------


def test_tries_follow_a_curve_and_never_come_before_the_relay_wants_them():
    pace = Pace()
    waits = [pace.wait_s(tries) for tries in range(40)]
    assert waits[:3] == [5.0, 15.0, 300.0]
    assert waits == sorted(waits)
    assert waits[-1] == 4 * 3600.0
    assert pace.wait_s(0, 90.0) == 90.0
    assert pace.wait_s(2, 90.0) == 300.0


def test_a_row_is_given_up_after_three_days_of_trying_and_not_by_a_jump_of_the_clock():
    pace, since = Pace(), 1_000_000.0
    later = since + timedelta(days=3, seconds=1).total_seconds()
    assert pace.gives_up(8, since, later)
    assert not pace.gives_up(8, since, later - 2)
    assert not pace.gives_up(7, since, since + 1e9)
    assert not pace.gives_up(99, None, later)


def test_what_the_relay_puts_off_for_three_days_ends_refused_with_its_words(place):
    with server(Fault("rcpt", "450 4.2.0 greylisted", match="bob")) as (_, port), open_ledger(place) as ledger:
        freeze(ledger, SENT, messages(), people("ada", "bob"))
        reports = [
            send(
                ledger,
                SENT,
                messages(),
                relay(port),
                pace=Pace(retries=(0.01, 0.01), later=60),
                clock=functools.partial(lambda ahead: time.time() + 86_400 * ahead, days),
                retry_now=True,
            )
            for days in (0, 1, 1.5, 2, 2.5, 3.1)
        ]
    assert [one.counts["deferred"] for one in reports] == [1, 1, 1, 1, 1, 0]
    assert counted(reports[-1]) == {"accepted": 1, "refused": 1}
    assert reports[-1].refused[0].reply == "given up after 8 tries: 4.2.0 greylisted"
