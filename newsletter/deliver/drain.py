"""Sending what is due: one thread a connection, windows of rows, every reply recorded.

A window is claimed and begun by two commits, then mailed message by message; the receipt journal
notes each final dot, so the ledger need not. What a window did not get to goes back to pending.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from newsletter.config import SmtpConfig
from newsletter.deliver.breaker import Breaker
from newsletter.deliver.ledger import Delivery, FrozenEdition, Ledger, Outcome
from newsletter.deliver.ledger.journal import Journal
from newsletter.deliver.limits import Throttle
from newsletter.deliver.line import Line, StoppedError
from newsletter.deliver.message import CompiledMessage
from newsletter.deliver.recovery import NO_REPLY
from newsletter.deliver.replies import DroppedError, Reply, judge
from newsletter.errors import ConfigError, DeliveryError, NewsletterError
from newsletter.model import Recipient

Progress = Callable[[Mapping[str, int]], None]

_WINDOW = 50
_RECORD_EVERY_S = 1.0
_PROGRESS_EVERY_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How patient a run is.

    Args:
        retries: seconds before the next try of a deferred row, and before reconnecting; the run
            waits for these.
        later: seconds before a row that used them up is tried again, if the run still lasts then.
    """

    retries: tuple[float, ...] = (5.0, 15.0)
    later: float = 300.0


