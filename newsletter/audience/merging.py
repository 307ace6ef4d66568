"""One copy per address, over all audiences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from newsletter.audience.lists import RecipientList
from newsletter.audience.roll import Roll


class Audience(Struct, frozen=True, kw_only=True):
    """Everybody who gets exactly one copy.

    Args:
        recipients: in the order of the lists.
        folded: (kept, dropped) -> how many addresses stand on both lists; each gets the copy of `kept`.
        remarks: what a person should know, as sentences: folded, doubled and skipped rows.
    """

    recipients: Roll
    folded: Mapping[tuple[str, str], int]
    remarks: tuple[str, ...] = ()


def merge(lists: Sequence[RecipientList]) -> Audience:
    """All recipients of `lists` (in the order of the config), each address once.

    Somebody on two lists gets the copy of the audience named first.
    """
    folded: Counter[tuple[str, str]] = Counter()
    kept = lists[0].recipients if len(lists) == 1 else Roll()
    for recipient in (recipient for one in lists[len(lists) == 1 :] for recipient in one.recipients):
        first = kept.add(recipient)
        if first:
            folded[first[1], recipient.audience] += 1
    remarks = (*_row_remarks(lists), *_folded_remarks(folded))
    return Audience(recipients=kept, folded=folded, remarks=remarks)


def _row_remarks(lists: Iterable[RecipientList]) -> Iterator[str]:
    for one in lists:
        for bad in one.invalid:
            yield f"{one.source}, {bad.place}: {bad.email!r} left out: {bad.reason}"
        for double in one.duplicates:
            yield f"{one.source}, {double.place}: {double.address} stands at {double.first_place} already"
        yield from (f"{one.source}: {remark}" for remark in one.remarks)


def _folded_remarks(folded: Mapping[tuple[str, str], int]) -> Iterator[str]:
    # A staff list usually holds all managers too: one sentence, not one for each of them.
    for (kept, dropped), count in folded.items():
        yield f"on the lists of {kept} and {dropped}: {count}; each of them gets the copy of {kept}"
