"""What goes over the wire for one copy: its envelope sender, and its bytes, signed where the config says so."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import datetime
from typing import Any

from msgspec import structs

from newsletter.config import SmtpConfig
from newsletter.deliver.dkim import load_signer, relaxed_lines
from newsletter.deliver.ledger import Delivery
from newsletter.deliver.message import CompiledMessage
from newsletter.deliver.smtp import Envelope
from newsletter.model import Recipient


class Outgoing:
    """Makes the copies of one run; usable by several threads."""

    def __init__(self, smtp: SmtpConfig) -> None:
        """Read the key.

        Raises:
            ConfigError: the key cannot be used.
        """
        self._signer = load_signer(smtp.dkim) if smtp.dkim else None
        self._envelope = smtp.envelope

    def sender(self, message: CompiledMessage, message_id: str) -> str:
        """The envelope sender of one copy: with VERP its own, made of what its Message-ID tells anyway."""
        address = self._envelope.sender or message.sender
        if not self._envelope.verp:
            return address
        local, _, domain = address.rpartition("@")
        token = message_id.removeprefix("<").partition("@")[0]
        return f"{local}{self._envelope.separator}{token}@{domain}"

    def pieces(self, message: CompiledMessage, recipient: Recipient, message_id: str, date: datetime) -> list[bytes]:
        """The copy of `recipient`, as `CompiledMessage.pieces` makes it, below its signature.

        Raises:
            ContentError: a value holds a control character.
        """
        if self._signer is None:
            return message.pieces(recipient, message_id, date)
        copy = message.eml(recipient, message_id, date)
        return [self._signer.signed(copy, _relaxed(message).eml(recipient, message_id, date))]


class Copy:
    """The copy for one row, composed when it is first asked for."""

    def __init__(self, delivery: Delivery, message: CompiledMessage, date: datetime, outgoing: Outgoing) -> None:
        """`message` is the row's variant; `date` its Date."""
        self.delivery = delivery
        self._message = message
        self._date = date
        self._outgoing = outgoing

    @functools.cached_property
    def pieces(self) -> list[bytes]:
        """What goes over the wire."""
        recipient = Recipient(address=self.delivery.address, name=self.delivery.name)
        return self._outgoing.pieces(self._message, recipient, self.delivery.message_id, self._date)

    @functools.cached_property
    def envelope(self) -> Envelope:
        """Who writes to whom."""
        sender = self._outgoing.sender(self._message, self.delivery.message_id)
        return Envelope(sender, self.delivery.address, sum(map(len, self.pieces)))


@functools.lru_cache(maxsize=64)  # one for each variant
def _relaxed(message: CompiledMessage) -> CompiledMessage:
    """`message` with a body in the form that is signed.

    A template's pieces are whole lines, so each can be brought into that form by itself: the large
    ones once, and only a recipient's own fields for every copy.
    """
    parts = (relaxed_lines(part) if isinstance(part, bytes) else _relaxing(part) for part in message.parts)
    return structs.replace(message, parts=tuple(parts))


def _relaxing(slot: Callable[[Any], bytes]) -> Callable[[Any], bytes]:
    return lambda own: relaxed_lines(slot(own))
