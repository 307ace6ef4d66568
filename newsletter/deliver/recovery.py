"""Bringing the ledger in order after a process that died, from what its receipt journal proves."""

from __future__ import annotations

import os
import time

from newsletter.deliver.ledger import Delivery, Ledger, Outcome, journal, locks
from newsletter.deliver.ledger.journal import NOTHING_PROVED, Receipts
from newsletter.deliver.replies import Reply, judge
from newsletter.errors import DeliveryError

NO_REPLY = "no reply to the final dot"


def recover(ledger: Ledger) -> None:
    """Settle every row that a dead process held; the run lock must be held.

    A reply that was noted but not recorded is recorded; a final dot without reply is in doubt;
    what certainly did not leave waits again.

    Raises:
        DeliveryError: a process that still lives holds a journal.
        LedgerError: ledger or journal cannot be read or written.
    """
    for path in ledger.journal_paths():
        held = locks.hold(path)
        if held is None:
            raise DeliveryError(f"another send is still writing {path}", "Wait until it ends.")
        try:
            owner = path.name.rpartition("receipts-")[2]
            _settle(ledger, owner, journal.read(path))
            path.unlink()
        finally:
            os.close(held)
    for owner in ledger.owners():
        _settle(ledger, owner, NOTHING_PROVED)


def _settle(ledger: Ledger, owner: str, receipts: Receipts) -> None:
    ledger.record(owner, [_outcome(row, receipts) for row in ledger.unfinished(owner)], time.time())


def _outcome(row: Delivery, receipts: Receipts) -> Outcome:
    if row.state == "claimed":
        return Outcome(id=row.id, state="pending", tried=False)
    answered = receipts.last.get(row.id)
    if answered:
        reply = Reply(stage="dot", code=answered[0], text=answered[1])
        return Outcome(id=row.id, state=judge(reply).state, code=reply.code, reply=reply.text)
    if row.id in receipts.last or not receipts.complete:
        return Outcome(id=row.id, state="in_doubt", reply=NO_REPLY)
    return Outcome(id=row.id, state="pending", tried=False)
