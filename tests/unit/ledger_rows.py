"""Six people's rows in a ledger of their own, and what the tests of it ask again and again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from newsletter.deliver import open_ledger
from newsletter.deliver.ledger import STATES, FrozenEdition, Planned
from newsletter.deliver.ledger.sqlite import SqliteLedger

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
def six_rows(folder: Path) -> Iterator[SqliteLedger]:
    """An open ledger with six rows of `EDITION`, all of them pending."""
    with open_ledger(folder / "ledger.db") as opened:
        assert opened.freeze(EDITION, planned(6))
        yield opened


def states(ledger: SqliteLedger) -> list[str]:
    """The state of each row, in their order."""
    return [row.state for row in ledger.deliveries(EDITION.id, STATES)]


def begun(ledger: SqliteLedger, owner: str, count: int) -> list[int]:
    """The ids of rows that `owner` has claimed and begun to send."""
    ids = [row.id for row in ledger.claim(EDITION.id, owner, count, 0)]
    assert ledger.begin(owner, ids) == frozenset(ids)
    return ids
