"""Deciding who gets what, once and for all, before the first mail leaves."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from msgspec import Struct

from newsletter.deliver import headers
from newsletter.deliver.ledger import Difference, FrozenEdition, Ledger, Planned
from newsletter.deliver.message import CompiledMessage
from newsletter.deliver.smtp import require_path
from newsletter.errors import ContentError
from newsletter.model import Recipient

EXAMPLES = 20
"""So many addresses of each kind of difference are told; the rest is a number."""
_NONE = Difference()


class Freeze(Struct, frozen=True, kw_only=True):
    """What freezing an edition found.

    Args:
        created: False if the edition was frozen before; then the frozen list stays as it was.
        difference: how the list of today differs from the frozen one, which goes on to count.
    """

    created: bool
    difference: Difference = _NONE


def freeze(
    ledger: Ledger,
    edition_id: str,
    messages: Mapping[str, CompiledMessage],
    planned: Iterable[tuple[Recipient, str]],
    *,
    date: datetime | None = None,
) -> Freeze:
    """Write the edition's recipients, Message-IDs, date and digests in one transaction.

    Args:
        ledger: where.
        edition_id: "2026-10".
        messages: every variant, compiled.
        planned: each recipient with the variant for it, each address once; read once, row by row,
            so that memory does not grow with the list.
        date: the Date of every copy (aware); now if not given.

    Raises:
        ContentError: the edition was frozen with other content, an address or name cannot be
            mailed, or nobody is on the list.
        LedgerError: the ledger cannot be written.
    """
    rows = _plans(messages, planned, ledger.secret())
    variants = {name: message.digest for name, message in messages.items()}
    frozen = FrozenEdition(id=edition_id, date=(date or datetime.now(UTC)).replace(microsecond=0), variants=variants)
    if ledger.edition(edition_id) is None and ledger.freeze(frozen, rows):
        return Freeze(created=True)
    require_unchanged(ledger, edition_id, messages)
    return Freeze(created=False, difference=ledger.compare(edition_id, rows, examples=EXAMPLES))


def require_unchanged(ledger: Ledger, edition_id: str, messages: Mapping[str, CompiledMessage]) -> FrozenEdition:
    """The frozen edition, if every one of its variants is still the same mail.

    Raises:
        ContentError: it was never frozen, or the content or the headers have changed since.
    """
    frozen = ledger.edition(edition_id)
    if frozen is None:
        raise ContentError(f"{edition_id} has no recipients yet", "Freeze it first.")
    changed = []
    for name, digest in sorted(frozen.variants.items()):
        now = messages[name].digest if name in messages else ""
        if now != digest:
            changed.append(f"{name} (frozen {digest[:12]}, now {now[:12] or 'gone'})")
    if changed:
        raise ContentError(
            f"{edition_id} was frozen for sending with other content: {', '.join(changed)}",
            "Put notes, snapshot, templates and smtp.from back as they were to finish it;"
            " a correction belongs in the next edition.",
        )
    return frozen


def _plans(
    messages: Mapping[str, CompiledMessage], planned: Iterable[tuple[Recipient, str]], secret: bytes
) -> Iterator[Planned]:
    number = 0
    for number, (recipient, variant) in enumerate(planned, start=1):  # noqa: B007 - counted for the check below
        require_path(recipient.address)
        headers.require_one_line(f"the name of {recipient.address}", recipient.name)
        yield _plan(recipient, _message(messages, variant), secret)
    if not number:
        raise ContentError("nobody is on the list", "Add a recipient.")


def _message(messages: Mapping[str, CompiledMessage], variant: str) -> CompiledMessage:
    if variant not in messages:
        raise ContentError(f"there is no variant {variant}", f"Known are {', '.join(sorted(messages))}.")
    return messages[variant]


def _plan(recipient: Recipient, message: CompiledMessage, secret: bytes) -> Planned:
    # The keyed hash tells nobody the address, and differs from edition to edition.
    token = hmac.digest(secret, f"{message.edition}\0{recipient.key}".encode(), "sha256").hex()[:20]
    return Planned(
        address=recipient.address,
        key=recipient.key,
        name=recipient.name,
        variant=message.variant,
        message_id=f"<{message.edition}.{token}@{message.domain}>",
    )
