"""What a fact is called in a list: the service or the figure, and what is told of it, in one language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from newsletter.compose import figures
from newsletter.compose.context import Context
from newsletter.language.formats import capitalised
from newsletter.model import USEFUL, Fact

_OF_TICKETS = ("opened", "resolved", "open_at_end", "solved_within", "satisfied", "requesters")


def fact_titles(context: Context, names: Iterable[str]) -> Mapping[str, str]:
    """Titles by id, of facts and of claims that could not be made; an id that nothing is known of is its own title."""
    return {name: capitalised(_title(context, name)) for name in names}


def _title(context: Context, name: str) -> str:
    subject, _, rest = name.partition(".")
    base, _, claim = rest.partition(".")
    if (fact := context.facts.get(name)) is not None and fact.type == "rating":
        return context.text("fact.title.useful" if base == USEFUL else "fact.title.pulse")
    if subject == "services":
        return context.text("fact.title.worst")
    if subject == "tickets":
        return _of_tickets(context, base, claim)
    if subject in context.config.figures:
        return _of_figure(context, name, base, claim)
    what = _of_service(context, context.facts.get(name), claim or base)
    return context.text("fact.title.of_service", name=context.service_name(subject), what=what) if what else name


def _of_service(context: Context, fact: Fact | None, claim: str) -> str:
    if fact is not None and fact.type == "interruption":
        day = context.formats.local(float(fact.detail["start"] or 0))
        return context.text("fact.title.interruption", day=context.formats.day(day))
    known = ("availability", "latency", "spotlight", "streak")
    return context.text(f"fact.title.{claim}") if claim in known else ""


def _of_tickets(context: Context, base: str, claim: str) -> str:
    if "proactive_share" in (base, claim) or "top_share" in (base, claim):
        return context.text(f"fact.title.{claim or base}")
    if base not in _OF_TICKETS:
        return f"tickets.{base}"
    return _claimed(context, _continued(context.text(f"fact.noun.{base}"), context.facts.get(f"tickets.{base}")), claim)


def _of_figure(context: Context, name: str, base: str, claim: str) -> str:
    """The noun of the figure; an equivalent and a claim name it first."""
    wanted = context.config.figures[name.partition(".")[0]]
    fact = next((one for one in context.facts.values() if one.subject == name.partition(".")[0]), None)
    if fact is None:
        return name
    noun = _continued(figures.noun(context, fact, wanted), fact)
    return _claimed(context, noun, "equivalence" if base == "equivalence" else claim)


def _continued(noun: str, fact: Fact | None) -> str:
    """The noun of a share goes on from its number ("61% of tickets ..."), which a title shows."""
    return f"… {noun}" if fact is not None and fact.unit == "ratio" else noun


def _claimed(context: Context, what: str, claim: str) -> str:
    return context.text(f"fact.title.{claim}", what=what) if claim else what
