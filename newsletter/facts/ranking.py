"""Which facts are worth a reader's time: a score, and a choice that does not repeat itself.

What must be told (a missed target, an interruption) does not compete here: it stands first in
the letter whatever its score. Everything is deterministic; ties are broken by id.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from math import log2, log10, sqrt

from msgspec import Struct
from msgspec.structs import replace

from newsletter.config import Config
from newsletter.facts.decisions import missing_parts, require_possible
from newsletter.model import Fact, Score, Selection, Told

MOST_OF_A_SUBJECT = 2
POOL = 80
"""Only the best candidates are compared with one another."""

_SIGNIFICANCE: Mapping[str, float] = {
    "value": 0.3,
    "equivalence": 0.3,
    "target_met": 0.5,
    "target_missed": 0.5,
    "top_share": 0.5,
    "milestone": 0.5,
    "first_time": 0.5,
}
_TOLD_OTHERWISE = ("interruption", "target_unjudged", "worst", "proactive_share", "latency", "rating")
"""Told elsewhere: bad news in its own sections, how much was planned to managers, latency in the service's row, ratings
where the letter asks for the next ones."""
_ONE_OF_A_KIND = ("equivalence", "streak", "milestone")
_LEAST_P = 1e-6
_NOT_CRITICAL = 0.7


class Memory(Struct, frozen=True, dict=True):
    """What earlier editions told, by age: 1 is the edition sent last."""

    told: Sequence[Told]

    @cached_property
    def _ages(self) -> Mapping[str, int]:
        editions = sorted({one.edition for one in self.told}, reverse=True)
        rank = {edition: number for number, edition in enumerate(editions, 1)}
        return {one.fact: rank[one.edition] for one in sorted(self.told, key=lambda one: one.edition)}

    @cached_property
    def _series_ages(self) -> Mapping[str, int]:
        ages: dict[str, int] = {}
        for fact, age in self._ages.items():
            ages[_series(fact)] = min(age, ages.get(_series(fact), age))
        return ages

    def age(self, fact: str) -> int | None:
        """Editions since a fact was told; None = never."""
        return self._ages.get(fact)

    def novelty(self, fact: str) -> float:
        """1 if it was never told; half of it is back after 3 editions, of its series after 1.5."""
        age, series_age = self._ages.get(fact), self._series_ages.get(_series(fact))
        of_fact = 1.0 if age is None else 1 - 2 ** (-age / 3)
        of_series = 1.0 if series_age is None else 1 - 2 ** (-series_age / 1.5)
        return min(of_fact, of_series)


def scored(facts: Sequence[Fact], told: Sequence[Told], config: Config) -> tuple[Fact, ...]:
    """The facts, those that compete for a place with their scores."""
    memory = Memory(told)
    most = max((service.users or 0 for service in config.services.values()), default=0)
    return tuple(
        replace(fact, score=_score(fact, memory, most, config)) if _competes(fact, config) else fact for fact in facts
    )


def _competes(fact: Fact, config: Config) -> bool:
    """Claims do, and plain figures that ask for it; a fact without a value says nothing."""
    figure = config.figures.get(fact.subject)
    if fact.value is None or fact.type in _TOLD_OTHERWISE or (figure and figure.show == "managers"):
        return False
    if fact.type not in ("value", "target_met", "target_missed"):
        return True
    return figure is not None and figure.show in ("did_you_know", "both")


def select(
    facts: Sequence[Fact],
    told: Sequence[Told],
    config: Config,
    *,
    refused: Mapping[str, str],
    pin: Collection[str] = (),
    mute: Collection[str] = (),
) -> Selection:
    """Choose the "Did you know?" facts and the service in the spotlight.

    Args:
        facts: scored facts of the month.
        told: what earlier editions told.
        config: how many, and how long a told fact rests.
        refused: claims that could not be made, with the reason; they are passed on.
        pin: ids that an editor wants told, whatever their score.
        mute: ids that an editor does not want told.

    Raises:
        ImpossibleWish: a pinned or muted id is no fact of the month, cannot be a card, or must be told.
    """
    memory = Memory(told)
    require_possible(facts, config, refused=refused, pin=pin, mute=mute)
    passed_over = dict(refused)
    pool: list[Fact] = []
    for fact in sorted(facts, key=lambda one: (-_total(one), one.id)):
        if fact.type == "spotlight" or (fact.score is None and fact.id not in pin):
            continue
        reason = _why_not(fact, memory, config, pin=pin, mute=mute)
        if reason is None:
            pool.append(fact)
        else:
            passed_over[fact.id] = reason
    chosen = _choose(pool, pin, config.facts.did_you_know)
    passed_over |= {fact.id: "others scored higher, or are less alike" for fact in pool if fact.id not in chosen}
    spotlight, resting = _spotlight(facts, memory, pin=pin, mute=mute)
    return Selection(did_you_know=chosen, spotlight=spotlight, passed_over=passed_over | resting)


def _why_not(fact: Fact, memory: Memory, config: Config, *, pin: Collection[str], mute: Collection[str]) -> str | None:
    """Why a fact that competes may not be chosen; None if it may."""
    if missing := missing_parts(fact, config):
        return f"figures.{fact.subject} has no {' and no '.join(missing)}"
    if fact.id in mute:
        return "muted by an editor"
    age = memory.age(fact.id)
    if age is not None and age <= config.facts.cooldown and fact.id not in pin:
        return f"told {age} edition{'s' if age > 1 else ''} ago, rests for {config.facts.cooldown}"
    return None


# --- score --------------------------------------------------------------------------------


def _score(fact: Fact, memory: Memory, most_users: int, config: Config) -> Score:
    return Score(
        impact=_impact(fact, most_users, config),
        significance=_significance(fact),
        effect=_effect(fact),
        novelty=memory.novelty(fact.id),
    )


def _impact(fact: Fact, most_users: int, config: Config) -> float:
    """Root of the share of people concerned, less if their work does not stand still without it."""
    service, figure = config.services.get(fact.subject), config.figures.get(fact.subject)
    users = service.users if service else figure.users if figure else None
    reach = 1.0 if users is None or most_users == 0 else min(1.0, sqrt(users / most_users))
    return reach * (1.0 if service and service.critical else _NOT_CRITICAL)


def _significance(fact: Fact) -> float:
    p = fact.detail.get("p")
    if p is not None:
        return min(1.0, -log10(max(float(p), _LEAST_P)) / 4)
    if fact.type == "streak":
        return min(0.6, 0.2 + (fact.value or 0) / 30)  # a quarter is no feat, a year is
    return _SIGNIFICANCE.get(fact.type, 0.3)


def _effect(fact: Fact) -> float:
    """How many times doubled or halved, at most once; a plain number has none and counts half."""
    effect = fact.detail.get("effect")
    return 0.5 if effect is None else min(1.0, log2(1 + float(effect)))


# --- choice -------------------------------------------------------------------------------


def _choose(pool: Sequence[Fact], pin: Collection[str], wanted: int) -> tuple[str, ...]:
    """Maximal marginal relevance: each next fact is good and unlike those already chosen.

    Carbonell and Goldstein, SIGIR 1998, with weight 0.7 for the score.
    """
    chosen = [fact for fact in pool if fact.id in pin]
    rest = [fact for fact in pool if fact.id not in pin][:POOL]
    best = max((_total(fact) for fact in rest), default=0.0)
    while len(chosen) < wanted:
        open_ = [fact for fact in rest if fact not in chosen and _fits(fact, chosen)]
        if not open_:
            break
        chosen.append(max(open_, key=lambda one: (_worth(one, chosen, best), [-ord(sign) for sign in one.id])))
    return tuple(fact.id for fact in chosen)


def _worth(fact: Fact, chosen: Sequence[Fact], best: float) -> float:
    alike = max((_likeness(fact, other) for other in chosen), default=0.0)
    return 0.7 * (_total(fact) / best if best else 0.0) - 0.3 * alike


def _likeness(one: Fact, other: Fact) -> float:
    return (
        0.5 * (_series(one.id) == _series(other.id))
        + 0.3 * (one.subject == other.subject)
        + 0.2 * (one.type == other.type)
    )


def _fits(fact: Fact, chosen: Sequence[Fact]) -> bool:
    """At most two facts of a subject, one of a series, and one of each kind that tires when repeated."""
    of_subject = sum(other.subject == fact.subject for other in chosen)
    same_series = any(_series(other.id) == _series(fact.id) for other in chosen)
    second = fact.type in _ONE_OF_A_KIND and any(other.type == fact.type for other in chosen)
    return of_subject < MOST_OF_A_SUBJECT and not same_series and not second


def _spotlight(
    facts: Sequence[Fact], memory: Memory, *, pin: Collection[str], mute: Collection[str]
) -> tuple[str | None, dict[str, str]]:
    """The service whose turn is longest ago: none comes twice before all came once."""
    turns = [fact for fact in facts if fact.type == "spotlight" and fact.id not in mute]
    muted = {fact.id: "muted by an editor" for fact in facts if fact.type == "spotlight" and fact.id in mute}
    if not turns:
        return None, muted

    def turn(fact: Fact) -> tuple[bool, int, float, str]:
        age = memory.age(fact.id)
        return (
            fact.id not in pin,
            -age if age is not None else -(10**6),
            -(fact.score.impact if fact.score else 0),
            fact.id,
        )

    first = min(turns, key=turn)
    return first.id, muted | {fact.id: "another service's turn" for fact in turns if fact is not first}


def _total(fact: Fact) -> float:
    return fact.score.total if fact.score else 0.0


def _series(fact_id: str) -> str:
    """Subject and metric without the claim: "tickets.opened" of "tickets.opened.change"."""
    return ".".join(fact_id.split(".")[:2]) if fact_id.count(".") > 1 else fact_id
