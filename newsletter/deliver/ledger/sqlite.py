"""The ledger in one SQLite file: the default, for one machine, without a daemon.

WAL with synchronous=FULL: a commit that returned survives a power cut, and `status` reads while
`send` writes. One connection behind one lock is enough, because the rows of many messages are
written by each transaction.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from newsletter.deliver.ledger import locks, sqlite_file
from newsletter.deliver.ledger.protocol import STATES, Delivery, FrozenEdition, Outcome, Planned, State
from newsletter.errors import DeliveryError, LedgerError

_COLUMNS = "id, address, name, variant, message_id, state, code, reply"


class SqliteLedger:
    """A `Ledger` (see there for what each method promises) in the SQLite file at `path`."""

    def __init__(self, path: Path, *, readonly: bool = False) -> None:
        """Open the file, creating it if need be; see `open_ledger`."""
        self.path = path.resolve()
        self._readonly = readonly
        self._lock = threading.Lock()
        self._db = sqlite_file.connect(self.path, readonly=readonly)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    # --- what was decided -----------------------------------------------------------------

    def secret(self) -> bytes:
        """See `Ledger.secret`."""
        with self._transaction() as db:
            return bytes(db.execute("SELECT value FROM setting WHERE key = 'secret'").fetchone()[0])

    def freeze(self, edition: FrozenEdition, planned: Sequence[Planned]) -> bool:
        """See `Ledger.freeze`."""
        now = time.time()
        created = datetime.now(UTC).isoformat(timespec="seconds")
        rows = [(edition.id, p.address, p.key, p.name, p.variant, p.message_id, p.state, now) for p in planned]
        with self._transaction() as db:
            row = (edition.id, edition.date.isoformat(), created)
            if not db.execute("INSERT INTO edition VALUES (?, ?, ?) ON CONFLICT DO NOTHING", row).rowcount:
                return False
            variants = [(edition.id, name, digest) for name, digest in edition.variants.items()]
            db.executemany("INSERT INTO variant VALUES (?, ?, ?)", variants)
            db.executemany(
                "INSERT INTO delivery (edition_id, address, address_key, name, variant, message_id, state, updated)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                rows,
            )
        return True

    def edition(self, edition_id: str) -> FrozenEdition | None:
        """See `Ledger.edition`."""
        with self._transaction() as db:
            row = db.execute("SELECT date FROM edition WHERE id = ?", (edition_id,)).fetchone()
            variants = db.execute("SELECT name, digest FROM variant WHERE edition_id = ?", (edition_id,)).fetchall()
        if row is None:
            return None
        return FrozenEdition(id=edition_id, date=datetime.fromisoformat(row[0]), variants=dict(variants))

    def addresses(self, edition_id: str) -> Mapping[str, str]:
        """See `Ledger.addresses`."""
        with self._transaction() as db:
            return dict(
                db.execute("SELECT address_key, address FROM delivery WHERE edition_id = ? ORDER BY id", (edition_id,))
            )

    # --- how far it is --------------------------------------------------------------------

    def counts(self, edition_id: str) -> dict[str, int]:
        """See `Ledger.counts`."""
        with self._transaction() as db:
            rows = db.execute("SELECT state, count(*) FROM delivery WHERE edition_id = ? GROUP BY state", (edition_id,))
            found = dict(rows.fetchall())
        return {"total": sum(found.values()), **{state: found.get(state, 0) for state in STATES}}

    def deliveries(self, edition_id: str, states: Iterable[State]) -> list[Delivery]:
        """See `Ledger.deliveries`."""
        wanted = list(states)
        marks = ", ".join("?" * len(wanted))
        with self._transaction() as db:
            rows = db.execute(
                f"SELECT {_COLUMNS} FROM delivery WHERE edition_id = ? AND state IN ({marks}) ORDER BY id",  # noqa: S608
                (edition_id, *wanted),
            ).fetchall()
        return [_delivery(row) for row in rows]

    def next_due(self, edition_id: str) -> float | None:
        """See `Ledger.next_due`."""
        with self._transaction() as db:
            row = db.execute(
                "SELECT min(coalesce(retry_at, 0)) FROM delivery"
                " WHERE edition_id = ? AND state IN ('pending', 'deferred')",
                (edition_id,),
            ).fetchone()
        return None if row[0] is None else float(row[0])

    def unfinished(self, owner: str | None = None) -> list[tuple[int, str, State]]:
        """See `Ledger.unfinished`."""
        with self._transaction() as db:
            return db.execute(
                "SELECT id, owner, state FROM delivery"
                " WHERE state IN ('claimed', 'sending') AND (?1 IS NULL OR owner = ?1) ORDER BY id",
                (owner,),
            ).fetchall()

    # --- the way of a row -----------------------------------------------------------------

    def claim(self, edition_id: str, owner: str, limit: int, now: float) -> list[Delivery]:
        """See `Ledger.claim`."""
        with self._transaction() as db:
            rows = db.execute(
                f"SELECT {_COLUMNS} FROM delivery"  # noqa: S608
                " WHERE edition_id = ? AND state IN ('pending', 'deferred') AND coalesce(retry_at, 0) <= ?"
                " ORDER BY id LIMIT ?",
                (edition_id, now, limit),
            ).fetchall()
            db.executemany(
                "UPDATE delivery SET state = 'claimed', owner = ?, updated = ? WHERE id = ?",
                [(owner, now, row[0]) for row in rows],
            )
        return [_delivery(row) for row in rows]

    def begin(self, owner: str, ids: Sequence[int]) -> frozenset[int]:
        """See `Ledger.begin`."""
        now = time.time()
        with self._transaction() as db:
            return frozenset(
                id_
                for id_ in ids
                if db.execute(
                    "UPDATE delivery SET state = 'sending', attempts = attempts + 1, updated = ?"
                    " WHERE id = ? AND owner = ? AND state = 'claimed'",
                    (now, id_, owner),
                ).rowcount
            )

    def record(self, owner: str, outcomes: Sequence[Outcome]) -> None:
        """See `Ledger.record`."""
        now = time.time()
        with self._transaction() as db:
            for one in outcomes:
                changed = db.execute(
                    "UPDATE delivery SET state = ?, code = ?, reply = ?, retry_at = ?, updated = ?"
                    " WHERE id = ? AND owner = ? AND state IN ('claimed', 'sending')",
                    (one.state, one.code, one.reply, one.retry_at, now, one.id, owner),
                )
                if changed.rowcount != 1:
                    raise LedgerError(f"{self.path}: row {one.id} was changed by somebody else", "Run it again.")

    def retry_now(self, edition_id: str) -> None:
        """See `Ledger.retry_now`."""
        with self._transaction() as db:
            db.execute(
                "UPDATE delivery SET retry_at = NULL"
                " WHERE edition_id = ? AND state IN ('pending', 'deferred') AND retry_at IS NOT NULL",
                (edition_id,),
            )

    def release_in_doubt(self, edition_id: str) -> int:
        """See `Ledger.release_in_doubt`."""
        with self._transaction() as db:
            return db.execute(
                "UPDATE delivery SET state = 'pending', retry_at = NULL, updated = ?"
                " WHERE edition_id = ? AND state = 'in_doubt'",
                (time.time(), edition_id),
            ).rowcount

    # --- files beside the database --------------------------------------------------------

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """See `Ledger.exclusive`."""
        path = self.path.with_name(f"{self.path.name}.lock")
        try:
            held = locks.hold(path)
        except OSError as error:
            raise LedgerError(f"{path}: {error.strerror}", "Make its folder writable for this user.") from error
        if held is None:
            raise DeliveryError(
                f"another send is running on {self.path}", "Wait for it; `newsletter status` tells how far it is."
            )
        try:
            yield
        finally:
            os.close(held)

    def journal_path(self, owner: str) -> Path:
        """See `Ledger.journal_path`."""
        return self.path.with_name(f"{self.path.name}.receipts-{owner}")

    def journal_paths(self) -> list[Path]:
        """See `Ledger.journal_paths`."""
        start = self.journal_path("").name
        return sorted(path for path in self.path.parent.iterdir() if path.name.startswith(start))

    # --- inside -----------------------------------------------------------------------------

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, sqlite_file.transaction(self._db, self.path, readonly=self._readonly) as db:
            yield db


def _delivery(row: tuple[int, str, str, str, str, State, int | None, str]) -> Delivery:
    id_, address, name, variant, message_id, state, code, reply = row
    return Delivery(
        id=id_,
        address=address,
        name=name,
        variant=variant,
        message_id=message_id,
        state=state,
        code=code,
        reply=reply,
    )
