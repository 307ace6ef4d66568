"""Copies that came back after the relay had accepted them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from newsletter.deliver.ledger.postgres_base import PostgresBase
from newsletter.deliver.ledger.postgres_link import Db
from newsletter.deliver.ledger.postgres_wishes import withhold
from newsletter.deliver.ledger.protocol import Bounce, Delivery
from newsletter.deliver.ledger.rows import COLUMNS, bounce_reason, bounce_row, by_token, delivery

# One copy has one fate: told again it changes nothing, but "for good" replaces "for now".
_BOUNCE = """
INSERT INTO bounce VALUES (%s, %s, %s, %s, %s) ON CONFLICT (delivery_id) DO UPDATE
SET kind = excluded.kind, status = excluded.status, words = excluded.words, at = excluded.at
WHERE bounce.kind = 'soft' AND excluded.kind = 'hard'
"""
_SUPPRESS = """
INSERT INTO suppression SELECT address_key, address, %s, %s FROM delivery WHERE id = %s ON CONFLICT DO NOTHING
"""
# Each token begins with its edition.
_BY_TOKEN = f"""
SELECT {COLUMNS} FROM delivery
WHERE edition_id = ANY(%s) AND split_part(ltrim(message_id, '<'), '@', 1) = ANY(%s)
"""  # noqa: S608
_NUMBERS = """
SELECT kind, count(*) FROM bounce JOIN delivery ON delivery.id = delivery_id WHERE edition_id = %s GROUP BY kind
"""


class PostgresBounces(PostgresBase):
    """See `Ledger` for what each method promises."""

    def by_tokens(self, tokens: Collection[str]) -> Mapping[str, Delivery]:
        """See `Ledger.by_tokens`."""
        wanted = [token for token in tokens if "\0" not in token]  # no text in the database holds one
        values = (list({token.partition(".")[0] for token in wanted}), wanted)
        found = self._read(lambda db: db.execute(_BY_TOKEN, values).fetchall())
        return by_token(map(delivery, found))

    def bounced(self, bounce: Bounce) -> bool:
        """See `Ledger.bounced`."""
        row = bounce_row(bounce)

        def work(db: Db) -> bool:
            new = db.execute(_BOUNCE, row).rowcount > 0
            if new and bounce.hard:
                db.execute(_SUPPRESS, (bounce_reason(bounce), row[-1], bounce.id))
                withhold(db)
            return new

        return self._wish(work)

    def bounces(self, edition_id: str) -> tuple[int, int]:
        """See `Ledger.bounces`."""
        numbers: dict[str, int] = dict(self._read(lambda db: db.execute(_NUMBERS, (edition_id,)).fetchall()))
        return numbers.get("hard", 0), numbers.get("soft", 0)
