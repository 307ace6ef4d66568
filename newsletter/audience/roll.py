"""Recipients in the order in which they came, each address once, on disk and not in memory.

A list of a hundred thousand people would take more memory than all the rest of a send.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterator

from newsletter.model import Recipient


class Roll(Collection[Recipient]):
    """Recipients by key, in a temporary file that has no name and vanishes with this object."""

    def __init__(self) -> None:
        # Used by one thread, but maybe dropped by another one, in which the garbage is collected.
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute("PRAGMA cache_size = -512")  # KiB
        self._db.execute(
            "CREATE TABLE roll (id INTEGER PRIMARY KEY, key TEXT UNIQUE NOT NULL, place TEXT, audience TEXT, locale TEXT, rest TEXT)"
        )
        self._db.execute("BEGIN")  # never committed: nobody else can see it

    def add(self, recipient: Recipient, place: str = "") -> tuple[str, str] | None:
        """Add somebody; if the address stands there already, the place and audience of its first row."""
        rest = [recipient.address, recipient.name, recipient.segments, dict(recipient.attributes)]
        row = (recipient.key, place, recipient.audience, recipient.locale, json.dumps(rest, ensure_ascii=False))
        insert = "INSERT INTO roll (key, place, audience, locale, rest) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
        if self._db.execute(insert, row).rowcount:
            return None
        first: tuple[str, str] = self._db.execute(
            "SELECT place, audience FROM roll WHERE key = ?", (recipient.key,)
        ).fetchone()
        return first

    def __iter__(self) -> Iterator[Recipient]:
        for audience, locale, rest in self._db.execute("SELECT audience, locale, rest FROM roll ORDER BY id"):
            address, name, segments, attributes = json.loads(rest)
            yield Recipient(
                address=address,
                name=name,
                locale=locale,
                audience=audience,
                segments=tuple(segments),
                attributes=attributes,
            )

    def locales(self) -> Counter[str]:
        """How many asked for each locale, as they wrote it."""
        # No GROUP BY: sorting would take memory that grows with the rows.
        return Counter(locale for (locale,) in self._db.execute("SELECT locale FROM roll"))

    def __len__(self) -> int:
        number: int = self._db.execute("SELECT count(*) FROM roll").fetchone()[0]
        return number

    def __contains__(self, other: object) -> bool:
        return isinstance(other, Recipient) and any(one == other for one in self)

    def __del__(self) -> None:
        self._db.close()
