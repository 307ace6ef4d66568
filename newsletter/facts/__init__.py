"""Snapshots -> facts: what may be said about a month, each with the evidence behind it.

Only plain numbers and verdicts on targets are made here. A change ("more than last month") is
never stated: `Fact.previous` carries last month's number, and the reader may compare.
"""

from __future__ import annotations

from collections.abc import Sequence

from newsletter import period
from newsletter.config import Config
from newsletter.facts.availability import availability_facts
from newsletter.facts.figures import figure_facts
from newsletter.facts.tickets import ticket_facts
from newsletter.model import Fact, Snapshot

__all__ = ["facts"]


def facts(snapshot: Snapshot, *, past: Sequence[Snapshot], config: Config) -> tuple[Fact, ...]:
    """Every fact of the month, in a fixed order: services and their interruptions, tickets, figures.

    Args:
        snapshot: the month to speak about.
        past: earlier months in any order; only the one right before gives `Fact.previous`.
        config: targets, order of the services, coverage gate.

    Returns:
        Facts whose `value` is None where too little was measured: these are known gaps, and
        must never be printed as a number.
    """
    before = _month_before(snapshot, past, config)
    return (
        *availability_facts(snapshot, before, config),
        *ticket_facts(snapshot.tickets, before.tickets if before else None, config.tickets),
        *figure_facts(snapshot, before, config),
    )


def _month_before(snapshot: Snapshot, past: Sequence[Snapshot], config: Config) -> Snapshot | None:
    """The snapshot of exactly the preceding month: an older one would be read as "last month"."""
    label = period.previous(snapshot.period, config.timezone).label
    return next((one for one in past if one.edition == label), None)
