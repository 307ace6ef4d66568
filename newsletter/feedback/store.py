"""The votes of editions that are still open: a small SQLite file beside the ledger.

A database, and not one more JSON file, because the web page and an import may count at the same moment, and because
SQLite can overwrite what it deletes. It holds, by edition, a random key (`salt`), and for each sender and question
the answer under HMAC-SHA256(salt, address): enough to let the last answer count, and worth nothing once the
salt is gone. Answers from the web page have no sender, so they are counters.
"""

from __future__ import annotations

import hmac
import os
import secrets
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from msgspec import Struct

from newsletter.errors import FileError
from newsletter.feedback.votes import Vote
from newsletter.model import Channel

_APPLICATION_ID = 0x6E6C7276  # "nlrv"
_VERSION = 1
_BUSY_MS = 10_000
_VOTER_BYTES = 16
_SCHEMA = """
CREATE TABLE poll (edition TEXT PRIMARY KEY, salt BLOB NOT NULL);
CREATE TABLE vote (
    edition TEXT NOT NULL REFERENCES poll ON DELETE CASCADE,
    question TEXT NOT NULL,
    voter BLOB NOT NULL,
    audience TEXT NOT NULL,
    answer INTEGER NOT NULL CHECK (answer BETWEEN 1 AND 5),
    at INTEGER NOT NULL,
    PRIMARY KEY (edition, question, voter)
) WITHOUT ROWID;
CREATE TABLE web_vote (
    edition TEXT NOT NULL REFERENCES poll ON DELETE CASCADE,
    question TEXT NOT NULL,
    audience TEXT NOT NULL,
    answer INTEGER NOT NULL CHECK (answer BETWEEN 1 AND 5),
    votes INTEGER NOT NULL,
    PRIMARY KEY (edition, question, audience, answer)
) WITHOUT ROWID
"""
# The later answer counts; of two in the same second the higher one, so that the order of reading does not matter.
_VOTE = (
    "INSERT INTO vote VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET audience = excluded.audience,"
    " answer = excluded.answer, at = excluded.at"
    " WHERE (excluded.at, excluded.answer, excluded.audience) > (vote.at, vote.answer, vote.audience)"
)
_WEB_VOTE = "INSERT INTO web_vote VALUES (?, ?, ?, ?, 1) ON CONFLICT DO UPDATE SET votes = votes + 1"

Taken = Literal["counted", "changed", "known"]


class Group(Struct, frozen=True, kw_only=True):
    """How many answers of one kind there are."""

    question: str
    audience: str
    channel: Channel
    answer: int
    votes: int


