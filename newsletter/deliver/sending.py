"""What the rest of the program asks for: send, send a test, tell how far it is."""

from __future__ import annotations

import os
import secrets
import socket
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from newsletter.config import SmtpConfig
from newsletter.deliver.drain import Drain, Pace, Progress
from newsletter.deliver.freezing import require_unchanged
from newsletter.deliver.ledger import UNSETTLED, Delivery, Ledger, open_ledger
from newsletter.deliver.ledger.journal import Journal
from newsletter.deliver.limits import Throttle
from newsletter.deliver.line import Line
from newsletter.deliver.message import CompiledMessage
from newsletter.deliver.recovery import recover
from newsletter.deliver.replies import DroppedError
from newsletter.errors import LedgerError, NewsletterError
from newsletter.model import Recipient

InDoubt = Literal["hold", "resend"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """How a run ended.

    Args:
        edition: its id.
        counts: `total` and the number of recipients in each state; they add up.
        refused: recipients that the relay refused for good, in this run or an earlier one.
        in_doubt: recipients whose copy may or may not have arrived; look for the Message-ID in
            the relay's log.
        deferred: recipients that the relay put off.
        interrupted: Ctrl-C was pressed.
        fault: why the run ended early: a DeliveryError (run it again) or a ConfigError.
    """

    edition: str
    counts: Mapping[str, int]
    refused: tuple[Delivery, ...] = ()
    in_doubt: tuple[Delivery, ...] = ()
    deferred: tuple[Delivery, ...] = ()
    interrupted: bool = False
    fault: NewsletterError | None = None

    @property
    def unsettled(self) -> int:
        """How many recipients another run would move on."""
        return sum(self.counts[state] for state in UNSETTLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class TestCopy:
    """The relay's answer to one test mail; `code` is None if no answer came."""

    address: str
    variant: str
    code: int | None
    reply: str

    @property
    def accepted(self) -> bool:
        """Whether the relay took it."""
        return self.code is not None and self.code // 100 == 2


def send(
    ledger: Ledger,
    edition_id: str,
    messages: Mapping[str, CompiledMessage],
    smtp: SmtpConfig,
    *,
    in_doubt: InDoubt = "hold",
    progress: Progress | None = None,
    pace: Pace | None = None,
) -> DeliveryReport:
    """Mail everybody of a frozen edition who has no copy yet; run again, it resumes.

    Args:
        ledger: where the edition was frozen.
        edition_id: "2026-10".
        messages: every variant, the same as when it was frozen.
        smtp: the relay.
        in_doubt: `resend` sends another copy to those in doubt from earlier runs; those of this
            run are held in any case.
        progress: told the counts several times a second, in the calling thread.
        pace: how long to wait for a relay that puts off.

    Raises:
        ContentError: the content has changed since it was frozen.
        DeliveryError: another send is running.
        LedgerError: the ledger cannot be read or written; nothing more was sent.
    """
    with ledger.exclusive():
        recover(ledger)
        frozen = require_unchanged(ledger, edition_id, messages)
        if in_doubt == "resend":
            ledger.release_in_doubt(edition_id)
        ledger.retry_now(edition_id)
        counts = ledger.counts(edition_id)
        waiting = counts["pending"] + counts["deferred"]
        if not waiting:
            return _report(ledger, edition_id)
        owner = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        journal = Journal(ledger.journal_path(owner))
        drain = Drain(ledger, frozen, messages, smtp, owner=owner, journal=journal, pace=pace or Pace())
        try:
            interrupted = drain.run(waiting, progress)
        finally:
            if drain.is_quiet:  # else its threads still write; the lock falls with the process
                journal.close()
        recover(ledger)
        return _report(ledger, edition_id, interrupted=interrupted, fault=drain.fault)


def _report(
    ledger: Ledger, edition_id: str, *, interrupted: bool = False, fault: NewsletterError | None = None
) -> DeliveryReport:
    return DeliveryReport(
        edition=edition_id,
        counts=ledger.counts(edition_id),
        refused=tuple(ledger.deliveries(edition_id, ["refused"])),
        in_doubt=tuple(ledger.deliveries(edition_id, ["in_doubt"])),
        deferred=tuple(ledger.deliveries(edition_id, ["deferred"])),
        interrupted=interrupted,
        fault=fault,
    )


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
    line = Line(smtp, (), stop)
    line.open()
    try:
        copies = []
        for recipient in recipients:
            for message in messages.values():
                throttle.wait(stop)
                copies.append(_test_copy(line, message, recipient))
        return copies
    finally:
        line.close()


def _test_copy(line: Line, message: CompiledMessage, recipient: Recipient) -> TestCopy:
    message_id = f"<{message.edition}.test.{secrets.token_hex(10)}@{message.domain}>"
    data = message.eml(recipient, message_id, datetime.now(UTC))
    code, text = None, "the relay does not offer SMTPUTF8"
    relay = line.relay()
    try:
        if relay.can_address(recipient.address):
            reply = relay.transmit(message.sender, recipient.address, data, lambda: None)
            code, text = reply.code, reply.text
    except DroppedError as error:
        text = str(error)
    return TestCopy(address=recipient.address, variant=message.variant, code=code, reply=text)


def status(location: str | Path, edition_id: str) -> dict[str, int]:
    """`total` and the number of recipients in each state; they add up. Safe while a send runs.

    Raises:
        LedgerError: there is no ledger yet, it cannot be read, or it does not know the edition.
    """
    with open_ledger(location, readonly=True) as ledger:
        if ledger.edition(edition_id) is None:
            raise LedgerError(f"{ledger.path} knows no edition {edition_id}", "It was never sent; check --month.")
        return ledger.counts(edition_id)
