"""What is recorded of one copy after a try, by the relay's reply or its silence."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import structs

from newsletter.deliver.ledger import Delivery, Outcome
from newsletter.deliver.pace import Pace
from newsletter.deliver.recovery import NO_REPLY
from newsletter.deliver.replies import DroppedError, Reply, Verdict


class Outcomes:
    """Turns replies into rows of the ledger, with the time of the next try."""

    def __init__(self, pace: Pace, clock: Callable[[], float]) -> None:
        """`clock` tells seconds since the epoch."""
        self._pace = pace
        self._clock = clock

    def put_back(self, delivery: Delivery, wait_s: float | None = None) -> Outcome:
        """Nothing was said to the relay about it: it waits again, for so many seconds."""
        due = None if wait_s is None else self._clock() + wait_s
        return Outcome(id=delivery.id, state="pending", tried=False, next_try_at=due, fence=delivery.fence)

    def dropped(self, delivery: Delivery, error: DroppedError) -> Outcome:
        """The connection was lost: after the final dot nobody knows, before it nothing was sent."""
        if error.stage == "dot":
            return Outcome(id=delivery.id, state="in_doubt", reply=f"{NO_REPLY}: {error}", fence=delivery.fence)
        wait = self._pace.wait_s(delivery.attempts)
        due = self._clock() + wait
        return Outcome(id=delivery.id, state="pending", reply=str(error), next_try_at=due, fence=delivery.fence)

    def answered(self, delivery: Delivery, reply: Reply, verdict: Verdict) -> Outcome:
        """The relay replied."""
        next_try_at = None
        if verdict.state in {"deferred", "pending"}:
            next_try_at = self._clock() + self._pace.wait_s(delivery.attempts, reply.retry_after_s)
        return Outcome(
            id=delivery.id,
            state=verdict.state,
            code=reply.code,
            reply=reply.text,
            next_try_at=next_try_at,
            fence=delivery.fence,
        )

    def unless_too_late(self, delivery: Delivery, outcome: Outcome) -> Outcome:
        """Refused instead of deferred, if the relay has put it off for too long."""
        tries = delivery.attempts + 1
        ours = outcome.id == delivery.id and outcome.state == "deferred"
        if not ours or not self._pace.gives_up(tries, delivery.deferred_since, self._clock()):
            return outcome
        words = f"given up after {tries} tries: {outcome.reply}"
        return structs.replace(outcome, state="refused", reply=words, next_try_at=None)
