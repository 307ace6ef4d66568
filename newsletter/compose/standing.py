"""How one service stood in the month: the questions every section asks about it."""

from __future__ import annotations

from fractions import Fraction

from msgspec import Struct

from newsletter.model import Fact, Outage, ServiceMonth

LOST_SAMPLES_S = 300.0
FULL_COVERAGE = 0.999
"""Below this share of the month measured, "no interruption" cannot be said: nobody looked all the time."""


class Standing(Struct, frozen=True, kw_only=True):
    """A service with its availability fact and its measured month."""

    name: str
    fact: Fact
    month: ServiceMonth
    critical: bool = False

    @property
    def id(self) -> str:
        """The service's id."""
        return self.month.id

    @property
    def measured(self) -> bool:
        """Whether enough was measured to print a number at all."""
        return self.fact.value is not None

    @property
    def exempt(self) -> bool:
        """Whether planned maintenance left nothing to judge: that is neither good nor bad news, and no gap."""
        return self.month.exempt

    @property
    def by_time(self) -> bool:
        """Whether it was measured in minutes; else by what was asked of it, and nothing is known of minutes."""
        return self.month.basis == "time"

    @property
    def ratio(self) -> Fraction:
        """Exact availability; only of a measured service."""
        if not self.by_time:
            counts = self.month.requests
            return 1 - Fraction(counts.failed, counts.total) if counts else Fraction(str(self.month.availability or 0))
        up, down = Fraction(self.month.up_s), Fraction(self.month.down_s)
        return up / (up + down)

    @property
    def down_s(self) -> float:
        """Seconds of downtime."""
        return self.month.down_s

    @property
    def allowed_s(self) -> float | None:
        """Seconds of downtime that the target allows; None without target or measurement."""
        allowed = self.fact.detail.get("allowed_s")
        return None if allowed is None else float(allowed)

    @property
    def used(self) -> float | None:
        """Downtime / allowance; a target of 100 % allows nothing, so any downtime uses all of it."""
        if not self.by_time:
            return self._used_by_requests()
        if self.allowed_s is None:
            return None
        if self.allowed_s == 0:
            return 1.0 if self.down_s else 0.0
        return self.down_s / self.allowed_s

    def _used_by_requests(self) -> float | None:
        if self.fact.target is None or not self.measured:
            return None
        failed, allowed = 1 - self.ratio, 1 - Fraction(str(self.fact.target))
        return float(failed / allowed) if allowed else float(failed > 0)

    @property
    def met(self) -> bool:
        """The target was met."""
        return self.fact.met is True

    @property
    def missed(self) -> bool:
        """The target was missed."""
        return self.fact.met is False

    @property
    def unjudged(self) -> bool:
        """It has a target, but too little was measured to say whether it was met."""
        return self.fact.target is not None and self.fact.met is None and not self.exempt

    @property
    def undecided(self) -> bool:
        """Too little was measured: for a number, or for a verdict on the target."""
        return not self.exempt and (not self.measured or self.unjudged)

    @property
    def interrupted(self) -> bool:
        """Measured, and not up all the time."""
        return self.measured and self.down_s > 0

    @property
    def clean(self) -> bool:
        """Not one second of downtime, and so much of the month was watched that it can be said."""
        seen = self.measured and not self.undecided and self.by_time
        return seen and self.down_s == 0 and self.month.coverage >= FULL_COVERAGE

    @property
    def watched_throughout(self) -> bool:
        """Nothing but the odd lost sample is missing: only then may "the whole month" be said."""
        return self.measured and self.month.unknown_s <= LOST_SAMPLES_S

    @property
    def outages(self) -> tuple[Outage, ...]:
        """Its interruptions, in order of time."""
        return tuple(sorted(self.month.outages, key=lambda outage: outage.start))
