"""Deciding who gets what, once and for all, before the first mail leaves."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from newsletter.deliver import headers
from newsletter.deliver.ledger import FrozenEdition, Ledger, Planned
from newsletter.deliver.message import CompiledMessage
from newsletter.deliver.smtp import require_path
from newsletter.errors import ContentError
from newsletter.model import Recipient


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """What freezing an edition found.

    Args:
        created: False if the edition was frozen before; then the frozen list stays as it was.
        total: recipients frozen.
        added: addresses on the list now that are not frozen; they get no copy of this edition.
        removed: frozen addresses that are not on the list any more; they still get theirs.
    """

    created: bool
    total: int
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


def freeze(
    ledger: Ledger,
    edition_id: str,
    messages: Mapping[str, CompiledMessage],
    planned: Sequence[tuple[Recipient, str]],
    *,
    suppressed: Collection[str] = (),
    date: datetime | None = None,
) -> Freeze:
    """Write the edition's recipients, Message-IDs, date and digests in one transaction.

    Args:
        ledger: where.
        edition_id: "2026-10".
        messages: every variant, compiled.
        planned: each recipient with the variant for it; addresses are unique.
        suppressed: addresses that must never be mailed; they are recorded, and stay unsent.
        date: the Date of every copy (aware); now if not given.

    Raises:
        ContentError: the edition was frozen with other content, an address or name cannot be
            mailed, or the list is empty or names an address twice.
        LedgerError: the ledger cannot be written.
    """
    never = {address.casefold() for address in suppressed}
    _require_mailable(planned)
    secret = ledger.secret()
    rows = [_plan(recipient, _message(messages, variant), secret, never) for recipient, variant in planned]
    variants = {name: messages[name].digest for name in {variant for _, variant in planned}}
    frozen = FrozenEdition(id=edition_id, date=(date or datetime.now(UTC)).replace(microsecond=0), variants=variants)
    if ledger.freeze(frozen, rows):
        return Freeze(created=True, total=len(rows))
    require_unchanged(ledger, edition_id, messages)
    before, now = ledger.addresses(edition_id), {row.key: row.address for row in rows}
    return Freeze(
        created=False,
        total=len(before),
        added=tuple(address for key, address in now.items() if key not in before),
        removed=tuple(address for key, address in before.items() if key not in now),
    )


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


def _require_mailable(planned: Sequence[tuple[Recipient, str]]) -> None:
    if not planned:
        raise ContentError("nobody is on the list", "Add a recipient.")
    seen: set[str] = set()
    for recipient, _ in planned:
        require_path(recipient.address)
        headers.require_one_line(f"the name of {recipient.address}", recipient.name)
        if recipient.key in seen:
            raise ContentError(f"{recipient.address} is planned twice", "Merge the lists first.")
        seen.add(recipient.key)


def _message(messages: Mapping[str, CompiledMessage], variant: str) -> CompiledMessage:
    if variant not in messages:
        raise ContentError(f"there is no variant {variant}", f"Known are {', '.join(sorted(messages))}.")
    return messages[variant]


def _plan(recipient: Recipient, message: CompiledMessage, secret: bytes, never: Collection[str]) -> Planned:
    # The keyed hash tells nobody the address, and differs from edition to edition.
    token = hmac.new(secret, f"{message.edition}\0{recipient.key}".encode(), "sha256").hexdigest()[:20]
    return Planned(
        address=recipient.address,
        key=recipient.key,
        name=recipient.name,
        variant=message.variant,
        message_id=f"<{message.edition}.{token}@{message.domain}>",
        state="suppressed" if recipient.key in never else "pending",
    )
