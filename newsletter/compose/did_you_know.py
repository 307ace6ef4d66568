"""The chosen facts as cards, each with its number, what it means, what we did and its source."""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping

from newsletter.compose import figures
from newsletter.compose.context import Context
from newsletter.compose.figures import in_words, written
from newsletter.compose.phrasing import phrase, variant
from newsletter.config import FigureConfig
from newsletter.errors import ConfigError
from newsletter.language.bidi import ISOLATE, POP
from newsletter.language.formats import capitalised, ended
from newsletter.model import Fact, FactCard, Section
from newsletter.period import month as month_of

WORDINGS = 2
"""How many wordings each kind of change has."""
ROUGH_FROM = 5
"""From here on "about" a number needs no decimals."""


def did_you_know_section(context: Context) -> Section | None:
    """The chosen facts, in their order."""
    cards = tuple(_card(context, context.facts[fact]) for fact in context.selection.did_you_know)
    return Section(kind="did_you_know", title=context.text("section.did_you_know"), cards=cards) if cards else None


def _card(context: Context, fact: Fact) -> FactCard:
    number, sentence = _WORDINGS.get(fact.type, _plain)(context, fact)
    return FactCard(number=number, sentence=sentence, source=_source(context, fact, sentence), fact=fact.id)


# --- one kind of fact each: its number, and the sentence that goes on from there ----------


def _plain(context: Context, fact: Fact) -> tuple[str, str]:
    """A figure with the sentences of the config."""
    wanted = context.config.figures[fact.subject]
    number = in_words(context, fact, wanted)
    known = {"value": number}
    for slot in ("part", "whole"):
        count = fact.detail.get(slot)
        if count is not None:
            known[slot] = context.formats.number(float(count))
    sentence = filled(figures.sentence(context, fact, wanted), known, f"figures.{fact.subject}.sentence")
    return number, _with_work(context, sentence, wanted)


def _change(context: Context, fact: Fact) -> tuple[str, str]:
    """More or less than usual, with what is usual; a record also says among how many months."""
    season = "_season" if fact.detail["seasonal"] else ""
    key = f"fact.{fact.type}_{fact.detail['direction']}{season}_{variant(context.snapshot.edition, fact.id, WORDINGS)}"
    months = int(fact.detail["months"] or 0)
    sentence = phrase(
        context,
        key,
        months=context.catalogue.count(months + (fact.type == "record")),
        noun=_noun(context, fact),
        usual=_value(context, fact, float(fact.detail["usual"] or 0)),
        month=context.same_month_last_year,
    )
    return _value(context, fact, fact.value or 0), sentence


def _streak(context: Context, fact: Fact) -> tuple[str, str]:
    service = context.config.services[fact.subject]
    months = int(fact.value or 0)
    target = context.formats.ratio(fact.target or 0, "nearest", like=fact.target)
    name = context.service_name(fact.subject)
    if service.outcome:
        outcome = context.localised(service.outcome)
        sentence = phrase(context, "fact.streak_outcome", service=name, target=target, outcome=outcome)
    else:
        sentence = phrase(context, "fact.streak", service=name, target=target)
    work = context.localised(service.work) if service.work else ""
    return phrase(context, "fact.streak_months", n=months), _sentences(sentence, work)


def _milestone(context: Context, fact: Fact) -> tuple[str, str]:
    since = context.formats.month(month_of(str(fact.detail["since"]), context.config.timezone).start)
    return _value(context, fact, fact.value or 0), phrase(
        context, "fact.milestone", noun=_noun(context, fact), since=since
    )


def _first_time(context: Context, fact: Fact) -> tuple[str, str]:
    months = context.catalogue.count(int(fact.detail["months"] or 0))
    return _value(context, fact, fact.value or 0), phrase(
        context, "fact.first_time", noun=_noun(context, fact), months=months
    )


