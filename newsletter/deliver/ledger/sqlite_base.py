"""One SQLite connection behind one lock."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from newsletter.deliver.ledger import sqlite_file


class SqliteBase:
    """Opens, closes, and runs transactions; usable by several threads.

    One connection behind one lock is enough, because each transaction writes the rows of many
    messages.
    """

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

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, sqlite_file.transaction(self._db, self.path, readonly=self._readonly) as db:
            yield db

    @contextmanager
    def _unsynced(self) -> Iterator[sqlite3.Connection]:
        """A transaction that survives the death of the process, but a power cut only once a later one is synced.

        For what a power cut may undo without harm: a claim, and an outcome (its copy is then in doubt).
        """
        with self._lock:
            self._db.execute("PRAGMA synchronous = NORMAL")
            try:
                with sqlite_file.transaction(self._db, self.path, readonly=self._readonly) as db:
                    yield db
            finally:
                self._db.execute("PRAGMA synchronous = FULL")

    @staticmethod
    def _withhold(db: sqlite3.Connection) -> None:
        """Rows that wait for a suppressed address wait no more."""
        db.execute(
            "UPDATE delivery SET state = 'suppressed', updated = :now"
            " WHERE state IN ('pending', 'deferred', 'claimed')"
            " AND address_key IN (SELECT address_key FROM suppression)",
            {"now": time.time()},
        )
