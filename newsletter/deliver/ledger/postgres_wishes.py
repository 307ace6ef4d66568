"""What people ask for beside the sending: pause, cancel, never mail this address again."""

from __future__ import annotations

import time
from collections.abc import Sequence

from newsletter.deliver.ledger import rows
from newsletter.deliver.ledger.postgres_base import PostgresBase
from newsletter.deliver.ledger.postgres_link import Db
from newsletter.deliver.ledger.protocol import Hold, Suppression

_HOLD = """
INSERT INTO hold VALUES (%s, %s, %s, %s) ON CONFLICT (edition_id) DO UPDATE
SET state = excluded.state, since = excluded.since, actor = excluded.actor
WHERE hold.state <> excluded.state AND hold.state = 'paused'
"""
_CANCEL = """
UPDATE delivery SET state = 'cancelled', updated = %s
WHERE edition_id = %s AND state IN ('pending', 'deferred', 'claimed')
"""
_SUPPRESSION = "SELECT address, reason, since FROM suppression"
_WITHHOLD = """
UPDATE delivery SET state = 'suppressed', updated = %s FROM suppression
WHERE state IN ('pending', 'deferred', 'claimed') AND suppression.address_key = delivery.address_key
"""


class PostgresWishes(PostgresBase):
    """See `Ledger` for what each method promises."""

    def hold(self, edition_id: str) -> Hold | None:
        """See `Ledger.hold`."""
        query = "SELECT state, since, actor FROM hold WHERE edition_id = %s"
        row = self._read(lambda db: db.execute(query, (edition_id,)).fetchone())
        return rows.hold(row)

    def pause(self, edition_id: str, actor: str) -> None:
        """See `Ledger.pause`."""
        self._wish(lambda db: db.execute(_HOLD, rows.hold_row(edition_id, "paused", actor)))

    def resume(self, edition_id: str) -> None:
        """See `Ledger.resume`."""
        query = "DELETE FROM hold WHERE edition_id = %s AND state = 'paused'"
        self._wish(lambda db: db.execute(query, (edition_id,)))

    def cancel(self, edition_id: str, actor: str) -> int:
        """See `Ledger.cancel`."""

        def work(db: Db) -> int:
            db.execute(_HOLD, rows.hold_row(edition_id, "cancelled", actor))
            return db.execute(_CANCEL, (time.time(), edition_id)).rowcount

        return self._wish(work)

    def suppress(self, suppressions: Sequence[Suppression]) -> int:
        """See `Ledger.suppress`."""
        given = [rows.suppression_row(one) for one in suppressions]

        def work(db: Db) -> int:
            with db.cursor() as cursor:
                cursor.executemany("INSERT INTO suppression VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING", given)
                new = cursor.rowcount
            withhold(db)
            return new

        return self._wish(work) if given else 0

    def unsuppress(self, keys: Sequence[str]) -> int:
        """See `Ledger.unsuppress`."""
        query = "DELETE FROM suppression WHERE address_key = ANY(%s)"
        return self._wish(lambda db: db.execute(query, (list(keys),)).rowcount)

    def suppressions(self) -> list[Suppression]:
        """See `Ledger.suppressions`."""
        query = f"{_SUPPRESSION} ORDER BY address_key"
        return [rows.suppression(row) for row in self._read(lambda db: db.execute(query).fetchall())]

    def suppression(self, key: str) -> Suppression | None:
        """See `Ledger.suppression`."""
        query = f"{_SUPPRESSION} WHERE address_key = %s"
        row = self._read(lambda db: db.execute(query, (key,)).fetchone())
        return None if row is None else rows.suppression(row)


def withhold(db: Db) -> None:
    """Rows that wait for a suppressed address wait no more."""
    db.execute(_WITHHOLD, (time.time(),))
