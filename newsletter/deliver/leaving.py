"""Leaving the list, and coming back: what the link of a mail does to the ledger."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from newsletter.deliver.ledger import Delivery, Ledger, Suppression

REASON = "asked to, by the link in a mail"
"""Why such an address is suppressed; only that is taken back by the link."""

Standing = Literal["listed", "left", "held"]


class Reader(Struct, frozen=True, kw_only=True):
    """Whom a link is for, and whether they get mail.

    Args:
        delivery: the copy that the link stands in.
        standing: `listed`, `left` by such a link, or `held` back for another reason (bounced, or somebody said so).
    """

    delivery: Delivery
    standing: Standing

    @property
    def locale(self) -> str:
        """The language of the copy."""
        return self.delivery.variant.rpartition(".")[2]


def reader(ledger: Ledger, row: str) -> Reader | None:
    """Whom the link to a row is for; None if the ledger does not know the row (any more)."""
    delivery = ledger.by_tokens([row]).get(row)
    if delivery is None:
        return None
    suppression = ledger.suppression(delivery.address.casefold())
    standing: Standing = "listed" if suppression is None else "left" if suppression.reason == REASON else "held"
    return Reader(delivery=delivery, standing=standing)


def leave(ledger: Ledger, one: Reader, now: datetime) -> None:
    """Send nothing more to this reader; once more changes nothing."""
    if one.standing == "listed":
        ledger.suppress([Suppression(address=one.delivery.address, reason=REASON, since=now.replace(microsecond=0))])


def stay(ledger: Ledger, one: Reader) -> None:
    """Take back what the link did; what others decided stays."""
    if one.standing == "left":
        ledger.unsuppress([one.delivery.address.casefold()])