class Store:
    """The votes of open editions; every method is one committed transaction."""

    def __init__(self, db: sqlite3.Connection, path: Path) -> None:
        """Use `open_store`."""
        self._db, self._path = db, path

    def take(self, votes: Iterable[Vote]) -> list[Taken]:
        """Count votes, the last one of each sender: what became of each.

        Raises:
            FileError: the file cannot be read or written.
        """
        with self._transaction() as db:
            return [_take(db, one) for one in votes]

    def take_from_web(self, edition: str, question: str, audience: str, answer: int, *, most: int) -> bool:
        """Count an answer that nobody's name is on, if there are fewer than `most` of them; whether it was counted.

        Raises:
            FileError: the file cannot be read or written.
        """
        with self._transaction() as db:
            _salt(db, edition)
            if _web_votes(db, edition, question, audience) >= most:
                return False
            db.execute(_WEB_VOTE, (edition, question, audience, answer))
            return True

    def web_votes(self, edition: str, question: str, audience: str) -> int:
        """How many answers the page has counted."""
        with self._transaction() as db:
            return _web_votes(db, edition, question, audience)

    def editions(self) -> tuple[str, ...]:
        """The editions with votes, oldest first."""
        with self._transaction() as db:
            return tuple(row[0] for row in db.execute("SELECT edition FROM poll ORDER BY edition"))

    def groups(self, edition: str) -> tuple[Group, ...]:
        """How often each answer was given."""
        with self._transaction() as db:
            rows = db.execute(
                "SELECT question, audience, 'mail', answer, count(*) FROM vote WHERE edition = ? GROUP BY 1, 2, 4"
                " UNION ALL SELECT question, audience, 'web', answer, votes FROM web_vote WHERE edition = ?"
                " ORDER BY 1, 2, 3, 4",
                (edition, edition),
            ).fetchall()
        return tuple(Group(question=q, audience=a, channel=c, answer=n, votes=v) for q, a, c, n, v in rows)

    def days(self, edition: str) -> tuple[date, date] | None:
        """The days (UTC) of the first and the last mail that count; None without any."""
        with self._transaction() as db:
            row = db.execute("SELECT min(at), max(at) FROM vote WHERE edition = ? AND at > 0", (edition,)).fetchone()
        if row[0] is None:
            return None
        first, last = (datetime.fromtimestamp(at, UTC).date() for at in row)
        return first, last

    def forget(self, edition: str) -> None:
        """Delete the salt and every hash and vote of an edition, so that their bytes are gone from the file."""
        with self._transaction() as db:
            db.execute("DELETE FROM poll WHERE edition = ?", (edition,))

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with _told(self._path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise


@contextmanager
def open_store(path: Path) -> Iterator[Store]:
    """The votes at `path`, a file that is made if it is not there; readable by its owner only.

    Raises:
        FileError: it cannot be opened, or is another program's.
    """
    with _told(path):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        db = sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True, isolation_level=None)
    try:
        with _told(path):
            _prepare(db, path)
        yield Store(db, path)
    finally:
        db.close()


def _take(db: sqlite3.Connection, vote: Vote) -> Taken:
    voter = hmac.digest(_salt(db, vote.edition), vote.sender.encode(), "sha256")[:_VOTER_BYTES]
    key = (vote.edition, vote.question, voter)
    known = db.execute("SELECT 1 FROM vote WHERE edition = ? AND question = ? AND voter = ?", key).fetchone()
    written = db.execute(_VOTE, (*key, vote.audience, vote.answer, vote.at)).rowcount > 0
    if known is None:
        return "counted"
    return "changed" if written else "known"


def _web_votes(db: sqlite3.Connection, *group: str) -> int:
    where = "edition = ? AND question = ? AND audience = ?"
    number: int = db.execute(f"SELECT coalesce(sum(votes), 0) FROM web_vote WHERE {where}", group).fetchone()[0]  # noqa: S608
    return number


def _salt(db: sqlite3.Connection, edition: str) -> bytes:
    db.execute("INSERT INTO poll VALUES (?, ?) ON CONFLICT DO NOTHING", (edition, secrets.token_bytes(32)))
    salt: bytes = db.execute("SELECT salt FROM poll WHERE edition = ?", (edition,)).fetchone()[0]
    return salt


def _prepare(db: sqlite3.Connection, path: Path) -> None:
    db.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
    db.execute("PRAGMA secure_delete = ON")  # deleted bytes are overwritten with zeros
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("BEGIN IMMEDIATE")
    if not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        for statement in _SCHEMA.split(";"):
            db.execute(statement)
        db.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {_VERSION}")
    db.execute("COMMIT")
    if db.execute("PRAGMA application_id").fetchone()[0] != _APPLICATION_ID:
        raise FileError(f"{path} is a database of another program", "Check ratings.store in config.yaml.")
    if (version := db.execute("PRAGMA user_version").fetchone()[0]) != _VERSION:
        raise FileError(f"{path} has version {version}, this program knows {_VERSION}", "Use the one that wrote it.")


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        hint = "Check ratings.store in config.yaml, and that this user may write the file and its folder."
        raise FileError(f"{path}: {error}", hint) from error
    except OSError as error:
        raise FileError(f"{path}: {error.strerror}", "Check that this user may write there.") from error
