"""Lists that suddenly lost half of their people: more likely a broken export than a real change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from msgspec import Struct

from newsletter.deliver.ledger import Ledger, LedgerPlace, Summary, ledger_exists, open_ledger


class Shrinkage(Struct, frozen=True, kw_only=True):
    """A list that is at most half as long as when the last edition was sent.

    Args:
        audience: its name; empty for all lists together.
        before: how many people got that edition.
        now: how many would get this one.
        edition: the id of that edition.
    """

    audience: str
    before: int
    now: int
    edition: str

    def __str__(self) -> str:
        """For a person."""
        whose = f"the list of {self.audience}" if self.audience else "all lists together"
        return f"{whose}: {self.before:,} in {self.edition}, {self.now:,} now"


def shrunk(place: LedgerPlace, edition_id: str, people: Mapping[str, int]) -> tuple[Shrinkage, ...]:
    """The lists that are at most half as long as in the edition sent last.

    None of an edition whose recipients are frozen already: the lists of today change nothing for it.

    Args:
        place: of the ledger.
        edition_id: the edition that is about to be sent.
        people: audience -> how many of it would get a copy, for every audience of the config.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    if not ledger_exists(place):
        return ()
    with open_ledger(place, readonly=True) as ledger:
        last = _last_sent(ledger)
        if last is None or ledger.edition(edition_id) is not None:
            return ()
        before: Counter[str] = Counter()
        for variant, number in ledger.variant_counts(last.id).items():
            before[variant.partition(".")[0]] += number
    return tuple(_halved(before, people, last.id))


def _last_sent(ledger: Ledger) -> Summary | None:
    """The edition frozen last, without those that were cancelled, maybe just for their list."""
    sent = [one for one in ledger.editions() if not (one.hold and one.hold.state == "cancelled")]
    return max(sent, key=lambda one: one.frozen_at, default=None)


def _halved(before: Mapping[str, int], now: Mapping[str, int], edition: str) -> Iterator[Shrinkage]:
    found = False
    for audience, number in now.items():
        if _is_half(before.get(audience, 0), number):
            found = True
            yield Shrinkage(audience=audience, before=before[audience], now=number, edition=edition)
    total_before, total = sum(before.values()), sum(now.values())
    if not found and _is_half(total_before, total):  # an audience was renamed or left out
        yield Shrinkage(audience="", before=total_before, now=total, edition=edition)


def _is_half(before: int, now: int) -> bool:
    return before > 0 and now * 2 <= before
