"""Test mails: the bytes of the real ones, to whom somebody names, without any ledger."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from msgspec import Struct

from newsletter.config import SmtpConfig
from newsletter.deliver.limits import Throttle
from newsletter.deliver.line import Line
from newsletter.deliver.message import CompiledMessage
from newsletter.deliver.outgoing import Outgoing
from newsletter.deliver.replies import DroppedError
from newsletter.deliver.smtp import Envelope
from newsletter.model import Recipient


class TestCopy(Struct, frozen=True, kw_only=True):
    """The relay's answer to one test mail; `code` is None if no answer came."""

    address: str
    variant: str
    code: int | None
    reply: str

    @property
    def accepted(self) -> bool:
        """Whether the relay took it."""
        return self.code is not None and self.code // 100 == 2


def send_test(
    messages: Mapping[str, CompiledMessage], recipients: Sequence[Recipient], smtp: SmtpConfig
) -> list[TestCopy]:
    """Mail every variant to each of `recipients`, without any ledger.

    The bytes are those of the real mail but for the recipient's own fields. The Message-ID is a
    random one: with the real one, a mailbox might take the real mail for a second copy.

    Raises:
        ConfigError: the relay cannot be used as the config says.
        DeliveryError: the relay cannot be reached.
        ContentError: an address or name cannot be mailed.
    """
    stop, throttle = threading.Event(), Throttle(smtp.rate_per_minute)
    line, outgoing = Line(smtp, (), stop), Outgoing(smtp)
    line.open()
    try:
        copies = []
        for recipient in recipients:
            for message in messages.values():
                with throttle.permit(stop):
                    copies.append(_test_copy(line, outgoing, message, recipient))
        return copies
    finally:
        line.close()


def _test_copy(line: Line, outgoing: Outgoing, message: CompiledMessage, recipient: Recipient) -> TestCopy:
    message_id = f"<{message.edition}.test.{secrets.token_hex(10)}@{message.domain}>"
    pieces = outgoing.pieces(message, recipient, message_id, datetime.now(UTC))
    code, text = None, "the relay does not offer SMTPUTF8"
    relay = line.relay()
    try:
        if relay.can_address(recipient.address):
            envelope = Envelope(outgoing.sender(message, message_id), recipient.address, sum(map(len, pieces)))
            reply = relay.transmit(envelope, pieces, lambda: None)
            code, text = reply.code, reply.text
    except DroppedError as error:
        text = str(error)
    return TestCopy(address=recipient.address, variant=message.variant, code=code, reply=text)
