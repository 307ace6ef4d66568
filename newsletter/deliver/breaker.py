"""Stops a run before a fault of the relay or the content is booked on the recipients."""

from __future__ import annotations

import dataclasses
import threading

from newsletter.deliver.ledger import Outcome
from newsletter.deliver.replies import Reply, Scope
from newsletter.errors import ConfigError, DeliveryError, NewsletterError

POLICY_LIMIT = 3
"""So many refusals of content or client in a row are not about the recipients."""
BUSY_LIMIT = 20
"""So many temporary failures in a row mean that the relay takes nothing now."""


class Breaker:
    """Judges outcomes over all connections; sets `stop` when the run must end.

    A refusal that may concern everybody is held back until an accepted message proves that it
    does not; if the limit is reached first, the rows go back to pending.
    """

    def __init__(self, stop: threading.Event) -> None:
        """`stop` is shared with the connections."""
        self.fault: NewsletterError | None = None
        self._stop = stop
        self._lock = threading.Lock()
        self._held: list[Outcome] = []
        self._busy = 0

    def settle(self, outcome: Outcome, scope: Scope, reply: Reply) -> list[Outcome]:
        """What may be recorded now that `reply` led to `outcome`; perhaps nothing yet."""
        with self._lock:
            if scope == "sender":
                self._trip(_sender_refused(reply))
            if scope == "policy":
                return self._hold(outcome, reply)
            if outcome.state == "accepted":
                self._busy = 0
                return [*self._release(), outcome]
            if scope == "busy":
                self._busy += 1
                if self._busy >= BUSY_LIMIT:
                    self._trip(DeliveryError(f"the relay puts everybody off: {reply}", "Run the same command later."))
            return [outcome]

    def finish(self) -> list[Outcome]:
        """What was still held back at the end: refusals after all, if the run came to its own end."""
        with self._lock:
            return self._pending() if self._stop.is_set() else self._release()

    def _hold(self, outcome: Outcome, reply: Reply) -> list[Outcome]:
        self._held.append(outcome)
        if len(self._held) >= POLICY_LIMIT:
            self._trip(
                DeliveryError(
                    f"the relay refused {POLICY_LIMIT} messages in a row: {reply}",
                    "Ask who runs the relay; nobody is marked as refused.",
                )
            )
        if self.fault is None:
            return []
        return self._pending()

    def _pending(self) -> list[Outcome]:
        return [dataclasses.replace(one, state="pending") for one in self._release()]

    def _release(self) -> list[Outcome]:
        held, self._held = self._held, []
        return held

    def _trip(self, fault: NewsletterError) -> None:
        self.fault = self.fault or fault
        self._stop.set()


def _sender_refused(reply: Reply) -> NewsletterError:
    if reply.enhanced.startswith("5.2."):
        return DeliveryError(f"the relay's quota for this sender is used up: {reply}", "Run the same command later.")
    return ConfigError(f"the relay refuses the sender: {reply}", "Check smtp.from and smtp.user.")
