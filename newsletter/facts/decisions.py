"""What editors decide about single facts: which of their wishes can be met, and why not the others."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from typing import Literal

from newsletter.config import Config
from newsletter.errors import ContentError
from newsletter.model import Fact

Wish = Literal["pin", "mute"]

_PLAIN = ("value", "target_met", "target_missed")
_BAD_NEWS: Mapping[str, str] = {"target_missed": "a missed target", "interruption": "an interruption"}
_TAKE_OUT = "Take it out of edition.yaml."


class ImpossibleWish(ContentError):
    """A `wish` about a fact that cannot be met; whoever knows the file adds where it stands."""

    def __init__(self, wish: Wish, fact: str, message: str, hint: str) -> None:
        """Keep what was wished, beside what is wrong with it."""
        super().__init__(message, hint)
        self.wish = wish
        self.fact = fact


def require_possible(
    facts: Sequence[Fact], config: Config, *, refused: Mapping[str, str], pin: Collection[str], mute: Collection[str]
) -> None:
    """Refuse a pin or mute that could change nothing, or that would hide bad news.

    Args:
        facts: scored facts of the month.
        config: the figures, with the parts of a card that they have.
        refused: claims that could not be made, with the reason.
        pin: ids that an editor wants told.
        mute: ids that an editor does not want told.

    Raises:
        ImpossibleWish: names the first such id, with the reason.
    """
    known = {fact.id: fact for fact in facts}
    for name in pin:
        fact = _known("pin", name, known, refused)
        if name in mute:
            raise ImpossibleWish("mute", name, f"{name} is both pinned and muted", "Keep one of the two.")
        if reason := _why_no_card(fact, config):
            raise ImpossibleWish("pin", name, f"pin: {name} cannot be a card: {reason}", _TAKE_OUT)
    for name in mute:
        if reason := _why_not_muted(_known("mute", name, known, refused)):
            raise ImpossibleWish("mute", name, f"mute: {name} cannot be muted: {reason}", _TAKE_OUT)


def missing_parts(fact: Fact, config: Config) -> list[str]:
    """What a plain number lacks of a card's four parts: number, outcome, work and source."""
    if fact.type not in _PLAIN:
        return []
    figure = config.figures[fact.subject]
    return [name for name in ("sentence", "work", "source") if getattr(figure, name) is None]


def _known(wish: Wish, name: str, known: Mapping[str, Fact], refused: Mapping[str, str]) -> Fact:
    if name in refused:
        raise ImpossibleWish(wish, name, f"{wish}: {name} cannot be told: {refused[name]}", _TAKE_OUT)
    if name not in known:
        near = get_close_matches(name, known, n=1)
        hint = f"Did you mean {near[0]}?" if near else "List them with: newsletter facts"
        raise ImpossibleWish(wish, name, f"{wish}: no fact {name!r} this month", hint)
    return known[name]


def _why_no_card(fact: Fact, config: Config) -> str | None:
    if fact.type == "spotlight":
        return None
    figure = fact.type in _PLAIN and fact.subject in config.figures
    if fact.score is None and not figure:
        bad = _BAD_NEWS.get(fact.type)
        return f"{bad} is told anyway" if bad else "only claims, and figures of config.yaml, become cards"
    if fact.value is None:
        return "it has no number this month"
    if missing := missing_parts(fact, config):
        return f"figures.{fact.subject} has no {' and no '.join(missing)}"
    return None


def _why_not_muted(fact: Fact) -> str | None:
    if bad := _BAD_NEWS.get(fact.type):
        return f"{bad} is always told"
    if fact.score is None and fact.type != "spotlight":
        return 'it does not compete for a place under "Did you know?", so muting changes nothing'
    return None
