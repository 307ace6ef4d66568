"""Copies that came back after the relay had accepted them."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

from newsletter.deliver.ledger.protocol import Bounce, Delivery
from newsletter.deliver.ledger.rows import COLUMNS, bounce_reason, bounce_row, by_token, delivery
from newsletter.deliver.ledger.sqlite_base import SqliteBase

# One copy has one fate: told again it changes nothing, but "for good" replaces "for now".
_BOUNCE = (
    "INSERT INTO bounce VALUES (?, ?, ?, ?, ?) ON CONFLICT (delivery_id) DO UPDATE SET kind = excluded.kind,"
    " status = excluded.status, words = excluded.words, at = excluded.at"
    " WHERE bounce.kind = 'soft' AND excluded.kind = 'hard'"
)
_SUPPRESS = (
    "INSERT INTO suppression SELECT address_key, address, ?, ? FROM delivery WHERE id = ? ON CONFLICT DO NOTHING"
)


class SqliteBounces(SqliteBase):
    """See `Ledger` for what each method promises."""

    def by_tokens(self, tokens: Collection[str]) -> Mapping[str, Delivery]:
        """See `Ledger.by_tokens`."""
        editions = {token.partition(".")[0] for token in tokens}
        with self._transaction() as db:
            rows = db.execute(
                f"SELECT {COLUMNS} FROM delivery"  # noqa: S608
                " WHERE edition_id IN (SELECT value FROM json_each(?))"  # each token begins with its edition
                " AND substr(message_id, 2, instr(message_id, '@') - 2) IN (SELECT value FROM json_each(?))",
                (json.dumps(sorted(editions)), json.dumps(sorted(tokens))),
            ).fetchall()
        return by_token(map(delivery, rows))

    def bounced(self, bounce: Bounce) -> bool:
        """See `Ledger.bounced`."""
        row = bounce_row(bounce)
        with self._transaction() as db:
            new = db.execute(_BOUNCE, row).rowcount > 0
            if new and bounce.hard:
                db.execute(_SUPPRESS, (bounce_reason(bounce), row[-1], bounce.id))
                self._withhold(db)
        return new

    def bounces(self, edition_id: str) -> tuple[int, int]:
        """See `Ledger.bounces`."""
        with self._transaction() as db:
            rows = db.execute(
                "SELECT kind, count(*) FROM bounce JOIN delivery ON delivery.id = delivery_id"
                " WHERE edition_id = ? GROUP BY kind",
                (edition_id,),
            ).fetchall()
        numbers = dict(rows)
        return numbers.get("hard", 0), numbers.get("soft", 0)
