"""Services that may take their turn in "your department runs on this"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from newsletter.config import Config
from newsletter.model import Fact


def spotlights(facts: Sequence[Fact], config: Config) -> Iterator[Fact | tuple[str, str]]:
    """A service with an outcome and the work behind it, in a month that does not contradict them."""
    measured = [one for one in facts if one.id == f"{one.subject}.availability" and one.value is not None]
    worst = min((one.value or 0.0 for one in measured), default=1.0) if len(measured) > 1 else 0.0
    for fact in facts:
        service = config.services.get(fact.subject)
        if service is None or fact.id != f"{fact.subject}.availability":
            continue
        claim = f"{fact.subject}.spotlight"
        if service.outcome is None or service.work is None:
            yield claim, "needs `outcome` and `work` in config.yaml"
        elif fact.value is None:
            yield claim, "not measured enough this month"
        elif fact.met is False:
            yield claim, "missed its target this month"
        elif fact.value == worst < 1:
            yield claim, "had the lowest availability of the month"
        else:
            yield replace(fact, id=claim, type="spotlight")
