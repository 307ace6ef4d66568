"""What the rest of the program asks for: send, and tell how far it is."""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Literal

from msgspec import Struct, structs

from newsletter.config import SmtpConfig
from newsletter.deliver.drain import Drain, Progress
from newsletter.deliver.freezing import EXAMPLES, require_unchanged
from newsletter.deliver.hours import SendingHours
from newsletter.deliver.ledger import (
    LONGEST_WAIT_S,
    STATES,
    UNSETTLED,
    Delivery,
    FrozenEdition,
    Hold,
    Ledger,
    LedgerPlace,
    State,
    ledger_exists,
    open_ledger,
)
from newsletter.deliver.ledger.journal import Journal
from newsletter.deliver.message import CompiledMessage
from newsletter.deliver.pace import Pace
from newsletter.deliver.recovery import recover
from newsletter.errors import DeliveryError, NewsletterError, PartialDelivery

InDoubt = Literal["hold", "resend"]


class DeliveryReport(Struct, frozen=True, kw_only=True):
    """How a run ended.

    Args:
        edition: its id.
        counts: `total` and the number of recipients in each state; they add up.
        refused: some of the recipients that the relay refused for good, in this run or an earlier one.
        in_doubt: some of the recipients whose copy may or may not have arrived; look for the
            Message-ID in the relay's log.
        deferred: some of the recipients that the relay put off.
        seconds: how long this run took.
        sent: copies that were accepted in this run.
        next_try: when the next recipient is due who waits.
        interrupted: Ctrl-C was pressed.
        hold: somebody paused or cancelled the edition meanwhile.
        fault: why the run ended early: a DeliveryError (run it again) or a ConfigError.
    """

    edition: str
    counts: Mapping[str, int]
    refused: tuple[Delivery, ...] = ()
    in_doubt: tuple[Delivery, ...] = ()
    deferred: tuple[Delivery, ...] = ()
    seconds: float = 0.0
    sent: int = 0
    next_try: datetime | None = None
    interrupted: bool = False
    hold: Hold | None = None
    fault: NewsletterError | None = None

    @property
    def unsettled(self) -> int:
        """How many recipients another run would move on."""
        return sum(self.counts[state] for state in UNSETTLED)


def send(
    ledger: Ledger,
    edition_id: str,
    messages: Mapping[str, CompiledMessage],
    smtp: SmtpConfig,
    *,
    in_doubt: InDoubt = "hold",
    retry_now: bool = False,
    believe_refusals: bool = False,
    progress: Progress | None = None,
    pace: Pace | None = None,
    hours: SendingHours | None = None,
    clock: Callable[[], float] = time.time,
) -> DeliveryReport:
    """Mail everybody of a frozen edition who has no copy yet; run again, it resumes.

    Args:
        ledger: where the edition was frozen.
        edition_id: "2026-10".
        messages: every variant, the same as when it was frozen.
        smtp: the relay.
        in_doubt: `resend` sends another copy to those in doubt from earlier runs; those of this
            run are held in any case.
        retry_now: try those that the relay put off at once, not when their time has come.
        believe_refusals: refusals are booked even if the relay refuses many in a row.
        progress: told the counts several times a second, in the calling thread.
        pace: how long to wait for a relay that puts off.
        hours: when mails may leave; a run that they end stops with a fault.
        clock: tells seconds since the epoch.

    Raises:
        ContentError: the content has changed since it was frozen.
        DeliveryError: another send is running, or somebody paused or cancelled the edition.
        LedgerError: the ledger cannot be read or written; nothing more was sent.
    """
    began, pace = time.monotonic(), pace or Pace()
    with ledger.exclusive() as lock:
        frozen = _resumed(ledger, edition_id, messages, in_doubt=in_doubt, retry_now=retry_now)
        before = ledger.counts(edition_id)
        if not _anybody_due(ledger.next_due(edition_id), clock(), pace):
            return _report(ledger, edition_id)
        owner = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        journal = Journal(ledger.journal_path(owner))
        drain = Drain(
            ledger,
            frozen,
            messages,
            smtp,
            before["pending"] + before["deferred"],
            owner=owner,
            lock=lock,
            journal=journal,
            pace=pace,
            clock=clock,
            hours=hours,
            believe_refusals=believe_refusals,
        )
        try:
            interrupted = drain.run(progress)
        finally:
            if drain.is_quiet:  # else its threads still write; the lock falls with the process
                journal.close()
        lock.require()
        recover(ledger)
        report = _report(ledger, edition_id)
        return structs.replace(
            report,
            seconds=time.monotonic() - began,
            sent=report.counts["accepted"] - before["accepted"],
            interrupted=interrupted,
            fault=drain.fault,
        )


