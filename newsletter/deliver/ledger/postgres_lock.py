"""The run lock on a PostgreSQL server: a lock of a session, which falls with its connection.

A connection of its own holds it, and a thread watches that one. When it breaks, whoever asks waits
until the lock is back; the number of the run, which grows each time that somebody takes the
lock, tells whether anybody has sent meanwhile. Then it is gone for good.
"""

from __future__ import annotations

import os
import selectors
import socket
import threading
import time
from contextlib import suppress

import psycopg

from newsletter.deliver.ledger.postgres_link import Db, Link
from newsletter.deliver.ledger.protocol import LockLostError
from newsletter.deliver.ledger.rows import runs_already

RUNNING = 0x6E6C7472  # the first number of the advisory lock; the second one is the schema's
_PATIENCE_S = 2.0  # the server may need a moment to learn that the last holder died
_RETRY_S = 0.1
_PING_S = 5.0
_TAKEN = """
SELECT runner || ', since ' || to_char(since, 'YYYY-MM-DD HH24:MI TZ') FROM run WHERE runner <> ''
"""


def last_run(db: Db) -> int:
    """The number of the run that took the lock last."""
    row = db.execute("SELECT number FROM run").fetchone()
    assert row
    return int(row[0])


class PostgresLock:
    """See `RunLock`."""

    def __init__(self, link: Link, space: int, *, patience_s: float) -> None:
        """`space` is the schema's number; a lost connection is replaced within `patience_s` seconds."""
        self._link = link
        self._space = space
        self._patience_s = patience_s
        self._db: Db | None = None
        self._number = 0
        self._held = threading.Event()
        self._over = threading.Event()
        self._lost: LockLostError | None = None
        self._alarm, self._waker = socket.socketpair()
        self._watch = threading.Thread(target=self._watched, name="run lock", daemon=True)

    @property
    def number(self) -> int:
        """Of this run."""
        return self._number

    def require(self) -> None:
        """See `RunLock.require`."""
        if not self._held.is_set():
            self._held.wait()
        if self._lost:
            raise self._lost

    def acquire(self) -> None:
        """Take it.

        Raises:
            DeliveryError: somebody else holds it.
            psycopg.Error: the server cannot be reached.
        """
        self._db = self._link.connect()
        try:
            self._wait_for_others(self._db)
            self._number = self._next_number(self._db)
        except BaseException:
            self._close()
            raise
        self._held.set()
        self._watch.start()

    def release(self) -> None:
        """Give it back."""
        self._over.set()
        self._waker.close()
        self._watch.join()
        self._close()

    def _close(self) -> None:
        """The server frees the lock when the connection ends."""
        self._waker.close()
        self._alarm.close()
        if self._db:
            self._db.close()

    def _wait_for_others(self, db: Db) -> None:
        ends_at = time.monotonic() + _PATIENCE_S
        while not self._try_to_lock(db):
            if time.monotonic() > ends_at:
                raise runs_already(self._link.place, self._runner(db))
            time.sleep(_RETRY_S)

    def _try_to_lock(self, db: Db) -> bool:
        row = db.execute("SELECT pg_try_advisory_lock(%s, %s)", (RUNNING, self._space)).fetchone()
        return row == (True,)

    @staticmethod
    def _next_number(db: Db) -> int:
        runner = f"{socket.gethostname()}, process {os.getpid()}"
        row = db.execute(
            "UPDATE run SET number = number + 1, runner = %s, since = now() RETURNING number", (runner,)
        ).fetchone()
        assert row
        return int(row[0])

    @staticmethod
    def _runner(db: Db) -> str:
        row = db.execute(_TAKEN).fetchone()
        return str(row[0]) if row else ""

    # --- the thread that watches --------------------------------------------------------------

    def _watched(self) -> None:
        while not self._over.is_set():
            if self._db and self._is_alive(self._db):
                continue
            if self._over.is_set():
                return
            self._held.clear()
            self._lost = self._regained()
            self._held.set()  # nobody waits any more, whatever came of it
            if self._lost:
                return

    def _is_alive(self, db: Db) -> bool:
        """Wait until the server says something, which it does unasked only when it ends; and ask it at times."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._alarm, selectors.EVENT_READ)
            with suppress(psycopg.Error, ValueError):
                selector.register(db.fileno(), selectors.EVENT_READ)
                selector.select(_PING_S)
        if self._over.is_set():
            return True
        try:
            db.execute("SELECT 1")
        except psycopg.Error:
            db.close()
            return False
        return True

    def _regained(self) -> LockLostError | None:
        """Take the lock again over a new connection; None if nobody has held it meanwhile."""
        ends_at = time.monotonic() + self._patience_s
        said = "the connection was lost"
        while time.monotonic() < ends_at and not self._over.is_set():
            try:
                self._db = self._link.connect()
                locked = self._try_to_lock(self._db)
                if last_run(self._db) != self._number:
                    who = self._runner(self._db)
                    return self._error(f"another send has begun ({who})", "`newsletter status` tells how far it is.")
                if locked:
                    return None
                said = "another session holds it"
                self._db.close()
            except psycopg.Error as error:
                said = self._link.told(error).message
            self._over.wait(_RETRY_S)
        return self._error(said, "When the server can be reached, run the same command again.")

    def _error(self, what: str, hint: str) -> LockLostError:
        return LockLostError(f"{self._link.place}: the run lock is lost: {what}", hint)
