"""Six people's rows in a ledger of their own, and what the tests of it ask again and again."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime

import psycopg

from newsletter.deliver import Ledger, open_ledger
from newsletter.deliver.ledger import STATES, FrozenEdition, LedgerPlace, Planned
from newsletter.deliver.ledger.postgres import PostgresLedger
from newsletter.deliver.ledger.sqlite import SqliteLedger

Refusal = (sqlite3.IntegrityError, psycopg.IntegrityError)
"""What the databases raise when a constraint or trigger of theirs forbids something."""

EDITION = FrozenEdition(id="2026-10", date=datetime(2026, 11, 2, tzinfo=UTC), variants={"staff.en": "ab" * 32})


def planned(count: int) -> list[Planned]:
    """So many people; their addresses are written with a capital, their keys without."""
    return [
        Planned(
            address=f"P{i}@acme.example", key=f"p{i}@acme.example", name="", variant="staff.en", message_id=f"<{i}@x>"
        )
        for i in range(count)
    ]


@contextmanager
def six_rows(place: LedgerPlace) -> Iterator[Ledger]:
    """An open ledger with six rows of `EDITION`, all of them pending."""
    with open_ledger(place) as opened:
        assert opened.freeze(EDITION, planned(6))
        yield opened


def states(ledger: Ledger) -> list[str]:
    """The state of each row, in their order."""
    return [row.state for row in ledger.deliveries(EDITION.id, STATES)]


def begun(ledger: Ledger, owner: str, count: int) -> list[int]:
    """The ids of rows that `owner` has claimed and begun to send."""
    rows = ledger.claim(EDITION.id, owner, count, 0)
    ids = [row.id for row in rows]
    assert ledger.begin(owner, rows) == frozenset(ids)
    return ids


@contextmanager
def by_hand(ledger: Ledger) -> Iterator[Callable[[str], object]]:
    """Statements straight to the ledger's database, past the ledger."""
    if isinstance(ledger, PostgresLedger):
        with closing(ledger._link.connect()) as server:
            yield server.execute
    else:
        assert isinstance(ledger, SqliteLedger)
        with closing(sqlite3.connect(ledger.path, isolation_level=None)) as file:
            yield file.execute
