"""Settling copies in doubt: a person knows, or the relay's log does."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

from msgspec import Struct

from newsletter.deliver.ledger import Delivery, Ledger, Outcome
from newsletter.errors import ContentError, FileError

Fate = Literal["accepted", "not-sent"]

# Postfix: cleanup tells the Message-ID while the data still comes; only that the queue manager took
# the message in proves that the final dot came and was answered.
_POSTFIX_ID = re.compile(r"/cleanup\[\d+\]: ([0-9A-Za-z]+): message-id=(<[^>\s]+>)")
_POSTFIX_QUEUED = re.compile(r"/qmgr\[\d+\]: ([0-9A-Za-z]+): from=.*\(queue active\)")
# Exim writes one line when a message has arrived.
_EXIM = re.compile(r" <= .* id=([^\s<>]+)")


class Resolved(Struct, frozen=True, kw_only=True):
    """What became of the copies in doubt.

    Args:
        accepted: the relay has them.
        not_sent: they wait again; the next send mails them.
        left: still in doubt.
    """

    accepted: tuple[Delivery, ...] = ()
    not_sent: tuple[Delivery, ...] = ()
    left: tuple[Delivery, ...] = ()


def resolve(ledger: Ledger, edition_id: str, keys: Sequence[str], fate: Fate, *, actor: str) -> Resolved:
    """Settle the copies of some addresses, because `actor` says so.

    Args:
        ledger: where.
        edition_id: "2026-10".
        keys: addresses as they are compared (casefolded).
        fate: what `actor` knows about all of them.
        actor: who says so; stands in the ledger beside them.

    Raises:
        ContentError: an address is not in doubt; nothing is changed.
    """
    rows = [_in_doubt(ledger, edition_id, key) for key in keys]
    return _settle(ledger, edition_id, rows if fate == "accepted" else [], rows if fate == "not-sent" else [], actor)


def resolve_by_log(
    ledger: Ledger, edition_id: str, logs: Iterable[Path], *, missing: Literal["not-sent"] | None = None, actor: str
) -> Resolved:
    """Settle the copies in doubt whose Message-ID the relay's logs hold.

    Args:
        ledger: where.
        edition_id: "2026-10".
        logs: of Postfix or Exim, plain or .gz; rotated ones in the order of their time.
        missing: what to make of those that no log knows. Only if the logs cover the whole time of
            the sending are they not sent; None leaves them in doubt.
        actor: who says so.

    Raises:
        FileError: a log cannot be read.
    """
    doubtful = ledger.deliveries(edition_id, ["in_doubt"])
    taken = _taken_in({row.message_id for row in doubtful}, _lines(logs))
    accepted = [row for row in doubtful if row.message_id in taken]
    others = [row for row in doubtful if row.message_id not in taken]
    return _settle(ledger, edition_id, accepted, others if missing else [], actor)


def _in_doubt(ledger: Ledger, edition_id: str, key: str) -> Delivery:
    row = ledger.find(edition_id, key)
    if row is None:
        raise ContentError(f"{key} is not among the recipients of {edition_id}", "Check the address and --month.")
    if row.state != "in_doubt":
        state = row.state.replace("_", " ")
        raise ContentError(f"{row.address} is not in doubt but {state}", "Only copies in doubt can be resolved.")
    return row


def _settle(
    ledger: Ledger, edition_id: str, accepted: Sequence[Delivery], not_sent: Sequence[Delivery], actor: str
) -> Resolved:
    outcomes = [Outcome(id=row.id, state="accepted", reply=f"accepted, says {actor}") for row in accepted]
    outcomes += [Outcome(id=row.id, state="pending", reply=f"not sent, says {actor}") for row in not_sent]
    ledger.resolve(edition_id, outcomes)
    left = tuple(ledger.deliveries(edition_id, ["in_doubt"]))
    return Resolved(accepted=tuple(accepted), not_sent=tuple(not_sent), left=left)


def _lines(logs: Iterable[Path]) -> Iterator[str]:
    for path in logs:
        try:
            with path.open("rb") as file, gzip.open(file) if path.suffix == ".gz" else file as lines:
                for line in lines:
                    yield line.decode("utf-8", "replace")
        except (OSError, EOFError) as error:
            said = getattr(error, "strerror", None) or str(error)
            raise FileError(f"{path}: {said}", "Give a log of the relay that this user may read.") from error


def _taken_in(wanted: set[str], lines: Iterable[str]) -> set[str]:
    """Those of the Message-IDs `wanted` that the relay certainly took."""
    queue: dict[str, str] = {}
    taken: set[str] = set()
    for line in lines:
        if found := _POSTFIX_ID.search(line):
            queue.pop(found[1], None)  # short queue ids are used again
            if found[2] in wanted:
                queue[found[1]] = found[2]
        elif found := _POSTFIX_QUEUED.search(line):
            if found[1] in queue:
                taken.add(queue[found[1]])
        elif (found := _EXIM.search(line)) and f"<{found[1]}>" in wanted:
            taken.add(f"<{found[1]}>")
    return taken
