"""Which numbers a note may hold: those of the month's facts, as the letters would print them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Literal

from msgspec import Struct

from newsletter.config import Config
from newsletter.model import Fact

Unit = Literal["count", "percent", "seconds", "minutes", "hours"]
_RATE_PLACES = (Decimal(1), Decimal("0.1"), Decimal("0.01"))


class Printed(Struct, frozen=True):
    """A number as a letter prints it, and the fact it comes from.

    Args:
        own: whether it is the value of that fact, and not its target, the month before or a part.
    """

    value: Decimal
    unit: Unit
    fact: str
    own: bool = False


class Sourced(Struct, frozen=True, kw_only=True, dict=True):
    """All numbers that have a source.

    Args:
        by_subject: the numbers of each service, figure and of `tickets`.
        whole: ratios that are exactly 1, by subject: what "100 %" may be said of.
        facts: the ids of all facts.
    """

    by_subject: Mapping[str, frozenset[Printed]]
    whole: frozenset[str]
    facts: frozenset[str]

    def of(self, subjects: Iterable[str]) -> frozenset[Printed]:
        """The numbers of some subjects."""
        return frozenset().union(*(self.by_subject.get(one, frozenset()) for one in subjects))

    def holds(self, value: Decimal, unit: Unit) -> bool:
        """Whether a number says what some fact says; a number without a unit may be any."""
        return (value, unit) in self._pairs or (unit == "count" and value in self._values)

    @cached_property
    def _pairs(self) -> frozenset[tuple[Decimal, Unit]]:
        return frozenset((one.value, one.unit) for one in self.all)

    @cached_property
    def _values(self) -> frozenset[Decimal]:
        return frozenset(one.value for one in self.all)

    @cached_property
    def all(self) -> frozenset[Printed]:
        """The numbers of every subject."""
        return self.of(self.by_subject)


def sourced(facts: Iterable[Fact], config: Config) -> Sourced:
    """The numbers of the facts, their targets, what they were made of, and the users of services."""
    found: dict[str, set[Printed]] = {}
    whole, ids = set(), set()
    for fact in facts:
        ids.add(fact.id)
        found.setdefault(fact.subject, set()).update(_of_fact(fact))
        if fact.unit == "ratio" and fact.value == 1:
            whole.add(fact.subject)
    for name, service in config.services.items():
        if service.users:
            found.setdefault(name, set()).add(Printed(Decimal(service.users), "count", f"services.{name}.users"))
    return Sourced(
        by_subject={subject: frozenset(numbers) for subject, numbers in found.items()},
        whole=frozenset(whole),
        facts=frozenset(ids),
    )


def _of_fact(fact: Fact) -> Iterator[Printed]:
    for value in (fact.value, fact.target, fact.previous):
        if value is not None and math.isfinite(value):
            own = value is fact.value
            yield from (Printed(number, unit, fact.id, own) for number, unit in _forms(value, fact.unit))
    if fact.type == "spotlight":
        return
    for name, detail in fact.detail.items():
        if isinstance(detail, (int, float)) and name not in ("start", "end", "coverage"):
            unit = "seconds" if name.endswith("_s") else "count"
            yield from (Printed(number, one, fact.id) for number, one in _forms(detail, unit))


def _forms(value: float, unit: str) -> Iterator[tuple[Decimal, Unit]]:
    """How a value is written: in percent, in minutes, in hours and minutes, as a count."""
    exact = Decimal(repr(value))
    if unit == "ratio":
        for places in _RATE_PLACES:
            yield (exact * 100).quantize(places, ROUND_FLOOR), "percent"
            if exact * 100 < 99:  # near 100 only floored: 99.996 % must not read as 100 %
                yield (exact * 100).quantize(places, ROUND_HALF_UP), "percent"
    elif unit == "seconds":
        yield from _durations(exact)
    elif exact == exact.to_integral_value():
        yield exact, "count"
    else:
        yield from ((exact.quantize(places, ROUND_HALF_UP), "count") for places in _RATE_PLACES)


def _durations(seconds: Decimal) -> Iterator[tuple[Decimal, Unit]]:
    yield seconds.quantize(Decimal("0.1"), ROUND_HALF_UP), "seconds"
    minutes = max((seconds / 60).quantize(Decimal(1), ROUND_HALF_UP), Decimal(seconds > 0))
    yield minutes, "minutes"
    yield (minutes / 60).quantize(Decimal("0.1"), ROUND_HALF_UP), "hours"
    if minutes >= 48 * 60:
        yield (minutes / 60).quantize(Decimal(1), ROUND_HALF_UP), "hours"