def _top_share(context: Context, fact: Fact) -> tuple[str, str]:
    name = context.localised(context.config.tickets.names[str(fact.detail["label"])])
    return _share(context, fact), phrase(
        context, "fact.top_share", name=name, part=_count(context, fact, "part"), whole=_count(context, fact, "whole")
    )


def _equivalence(context: Context, fact: Fact) -> tuple[str, str]:
    wanted = context.config.figures[fact.subject]
    rule = wanted.equivalence
    if rule is None:
        raise LookupError(f"{fact.id} has no rule")
    value = fact.value or 0.0
    rough = context.formats.number(value, 0 if value >= ROUGH_FROM else 1)
    number = phrase(context, "fact.about", value=rough)
    where = f"figures.{fact.subject}.equivalence.sentence"
    return number, _with_work(context, filled(context.localised(rule.sentence), {"value": number}, where), wanted)


_WORDINGS: Mapping[str, Callable[[Context, Fact], tuple[str, str]]] = {
    "change": _change,
    "record": _change,
    "streak": _streak,
    "milestone": _milestone,
    "first_time": _first_time,
    "top_share": _top_share,
    "equivalence": _equivalence,
}


# --- parts --------------------------------------------------------------------------------


def filled(sentence: str, known: Mapping[str, str], where: str) -> str:
    """A configured sentence with its numbers.

    Raises:
        ConfigError: it has a placeholder without a value, or a single brace.
    """
    try:
        names = {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}
    except ValueError:
        names = {sentence}
    if not names <= known.keys():
        raise ConfigError(
            f"{where}: {sentence!r} has a placeholder without a value",
            f"Use only {', '.join(f'{{{name}}}' for name in sorted(known))}, and write other braces twice.",
        )
    return sentence.format_map(known)


def _with_work(context: Context, sentence: str, wanted: FigureConfig) -> str:
    return _sentences(sentence, context.localised(wanted.work) if wanted.work else "")


def _sentences(first: str, second: str) -> str:
    """Two sentences, each with its full stop; the second may be empty."""
    if not second:
        return first
    # two of another language run on as one text
    return f"{ended(first)} {ended(capitalised(second))}".replace(f"{POP} {ISOLATE}", " ")


def _noun(context: Context, fact: Fact) -> str:
    figure = context.config.figures.get(fact.subject)
    if figure is not None:
        return figures.noun(context, fact, figure)
    if fact.id == "tickets.satisfied":
        return context.text("fact.noun.satisfied")
    if fact.detail.get("whole") is not None or fact.unit == "ratio":
        return context.text("fact.noun.solved_within")
    return context.text(f"fact.noun.{fact.id.split('.')[1]}")


def _value(context: Context, fact: Fact, value: float) -> str:
    figure = context.config.figures.get(fact.subject)
    if figure is not None:
        return written(context, fact, value, figure, short=False)
    if fact.unit == "ratio":
        return context.formats.ratio(value, "floor")
    return context.formats.number(value)


def _share(context: Context, fact: Fact) -> str:
    return context.formats.percent(fact.value or 0, 0)


def _count(context: Context, fact: Fact, slot: str) -> str:
    return context.formats.number(float(fact.detail[slot] or 0))


def _source(context: Context, fact: Fact, sentence: str) -> str:
    """Where the number comes from and for which days; of a share also the two counts behind it."""
    figure = context.config.figures.get(fact.subject)
    if figure is not None:
        origin = context.localised(figure.source) if figure.source else ""
    else:
        origin = context.text("fact.source.tickets" if fact.subject == "tickets" else "fact.source.measurements")
    part, whole = fact.detail.get("part"), fact.detail.get("whole")
    counted = ""
    if part is not None and whole is not None:
        counted = context.text(
            "numbers.part_of_whole", part=_count(context, fact, "part"), whole=_count(context, fact, "whole")
        )
    if counted in sentence:
        counted = ""
    by_hand = context.text("did_you_know.by_hand") if figure is not None and figure.by_hand else ""
    return capitalised(context.catalogue.separated(one for one in (origin, by_hand, counted, context.window) if one))
