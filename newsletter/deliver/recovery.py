"""Bringing the ledger in order after a process that died, from what its receipt journal proves.

A refusal that was noted but not recorded is one that the dead run may have held back, because it
seemed to be about the content or the relay rather than the recipient (see `breaker`). Its mail
certainly did not arrive, so the recipient is tried again and the living run judges.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from newsletter.deliver.ledger import Delivery, Ledger, Outcome, journal, locks
from newsletter.deliver.ledger.journal import NOTHING_PROVED, Receipts
from newsletter.deliver.pace import Pace
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
        if not settle_journal(ledger, path):
            raise DeliveryError(f"another send is still writing {path}", "Wait until it ends.")
    for owner in ledger.owners():
        _settle(ledger, owner, NOTHING_PROVED)


def settle_journal(ledger: Ledger, path: Path) -> bool:
    """Settle the rows of the owner of one journal, and remove it; False if the owner still lives.

    Raises:
        LedgerError: ledger or journal cannot be read or written.
    """
    held = locks.hold(path)
    if held is None:
        return False
    try:
        owner = path.name.rpartition("receipts-")[2]
        _settle(ledger, owner, journal.read(path))
        path.unlink()
    finally:
        os.close(held)
    return True


def _settle(ledger: Ledger, owner: str, receipts: Receipts) -> None:
    now = time.time()
    outcomes = (_outcome(row, receipts, now) for row in ledger.unfinished(owner))
    ledger.record(owner, [one for one in outcomes if one], now)


def _outcome(row: Delivery, receipts: Receipts, now: float) -> Outcome | None:
    if row.state == "claimed":
        return _put_back(row)
    answered = receipts.last.get(row.id)
    if answered:
        return _answered(row, Reply(stage="dot", code=answered[0], text=answered[1]), now)
    if row.id in receipts.last or not receipts.complete:
        return None if row.state == "in_doubt" else _doubtful(row)
    return _put_back(row)


def _put_back(row: Delivery) -> Outcome:
    return Outcome(id=row.id, state="pending", tried=False, fence=row.fence)


def _doubtful(row: Delivery) -> Outcome:
    return Outcome(id=row.id, state="in_doubt", reply=NO_REPLY, fence=row.fence)


def _answered(row: Delivery, reply: Reply, now: float) -> Outcome:
    state = judge(reply).state
    next_try_at = now + Pace().wait_s(row.attempts, reply.retry_after_s) if state == "deferred" else None
    state = "pending" if state == "refused" else state
    return Outcome(id=row.id, state=state, code=reply.code, reply=reply.text, next_try_at=next_try_at, fence=row.fence)
