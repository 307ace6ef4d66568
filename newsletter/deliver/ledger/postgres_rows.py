"""The way of a row through a send: claimed, begun, recorded."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from newsletter.deliver.ledger.postgres_base import PostgresBase
from newsletter.deliver.ledger.postgres_link import Db
from newsletter.deliver.ledger.postgres_lock import last_run
from newsletter.deliver.ledger.protocol import LONGEST_WAIT_S, Delivery, LockLostError, Outcome, State
from newsletter.deliver.ledger.rows import COLUMNS, changed_by_others, delivery

_NAMED = ", ".join(f"delivery.{name}" for name in COLUMNS.split(", "))

# SKIP LOCKED: whoever claims at the same moment takes the next rows instead of waiting for these.
_CLAIM = f"""
WITH due AS (
    SELECT id FROM delivery
    WHERE edition_id = %(edition)s AND state IN ('pending', 'deferred')
        AND (next_try_at IS NULL OR next_try_at <= %(now)s OR next_try_at > %(now)s + {LONGEST_WAIT_S})
    ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
UPDATE delivery SET state = 'claimed', owner = %(owner)s, fence = fence + 1, updated = %(now)s
FROM due WHERE delivery.id = due.id
RETURNING {_NAMED}, fence
"""  # noqa: S608 - nothing but names of columns and a number is filled in

_BEGIN = """
UPDATE delivery SET state = 'sending', updated = %(now)s
FROM unnest(%(ids)s::bigint[], %(fences)s::bigint[]) AS mine (id, fence)
WHERE delivery.id = mine.id AND delivery.fence = mine.fence AND owner = %(owner)s AND state = 'claimed'
    AND NOT EXISTS (SELECT FROM hold WHERE hold.edition_id = delivery.edition_id)
    AND (%(run)s::bigint IS NULL OR EXISTS (SELECT FROM run WHERE number = %(run)s))
RETURNING delivery.id
"""

_MINE = """
FROM unnest(%(ids)s::bigint[], %(states)s::text[], %(codes)s::integer[], %(replies)s::text[],
    %(next)s::double precision[], %(fences)s::bigint[]) AS told (id, state, code, reply, next_try_at, fence)
WHERE delivery.id = told.id AND owner = %(owner)s AND delivery.state IN ('claimed', 'sending', 'in_doubt')
    AND delivery.fence = coalesce(told.fence, delivery.fence)
RETURNING delivery.id
"""
_RECORD = f"""
UPDATE delivery SET state = told.state, code = coalesce(told.code, delivery.code), reply = told.reply,
    next_try_at = told.next_try_at, attempts = attempts + 1, updated = %(now)s,
    deferred_since = CASE told.state WHEN 'deferred' THEN coalesce(deferred_since, %(now)s) ELSE deferred_since END
{_MINE}
"""  # noqa: S608
# What was never tried keeps the words of the last try.
_PUT_BACK = f"""
UPDATE delivery SET state = CASE WHEN deferred_since IS NULL THEN 'pending' ELSE 'deferred' END, updated = %(now)s,
    next_try_at = coalesce(told.next_try_at, delivery.next_try_at)
{_MINE}
"""  # noqa: S608


class PostgresRows(PostgresBase):
    """See `Ledger` for what each method promises."""

    _run: int | None = None
    """The number of the run that holds the run lock alone."""

    def claim(self, edition_id: str, owner: str, limit: int, now: float) -> list[Delivery]:
        """See `Ledger.claim`."""
        values = {"edition": edition_id, "owner": owner, "limit": limit, "now": now}
        found = self._write(lambda db: db.execute(_CLAIM, values).fetchall(), synced=False)
        return [delivery(row[:-1], fence=row[-1]) for row in sorted(found)]

    def begin(self, owner: str, rows: Sequence[Delivery]) -> frozenset[int]:
        """See `Ledger.begin`.

        Raises:
            LockLostError: another send has taken the run lock.
        """
        values = {
            "ids": [row.id for row in rows],
            "fences": [row.fence for row in rows],
            "owner": owner,
            "now": time.time(),
            "run": self._run,
        }
        begun = frozenset(id_ for (id_,) in self._write(lambda db: db.execute(_BEGIN, values).fetchall()))
        if self._run and not begun and self._read(last_run) != self._run:
            raise LockLostError(
                f"{self._link.place}: the run lock is lost: another send has begun", "`newsletter status` tells of it."
            )
        return begun

    def record(self, owner: str, outcomes: Sequence[Outcome], now: float) -> None:
        """See `Ledger.record`."""
        tried = [one for one in outcomes if one.tried]
        put_back = [one for one in outcomes if not one.tried]
        if not outcomes:
            return

        def work(db: Db) -> int:
            written = db.execute(_RECORD, _values(tried, owner, now)).rowcount if tried else 0
            return written + (db.execute(_PUT_BACK, _values(put_back, owner, now)).rowcount if put_back else 0)

        if self._write(work, synced=False) != len(outcomes):
            raise changed_by_others(self._link.place)

    def unfinished(self, owner: str) -> list[Delivery]:
        """See `Ledger.unfinished`."""
        query = (
            f"SELECT {COLUMNS}, fence FROM delivery"  # noqa: S608
            " WHERE owner = %s AND state IN ('claimed', 'sending', 'in_doubt') ORDER BY id"
        )
        found = self._read(lambda db: db.execute(query, (owner,)).fetchall())
        return [delivery(row[:-1], fence=row[-1]) for row in found]

    def owners(self) -> list[str]:
        """See `Ledger.owners`."""
        query = "SELECT DISTINCT owner FROM delivery WHERE state IN ('claimed', 'sending') ORDER BY owner"
        return [owner for (owner,) in self._read(lambda db: db.execute(query).fetchall())]

    def next_due(self, edition_id: str) -> float | None:
        """See `Ledger.next_due`."""
        query = (
            "SELECT min(coalesce(next_try_at, 0)) FROM delivery"
            " WHERE edition_id = %s AND state IN ('pending', 'deferred')"
        )
        row = self._read(lambda db: db.execute(query, (edition_id,)).fetchone())
        return None if row is None or row[0] is None else float(row[0])

    def retry_now(self, edition_id: str, states: Sequence[State]) -> None:
        """See `Ledger.retry_now`."""
        query = (
            "UPDATE delivery SET next_try_at = NULL WHERE edition_id = %s"
            " AND state IN ('pending', 'deferred') AND next_try_at IS NOT NULL AND state = ANY(%s)"
        )
        self._write(lambda db: db.execute(query, (edition_id, list(states))))

    def resolve(self, edition_id: str, outcomes: Sequence[Outcome]) -> int:
        """See `Ledger.resolve`."""
        now = time.time()
        values = [(one.state, one.reply, now, one.id, edition_id) for one in outcomes]
        query = (
            "UPDATE delivery SET state = %s, reply = %s, next_try_at = NULL, updated = %s"
            " WHERE id = %s AND edition_id = %s AND state = 'in_doubt'"
        )
        return self._write(lambda db: sum(db.execute(query, one).rowcount for one in values))

    def release_in_doubt(self, edition_id: str) -> int:
        """See `Ledger.release_in_doubt`."""
        query = (
            "UPDATE delivery SET state = 'pending', next_try_at = NULL, updated = %s"
            " WHERE edition_id = %s AND state = 'in_doubt'"
        )
        return self._write(lambda db: db.execute(query, (time.time(), edition_id)).rowcount)


def _values(outcomes: Sequence[Outcome], owner: str, now: float) -> dict[str, Any]:
    return {
        "ids": [one.id for one in outcomes],
        "states": [one.state for one in outcomes],
        "codes": [one.code for one in outcomes],
        "replies": [one.reply.replace("\0", "\N{REPLACEMENT CHARACTER}") for one in outcomes],  # no text holds a NUL
        "next": [one.next_try_at for one in outcomes],
        "fences": [one.fence for one in outcomes],
        "owner": owner,
        "now": now,
    }
