"""Planned work and surprises: how the department itself works, told to managers alone."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.compose import figures
from newsletter.compose.context import Context
from newsletter.compose.phrasing import phrase
from newsletter.language.formats import ended
from newsletter.model import Divided, Fact, Part, Quoted, Section


def work_section(context: Context) -> Section | None:
    """How much of the finished work came before anybody asked, and what else is told of how the department works."""
    divided, told = _divided(context), tuple(_of_the_team(context))
    if divided is None and not told:
        return None
    return Section(
        kind="work",
        title=context.text("section.work"),
        quoted=(*(divided[1] if divided else ()), *told),
        divided=divided[0] if divided else None,
        paragraphs=tuple(one.text for one in told),
    )


def _of_the_team(context: Context) -> Iterator[Quoted]:
    """Numbers about the department's own work, of the team as a whole: only managers are told."""
    for name, wanted in context.config.figures.items():
        figure = context.snapshot.figures.get(name)
        fact = context.facts.get(f"{name}.{figure.kind}") if figure and wanted.show == "managers" else None
        if fact is not None and fact.value is not None:
            number = figures.written(context, fact, fact.value, wanted, short=False)
            text = f"{number} {figures.noun(context, fact, wanted)}{_of_how_many(context, fact)}"
            yield Quoted(fact=fact.id, text=ended(text))


def _of_how_many(context: Context, fact: Fact) -> str:
    """The two counts of a share: " (680 of 2,159)"."""
    part, whole = fact.detail.get("part"), fact.detail.get("whole")
    if part is None or whole is None:
        return ""
    number = context.formats.number
    return f" ({context.text('numbers.part_of_whole', part=number(float(part)), whole=number(float(whole)))})"


def _divided(context: Context) -> tuple[Divided, tuple[Quoted, ...]] | None:
    """Planned work as a part of all; only of well-labelled work."""
    fact = context.facts.get("tickets.proactive_share")
    if fact is None or fact.value is None:
        return None
    proactive, labelled, unlabelled = (int(fact.detail[slot] or 0) for slot in ("part", "whole", "unlabelled"))
    total = labelled + unlabelled
    parts = {"proactive": proactive, "reactive": labelled - proactive, "unlabelled": unlabelled}
    shares = {name: context.formats.percent(count / total, 0, "nearest") for name, count in parts.items()}
    share = context.formats.percent(fact.value, 0, "nearest")
    shown = tuple(
        Part(share=count / total, number=shares[name], label=context.text(f"work.{name}"))
        for name, count in parts.items()
        if count
    )
    note = (
        phrase(context, "work.note", n=total, share=share) if unlabelled else phrase(context, "work.note_all", n=total)
    )
    slots = {"total": context.formats.number(total), "proactive": shares["proactive"], "reactive": shares["reactive"]}
    told = Divided(
        number=share,
        sentence=context.text("work.sentence" if unlabelled else "work.sentence_all"),
        label=context.text("work.label", None, **slots, unlabelled=shares["unlabelled"])
        if unlabelled
        else context.text("work.label_all", None, **slots),
        parts=shown,
        note=note,
    )
    return told, tuple(Quoted(fact=fact.id, text=text) for text in (share, *(part.number for part in shown), note))
