"""What happens to one copy: a limit may put it off, the relay answers, and the answer is judged."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from newsletter.deliver.breaker import Breaker
from newsletter.deliver.ledger import Delivery, Outcome
from newsletter.deliver.ledger.journal import Journal
from newsletter.deliver.limits import Limits
from newsletter.deliver.line import Line
from newsletter.deliver.outcomes import Outcomes
from newsletter.deliver.outgoing import Copy
from newsletter.deliver.replies import DroppedError, Reply, judge


class Mailing:
    """The mails of one run; its connections share it."""

    def __init__(
        self, limits: Limits, outcomes: Outcomes, breaker: Breaker, journal: Journal, clock: Callable[[], float]
    ) -> None:
        """`clock` tells the epoch; each final dot is noted in `journal` before it leaves."""
        self._limits = limits
        self._outcomes = outcomes
        self._breaker = breaker
        self._journal = journal
        self._clock = clock

    def send_next(self, line: Line, left: deque[Copy]) -> list[Outcome]:
        """Mail the first of `left` when the limits allow it, and take it out."""
        if self._limits.none:
            outcomes = self._send(line, left[0], left[1] if len(left) > 1 else None)
            left.popleft()
            return outcomes
        first = left[0].delivery
        if wait := self._limits.wait_s(first.address):
            left.popleft()
            return [Outcome(id=first.id, state="pending", tried=False, next_try_at=self._clock() + wait)]
        with self._limits.permit(first.address) as granted:
            if not granted:
                return []
            line.relay()
            outcomes = self._send(line, left[0], None)
        left.popleft()
        return outcomes

    def _send(self, line: Line, copy: Copy, following: Copy | None) -> list[Outcome]:
        """Mail one copy; what may be recorded about it and about others. `following` is certainly the next one."""
        relay, delivery = line.relay(), copy.delivery
        if not relay.can_address(delivery.address):
            return [Outcome(id=delivery.id, state="refused", reply="the relay does not offer SMTPUTF8")]
        ahead = following and line.goes_on and relay.can_address(following.delivery.address)
        try:
            reply = relay.transmit(
                copy.envelope,
                copy.pieces,
                lambda: self._journal.sent(delivery.id),
                following.envelope if following and ahead else None,
            )
        except DroppedError as error:
            line.lost(str(error))
            return [self._outcomes.dropped(delivery, error)]
        if reply.stage == "dot" and 200 <= reply.code <= 599:
            self._journal.done(delivery.id, reply.code, reply.text)
        return self._judged(line, delivery, reply)

    def _judged(self, line: Line, delivery: Delivery, reply: Reply) -> list[Outcome]:
        verdict = judge(reply)
        line.answered(reply, closing=verdict.scope == "connection")
        if verdict.scope == "connection":
            self._limits.slow_down()
        outcome = self._outcomes.answered(delivery, reply, verdict)
        settled = self._breaker.settle(outcome, verdict.scope, reply)
        return [self._outcomes.unless_too_late(delivery, one) for one in settled]