def _resumed(
    ledger: Ledger,
    edition_id: str,
    messages: Mapping[str, CompiledMessage],
    *,
    in_doubt: InDoubt,
    retry_now: bool,
) -> FrozenEdition:
    """The frozen edition, with what earlier runs left settled and due as asked for."""
    recover(ledger)
    require_unheld(ledger, edition_id)
    frozen = require_unchanged(ledger, edition_id, messages)
    if in_doubt == "resend":
        ledger.release_in_doubt(edition_id)
    # A connection that broke in an earlier run says nothing about now; a "try again later" does.
    ledger.retry_now(edition_id, ["pending", "deferred"] if retry_now else ["pending"])
    return frozen


def _anybody_due(due: float | None, now: float, pace: Pace) -> bool:
    """Whether a run would mail anybody: now, or after a wait that it takes upon itself."""
    if due is None:
        return False
    wait = due - now
    return wait <= max(pace.retries, default=0.0) or wait > LONGEST_WAIT_S


def require_unheld(ledger: Ledger, edition_id: str) -> None:
    """Refuse an edition that somebody paused or cancelled.

    Raises:
        DeliveryError: it is on hold; says since when and by whom.
    """
    hold = ledger.hold(edition_id)
    if hold is not None:
        raise held_error(edition_id, hold)


def require_idle(ledger: Ledger) -> None:
    """Refuse while another send is running.

    Raises:
        DeliveryError: one is.
    """
    if ledger.is_running():
        raise DeliveryError("another send is running", "Wait for it; `newsletter status` tells how far it is.")


def held_error(edition_id: str, hold: Hold) -> DeliveryError:
    """What to tell whoever wants to send an edition on hold."""
    since = f"{hold.since.astimezone():%Y-%m-%d %H:%M}"
    if hold.state == "cancelled":
        return PartialDelivery(
            f"{edition_id} was cancelled on {since} by {hold.actor}", "It is never sent again; write the next edition."
        )
    return DeliveryError(
        f"{edition_id} is paused since {since} by {hold.actor}",
        f"Run: newsletter resume --month {edition_id}, then newsletter send --month {edition_id}",
    )


def _report(ledger: Ledger, edition_id: str) -> DeliveryReport:
    def some(state: State) -> tuple[Delivery, ...]:
        return tuple(ledger.deliveries(edition_id, [state], limit=EXAMPLES))

    due = ledger.next_due(edition_id)
    return DeliveryReport(
        edition=edition_id,
        counts=ledger.counts(edition_id),
        refused=some("refused"),
        in_doubt=some("in_doubt"),
        deferred=some("deferred"),
        next_try=datetime.fromtimestamp(due, UTC) if due else None,
        hold=ledger.hold(edition_id),
    )


class Status(Struct, frozen=True, kw_only=True):
    """How far the sending of an edition is.

    Args:
        edition: its id.
        counts: `total` and the number of recipients in each state; all 0 if nothing was sent yet.
        frozen: whether its sending has begun at all.
        running: whether a send is running on this ledger now.
        hold: whether somebody paused or cancelled it.
    """

    edition: str
    counts: Mapping[str, int]
    frozen: bool = False
    running: bool = False
    hold: Hold | None = None

    @property
    def unsettled(self) -> int:
        """How many recipients another run would move on."""
        return sum(self.counts[state] for state in UNSETTLED)

    @property
    def is_settled(self) -> bool:
        """Whether its sending was begun and has come to its end: nobody waits for a copy."""
        return self.frozen and not self.unsettled

    @property
    def in_flight(self) -> int:
        """Recipients that a run had in its hands."""
        return self.counts["claimed"] + self.counts["sending"]


def status(place: LedgerPlace, edition_id: str) -> Status:
    """How far an edition is. Safe while a send runs; a ledger that is not there yet knows of nobody.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    if not ledger_exists(place):
        return Status(edition=edition_id, counts={"total": 0, **dict.fromkeys(STATES, 0)})
    with open_ledger(place, readonly=True) as ledger:
        return Status(
            edition=edition_id,
            counts=ledger.counts(edition_id),
            frozen=ledger.edition(edition_id) is not None,
            running=ledger.is_running(),
            hold=ledger.hold(edition_id),
        )
