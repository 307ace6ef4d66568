"""Stops a run before a fault of the relay or the content is booked on the recipients."""

from __future__ import annotations

import threading

from msgspec import structs

from newsletter.deliver.ledger import Outcome
from newsletter.deliver.replies import Reply, Scope
from newsletter.errors import ConfigError, ContentError, DeliveryError, NewsletterError

POLICY_LIMIT = 3
"""So many refusals of content or client in a row are not about the recipients."""
PERSONAL_LIMIT = 20
"""So many refused addresses in a row, or a tenth of the run if that is more, are a relay that lost its directory."""
BUSY_LIMIT = 20
"""So many temporary failures in a row mean that the relay takes nothing now."""

_LATER = "Run the same command later."


class Breaker:
    """Judges outcomes over all connections; sets `stop` when the run must end.

    A refusal is held back until an accepted message proves that the relay still takes mail; if a
    limit is reached first, or nobody at all is accepted, the rows go back to pending.

    Args:
        stop: shared with the connections.
        waiting: how many rows the run is about.
        proved: whether the relay accepted this edition for somebody in an earlier run.
        believe: book refusals at once, because a person says that they are right.
    """

    def __init__(self, stop: threading.Event, *, waiting: int = 0, proved: bool = False, believe: bool = False) -> None:
        self.fault: NewsletterError | None = None
        self.proved = threading.Event()
        """Set once a message was accepted; until then the mails go one by one."""
        self._stop = stop
        self._believe = believe
        self._limits = {"policy": POLICY_LIMIT, "recipient": max(PERSONAL_LIMIT, waiting // 10)}
        self._lock = threading.Lock()
        self._held: list[tuple[Outcome, Scope]] = []
        self._last: Reply | None = None
        self._busy = 0
        if proved:
            self.proved.set()

    def settle(self, outcome: Outcome, scope: Scope, reply: Reply) -> list[Outcome]:
        """What may be recorded now that `reply` led to `outcome`; perhaps nothing yet."""
        with self._lock:
            if outcome.state == "accepted":
                self._busy = 0
                if not self.proved.is_set():
                    self.proved.set()
                return [*self._release(), outcome]
            if outcome.state == "refused" and not self._believe:
                return self._hold(outcome, scope, reply)
            if fault := _fault_of_the_run(scope, reply):
                self._trip(fault)
            if scope == "busy":
                self._busy += 1
                if self._busy >= BUSY_LIMIT:
                    self._trip(DeliveryError(f"the relay puts everybody off: {reply}", _LATER))
            return [outcome]

    def finish(self) -> list[Outcome]:
        """What was still held back at the end: refusals after all, if the relay took mail of this edition before."""
        with self._lock:
            if self._held and not self._stop.is_set() and not self.proved.is_set():
                assert self._last is not None
                self._trip(_everybody_refused(len(self._held), self._last))
            return self._pending() if self._stop.is_set() else self._release()

    def _hold(self, outcome: Outcome, scope: Scope, reply: Reply) -> list[Outcome]:
        self._held.append((outcome, scope))
        self._last = reply
        alike = sum(one == scope for _, one in self._held)
        if alike >= self._limits[scope]:
            self._trip(_policy(alike, reply) if scope == "policy" else _directory(alike, reply))
        return [] if self.fault is None else self._pending()

    def _pending(self) -> list[Outcome]:
        return [structs.replace(one, state="pending") for one in self._release()]

    def _release(self) -> list[Outcome]:
        held, self._held = self._held, []
        return [outcome for outcome, _ in held]

    def _trip(self, fault: NewsletterError) -> None:
        self.fault = self.fault or fault
        self._stop.set()


def _fault_of_the_run(scope: Scope, reply: Reply) -> NewsletterError | None:
    """Why no further mail can go out, if `scope` reaches that far."""
    match scope:
        case "sender":
            return ConfigError(f"the relay refuses the sender: {reply}", "Check smtp.from and smtp.user.")
        case "login":
            return ConfigError(f"the relay wants another login: {reply}", "Check smtp.user and how it logs in.")
        case "quota":
            hint = "Run the same command when the quota is free again, mostly after a day; nobody gets it twice."
            return DeliveryError(f"the relay's quota for this sender is used up: {reply}", hint)
        case "size":
            hint = "Make the edition smaller (images first), or ask who runs the relay."
            return ContentError(f"the mail is too large for the relay: {reply}", hint)
        case _:
            return None


def _policy(number: int, reply: Reply) -> NewsletterError:
    return DeliveryError(
        f"the relay refused {number} messages in a row: {reply}", "Ask who runs the relay; nobody is marked as refused."
    )


def _directory(number: int, reply: Reply) -> NewsletterError:
    return DeliveryError(
        f"the relay refused {number} addresses in a row: {reply}",
        "Nobody is marked as refused. If all of these people are gone: newsletter send --believe-refusals",
    )


def _everybody_refused(number: int, reply: Reply) -> NewsletterError:
    who = "the only recipient left" if number == 1 else f"all {number} recipients left"
    return DeliveryError(
        f"the relay refused {who} and accepted nobody: {reply}",
        "Nobody is marked as refused. If the relay is right: newsletter send --believe-refusals",
    )
