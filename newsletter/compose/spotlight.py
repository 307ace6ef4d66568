"""Your department runs on this: one service a month, what it lets people do and what is done to keep it so."""

from __future__ import annotations

from newsletter.compose.context import Context
from newsletter.compose.phrasing import phrase
from newsletter.language.formats import capitalised, ended
from newsletter.model import FactCard, Section


def spotlight_section(context: Context) -> Section | None:
    """The service whose turn it is."""
    chosen = _own(context) or context.selection.spotlight
    if chosen is None or chosen not in context.facts:
        return None
    fact = context.facts[chosen]
    service = context.config.services[fact.subject]
    if service.outcome is None or service.work is None or fact.value is None:
        raise LookupError(f"{chosen} was chosen without outcome, work or value")
    sentence = phrase(
        context,
        "spotlight.sentence",
        outcome=capitalised(context.localised(service.outcome)),
        work=ended(capitalised(context.localised(service.work))),
    )
    card = FactCard(
        number=context.service_name(fact.subject),
        sentence=sentence,
        source=phrase(
            context,
            "spotlight.source",
            availability=context.formats.percent(fact.value),
            window=context.window,
        ),
        fact=chosen,
    )
    return Section(kind="spotlight", title=context.text("section.spotlight"), cards=(card,))


def _own(context: Context) -> str | None:
    """A segment's spotlight is one of its own services, another one each month."""
    own = [f"{service}.spotlight" for service in context.own_services if f"{service}.spotlight" in context.facts]
    return own[context.start.month % len(own)] if own else None
