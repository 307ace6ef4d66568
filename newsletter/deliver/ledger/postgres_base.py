"""One transaction at a time that certainly happened once, whatever becomes of the connection."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

import psycopg

from newsletter.config import LedgerServer
from newsletter.deliver.ledger import postgres_schema
from newsletter.deliver.ledger.postgres_link import Connections, Db, Link, is_passing
from newsletter.errors import LedgerError

T = TypeVar("T")
Work = Callable[[Db], T]

_PATIENCE_S = 60.0
_RETRY_S = 0.2
_WISHING = 0x6E6C7477  # the first number of an advisory lock; the second one is the schema's
# What people wish (pause, cancel, suppress) waits for the transactions on rows, and they for it: else a
# row could come back to waiting while its address is being suppressed, and neither would see the other.
_BEGIN = {
    alone: f"BEGIN; SELECT pg_current_xact_id()::text, pg_advisory_xact_lock{'' if alone else '_shared'}({{}}, {{}})"
    for alone in (False, True)
}
# Survives the death of this process, but the death of the server only once a later one is synced.
_UNSYNCED = "; SET LOCAL synchronous_commit = off"
_UNHURRIED = "; SET LOCAL statement_timeout = '15min'"


class PostgresBase:
    """Opens, closes, and runs transactions; usable by several threads."""

    def __init__(self, server: LedgerServer, *, readonly: bool = False) -> None:
        """Connect and check the tables, making them if need be; see `open_ledger`."""
        self._link = Link(server, readonly=readonly)
        self._receipts = server.receipts
        self._connections = Connections(self._link)
        self.patience_s = _PATIENCE_S
        """How long a lost server is waited for."""
        try:
            with self._connections.one() as db:
                self._identity = postgres_schema.prepare(db, self._link)
        except psycopg.Error as error:
            self.close()
            raise self._link.told(error) from error
        except BaseException:
            self.close()
            raise
        self._begin = {alone: text.format(_WISHING, self._identity.space) for alone, text in _BEGIN.items()}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._connections.close()

    def _read(self, work: Work[T]) -> T:
        """What `work` reads."""

        def attempt() -> T:
            with self._connections.one() as db:
                return work(db)

        return self._persist(attempt)

    def _write(self, work: Work[T], *, synced: bool = True) -> T:
        """Commit what `work` does to rows."""
        return self._transact(work, self._begin[False] + ("" if synced else _UNSYNCED))

    def _wish(self, work: Work[T]) -> T:
        """Commit what people ask for, while no row is being changed."""
        return self._transact(work, self._begin[True] + _UNHURRIED)

    def _write_once(self, work: Work[T]) -> T:
        """Commit `work`, which takes its time and cannot be done again, as it uses something up."""
        return self._transact(work, self._begin[False] + _UNHURRIED, repeatable=False)

    def _transact(self, work: Work[T], opening: str, *, repeatable: bool = True) -> T:
        unanswered: list[tuple[str, T]] = []  # a COMMIT that was sent: the transaction's number, and what `work` gave

        def attempt() -> T:
            if unanswered:
                number, found = unanswered[0]
                if self._was_committed(number):
                    return found
                unanswered.clear()
                if not repeatable:
                    raise LedgerError(f"{self._link.place}: the connection was lost", "Run the same command again.")
            with self._connections.one() as db:
                opened = db.execute(opening)
                opened.nextset()  # behind that of BEGIN
                (number, _) = opened.fetchone() or ("", None)
                found = work(db)
                unanswered.append((number, found))
                db.execute("COMMIT")
            return found

        return self._persist(attempt, again=lambda: repeatable or bool(unanswered))

    def _was_committed(self, number: str) -> bool:
        """Whether a transaction was committed; while its session does not know that nobody listens, this waits."""
        with self._connections.one() as db:
            while (row := db.execute("SELECT pg_xact_status(%s::xid8)", (number,)).fetchone()) == ("in progress",):
                time.sleep(_RETRY_S)
        return row == ("committed",)

    def _persist(self, attempt: Callable[[], T], *, again: Callable[[], bool] = lambda: True) -> T:
        """Try until it succeeds, for as long as a server takes to come back.

        Raises:
            LedgerError: the server refused, or did not come back.
        """
        ends_at = time.monotonic() + self.patience_s
        while True:
            try:
                return attempt()
            except psycopg.Error as error:
                if not is_passing(error) or not again() or time.monotonic() > ends_at:
                    raise self._link.told(error) from error
            time.sleep(_RETRY_S * random.uniform(0.5, 2.0))  # noqa: S311 - not all threads at the same moment
