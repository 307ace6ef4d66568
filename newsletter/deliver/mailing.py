"""What happens to one copy: a limit may put it off, the relay answers, and the answer is judged."""

from __future__ import annotations

from collections import deque

from newsletter.deliver.breaker import Breaker
from newsletter.deliver.ledger import Delivery, Outcome, RunLock
from newsletter.deliver.ledger.journal import Journal
from newsletter.deliver.limits import Limits
from newsletter.deliver.line import Line
from newsletter.deliver.outcomes import Outcomes
from newsletter.deliver.outgoing import Copy
from newsletter.deliver.replies import DroppedError, Reply, judge


class Mailing:
    """The mails of one run; its connections share it."""

    def __init__(
        self, limits: Limits, outcomes: Outcomes, breaker: Breaker, run_lock: RunLock, journal: Journal
    ) -> None:
        """No final dot leaves without `run_lock`, and each is noted in `journal` before."""
        self._limits = limits
        self._outcomes = outcomes
        self._breaker = breaker
        self._run_lock = run_lock
        self._journal = journal

    def send_next(self, line: Line, left: deque[Copy]) -> list[Outcome]:
        """Mail the first of `left` when the limits allow it, and take it out."""
        if self._limits.none:
            outcomes = self._send(line, left[0], left[1] if len(left) > 1 else None)
            left.popleft()
            return outcomes
        first = left[0].delivery
        if wait := self._limits.wait_s(first.address):
            left.popleft()
            return [self._outcomes.put_back(first, wait)]
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
            words = "the relay does not offer SMTPUTF8"
            return [Outcome(id=delivery.id, state="refused", reply=words, fence=delivery.fence)]
        ahead = following and line.goes_on and relay.can_address(following.delivery.address)
        try:
            reply = relay.transmit(
                copy.envelope,
                copy.pieces,
                lambda: self._about_to_leave(delivery),
                following.envelope if following and ahead else None,
            )
        except DroppedError as error:
            line.lost(str(error))
            return [self._outcomes.dropped(delivery, error)]
        if reply.stage == "dot" and 200 <= reply.code <= 599:
            self._journal.done(delivery.id, reply.code, reply.text)
        return self._judged(line, delivery, reply)

    def _about_to_leave(self, delivery: Delivery) -> None:
        self._run_lock.require()
        self._journal.sent(delivery.id)

    def _judged(self, line: Line, delivery: Delivery, reply: Reply) -> list[Outcome]:
        verdict = judge(reply)
        line.answered(reply, closing=verdict.scope == "connection")
        if verdict.scope == "connection":
            self._limits.slow_down()
        outcome = self._outcomes.answered(delivery, reply, verdict)
        settled = self._breaker.settle(outcome, verdict.scope, reply)
        return [self._outcomes.unless_too_late(delivery, one) for one in settled]
