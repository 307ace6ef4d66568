"""Recipients in the order in which they came, each address once, on disk and not in memory.

A list of a hundred thousand people would take more memory than all the rest of a send.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterator

from msgspec import msgpack

from newsletter.model import Recipient

_RECIPIENT = msgpack.Decoder(Recipient)


class Roll(Collection[Recipient]):
    """Recipients by key, in a temporary file that has no name and vanishes with this object."""

    def __init__(self) -> None:
        # Used by one thread, but maybe dropped by another one, in which the garbage is collected.
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute("PRAGMA cache_size = -512")  # KiB
        self._db.execute(
            "CREATE TABLE roll (id INTEGER PRIMARY KEY, key TEXT UNIQUE NOT NULL, place TEXT, recipient BLOB)"
        )
        self._db.execute("BEGIN")  # never committed: nobody else can see it

    def add(self, recipient: Recipient, place: str = "") -> tuple[str, str] | None:
        """Add somebody; if the address stands there already, the place and audience of its first row."""
        insert = "INSERT INTO roll (key, place, recipient) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
        if self._db.execute(insert, (recipient.key, place, msgpack.encode(recipient))).rowcount:
            return None
        found = self._db.execute("SELECT place, recipient FROM roll WHERE key = ?", (recipient.key,))
        first, encoded = found.fetchone()
        return first, _RECIPIENT.decode(encoded).audience

    def __iter__(self) -> Iterator[Recipient]:
        for (encoded,) in self._db.execute("SELECT recipient FROM roll ORDER BY id"):
            yield _RECIPIENT.decode(encoded)

    def locales(self) -> Counter[str]:
        """How many asked for each locale, as they wrote it."""
        return Counter(one.locale for one in self)

    def __len__(self) -> int:
        number: int = self._db.execute("SELECT count(*) FROM roll").fetchone()[0]
        return number

    def __contains__(self, other: object) -> bool:
        return isinstance(other, Recipient) and any(one == other for one in self)

    def __del__(self) -> None:
        self._db.close()
