"""When a copy that the relay put off is tried again, and when it is given up."""

from __future__ import annotations

from msgspec import Struct

_LONGEST_S = 4 * 3600.0
_DAY_S = 24 * 3600.0


class Pace(Struct, frozen=True, kw_only=True):
    """How patient a send is.

    The first tries follow each other quickly, and the run waits for them. Later ones follow a
    curve (5 minutes, each wait 1.3 times the one before, at most 4 hours); the ledger keeps the
    time of the next one, so a later run goes on where this one ended.

    Args:
        retries: seconds before the second, third, … try of a deferred row, and before reconnecting;
            the run waits for these.
        later: seconds before the first try after those.
        growth: how many times longer each further wait is.
        give_up_after_s: a row that was put off for so long is refused ...
        give_up_tries: ... if it was tried at least so often: a clock that jumped is no reason.
    """

    retries: tuple[float, ...] = (5.0, 15.0)
    later: float = 300.0
    growth: float = 1.3
    give_up_after_s: float = 3 * _DAY_S  # RFC 5321, 4.5.4.1: at least 4-5 days; a newsletter is stale by then
    give_up_tries: int = 8

    def wait_s(self, tries: int, asked_s: float | None = None) -> float:
        """Seconds until the next try, after `tries` earlier ones; never less than the relay asked for."""
        if tries < len(self.retries):
            wait = self.retries[tries]
        else:
            # The exponent is bounded so that no number of tries overflows.
            wait = min(self.later * self.growth ** min(tries - len(self.retries), 100), _LONGEST_S)
        return max(wait, asked_s or 0.0)

    def gives_up(self, tries: int, deferred_since: float | None, now: float) -> bool:
        """Whether a row that was tried `tries` times, first put off at `deferred_since`, is given up."""
        if deferred_since is None or tries < self.give_up_tries:
            return False
        return now - deferred_since > self.give_up_after_s
