"""The ledger in a schema of a PostgreSQL server: for several machines, or where a server is kept anyway.

Every method is one transaction. What was frozen, begun, paused or resolved is synced; a claim or an
outcome is synced with the next window that begins, as in the SQLite ledger.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from newsletter.config import LedgerServer
from newsletter.deliver.ledger import postgres_schema, rows
from newsletter.deliver.ledger.postgres_bounces import PostgresBounces
from newsletter.deliver.ledger.postgres_link import Db, Link
from newsletter.deliver.ledger.postgres_lock import RUNNING, PostgresLock
from newsletter.deliver.ledger.postgres_rows import PostgresRows
from newsletter.deliver.ledger.postgres_wishes import PostgresWishes
from newsletter.deliver.ledger.protocol import (
    Delivery,
    Difference,
    FrozenEdition,
    Planned,
    RunLock,
    State,
    Summary,
)
from newsletter.deliver.ledger.rows import COLUMNS, delivery

_PLAN = "COPY delivery (edition_id, address, address_key, name, variant, message_id, updated) FROM STDIN"
_WITHHOLD = """
UPDATE delivery SET state = 'suppressed' FROM suppression
WHERE edition_id = %s AND suppression.address_key = delivery.address_key
"""
# A variant that nobody gets may change.
_FORGET_UNUSED = """
DELETE FROM variant WHERE edition_id = %s
AND NOT EXISTS (SELECT FROM delivery WHERE edition_id = variant.edition_id AND delivery.variant = variant.name)
"""
_VARIANT_COUNTS = """
SELECT name, count(delivery.id) FROM variant LEFT JOIN delivery
ON delivery.edition_id = variant.edition_id AND delivery.variant = variant.name
WHERE variant.edition_id = %s GROUP BY name
"""
_LIST = """
CREATE TEMP TABLE list (address_key text COLLATE "C" PRIMARY KEY, address text, name text, variant text COLLATE "C")
ON COMMIT DROP
"""
_BOTH = "delivery JOIN list ON list.address_key = delivery.address_key WHERE edition_id = %(edition)s"
_DIFFERENCES = {
    "added": "list WHERE NOT EXISTS (SELECT FROM delivery"
    " WHERE edition_id = %(edition)s AND delivery.address_key = list.address_key)",
    "removed": "delivery WHERE edition_id = %(edition)s AND NOT EXISTS (SELECT FROM list"
    " WHERE list.address_key = delivery.address_key)",
    "changed": f"{_BOTH} AND (delivery.name <> list.name OR delivery.variant <> list.variant)",
}
_IS_RUNNING = """
SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND classid::bigint = %s AND objid::bigint = %s & 4294967295)
"""


def exists(server: LedgerServer) -> bool:
    """Whether anything was ever recorded there.

    Raises:
        LedgerError: the server cannot be asked.
    """
    link = Link(server, readonly=True)
    try:
        with link.connect() as db:
            return postgres_schema.exists(db, link)
    except psycopg.Error as error:
        raise link.told(error) from error


class PostgresLedger(PostgresRows, PostgresWishes, PostgresBounces):
    """A `Ledger` (see there for what each method promises) in a schema of a PostgreSQL server."""

    # --- what was decided -----------------------------------------------------------------

    def secret(self) -> bytes:
        """See `Ledger.secret`."""
        row = self._read(lambda db: db.execute("SELECT value FROM setting WHERE key = 'secret'").fetchone())
        assert row
        return bytes.fromhex(row[0])

    def freeze(self, edition: FrozenEdition, planned: Iterable[Planned]) -> bool:
        """See `Ledger.freeze`."""
        now = time.time()
        variants = [(edition.id, name, digest) for name, digest in edition.variants.items()]

        def work(db: Db) -> bool:
            with db.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO edition VALUES (%s, %s, %s) ON CONFLICT DO NOTHING", rows.edition_row(edition)
                )
                if not cursor.rowcount:
                    return False
                cursor.executemany("INSERT INTO variant VALUES (%s, %s, %s)", variants)
                with cursor.copy(_PLAN) as copy:
                    for p in planned:
                        copy.write_row((edition.id, p.address, p.key, p.name, p.variant, p.message_id, now))
                cursor.execute(_WITHHOLD, (edition.id,))
                cursor.execute(_FORGET_UNUSED, (edition.id,))
            return True

        return self._write_once(work)

    def compare(self, edition_id: str, planned: Iterable[Planned], *, examples: int) -> Difference:
        """See `Ledger.compare`."""

        def work(db: Db) -> Difference:
            db.execute(_LIST)
            with db.cursor() as cursor, cursor.copy("COPY list FROM STDIN") as copy:
                for one in planned:
                    copy.write_row((one.key, one.address, one.name, one.variant))
            db.execute("ANALYZE list")
            found = {kind: _difference(db, edition_id, source, examples) for kind, source in _DIFFERENCES.items()}
            return Difference(**found)

        return self._write_once(work)

    def edition(self, edition_id: str) -> FrozenEdition | None:
        """See `Ledger.edition`."""
        found = self._read(
            lambda db: db.execute(
                "SELECT date, variant.name, digest FROM edition LEFT JOIN variant ON edition_id = edition.id"
                " WHERE edition.id = %s",
                (edition_id,),
            ).fetchall()
        )
        variants = [(name, digest) for _, name, digest in found if name is not None]
        return rows.frozen(edition_id, found[0][0], variants) if found else None

    def editions(self) -> list[Summary]:
        """See `Ledger.editions`."""
        found = self._read(
            lambda db: db.execute(
                "SELECT id, created, (SELECT max(updated) FROM delivery WHERE edition_id = edition.id)"
                " FROM edition ORDER BY id"
            ).fetchall()
        )
        return [rows.summary(row, self.counts(row[0]), self.hold(row[0])) for row in found]

    # --- how far it is --------------------------------------------------------------------

    def counts(self, edition_id: str) -> dict[str, int]:
        """See `Ledger.counts`."""
        query = "SELECT state, count(*) FROM delivery WHERE edition_id = %s GROUP BY state"
        return rows.counts(dict(self._read(lambda db: db.execute(query, (edition_id,)).fetchall())))

    def variant_counts(self, edition_id: str) -> dict[str, int]:
        """See `Ledger.variant_counts`."""
        return dict(self._read(lambda db: db.execute(_VARIANT_COUNTS, (edition_id,)).fetchall()))

    def left_since(self, since: float) -> list[float]:
        """See `Ledger.left_since`."""
        query = "SELECT updated FROM delivery WHERE state IN ('accepted', 'in_doubt') AND updated > %s ORDER BY updated"
        return [at for (at,) in self._read(lambda db: db.execute(query, (since,)).fetchall())]

    def deliveries(self, edition_id: str, states: Iterable[State], *, limit: int | None = None) -> list[Delivery]:
        """See `Ledger.deliveries`."""
        query = f"SELECT {COLUMNS} FROM delivery WHERE edition_id = %s AND state = ANY(%s) ORDER BY id LIMIT %s"  # noqa: S608
        values = (edition_id, list(states), limit)
        return [delivery(row) for row in self._read(lambda db: db.execute(query, values).fetchall())]

    def find(self, edition_id: str, key: str) -> Delivery | None:
        """See `Ledger.find`."""
        query = f"SELECT {COLUMNS} FROM delivery WHERE edition_id = %s AND address_key = %s"  # noqa: S608
        row = self._read(lambda db: db.execute(query, (edition_id, key)).fetchone())
        return None if row is None else delivery(row)

    # --- the run lock, and files on this machine ---------------------------------------------

    @contextmanager
    def exclusive(self) -> Iterator[RunLock]:
        """See `Ledger.exclusive`."""
        lock = PostgresLock(self._link, self._identity.space, patience_s=self.patience_s)
        try:
            lock.acquire()
        except psycopg.Error as error:
            raise self._link.told(error) from error
        self._run = lock.number
        try:
            yield lock
        finally:
            self._run = None
            lock.release()

    def is_running(self) -> bool:
        """See `Ledger.is_running`."""
        row = self._read(lambda db: db.execute(_IS_RUNNING, (RUNNING, self._identity.space)).fetchone())
        return row == (True,)

    def journal_path(self, owner: str) -> Path:
        """See `Ledger.journal_path`; the name tells the ledger, so that several share a folder."""
        return self._receipts / f"{self._identity.id}.receipts-{owner}"

    def journal_paths(self) -> list[Path]:
        """See `Ledger.journal_paths`."""
        return sorted(self._receipts.glob(self.journal_path("*").name))


def _difference(db: Db, edition_id: str, source: str, examples: int) -> tuple[int, tuple[str, ...]]:
    values = {"edition": edition_id, "limit": examples}
    counted = db.execute(f"SELECT count(*) FROM {source}", values).fetchone()  # noqa: S608
    table = "list" if source.startswith("list") else "delivery"
    found = db.execute(f"SELECT {table}.address FROM {source} LIMIT %(limit)s", values).fetchall()  # noqa: S608
    assert counted
    return int(counted[0]), tuple(address for (address,) in found)