class Drain:
    """One run over the due rows of one edition."""

    def __init__(
        self,
        ledger: Ledger,
        frozen: FrozenEdition,
        messages: Mapping[str, CompiledMessage],
        smtp: SmtpConfig,
        *,
        owner: str,
        journal: Journal,
        pace: Pace,
    ) -> None:
        """`owner` is the name that this run claims rows under; `journal` is its own."""
        self._ledger = ledger
        self._frozen = frozen
        self._messages = messages
        self._smtp = smtp
        self._owner = owner
        self._journal = journal
        self._pace = pace
        self._stop = threading.Event()
        self._breaker = Breaker(self._stop)
        self._throttle = Throttle(smtp.rate_per_minute)
        self._tries: Counter[int] = Counter()  # each row is in one thread's hands at a time
        self._gave_up: list[NewsletterError] = []
        self._crashes: list[BaseException] = []
        self._lines = 0
        self._running = 0
        self._quiet = threading.Event()
        self._quiet.set()
        self._lock = threading.Lock()
        self._window = 1

    @property
    def is_quiet(self) -> bool:
        """Whether no thread can send any more."""
        return self._quiet.is_set()

    @property
    def fault(self) -> NewsletterError | None:
        """Why the run ended early, if it did."""
        if self._breaker.fault:
            return self._breaker.fault
        permanent = next((error for error in self._gave_up if isinstance(error, ConfigError)), None)
        everybody = self._gave_up[-1] if self._gave_up and len(self._gave_up) >= self._lines else None
        return permanent or everybody

    def run(self, waiting: int, progress: Progress | None) -> bool:
        """Send until nothing is due, a fault ends it, or Ctrl-C; True if interrupted.

        The first Ctrl-C lets the messages under way finish. A second one raises; then threads may
        still be sending until the process ends, and their messages may be in doubt.

        Args:
            waiting: how many rows are due.
            progress: told the ledger's counts several times a second, in the calling thread.

        Raises:
            LedgerError: the ledger or the journal failed; nothing more was sent.
        """
        lines = [Line(self._smtp, self._pace.retries, self._stop) for _ in range(min(self._smtp.connections, waiting))]
        self._window = self._window_size(waiting, len(lines))
        try:
            lines[0].open()
        except NewsletterError as error:
            self._gave_up.append(error)
            return False
        self._lines = self._running = len(lines)
        self._quiet.clear()
        for line in lines:
            threading.Thread(target=self._guarded, args=(line,), daemon=True).start()
        interrupted = self._watch(progress)
        if self._crashes:
            raise self._crashes[0]
        self._ledger.record(self._owner, self._breaker.finish())
        return interrupted

    def _window_size(self, waiting: int, lines: int) -> int:
        """Small enough that all connections share the work, and a slow rate keeps few rows begun."""
        shared = waiting // (4 * lines)
        slow = int((self._smtp.rate_per_minute or float(60 * _WINDOW)) / 6)
        return max(1, min(_WINDOW, shared, slow))

    def _watch(self, progress: Progress | None) -> bool:
        """Wait for the threads; whether Ctrl-C was pressed."""
        # Not Thread.join: in some versions of Python an interrupted join takes a running thread
        # for a finished one.
        try:
            while not self._quiet.wait(_PROGRESS_EVERY_S):
                if progress:
                    progress(self._ledger.counts(self._frozen.id))
        except KeyboardInterrupt:
            self._stop.set()
            self._quiet.wait()
            return True
        except BaseException:
            self._stop.set()
            self._quiet.wait()
            raise
        return False

    # --- one thread -----------------------------------------------------------------------

    def _guarded(self, line: Line) -> None:
        try:
            self._work(line)
        except StoppedError:
            pass
        except (ConfigError, DeliveryError) as error:
            # This connection is of no use; the others go on unless no connection can be.
            self._gave_up.append(error)
            if isinstance(error, ConfigError):
                self._stop.set()
        except BaseException as error:  # noqa: BLE001 - told by the main thread
            self._crashes.append(error)
            self._stop.set()
        finally:
            line.close()
            self._ended()

    def _ended(self) -> None:
        with self._lock:
            self._running -= 1
            if not self._running:
                self._quiet.set()

    def _work(self, line: Line) -> None:
        while not self._stop.is_set():
            window = self._ledger.claim(self._frozen.id, self._owner, self._window, time.time())
            if window:
                self._send_window(line, window)
            elif not self._wait_until_due():
                return

    def _wait_until_due(self) -> bool:
        """Sleep until a row is due; False if that is too far away to wait for."""
        due = self._ledger.next_due(self._frozen.id)
        if due is None:
            return False
        wait = due - time.time()
        if wait > max(self._pace.retries, default=0.0):
            return False
        self._stop.wait(max(wait, 0.01))
        return True

    def _send_window(self, line: Line, window: list[Delivery]) -> None:
        begun = self._ledger.begin(self._owner, [one.id for one in window])
        left = deque(one for one in window if one.id in begun)
        done: list[Outcome] = []
        recorded = time.monotonic()
        try:
            while left and self._throttle.wait(self._stop):
                line.relay()
                done += self._send(line, left[0])
                left.popleft()
                if time.monotonic() - recorded > _RECORD_EVERY_S:
                    self._ledger.record(self._owner, done)
                    done, recorded = [], time.monotonic()
        except (StoppedError, ConfigError, DeliveryError):
            self._put_back(done, left)
            raise
        self._put_back(done, left)

    def _put_back(self, done: list[Outcome], left: deque[Delivery]) -> None:
        """Record what was done, and make pending what was begun but never tried."""
        self._ledger.record(self._owner, [*done, *(Outcome(id=one.id, state="pending") for one in left)])

    def _send(self, line: Line, delivery: Delivery) -> list[Outcome]:
        """Mail one copy; what may be recorded about it and about others."""
        relay = line.relay()
        if not relay.can_address(delivery.address):
            return [Outcome(id=delivery.id, state="refused", reply="the relay does not offer SMTPUTF8")]
        message = self._messages[delivery.variant]
        recipient = Recipient(address=delivery.address, name=delivery.name)
        data = message.eml(recipient, delivery.message_id, self._frozen.date)
        try:
            reply = relay.transmit(message.sender, delivery.address, data, lambda: self._journal.sent(delivery.id))
        except DroppedError as error:
            line.lost(str(error))
            return [self._dropped(delivery, error)]
        if reply.stage == "dot" and 200 <= reply.code <= 599:
            self._journal.done(delivery.id, reply.code, reply.text)
        return self._judged(line, delivery, reply)

    def _dropped(self, delivery: Delivery, error: DroppedError) -> Outcome:
        if error.stage == "dot":
            return Outcome(id=delivery.id, state="in_doubt", reply=f"{NO_REPLY}: {error}")
        return Outcome(id=delivery.id, state="pending", reply=str(error), retry_at=self._retry_at(delivery))

    def _judged(self, line: Line, delivery: Delivery, reply: Reply) -> list[Outcome]:
        verdict = judge(reply)
        if verdict.scope == "connection":
            line.lost(str(reply))
        else:
            line.worked()
        retry_at = self._retry_at(delivery) if verdict.state in {"deferred", "pending"} else None
        outcome = Outcome(id=delivery.id, state=verdict.state, code=reply.code, reply=reply.text, retry_at=retry_at)
        return self._breaker.settle(outcome, verdict.scope, reply)

    def _retry_at(self, delivery: Delivery) -> float:
        tried = self._tries[delivery.id]
        self._tries[delivery.id] += 1
        retries = self._pace.retries
        return time.time() + (retries[tried] if tried < len(retries) else self._pace.later)
