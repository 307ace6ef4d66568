"""Snapshots -> facts: what may be said about a month, each with the evidence behind it.

Plain numbers and verdicts on targets may always be told. A change ("more than usual") is a claim
of its own, made only past the statistical gate (`gate`), over all series of the month together.
What is told of all this is chosen by a score (`ranking`) that remembers earlier editions (`memory`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from newsletter import period
from newsletter.config import Config
from newsletter.facts import memory
from newsletter.facts.availability import availability_facts
from newsletter.facts.claims import claims
from newsletter.facts.decisions import ImpossibleWish, require_possible
from newsletter.facts.figures import figure_facts
from newsletter.facts.ranking import scored, select
from newsletter.facts.ratings import rating_facts
from newsletter.facts.shares import wilson_interval
from newsletter.facts.tickets import ticket_facts
from newsletter.model import Fact, Selection, Snapshot, Told

__all__ = ["ImpossibleWish", "earlier", "facts", "memory", "require_possible", "tell", "wilson_interval"]


def facts(snapshot: Snapshot, *, past: Sequence[Snapshot], config: Config) -> tuple[Fact, ...]:
    """The plain numbers of the month, in a fixed order: services and their interruptions, tickets, figures, what readers said.

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
        *rating_facts(snapshot, before),
    )


def earlier(fact: Fact, past: Sequence[Snapshot], config: Config) -> tuple[tuple[str, Fact], ...]:
    """The same number of earlier months, as these told it, newest first: (month, its fact).

    Args:
        fact: a number of `facts`; a claim has no earlier months of its own.
        past: earlier months, in any order.
        config: as of the month told of.
    """
    newest_first = sorted(past, key=lambda one: one.edition, reverse=True)
    found = ((one.edition, each) for one in newest_first for each in facts(one, past=(), config=config))
    return tuple((month, one) for month, one in found if one.id == fact.id and _alike(one, fact))


def _alike(one: Fact, other: Fact) -> bool:
    """Whether two months counted the same thing: the same unit, promised time, quantile and way to measure."""
    details = ("basis", "edge_s", "quantile")
    same = one.unit == other.unit and all(one.detail.get(name) == other.detail.get(name) for name in details)
    return same and one.value is not None and one.type != "interruption"


def tell(
    snapshot: Snapshot,
    *,
    past: Sequence[Snapshot],
    config: Config,
    told: Sequence[Told] = (),
    pin: Collection[str] = (),
    mute: Collection[str] = (),
) -> tuple[tuple[Fact, ...], Selection]:
    """Every fact and claim of the month with its score, and which of them the edition tells.

    Args:
        snapshot: the month to speak about.
        past: earlier months, in any order.
        config: targets, the gate's limits, names and rules.
        told: what earlier editions told.
        pin: ids that an editor wants told.
        mute: ids that an editor does not want told.

    Raises:
        ContentError: a pinned or muted id is no fact of the month, cannot be a card, or must be told.
    """
    plain = facts(snapshot, past=past, config=config)
    found = claims(plain, snapshot, past, config)
    every = scored((*plain, *found.facts), told, config)
    return every, select(every, told, config, refused=found.refused, pin=pin, mute=mute)


def _month_before(snapshot: Snapshot, past: Sequence[Snapshot], config: Config) -> Snapshot | None:
    """The snapshot of exactly the preceding month: an older one would be read as "last month"."""
    label = period.previous(snapshot.period, config.timezone).label
    return next((one for one in past if one.edition == label), None)
