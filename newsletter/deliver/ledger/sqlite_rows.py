"""The way of a row through a send: claimed, begun, recorded."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Sequence

from newsletter.deliver.ledger.protocol import LONGEST_WAIT_S, Delivery, Outcome, State
from newsletter.deliver.ledger.rows import COLUMNS, changed_by_others, delivery
from newsletter.deliver.ledger.sqlite_base import SqliteBase

_CLAIM = f"""
UPDATE delivery SET state = 'claimed', owner = :owner, updated = :now
WHERE id IN (
    SELECT id FROM delivery
    WHERE edition_id = :edition AND state IN ('pending', 'deferred')
        AND (next_try_at IS NULL OR next_try_at <= :now OR next_try_at > :now + {LONGEST_WAIT_S})
    ORDER BY id LIMIT :limit)
RETURNING {COLUMNS}
"""  # noqa: S608 - nothing but names of columns and a number is filled in

_BEGIN = """
UPDATE delivery SET state = 'sending', updated = :now
WHERE id IN (SELECT value FROM json_each(:ids)) AND owner = :owner AND state = 'claimed'
    AND NOT EXISTS (SELECT 1 FROM hold WHERE hold.edition_id = delivery.edition_id)
RETURNING id
"""

_RECORD = """
UPDATE delivery SET state = :state, code = coalesce(:code, code), reply = :reply, next_try_at = :next_try_at,
    attempts = attempts + :tried, updated = :now,
    deferred_since = CASE :state WHEN 'deferred' THEN coalesce(deferred_since, :now) ELSE deferred_since END
WHERE id = :id AND owner = :owner AND state IN ('claimed', 'sending', 'in_doubt')
"""

# What was never tried keeps the words of the last try.
_PUT_BACK = """
UPDATE delivery SET state = iif(deferred_since IS NULL, 'pending', 'deferred'), updated = :now,
    next_try_at = coalesce(:next_try_at, next_try_at)
WHERE id = :id AND owner = :owner AND state IN ('claimed', 'sending', 'in_doubt')
"""


class SqliteRows(SqliteBase):
    """See `Ledger` for what each method promises."""

    def claim(self, edition_id: str, owner: str, limit: int, now: float) -> list[Delivery]:
        """See `Ledger.claim`."""
        values = {"owner": owner, "now": now, "edition": edition_id, "limit": limit}
        with self._unsynced() as db:
            rows = db.execute(_CLAIM, values).fetchall()
        return [delivery(row) for row in sorted(rows)]

    def begin(self, owner: str, rows: Sequence[Delivery]) -> frozenset[int]:
        """See `Ledger.begin`."""
        with self._transaction() as db:
            found = db.execute(
                _BEGIN, {"now": time.time(), "ids": json.dumps([row.id for row in rows]), "owner": owner}
            ).fetchall()
        return frozenset(id_ for (id_,) in found)

    def record(self, owner: str, outcomes: Sequence[Outcome], now: float) -> None:
        """See `Ledger.record`."""
        tried = [_values(one, owner, now) for one in outcomes if one.tried]
        put_back = [_values(one, owner, now) for one in outcomes if not one.tried]
        if not tried and not put_back:
            return
        with self._unsynced() as db:
            written = db.executemany(_RECORD, tried).rowcount if tried else 0
            written += db.executemany(_PUT_BACK, put_back).rowcount if put_back else 0
        if written != len(outcomes):  # what was written stays: it is known
            raise changed_by_others(self.path)

    def unfinished(self, owner: str) -> list[Delivery]:
        """See `Ledger.unfinished`."""
        with self._transaction() as db:
            rows = db.execute(
                f"SELECT {COLUMNS} FROM delivery"  # noqa: S608
                " WHERE owner = ? AND state IN ('claimed', 'sending') ORDER BY id",
                (owner,),
            ).fetchall()
        return [delivery(row) for row in rows]

    def owners(self) -> list[str]:
        """See `Ledger.owners`."""
        with self._transaction() as db:
            rows = db.execute("SELECT DISTINCT owner FROM delivery WHERE state IN ('claimed', 'sending')").fetchall()
        return [owner for (owner,) in rows]

    def next_due(self, edition_id: str) -> float | None:
        """See `Ledger.next_due`."""
        with self._transaction() as db:
            row = db.execute(
                "SELECT min(coalesce(next_try_at, 0)) FROM delivery"
                " WHERE edition_id = ? AND state IN ('pending', 'deferred')",
                (edition_id,),
            ).fetchone()
        return None if row[0] is None else float(row[0])

    def retry_now(self, edition_id: str, states: Sequence[State]) -> None:
        """See `Ledger.retry_now`."""
        with self._transaction() as db:
            db.execute(
                "UPDATE delivery SET next_try_at = NULL"
                " WHERE edition_id = ? AND state IN ('pending', 'deferred') AND next_try_at IS NOT NULL"
                " AND state IN (SELECT value FROM json_each(?))",
                (edition_id, json.dumps(list(states))),
            )

    def resolve(self, edition_id: str, outcomes: Sequence[Outcome]) -> int:
        """See `Ledger.resolve`."""
        now = time.time()
        with self._transaction() as db:
            return sum(_resolve(db, edition_id, one, now) for one in outcomes)

    def release_in_doubt(self, edition_id: str) -> int:
        """See `Ledger.release_in_doubt`."""
        with self._transaction() as db:
            return db.execute(
                "UPDATE delivery SET state = 'pending', next_try_at = NULL, updated = ?"
                " WHERE edition_id = ? AND state = 'in_doubt'",
                (time.time(), edition_id),
            ).rowcount


def _values(one: Outcome, owner: str, now: float) -> dict[str, object]:
    return {
        "id": one.id,
        "owner": owner,
        "state": one.state,
        "code": one.code,
        "reply": one.reply,
        "next_try_at": one.next_try_at,
        "tried": 1,
        "now": now,
    }


def _resolve(db: sqlite3.Connection, edition_id: str, one: Outcome, now: float) -> int:
    return db.execute(
        "UPDATE delivery SET state = ?, reply = ?, next_try_at = NULL, updated = ?"
        " WHERE id = ? AND edition_id = ? AND state = 'in_doubt'",
        (one.state, one.reply, now, one.id, edition_id),
    ).rowcount
