"""What several senders need who share an edition: parts of it, and rows lent for a time.

A lease is judged by the clock of the database alone.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Mapping
from typing import Self

from newsletter.deliver.ledger.postgres_rows import PostgresRows
from newsletter.deliver.ledger.protocol import State

_RENEW = """
UPDATE delivery SET lease_until = clock_timestamp() + make_interval(secs => %s)
WHERE owner = %s AND state IN ('claimed', 'sending') AND lease_until > clock_timestamp()
RETURNING id
"""
# Owner and fence stay: whoever began it may still tell how it ended.
_EXPIRE = """
UPDATE delivery SET state = CASE WHEN state = 'sending' THEN 'in_doubt'
    WHEN deferred_since IS NULL THEN 'pending' ELSE 'deferred' END,
    reply = CASE WHEN state = 'sending' THEN %s ELSE reply END,
    updated = extract(epoch FROM clock_timestamp())
WHERE state IN ('claimed', 'sending') AND lease_until <= clock_timestamp()
RETURNING state
"""
_OPEN = "SELECT DISTINCT shard FROM delivery WHERE edition_id = %s AND state IN ('pending', 'deferred') ORDER BY shard"


class PostgresLeases(PostgresRows):
    """Beyond `Ledger`: for the send on several machines."""

    def shard(self, number: int, *, lease_s: float) -> Self:
        """This ledger as one shard: only its rows are claimed, for so many seconds until they are lent anew.

        It shares the connections of this one and is not closed.
        """
        seen = copy.copy(self)
        seen._shard, seen._lease_s = number, lease_s  # noqa: SLF001 - its own
        return seen

    def open_shards(self, edition_id: str) -> list[int]:
        """The shards in which a row is due, or will be."""
        return [number for (number,) in self._read(lambda db: db.execute(_OPEN, (edition_id,)).fetchall())]

    def renew(self, owner: str, lease_s: float) -> frozenset[int]:
        """Lend all that `owner` holds for another while; the rows, without those whose lease was over."""
        found = self._write(lambda db: db.execute(_RENEW, (lease_s, owner)).fetchall(), synced=False)
        return frozenset(id_ for (id_,) in found)

    def expire(self, words: str) -> Mapping[State, int]:
        """Take back what was lent for a time that is over: how many are in which state now.

        What was only claimed waits again; what was being sent is in doubt, with `words` as its reply.
        """
        return Counter(state for (state,) in self._write(lambda db: db.execute(_EXPIRE, (words,)).fetchall()))
