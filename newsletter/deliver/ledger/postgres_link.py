"""Connections to a PostgreSQL server: settings that let nothing hang, and faults in plain words."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus

from newsletter.config import LedgerServer
from newsletter.errors import ConfigError, LedgerError, one_line

Db = psycopg.Connection[tuple[Any, ...]]

_OLDEST = 130_000  # pg_current_xact_id and pg_xact_status as they are used here
_POOLED = 8  # a send needs one for some milliseconds a window, whatever the number of its connections to the relay
# A broken network is noticed within a minute, on both sides. What the address says, counts.
_DEFAULTS: dict[str, str] = {
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "60000",
    "application_name": "newsletter",
    "client_encoding": "utf8",
}
_SETTINGS = """
SET statement_timeout = '60s';
SET lock_timeout = '30s';
SET idle_in_transaction_session_timeout = '60s';
SET tcp_keepalives_idle = 30;
SET tcp_keepalives_interval = 10;
SET tcp_keepalives_count = 3;
SET default_transaction_isolation = 'read committed';
SET default_transaction_read_only = {readonly};
SET search_path TO {schema}
"""
_RIGHTS = "See docs/postgresql.md for the rights that the account needs; `newsletter doctor` tells which are missing."
_HINTS_BY_STATE = {
    "42501": _RIGHTS,
    "53100": "Free space on the server's disk, then run the command again.",
    "53300": "Raise max_connections on the server, or end other programs' connections.",
    "55P03": "Another session holds a lock (see pg_locks); run the command again.",
    "57014": "The server takes longer than it should: see what else it does, then run the command again.",
    "25006": "This server is a standby, or read-only: name the primary in ledger.url.",
}
# A refused connection has no code, only the server's words, in English unless the server speaks otherwise.
_HINTS_BY_WORDS = {
    "password": "Check the account in ledger.url, and ledger.password.",
    "database": "Create the database (see docs/postgresql.md), or correct ledger.url.",
    "role": "Check the account in ledger.url.",
    "certificate": "Check sslmode and sslrootcert in ledger.url.",
    "SSL": "Check sslmode and sslrootcert in ledger.url.",
}
_ELSE = "Check that the server runs, and that this machine may reach it."
# Around the reason, libpq tells once more where it tried.
_AROUND = re.compile(
    r'^(?:connection failed: )?(?:connection to server )?(?:at "[^"]*", port \d+ failed: )?(?:FATAL: +)?'
    r"|(?: \(.*\))? ?Is the server running (?:on that host|locally).*$"
)


class Link:
    """Where the server is and how to log in; makes connections."""

    def __init__(self, server: LedgerServer, *, readonly: bool = False) -> None:
        """Nothing is connected yet.

        Raises:
            ConfigError: libpq does not understand the address.
        """
        self.place = str(server)
        self.schema = server.schema_name
        self.readonly = readonly
        self._server = server
        try:
            given = conninfo_to_dict(server.url)
        except psycopg.ProgrammingError as error:
            raise ConfigError(f"ledger.url: {one_line(str(error))}", "See docs/postgresql.md for examples.") from None
        self._parameters = {**_DEFAULTS, **{name: str(value) for name, value in given.items()}}

    def connect(self) -> Db:
        """A new connection, each statement of which is committed unless it stands behind BEGIN.

        Raises:
            ConfigError: the password cannot be read.
            LedgerError: the server is too old, or keeps texts in another encoding.
            psycopg.Error: it cannot be reached or refuses.
        """
        password = {"password": self._server.password.reveal()} if self._server.password else {}
        db = psycopg.connect(autocommit=True, **{**self._parameters, **password})  # type: ignore[arg-type]
        try:
            self._require_suitable(db)
            settings = sql.SQL(_SETTINGS).format(
                readonly=sql.SQL("on" if self.readonly else "off"), schema=sql.Identifier(self.schema)
            )
            db.execute(settings)
        except BaseException:
            db.close()
            raise
        return db

    def _require_suitable(self, db: Db) -> None:
        if db.info.server_version < _OLDEST:
            found = db.info.server_version // 10_000
            raise LedgerError(f"{self.place} is PostgreSQL {found}", "Version 13 or newer is needed.")
        if (encoding := db.info.parameter_status("server_encoding")) != "UTF8":
            hint = "Create one with: CREATE DATABASE newsletter TEMPLATE template0 ENCODING 'UTF8'"
            raise LedgerError(f"{self.place} keeps its texts in {encoding}, not in UTF8", hint)

    def told(self, error: psycopg.Error) -> LedgerError:
        """A fault of the server in plain words."""
        words = _AROUND.sub("", one_line(error.diag.message_primary or str(error)))
        state = error.sqlstate or ""
        by_words = (hint for part, hint in _HINTS_BY_WORDS.items() if not state and part in words)
        return LedgerError(f"{self.place}: {words}", _HINTS_BY_STATE.get(state) or next(by_words, _ELSE))


def is_passing(error: psycopg.Error) -> bool:
    """Whether the same transaction may well succeed when it is tried again.

    The connection is lost (08), the server goes down or comes up (57P), or two sessions met (40).
    """
    state = error.sqlstate or ""
    if not state:
        return isinstance(error, psycopg.OperationalError)
    return state.startswith(("08", "40", "57P"))


class Connections:
    """A few connections that several threads share; one that broke is thrown away."""

    def __init__(self, link: Link) -> None:
        """Nothing is connected yet."""
        self._link = link
        self._slots = threading.BoundedSemaphore(_POOLED)
        self._idle: list[Db] = []
        self._lock = threading.Lock()

    @contextmanager
    def one(self) -> Iterator[Db]:
        """A connection for one transaction; nothing stays open behind it."""
        with self._slots:
            db = self._pop() or self._link.connect()
            try:
                yield db
            finally:
                self._put_back(db)

    def close(self) -> None:
        """Close those that nobody uses."""
        while db := self._pop():
            db.close()

    def _pop(self) -> Db | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _put_back(self, db: Db) -> None:
        if db.info.transaction_status in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
            with suppress(psycopg.Error):
                db.execute("ROLLBACK")
        if db.info.transaction_status == TransactionStatus.IDLE:
            with self._lock:
                self._idle.append(db)
        else:
            db.close()
