"""The ledger in one SQLite file: the default, for one machine, without a daemon.

WAL with synchronous=FULL: what was frozen, begun, paused or resolved survives a power cut, and
`status` reads while `send` writes. A claim or an outcome is synced with the next window that begins.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from newsletter.deliver.ledger import locks, rows
from newsletter.deliver.ledger.protocol import (
    HELD,
    STATES,
    Delivery,
    Difference,
    FrozenEdition,
    Planned,
    RunLock,
    State,
    Summary,
)
from newsletter.deliver.ledger.rows import COLUMNS, delivery
from newsletter.deliver.ledger.sqlite_bounces import SqliteBounces
from newsletter.deliver.ledger.sqlite_rows import SqliteRows
from newsletter.deliver.ledger.sqlite_wishes import SqliteWishes
from newsletter.errors import LedgerError

_PLAN = """
INSERT INTO delivery (edition_id, address, address_key, name, variant, message_id, state, updated)
VALUES (?1, ?2, ?3, ?4, ?5, ?6,
    iif(EXISTS (SELECT 1 FROM suppression WHERE address_key = ?3), 'suppressed', 'pending'), ?7)
"""
# A variant that nobody gets may change.
_FORGET_UNUSED = (
    "DELETE FROM variant WHERE edition_id = ? AND name NOT IN (SELECT variant FROM delivery WHERE edition_id = ?)"
)
# No GROUP BY: sorting would take memory that grows with the rows.
_NUMBERS = ", ".join(f"count(iif(state = '{state}', 1, NULL))" for state in STATES)
_COUNTS = f"SELECT {_NUMBERS} FROM delivery WHERE edition_id = ?"  # noqa: S608
_VARIANT_COUNTS = """
SELECT name, (SELECT count(*) FROM delivery WHERE edition_id = variant.edition_id AND variant = variant.name)
FROM variant WHERE edition_id = ?
"""
_BOTH = "delivery JOIN temp.list ON list.address_key = delivery.address_key WHERE edition_id = :edition"
_DIFFERENCES = {
    "added": "temp.list WHERE NOT EXISTS (SELECT 1 FROM delivery"
    " WHERE edition_id = :edition AND delivery.address_key = list.address_key)",
    "removed": "delivery WHERE edition_id = :edition AND NOT EXISTS (SELECT 1 FROM temp.list"
    " WHERE list.address_key = delivery.address_key)",
    "changed": f"{_BOTH} AND (delivery.name <> list.name OR delivery.variant <> list.variant)",
}


class SqliteLedger(SqliteRows, SqliteWishes, SqliteBounces):
    """A `Ledger` (see there for what each method promises) in the SQLite file at `path`."""

    # --- what was decided -----------------------------------------------------------------

    def secret(self) -> bytes:
        """See `Ledger.secret`."""
        with self._transaction() as db:
            return bytes(db.execute("SELECT value FROM setting WHERE key = 'secret'").fetchone()[0])

    def freeze(self, edition: FrozenEdition, planned: Iterable[Planned]) -> bool:
        """See `Ledger.freeze`."""
        now = time.time()
        variants = [(edition.id, name, digest) for name, digest in edition.variants.items()]
        plans = ((edition.id, p.address, p.key, p.name, p.variant, p.message_id, now) for p in planned)
        with self._transaction() as db:
            if not db.execute(
                "INSERT INTO edition VALUES (?, ?, ?) ON CONFLICT DO NOTHING", rows.edition_row(edition)
            ).rowcount:
                return False
            db.executemany("INSERT INTO variant VALUES (?, ?, ?)", variants)
            db.executemany(_PLAN, plans)
            db.execute(_FORGET_UNUSED, (edition.id, edition.id))
        return True

    def compare(self, edition_id: str, planned: Iterable[Planned], *, examples: int) -> Difference:
        """See `Ledger.compare`."""
        today = ((p.key, p.address, p.name, p.variant) for p in planned)
        with self._transaction() as db:
            # A temporary table lies in a file of its own that vanishes with the connection.
            db.execute("CREATE TEMP TABLE list (address_key TEXT PRIMARY KEY, address, name, variant) WITHOUT ROWID")
            db.executemany("INSERT INTO temp.list VALUES (?, ?, ?, ?)", today)
            found = {kind: _difference(db, edition_id, source, examples) for kind, source in _DIFFERENCES.items()}
            db.execute("DROP TABLE temp.list")
        return Difference(**found)

    def edition(self, edition_id: str) -> FrozenEdition | None:
        """See `Ledger.edition`."""
        with self._transaction() as db:
            row = db.execute("SELECT date FROM edition WHERE id = ?", (edition_id,)).fetchone()
            variants = db.execute("SELECT name, digest FROM variant WHERE edition_id = ?", (edition_id,)).fetchall()
        return None if row is None else rows.frozen(edition_id, row[0], variants)

    def editions(self) -> list[Summary]:
        """See `Ledger.editions`."""
        with self._transaction() as db:
            found = db.execute(
                "SELECT id, created, (SELECT max(updated) FROM delivery WHERE edition_id = edition.id)"
                " FROM edition ORDER BY id"
            ).fetchall()
        return [rows.summary(row, self.counts(row[0]), self.hold(row[0])) for row in found]

    # --- how far it is --------------------------------------------------------------------

    def counts(self, edition_id: str) -> dict[str, int]:
        """See `Ledger.counts`."""
        with self._transaction() as db:
            numbers = db.execute(_COUNTS, (edition_id,)).fetchone()
        return rows.counts(dict(zip(STATES, numbers, strict=True)))

    def variant_counts(self, edition_id: str) -> dict[str, int]:
        """See `Ledger.variant_counts`."""
        with self._transaction() as db:
            return dict(db.execute(_VARIANT_COUNTS, (edition_id,)).fetchall())

    def left_since(self, since: float) -> list[float]:
        """See `Ledger.left_since`."""
        with self._transaction() as db:
            found = db.execute(
                "SELECT updated FROM delivery WHERE state IN ('accepted', 'in_doubt') AND updated > ? ORDER BY updated",
                (since,),
            )
            return [at for (at,) in found]

    def deliveries(self, edition_id: str, states: Iterable[State], *, limit: int | None = None) -> list[Delivery]:
        """See `Ledger.deliveries`."""
        wanted = list(states)
        marks = ", ".join("?" * len(wanted))
        with self._transaction() as db:
            found = db.execute(
                f"SELECT {COLUMNS} FROM delivery WHERE edition_id = ? AND state IN ({marks}) ORDER BY id LIMIT ?",  # noqa: S608
                (edition_id, *wanted, -1 if limit is None else limit),
            ).fetchall()
        return [delivery(row) for row in found]

    def find(self, edition_id: str, key: str) -> Delivery | None:
        """See `Ledger.find`."""
        with self._transaction() as db:
            row = db.execute(
                f"SELECT {COLUMNS} FROM delivery WHERE edition_id = ? AND address_key = ?",  # noqa: S608
                (edition_id, key),
            ).fetchone()
        return None if row is None else delivery(row)

    # --- files beside the database --------------------------------------------------------

    @contextmanager
    def exclusive(self) -> Iterator[RunLock]:
        """See `Ledger.exclusive`."""
        path = self._lock_path
        try:
            held = locks.hold(path, patience_s=0.5)  # `is_running` of a `status` may have it for a moment
        except OSError as error:
            raise LedgerError(f"{path}: {error.strerror}", "Make its folder writable for this user.") from error
        if held is None:
            raise rows.runs_already(self.path)
        try:
            yield HELD
        finally:
            os.close(held)

    def is_running(self) -> bool:
        """See `Ledger.is_running`."""
        return locks.is_held(self._lock_path)

    def journal_path(self, owner: str) -> Path:
        """See `Ledger.journal_path`."""
        return self.path.with_name(f"{self.path.name}.receipts-{owner}")

    def journal_paths(self) -> list[Path]:
        """See `Ledger.journal_paths`."""
        start = self.journal_path("").name
        return sorted(path for path in self.path.parent.iterdir() if path.name.startswith(start))

    @property
    def _lock_path(self) -> Path:
        return self.path.with_name(f"{self.path.name}.lock")


def _difference(db: sqlite3.Connection, edition_id: str, source: str, examples: int) -> tuple[int, tuple[str, ...]]:
    values = {"edition": edition_id, "limit": examples}
    (number,) = db.execute(f"SELECT count(*) FROM {source}", values).fetchone()  # noqa: S608
    table = "list" if source.startswith("temp") else "delivery"
    rows = db.execute(f"SELECT {table}.address FROM {source} LIMIT :limit", values).fetchall()  # noqa: S608
    return number, tuple(address for (address,) in rows)
