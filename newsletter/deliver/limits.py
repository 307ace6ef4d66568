"""How fast mail may leave: per minute, per day, per domain, and in which hours."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

from newsletter.config import SmtpConfig
from newsletter.deliver.ledger import Ledger
from newsletter.errors import DeliveryError

MINUTE_S = 60.0
DAY_S = 86_400.0
_WORTH_WAITING_S = 900.0  # a run does not sleep longer than this; it ends, and is run again
_POLL_S = 0.1
_SLOWEST = 2.0


class _Window:
    """At most `limit` mails in any `seconds`, counted from a mail's beginning until `seconds` after its end.

    The relay counts a mail somewhere between these two, so none of its windows can hold more.
    """

    def __init__(self, limit: int, seconds: float, ends: Iterable[float]) -> None:
        self.limit = limit
        self.seconds = seconds
        self.ends = deque(sorted(ends)[-limit:])

    def delay(self, now: float, under_way: int) -> float:
        """Seconds until another mail may begin, as far as is known now."""
        while self.ends and self.ends[0] + self.seconds <= now:
            self.ends.popleft()
        excess = under_way + len(self.ends) - self.limit
        if excess < 0:
            return 0.0
        return self.ends[excess] + self.seconds - now if excess < len(self.ends) else _POLL_S


class Throttle:
    """Permits for single mails, evenly spaced, over all threads; never one more than a limit allows.

    Args:
        per_minute: at most so many in any minute; below 1, one in 1/`per_minute` minutes.
        per_day: at most so many in any 24 hours.
        recent: when earlier mails ended, in seconds of `clock`; they count as well. A time to come (the clock of an
            earlier run was ahead) counts as now.
        clock: tells seconds.
    """

    def __init__(
        self,
        per_minute: float | None,
        per_day: int | None = None,
        *,
        recent: Iterable[float] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        now = clock()
        ended = [min(at, now) for at in recent]
        self._interval = MINUTE_S / per_minute if per_minute else 0.0
        self._windows: list[_Window] = []
        if per_minute:
            limit = max(1, int(per_minute))
            self._windows.append(_Window(limit, max(MINUTE_S, self._interval), ended))
        self._day = _Window(per_day, DAY_S, ended) if per_day else None
        if self._day:
            self._windows.append(self._day)
        self._clock = clock
        self._lock = threading.Lock()
        self._next = now
        self._slower = 1.0
        self._under_way = 0

    @contextmanager
    def permit(self, stop: threading.Event) -> Iterator[bool]:
        """Wait until one mail may leave; False if `stop` was set meanwhile. The block is the mail's time.

        Raises:
            DeliveryError: the day's limit is reached, and nothing is free soon.
        """
        if not self._windows:
            yield not stop.is_set()
            return
        if not self._wait(stop):
            yield False
            return
        try:
            yield True
        finally:
            self.ended()

    def try_permit(self) -> float:
        """Take a permit that is free now and return 0, or the seconds until one may be; `ended` must follow a 0."""
        with self._lock:
            now = self._clock()
            delay = max(0.0, self._next - now, *(one.delay(now, self._under_way) for one in self._windows))
            if delay > 0:
                return delay
            self._under_way += 1
            self._next = now + self._interval * self._slower
            return 0.0

    def slow_down(self) -> None:
        """The relay complained: a quarter more between two mails for the rest of the run, at most twice as much."""
        with self._lock:
            self._slower = min(self._slower * 1.25, _SLOWEST)

    def _wait(self, stop: threading.Event) -> bool:
        while not stop.is_set():
            delay = self.try_permit()
            if not delay:
                return True
            self._require_day()
            stop.wait(delay)
        return False

    def _require_day(self) -> None:
        """End the run if the day is full and nothing of it is free soon; all other limits are waited for."""
        if self._day is None:
            return
        with self._lock:
            delay = self._day.delay(self._clock(), self._under_way)
        if delay > _WORTH_WAITING_S:
            raise _day_is_full(self._day.limit, delay)

    def ended(self) -> None:
        """The mail of a permit that `try_permit` gave has been answered."""
        with self._lock:
            self._under_way -= 1
            now = self._clock()
            for window in self._windows:
                window.ends.append(now)


def _day_is_full(limit: int, delay: float) -> DeliveryError:
    free = datetime.fromtimestamp(time.time() + delay, UTC).astimezone()
    return DeliveryError(
        f"smtp.per_day: {limit:,} mails have left within 24 hours",
        f"Run the same command after {free:%Y-%m-%d %H:%M}; nobody gets it twice.",
    )


def _throttle_of(smtp: SmtpConfig, ledger: Ledger, now: float) -> Throttle:
    """The limits over all connections, with what earlier runs sent counted in; `now` in seconds since the epoch."""
    if not smtp.rate_per_minute and not smtp.per_day:
        return Throttle(None)
    offset = time.monotonic() - now
    recent = [at + offset for at in ledger.left_since(now - (DAY_S if smtp.per_day else MINUTE_S))]
    return Throttle(smtp.rate_per_minute, smtp.per_day, recent=recent)


class DomainLimits:
    """At most so many mails a minute to the addresses of a domain; the others need not wait for them."""

    def __init__(self, per_minute: Mapping[str, float], *, clock: Callable[[], float] = time.monotonic) -> None:
        """`per_minute` names the domains that have a limit."""
        self._rates = per_minute
        self._throttles = {name: Throttle(rate, clock=clock) for name, rate in per_minute.items()}
        self._put_off: Counter[str] = Counter()

    @property
    def longest_wait_s(self) -> float:
        """Seconds between two mails to the slowest domain; 0 if no domain has a limit."""
        return max((MINUTE_S / rate for rate in self._rates.values()), default=0.0)

    def wait_s(self, address: str) -> float:
        """0 if a mail to `address` may leave now (then `ended` must follow), else when to try again, in seconds.

        Whoever is told to wait is told a time of their own, one after the other.
        """
        throttle = self._throttles.get(domain := _domain(address))
        if throttle is None:
            return 0.0
        delay = throttle.try_permit()
        if not delay:
            self._put_off[domain] = max(0, self._put_off[domain] - 1)
            return 0.0
        self._put_off[domain] += 1
        return delay + (self._put_off[domain] - 1) * MINUTE_S / self._rates[domain]

    def ended(self, address: str) -> None:
        """A mail to `address` that was let through has been answered."""
        if throttle := self._throttles.get(_domain(address)):
            throttle.ended()


class Limits:
    """Every limit of one run: on all mails together, and on those to a domain."""

    def __init__(self, smtp: SmtpConfig, ledger: Ledger, stop: threading.Event, clock: Callable[[], float]) -> None:
        """What earlier runs sent counts, too; `stop` ends the waiting; `clock` tells seconds since the epoch."""
        self.none = not (smtp.rate_per_minute or smtp.per_day or smtp.per_domain)
        """Whether nothing is limited, so that a mail may leave before the one ahead of it is answered."""
        self._stop = stop
        self._throttle = _throttle_of(smtp, ledger, clock())
        self._domains = DomainLimits(smtp.per_domain)
        self.longest_wait_s = self._domains.longest_wait_s

    def wait_s(self, address: str) -> float:
        """0 if the domain's limit lets a mail to `address` leave now (then `permit` must follow), else the seconds."""
        return self._domains.wait_s(address)

    def slow_down(self) -> None:
        """The relay complained: leave more time between two mails."""
        self._throttle.slow_down()

    @contextmanager
    def permit(self, address: str) -> Iterator[bool]:
        """Wait until a mail to `address`, which `wait_s` let through, may leave; False if the run was stopped.

        Raises:
            DeliveryError: the day's limit is reached, and nothing is free soon.
        """
        try:
            with self._throttle.permit(self._stop) as granted:
                yield granted
        finally:
            self._domains.ended(address)


