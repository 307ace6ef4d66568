"""One copy per address, over all audiences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from newsletter.audience.csv import RecipientList
from newsletter.model import Recipient


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """An address on two lists: it gets the copy of `kept`, not the one of `dropped`."""

    address: str
    kept: str
    dropped: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Everybody who gets exactly one copy.

    Args:
        recipients: in the order of the lists.
        folded: addresses that two lists name.
        remarks: what a person should know, as sentences: folded, doubled and skipped rows.
    """

    recipients: tuple[Recipient, ...]
    folded: tuple[Folded, ...]
    remarks: tuple[str, ...] = ()


def merge(lists: Sequence[RecipientList]) -> Audience:
    """All recipients of `lists` (in the order of the config), each address once.

    Somebody on two lists gets the copy of the audience named first.
    """
    kept: dict[str, Recipient] = {}
    folded: list[Folded] = []
    for recipient in (recipient for one in lists for recipient in one.recipients):
        first = kept.setdefault(recipient.key, recipient)
        if first is not recipient:
            folded.append(Folded(address=recipient.address, kept=first.audience, dropped=recipient.audience))
    remarks = (*_row_remarks(lists), *_folded_remarks(folded))
    return Audience(recipients=tuple(kept.values()), folded=tuple(folded), remarks=remarks)


def _row_remarks(lists: Iterable[RecipientList]) -> Iterator[str]:
    for one in lists:
        for bad in one.invalid:
            yield f"{one.source}, line {bad.line}: {bad.email!r} left out: {bad.reason}"
        for double in one.duplicates:
            yield f"{one.source}, line {double.line}: {double.address} stands on line {double.first_line} already"


def _folded_remarks(folded: Iterable[Folded]) -> Iterator[str]:
    # A staff list usually holds all managers too: one sentence, not one for each of them.
    for (kept, dropped), count in Counter((one.kept, one.dropped) for one in folded).items():
        yield f"on the lists of {kept} and {dropped}: {count}; each of them gets the copy of {kept}"
