"""Promises beyond availability that were missed: requests solved too late, a figure beyond its target.

They are bad news like a missed availability, so they are told where that is told.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from newsletter.compose import figures
from newsletter.compose.context import Context
from newsletter.model import Fact


class Promise(Struct, frozen=True):
    """A promise in words: what was promised, what came of it, and the target."""

    what: str
    value: str
    target: str


def missed_promises(context: Context) -> tuple[Promise, ...]:
    """The missed ones, requests first, then figures in the order of the config."""
    return tuple(_missed(context))


def _missed(context: Context) -> Iterator[Promise]:
    solved = context.facts.get("tickets.solved_within")
    if solved is not None and solved.met is False:
        yield _requests(context, solved)
    for figure_id, wanted in context.config.figures.items():
        if wanted.show == "none":
            continue
        for fact in context.facts.values():
            if fact.subject == figure_id and fact.type == "target_missed" and fact.value is not None:
                yield Promise(
                    what=figures.noun(context, fact, wanted),
                    value=figures.written(context, fact, fact.value, wanted, short=True),
                    target=figures.written(context, fact, fact.target or 0.0, wanted, short=True, exactly=True),
                )


def _requests(context: Context, fact: Fact) -> Promise:
    duration = context.formats.duration(float(fact.detail["edge_s"] or 0))
    return Promise(
        what=context.text("numbers.solved_within", duration=duration),
        value=context.formats.ratio(fact.value or 0.0, "floor", like=fact.target),
        target=context.formats.ratio(fact.target or 0.0, "nearest", like=fact.target),
    )
