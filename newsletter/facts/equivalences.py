"""Numbers brought down to human size, each by a rule that a team declared and answers for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from msgspec.structs import replace

from newsletter.config import Config, EquivalenceConfig
from newsletter.model import Fact, Period, Snapshot

FRIDAY = 4


def equivalences(facts: Sequence[Fact], snapshot: Snapshot, config: Config) -> Iterator[Fact | tuple[str, str]]:
    """Figures divided as their rules say, until the month in which a rule ends."""
    for fact in facts:
        wanted = config.figures.get(fact.subject)
        if wanted is None or wanted.equivalence is None or fact.value is None:
            continue
        rule = wanted.equivalence
        claim = f"{fact.subject}.equivalence"
        amount = fact.detail.get("part") if fact.unit == "ratio" else fact.value
        if snapshot.edition > rule.valid_until:
            yield claim, f"the rule was valid until {rule.valid_until}: {rule.owner} should look at it again"
        elif amount is None:
            yield claim, "a share without its counts cannot be divided"
        else:
            divisor = _divisor(rule, snapshot.period)
            yield replace(
                fact,
                id=claim,
                type="equivalence",
                value=float(amount) / divisor,
                unit="count",
                previous=None,
                target=None,
                met=None,
                level="number",
                detail={"amount": float(amount), "divisor": divisor, "per": rule.per, "owner": rule.owner},
            )


def _divisor(rule: EquivalenceConfig, period: Period) -> int:
    people = (rule.people or 1) if rule.per != "working_day" else 1
    days = _working_days(period) if rule.per != "person" else 1
    return people * days


def _working_days(period: Period) -> int:
    """Mondays to Fridays of the month."""
    first, beyond = period.start.date(), period.end.date()
    return sum(_day(first, number).weekday() <= FRIDAY for number in range((beyond - first).days))


def _day(first: date, number: int) -> date:
    return first + timedelta(days=number)