def _domain(address: str) -> str:
    return address.rpartition("@")[2].casefold()


def estimate_s(smtp: SmtpConfig, addresses: Iterable[str]) -> float | None:
    """How long mailing `addresses` takes at least, by the limits alone; None if there are none.

    Args:
        smtp: the limits.
        addresses: who gets a copy.
    """
    domains = Counter(map(_domain, addresses))
    number = domains.total()
    spans = [(domains[name] - 1) * MINUTE_S / rate for name, rate in smtp.per_domain.items() if domains[name]]
    if smtp.rate_per_minute:
        spans.append((number - 1) * MINUTE_S / smtp.rate_per_minute)
    if smtp.per_day and number > smtp.per_day:
        spans.append((number - 1) // smtp.per_day * DAY_S)
    return max(spans, default=None)


def describe(smtp: SmtpConfig) -> str:
    """The relay and every limit in force, in words: what a preset filled in is seen here."""
    preset = f" (preset {smtp.preset})" if smtp.preset else ""
    said = [f"{smtp.host}:{smtp.port}{preset}", f"{smtp.connections} connection{'s' * (smtp.connections > 1)}"]
    if smtp.rate_per_minute:
        said.append(f"{smtp.rate_per_minute:g} mails a minute")
    if smtp.per_day:
        said.append(f"{smtp.per_day:,} a day")
    said += [f"{rate:g} a minute to {name}" for name, rate in smtp.per_domain.items()]
    return ", ".join(said)
