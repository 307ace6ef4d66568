"""Sending what is due: one thread a connection, windows of rows, every reply recorded.

A window is claimed and begun by two commits, then mailed message by message; the receipt journal
notes each final dot, so the ledger need not. A window ends by number or by time, so that a pause
bites soon; what it did not get to waits again.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from newsletter.config import SmtpConfig
from newsletter.deliver.breaker import Breaker
from newsletter.deliver.hours import SendingHours
from newsletter.deliver.ledger import Delivery, FrozenEdition, Ledger, LockLostError, Outcome, RunLock
from newsletter.deliver.ledger.journal import Journal
from newsletter.deliver.limits import Limits
from newsletter.deliver.line import Connections, Line, StoppedError
from newsletter.deliver.mailing import Mailing
from newsletter.deliver.message import CompiledMessage
from newsletter.deliver.outcomes import Outcomes
from newsletter.deliver.outgoing import Copy, Outgoing
from newsletter.deliver.pace import Pace
from newsletter.errors import ConfigError, DeliveryError, NewsletterError

Progress = Callable[[Mapping[str, int]], None]

_WINDOW = 50
_WINDOW_S = 10.0
_LEAST_SHARED = 4  # a window costs a sync of the disk
_RECORD_EVERY_S = 1.0
_PROGRESS_EVERY_S = 0.2
_HANDOVER_S = 0.05


class Drain:
    """One run over the due rows of one edition."""

    def __init__(
        self,
        ledger: Ledger,
        frozen: FrozenEdition,
        messages: Mapping[str, CompiledMessage],
        smtp: SmtpConfig,
        waiting: int,
        *,
        owner: str,
        lock: RunLock,
        journal: Journal,
        pace: Pace,
        clock: Callable[[], float] = time.time,
        believe_refusals: bool = False,
        hours: SendingHours | None = None,
    ) -> None:
        """`owner` is the name that this run claims rows under; `journal` is its own; `clock` tells the epoch.

        `waiting` tells how many rows are due; without `lock` nothing is sent.
        """
        self._ledger = ledger
        self._frozen = frozen
        self._messages = messages
        self._outgoing = Outgoing(smtp)
        self._smtp = smtp
        self._owner = owner
        self._run_lock = lock
        self._pace = pace
        self._clock = clock
        self._stop = threading.Event()
        self._hours = hours
        self._counts = Counter(ledger.counts(frozen.id))
        proved = bool(self._counts["accepted"])
        self._breaker = Breaker(self._stop, waiting=waiting, proved=proved, believe=believe_refusals)
        limits = Limits(smtp, ledger, self._stop, clock)
        self._outcomes = Outcomes(pace, clock)
        self._mailing = Mailing(limits, self._outcomes, self._breaker, lock, journal)
        self._longest_wait_s = max(*pace.retries, limits.longest_wait_s, 0.0)
        self._gave_up: list[NewsletterError] = []
        self._unreachable: NewsletterError | None = None
        self._crashes: list[BaseException] = []
        self._connections = Connections(min(smtp.connections, waiting))
        self._running = 0
        self._busy = 0
        self._quiet = threading.Event()
        self._quiet.set()
        self._first_ended = threading.Event()
        self._lock = threading.Lock()
        self._unclaimed = waiting

    @property
    def is_quiet(self) -> bool:
        """Whether no thread can send any more."""
        return self._quiet.is_set()

    @property
    def fault(self) -> NewsletterError | None:
        """Why the run ended early, if it did."""
        if self._unreachable or self._breaker.fault:
            return self._unreachable or self._breaker.fault
        permanent = next((error for error in self._gave_up if isinstance(error, ConfigError)), None)
        if permanent or not self._gave_up or self._ledger.next_due(self._frozen.id) is None:
            return permanent
        return self._gave_up[-1]

    def run(self, progress: Progress | None) -> bool:
        """Send until nothing is due, a fault ends it, or Ctrl-C; True if interrupted.

        The first Ctrl-C lets the messages under way finish. A second one raises; then threads may
        still be sending until the process ends, and their messages may be in doubt.

        Args:
            progress: told the ledger's counts several times a second, in the calling thread.

        Raises:
            LedgerError: the ledger or the journal failed; nothing more was sent.
        """
        number = self._connections.number
        lines = [Line(self._smtp, self._pace.retries, self._stop, self._connections) for _ in range(number)]
        try:
            lines[0].open()
        except NewsletterError as error:
            self._unreachable = error
            return False
        self._running = len(lines)
        self._quiet.clear()
        for place, line in enumerate(lines):
            threading.Thread(target=self._guarded, args=(line,), kwargs={"first": not place}, daemon=True).start()
        interrupted = self._watch(progress)
        if self._crashes:
            raise self._crashes[0]
        self._record(self._breaker.finish())
        return interrupted

    def _window_size(self) -> int:
        """Small enough that all connections end together, and a slow rate keeps few rows begun."""
        if not self._breaker.proved.is_set():
            return 1
        lines = self._connections.number
        shared = max(_LEAST_SHARED, self._unclaimed // (2 * lines)) if lines > 1 else _WINDOW
        slow = int((self._smtp.rate_per_minute or float(60 * _WINDOW)) / 6)
        return max(1, min(_WINDOW, shared, slow))

    def _watch(self, progress: Progress | None) -> bool:
        """Wait for the threads; whether Ctrl-C was pressed."""
        # Not Thread.join: in some versions of Python an interrupted join takes a running thread
        # for a finished one.
        try:
            while not self._quiet.wait(_PROGRESS_EVERY_S):
                if progress:
                    progress(self._settled())
        except KeyboardInterrupt:
            self._stop.set()
            self._quiet.wait()
            return True
        except BaseException:
            self._stop.set()
            self._quiet.wait()
            raise
        return False

    def _settled(self) -> Mapping[str, int]:
        """The ledger's counts, as far as outcomes were recorded."""
        with self._lock:
            return dict(self._counts)

    def _record(self, outcomes: Sequence[Outcome]) -> None:
        self._ledger.record(self._owner, outcomes, self._clock())
        with self._lock:
            self._counts.update(one.state for one in outcomes if one.tried)

    # --- one thread -----------------------------------------------------------------------

    def _guarded(self, line: Line, *, first: bool) -> None:
        try:
            if not first:
                line.relay()  # meanwhile
                self._wait_for_proof()
            self._work(line)
            self._connections.ended()
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
            self._ended(first=first)

    def _wait_for_proof(self) -> None:
        """Until one mail was accepted they go one by one: a fault of the content must not hit several at once."""
        while not (self._breaker.proved.wait(_PROGRESS_EVERY_S) or self._first_ended.is_set() or self._stop.is_set()):
            pass

    def _ended(self, *, first: bool) -> None:
        if first:
            self._first_ended.set()
        with self._lock:
            self._running -= 1
            if not self._running:
                self._quiet.set()

    def _work(self, line: Line) -> None:
        while not self._stop.is_set():
            if self._hours:
                self._hours.require(datetime.fromtimestamp(self._clock(), UTC))
            if not (self._sent_a_window(line) or self._others_busy() or self._wait_until_due()):
                return

    def _sent_a_window(self, line: Line) -> bool:
        """Claim the next rows and mail them; False if none is due. Meanwhile this connection counts as busy."""
        with self._lock:
            self._busy += 1
        try:
            window = self._ledger.claim(self._frozen.id, self._owner, self._window_size(), self._clock())
            if window:
                with self._lock:
                    self._unclaimed -= len(window)
                self._send_window(line, self._begin(window))
            return bool(window)
        finally:
            with self._lock:
                self._busy -= 1

    def _others_busy(self) -> bool:
        """Wait a moment for connections that hold rows: one that ends early leaves them to the others."""
        with self._lock:
            busy = self._busy > 0
        if busy:
            self._stop.wait(_HANDOVER_S)
        return busy

    def _wait_until_due(self) -> bool:
        """Sleep until a row is due; False if that is too far away to wait for."""
        due = self._ledger.next_due(self._frozen.id)
        if due is None:
            return False
        wait = due - self._clock()
        if wait > self._longest_wait_s:
            return False
        self._stop.wait(max(wait, 0.01))
        return True

    def _begin(self, window: list[Delivery]) -> deque[Copy]:
        """Commit that these are being sent; none, and the end of the run, if somebody paused or cancelled it."""
        begun = self._ledger.begin(self._owner, window)
        if len(begun) < len(window) and self._ledger.hold(self._frozen.id):
            self._stop.set()
        messages, date = self._messages, self._frozen.date
        return deque(Copy(one, messages[one.variant], date, self._outgoing) for one in window if one.id in begun)

    def _send_window(self, line: Line, left: deque[Copy]) -> None:
        done: list[Outcome] = []
        began = recorded = time.monotonic()
        try:
            while left and time.monotonic() - began < _WINDOW_S and not self._stop.is_set():
                self._run_lock.require()
                done += self._mailing.send_next(line, left)
                if time.monotonic() - recorded > _RECORD_EVERY_S:
                    self._record(done)
                    done, recorded = [], time.monotonic()
        except (StoppedError, ConfigError, DeliveryError, LockLostError):
            self._put_back(done, left)
            raise
        line.abandon()
        self._put_back(done, left)

    def _put_back(self, done: list[Outcome], left: deque[Copy]) -> None:
        """Record what was done, and let what was begun but never tried wait again."""
        self._record([*done, *(self._outcomes.put_back(one.delivery) for one in left)])
