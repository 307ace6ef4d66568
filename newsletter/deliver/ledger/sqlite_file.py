"""Opening an SQLite file as a ledger: mode, durability, version, and faults in plain words."""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib import resources
from pathlib import Path
from urllib.parse import quote

from newsletter.deliver.ledger.rows import nothing_there, other_version
from newsletter.errors import LedgerError

_APPLICATION_ID = 0x6E6C7472  # "nltr": tells our file from any other SQLite database
_VERSION = 3
_BUSY_MS = 10_000
_HINTS = {
    "SQLITE_NOTADB": "Check ledger: in config.yaml, or restore the file from a backup.",
    "SQLITE_CORRUPT": "Restore the file from a backup; keep the damaged one to see who was mailed.",
    "SQLITE_BUSY": "Another program holds the file; close it and run the command again.",
    "SQLITE_FULL": "Free space on the disk, then run the command again.",
}


def connect(path: Path, *, readonly: bool) -> sqlite3.Connection:
    """Open (and unless `readonly`, create) the ledger at `path`, ready for use by several threads.

    Raises:
        LedgerError: it cannot be opened, is no ledger, or is of another version.
    """
    with _told(path):
        if not readonly:
            # Addresses are personal data: SQLite gives its -wal and -shm files the same mode.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        elif not path.exists():
            raise nothing_there(path)
        location = f"file:{quote(str(path))}?mode={'ro' if readonly else 'rw'}"
        db = sqlite3.connect(location, uri=True, isolation_level=None, check_same_thread=False)
        try:
            _prepare(db, path, readonly=readonly)
        except BaseException:
            db.close()
            raise
    return db


def holds_tables(path: Path) -> bool:
    """Whether there is a database at `path` that somebody has begun to use.

    Raises:
        LedgerError: it is no database, or cannot be read.
    """
    if not path.exists():
        return False
    with _told(path), closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as db:
        db.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        return not _is_empty(db)


@contextmanager
def transaction(db: sqlite3.Connection, path: Path, *, readonly: bool) -> Iterator[sqlite3.Connection]:
    """One committed transaction; rolled back if its body fails.

    Raises:
        LedgerError: the database refused a statement or the commit.
    """
    with _told(path):
        # IMMEDIATE: a transaction that reads first and writes later could not wait for the lock.
        db.execute("BEGIN" if readonly else "BEGIN IMMEDIATE")
        try:
            yield db
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise


def _prepare(db: sqlite3.Connection, path: Path, *, readonly: bool) -> None:
    db.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
    if not readonly:
        _require_ours(db, path, empty_is_ours=True)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA foreign_keys = ON")
        _create(db, path)
    _require_ours(db, path, empty_is_ours=False)
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version != _VERSION:
        raise other_version(path, version, _VERSION)


def _require_ours(db: sqlite3.Connection, path: Path, *, empty_is_ours: bool) -> None:
    if empty_is_ours and _is_empty(db):
        return
    if db.execute("PRAGMA application_id").fetchone()[0] != _APPLICATION_ID:
        raise LedgerError(f"{path} is a database of another program", "Check ledger: in config.yaml.")


def _is_empty(db: sqlite3.Connection) -> bool:
    return not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]


def _create(db: sqlite3.Connection, path: Path) -> None:
    """Create the tables in an empty file; two processes may try at once."""
    with transaction(db, path, readonly=False):
        if not _is_empty(db):
            return
        schema = resources.files(__package__).joinpath("schema.sql").read_text(encoding="utf-8")
        for statement in _statements(schema):
            db.execute(statement)
        db.execute("INSERT INTO setting VALUES ('secret', ?)", (secrets.token_bytes(32),))
        db.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {_VERSION}")


def _statements(script: str) -> Iterator[str]:
    """The statements of `script` one by one (executescript would commit by itself)."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", "")
        hint = next((hint for known, hint in _HINTS.items() if name.startswith(known)), "")
        hint = hint or "Check that this user may read and write the file and its folder."
        raise LedgerError(f"{path}: {error}", hint) from error
    except OSError as error:
        raise LedgerError(f"{path}: {error.strerror}", "Check that this user may write there.") from error
