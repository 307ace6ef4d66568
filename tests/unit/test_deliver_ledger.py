"""The ledger's promises, and what is made of a dead process's journal."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
import time
from pathlib import Path

import pytest

from newsletter.deliver import Ledger, open_ledger
from newsletter.deliver.ledger import FrozenEdition, Outcome, journal
from newsletter.deliver.ledger.journal import Journal
from newsletter.deliver.ledger.sqlite import SqliteLedger
from newsletter.deliver.recovery import recover
from newsletter.errors import DeliveryError, LedgerError
from tests.unit.ledger_rows import EDITION, Refusal, begun, by_hand, planned, six_rows, states


@pytest.fixture
def ledger(place):
    with six_rows(place) as opened:
        yield opened


@pytest.fixture
def file(tmp_path):
    """A ledger that certainly is a file."""
    with six_rows(tmp_path / "ledger.db") as opened:
        assert isinstance(opened, SqliteLedger)
        yield opened


# --- invariants -------------------------------------------------------------------------


def test_an_edition_is_frozen_once_and_its_rows_never_change_in_number(ledger):
    assert not ledger.freeze(EDITION, planned(9))
    assert ledger.counts(EDITION.id)["total"] == 6
    assert ledger.edition(EDITION.id) == EDITION


def test_a_freeze_that_fails_leaves_no_row_at_all(ledger):
    other = FrozenEdition(id="2026-11", date=EDITION.date, variants=EDITION.variants)
    with pytest.raises(LedgerError):
        ledger.freeze(other, [*planned(3), planned(1)[0]])
    assert ledger.edition("2026-11") is None
    assert ledger.counts("2026-11")["total"] == 0


def test_eight_first_freezes_at_once_have_one_winner_and_no_loser_fails(place):
    won: list[bool] = []

    def freeze() -> None:
        with open_ledger(place) as ledger:
            won.append(ledger.freeze(EDITION, planned(50)))

    threads = [threading.Thread(target=freeze) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [False] * 7 + [True]


def test_a_row_is_claimed_by_one_owner_only(ledger):
    first = ledger.claim(EDITION.id, "a", 4, 0)
    second = ledger.claim(EDITION.id, "b", 4, 0)
    assert (len(first), len(second)) == (4, 2)
    assert not {row.id for row in first} & {row.id for row in second}
    assert ledger.begin("b", first) == frozenset()


def test_only_the_owner_who_began_a_delivery_records_its_outcome(ledger):
    (row,) = begun(ledger, "a", 1)
    with pytest.raises(LedgerError, match="changed by somebody else"):
        ledger.record("b", [Outcome(id=row, state="accepted")], 0)
    ledger.record("a", [Outcome(id=row, state="accepted", code=250)], 0)
    with pytest.raises(LedgerError):
        ledger.record("a", [Outcome(id=row, state="pending")], 0)


@pytest.mark.parametrize("final", ["accepted", "refused", "cancelled", "suppressed"])
def test_the_database_itself_refuses_to_leave_a_final_state(ledger, final):
    with by_hand(ledger) as execute:
        execute(f"UPDATE delivery SET state = '{final}' WHERE id = 1")
        with pytest.raises(Refusal, match="final state"):
            execute("UPDATE delivery SET state = 'pending' WHERE id = 1")


def test_a_deferred_row_waits_for_its_time(ledger):
    (row,) = begun(ledger, "a", 1)
    ledger.record("a", [Outcome(id=row, state="deferred", next_try_at=100.0)], 0)
    assert row not in [one.id for one in ledger.claim(EDITION.id, "a", 9, 99.0)]
    assert ledger.next_due(EDITION.id) == 100.0
    assert [one.id for one in ledger.claim(EDITION.id, "a", 9, 100.0)] == [row]
    assert ledger.next_due(EDITION.id) is None


# --- files ------------------------------------------------------------------------------


def test_addresses_are_readable_for_the_owner_only(file):
    with file.exclusive():
        Journal(file.journal_path("a")).close()
        files = list(file.path.parent.iterdir())
    assert {"ledger.db", "ledger.db-wal", "ledger.db.lock", "ledger.db.receipts-a"} <= {path.name for path in files}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_a_commit_survives_a_power_cut(file):
    assert file._db.execute("PRAGMA synchronous").fetchone()[0] == 2  # FULL
    assert file._db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"


def test_a_file_that_is_no_database_is_refused(tmp_path):
    path = tmp_path / "ledger.db"
    path.write_text("email,name\n" * 100)
    with pytest.raises(LedgerError, match="not a database") as caught:
        open_ledger(path)
    assert caught.value.hint
    assert caught.value.exit_code == 74


def test_the_database_of_another_program_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE things (id)")
    db.close()
    before = path.read_bytes()
    with pytest.raises(LedgerError, match="another program"):
        open_ledger(path)
    assert path.read_bytes() == before


def test_a_ledger_of_a_newer_version_is_refused(file):
    file.close()
    with sqlite3.connect(file.path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(LedgerError, match="version 99"):
        open_ledger(file.path)


def test_a_missing_folder_is_a_ledger_error_with_a_hint(tmp_path):
    with pytest.raises(LedgerError, match="No such file") as caught:
        open_ledger(tmp_path / "nowhere" / "ledger.db")
    assert caught.value.hint


def test_a_readonly_ledger_cannot_be_written(ledger, place):
    with open_ledger(place, readonly=True) as looking:
        assert looking.counts(EDITION.id)["pending"] == 6
        with pytest.raises(LedgerError, match=r"read-?only"):
            looking.retry_now(EDITION.id, ["pending"])


def test_a_ledger_locked_by_another_program_is_told(file, monkeypatch):
    file._db.execute("PRAGMA busy_timeout = 50")
    with sqlite3.connect(file.path, isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(LedgerError, match="locked") as caught:
            file.retry_now(EDITION.id, ["pending"])
        other.execute("ROLLBACK")
    other.close()
    assert "Another program" in caught.value.hint


def test_the_run_lock_is_free_again_after_the_run(ledger, place):
    with (
        ledger.exclusive(),
        open_ledger(place) as other,
        pytest.raises(DeliveryError, match="another send is running"),
        other.exclusive(),
    ):
        pass
    with ledger.exclusive():
        pass


# --- the journal of a dead process --------------------------------------------------------


def left_by(ledger: Ledger, lines: str) -> None:
    path = ledger.journal_path("dead")
    Journal(path).close()
    with path.open("a") as file:
        file.write(lines)


def test_every_row_of_a_dead_process_is_settled_by_what_its_journal_proves(ledger):
    begun(ledger, "dead", 4)  # rows 1 to 4 are sending
    ledger.claim(EDITION.id, "dead", 1, 0)  # row 5 is claimed
    left_by(ledger, "S 1\nD 1 250 2.0.0 ok\nS 2\nD 2 451 later\nS 3\n")
    recover(ledger)
    assert states(ledger) == ["accepted", "deferred", "in_doubt", "pending", "pending", "pending"]
    assert not ledger.journal_path("dead").exists()
    recover(ledger)
    assert states(ledger) == ["accepted", "deferred", "in_doubt", "pending", "pending", "pending"]


def test_a_refusal_that_a_dead_process_held_back_is_judged_by_the_next_run(ledger):
    """It may have been about the content, and then about nobody; the mail certainly did not arrive."""
    begun(ledger, "dead", 1)
    left_by(ledger, "S 1\nD 1 554 5.7.1 spam\n")
    recover(ledger)
    assert states(ledger)[0] == "pending"


def test_what_a_relay_asked_a_dead_process_to_wait_is_waited(ledger):
    begun(ledger, "dead", 1)
    left_by(ledger, "S 1\nD 1 451 4.7.1 try again in 5 minutes\n")
    before = time.time()
    recover(ledger)
    (row,) = ledger.deliveries(EDITION.id, ["deferred"])
    assert 300 < row.next_try_at - before < 330


def test_a_second_dot_is_not_answered_by_the_reply_to_the_first(ledger):
    begun(ledger, "dead", 1)
    left_by(ledger, "S 1\nD 1 451 later\nS 1\n")
    recover(ledger)
    assert states(ledger)[0] == "in_doubt"


def test_a_line_without_its_end_proves_nothing_about_its_row(ledger):
    begun(ledger, "dead", 2)
    left_by(ledger, "S 1\nD 1 250 ok\nS 2")
    recover(ledger)
    assert states(ledger)[:2] == ["accepted", "pending"]


@pytest.mark.parametrize("damage", ["\0\0\0\n", "S S 2\n", "S 1S 2\n"])
def test_after_damage_every_row_without_a_reply_is_in_doubt(ledger, damage):
    begun(ledger, "dead", 3)
    left_by(ledger, f"S 1\nD 1 250 ok\n{damage}")
    recover(ledger)
    assert states(ledger)[:3] == ["accepted", "in_doubt", "in_doubt"]


def test_after_a_reboot_every_row_without_a_reply_is_in_doubt(ledger, monkeypatch):
    begun(ledger, "dead", 2)
    left_by(ledger, "S 1\nD 1 250 ok\n")
    monkeypatch.setattr(journal, "boot_id", lambda: "another boot")
    recover(ledger)
    assert states(ledger)[:2] == ["accepted", "in_doubt"]


def test_a_lost_journal_leaves_what_was_being_sent_in_doubt(ledger):
    begun(ledger, "dead", 2)
    ledger.claim(EDITION.id, "dead", 2, 0)
    recover(ledger)
    assert states(ledger) == ["in_doubt", "in_doubt", "pending", "pending", "pending", "pending"]


def test_the_journal_of_a_living_process_is_not_touched(ledger):
    alive = Journal(ledger.journal_path("alive"))
    try:
        begun(ledger, "alive", 1)
        with pytest.raises(DeliveryError, match="still writing"):
            recover(ledger)
        assert states(ledger)[0] == "sending"
    finally:
        alive.close()


def test_a_full_disk_stops_before_the_dot(ledger):
    full = Journal(ledger.journal_path("full"))
    with Path("/dev/full").open("wb", buffering=0) as device:
        full._descriptor, kept = device.fileno(), full._descriptor
        with pytest.raises(LedgerError, match="No space left"):
            full.sent(1)
        full._descriptor = kept
    full.close()


def test_behind_half_a_line_of_a_full_disk_no_other_line_is_written(tmp_path, monkeypatch):
    """Two lines grown together would be understood by nobody, and then the whole journal proves nothing."""
    full = Journal(tmp_path / "journal")
    full.sent(1)
    full.done(1, 250, "Ok")
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:2]))
    with pytest.raises(LedgerError, match="disk is full"):
        full.sent(2)
    monkeypatch.undo()  # there is room again, but the half line stays
    with pytest.raises(LedgerError, match="disk is full"):
        full.sent(3)
    full.close()
    receipts = journal.read(tmp_path / "journal")
    assert receipts.complete
    assert receipts.last == {1: (250, "Ok")}
