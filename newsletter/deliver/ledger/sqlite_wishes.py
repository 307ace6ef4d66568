"""What people ask for beside the sending: pause, cancel, never mail this address again."""

from __future__ import annotations

import time
from collections.abc import Sequence

from newsletter.deliver.ledger import rows
from newsletter.deliver.ledger.protocol import Hold, Suppression
from newsletter.deliver.ledger.sqlite_base import SqliteBase

_HOLD = "INSERT INTO hold VALUES (?, ?, ?, ?) ON CONFLICT (edition_id) DO UPDATE SET state = excluded.state,"
_HOLD += " since = excluded.since, actor = excluded.actor WHERE hold.state <> excluded.state AND hold.state = 'paused'"

_SUPPRESSION = "SELECT address, reason, since FROM suppression"


class SqliteWishes(SqliteBase):
    """See `Ledger` for what each method promises."""

    def hold(self, edition_id: str) -> Hold | None:
        """See `Ledger.hold`."""
        with self._transaction() as db:
            row = db.execute("SELECT state, since, actor FROM hold WHERE edition_id = ?", (edition_id,)).fetchone()
        return rows.hold(row)

    def pause(self, edition_id: str, actor: str) -> None:
        """See `Ledger.pause`."""
        with self._transaction() as db:
            db.execute(_HOLD, rows.hold_row(edition_id, "paused", actor))

    def resume(self, edition_id: str) -> None:
        """See `Ledger.resume`."""
        with self._transaction() as db:
            db.execute("DELETE FROM hold WHERE edition_id = ? AND state = 'paused'", (edition_id,))

    def cancel(self, edition_id: str, actor: str) -> int:
        """See `Ledger.cancel`."""
        with self._transaction() as db:
            db.execute(_HOLD, rows.hold_row(edition_id, "cancelled", actor))
            return db.execute(
                "UPDATE delivery SET state = 'cancelled', updated = :now"
                " WHERE edition_id = :edition AND state IN ('pending', 'deferred', 'claimed')",
                {"edition": edition_id, "now": time.time()},
            ).rowcount

    def suppress(self, suppressions: Sequence[Suppression]) -> int:
        """See `Ledger.suppress`."""
        given = map(rows.suppression_row, suppressions)
        with self._transaction() as db:
            new = db.executemany("INSERT INTO suppression VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", given).rowcount
            self._withhold(db)
        return new

    def unsuppress(self, keys: Sequence[str]) -> int:
        """See `Ledger.unsuppress`."""
        with self._transaction() as db:
            return db.executemany("DELETE FROM suppression WHERE address_key = ?", [(key,) for key in keys]).rowcount

    def suppressions(self) -> list[Suppression]:
        """See `Ledger.suppressions`."""
        with self._transaction() as db:
            found = db.execute(f"{_SUPPRESSION} ORDER BY address_key").fetchall()
        return [rows.suppression(row) for row in found]

    def suppression(self, key: str) -> Suppression | None:
        """See `Ledger.suppression`."""
        with self._transaction() as db:
            row = db.execute(f"{_SUPPRESSION} WHERE address_key = ?", (key,)).fetchone()
        return None if row is None else rows.suppression(row)
