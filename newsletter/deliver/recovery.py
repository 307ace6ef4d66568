"""Bringing the ledger in order after a process that died, from what its receipt journal proves."""

from __future__ import annotations

import os

from newsletter.deliver.ledger import Ledger, Outcome, State, journal, locks
from newsletter.deliver.ledger.journal import NOTHING_PROVED, Receipts
from newsletter.deliver.replies import Reply, judge
from newsletter.errors import DeliveryError

NO_REPLY = "no reply to the final dot"


def recover(ledger: Ledger) -> None:
    """Settle every row that a dead process held; the run lock must be held.

    A reply that was noted but not recorded is recorded; a final dot without reply is in doubt;
    what certainly did not leave is pending again.

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
    for owner in {owner for _, owner, _ in ledger.unfinished()}:
        _settle(ledger, owner, NOTHING_PROVED)


def _settle(ledger: Ledger, owner: str, receipts: Receipts) -> None:
    ledger.record(owner, [_outcome(id_, state, receipts) for id_, _, state in ledger.unfinished(owner)])


def _outcome(id_: int, state: State, receipts: Receipts) -> Outcome:
    if state == "claimed":
        return Outcome(id=id_, state="pending")
    answered = receipts.last.get(id_)
    if answered:
        reply = Reply(stage="dot", code=answered[0], text=answered[1])
        return Outcome(id=id_, state=judge(reply).state, code=reply.code, reply=reply.text)
    if id_ in receipts.last or not receipts.complete:
        return Outcome(id=id_, state="in_doubt", reply=NO_REPLY)
    return Outcome(id=id_, state="pending")
