"""By the numbers: four or six tiles."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from newsletter.compose import figures
from newsletter.compose.context import Context
from newsletter.compose.figures import written
from newsletter.compose.months import history
from newsletter.config import FigureConfig
from newsletter.counting import SMALL_SAMPLE
from newsletter.language.formats import capitalised
from newsletter.model import Fact, Mark, Section, Tile


def _figures(context: Context) -> Iterator[tuple[Fact, FigureConfig]]:
    """Figures with a number that stand among the numbers; not those that are told as a card this time."""
    for figure_id, wanted in context.config.figures.items():
        figure = context.snapshot.figures.get(figure_id)
        fact = context.facts.get(f"{figure_id}.{figure.kind}") if figure else None
        if wanted.show not in ("tile", "both") or fact is None or fact.value is None:
            continue
        if fact.id not in context.selection.did_you_know:
            yield fact, wanted


# --- tiles --------------------------------------------------------------------------------


def numbers_section(context: Context) -> Section | None:
    """Six tiles or four: five leave a hole in two columns, and fewer are no overview."""
    own = [*_ticket_tile(context), *(_figure_tile(context, *figure) for figure in _figures(context))]
    tiles = own if len(own) >= 4 else [*own, *_general_tiles(context)][:4]
    if len(tiles) < 4:
        return None
    shown = tuple(tiles[: 6 if len(tiles) >= 6 else 4])
    return Section(kind="numbers", title=context.text("section.numbers"), tiles=shown)


def _ticket_tile(context: Context) -> Iterator[Tile]:
    """The share of requests solved in the promised time; few of them as "k of n"."""
    fact = context.facts.get("tickets.solved_within")
    if fact is None or fact.value is None:
        return
    part, whole = (int(fact.detail[slot] or 0) for slot in ("part", "whole"))
    small = whole < SMALL_SAMPLE
    number = context.formats.number
    duration = context.formats.duration(float(fact.detail["edge_s"] or 0))
    target = context.formats.ratio(fact.target, "nearest", like=fact.target) if fact.target is not None else ""
    of_how_many = "" if small else context.text("numbers.of_requests", n=whole)
    counted = context.text("numbers.part_of_whole", part=number(part), whole=number(whole))
    yield Tile(
        number=counted if small else context.formats.ratio(fact.value, "floor", like=fact.target),
        label=context.text("numbers.solved_within" if small else "numbers.solved_within_share", duration=duration),
        context=context.text("numbers.target", target=target) if target else of_how_many,
        mark=_mark(fact),
        mark_text=_mark_text(context, fact),
        previous=_previous(context, context.formats.ratio(fact.previous, "floor", like=fact.target))
        if fact.previous is not None
        else "",
        fact=fact.id,
    )


def _figure_tile(context: Context, fact: Fact, wanted: FigureConfig) -> Tile:
    previous = "" if fact.previous is None else written(context, fact, fact.previous, wanted, short=True)
    return Tile(
        number=_figure_number(context, fact, wanted),
        label=figures.noun(context, fact, wanted),
        context=_figure_context(context, fact, wanted),
        mark=_mark(fact),
        mark_text=_mark_text(context, fact),
        remark=context.text("numbers.by_hand") if wanted.by_hand else "",
        previous=_previous(context, previous) if previous else "",
        history=history(context, fact, wanted),
        fact=fact.id,
    )


def _figure_number(context: Context, fact: Fact, wanted: FigureConfig) -> str:
    part, whole = fact.detail.get("part"), fact.detail.get("whole")
    if part is not None and whole is not None and float(whole) < SMALL_SAMPLE:
        return _counted(context, float(part), float(whole))
    return written(context, fact, fact.value or 0, wanted, short=True)


def _figure_context(context: Context, fact: Fact, wanted: FigureConfig) -> str:
    if fact.target is not None and fact.met is not None:
        key = "numbers.target_at_most" if wanted.good == "down" else "numbers.target"
        return context.text(key, target=written(context, fact, fact.target, wanted, short=True, exactly=True))
    part, whole = fact.detail.get("part"), fact.detail.get("whole")
    if part is not None and whole is not None and float(whole) >= SMALL_SAMPLE:
        # a sentence of its own: no verdict follows it
        return context.text("numbers.counted", counted=_counted(context, float(part), float(whole)))
    return ""


def _counted(context: Context, part: float, whole: float) -> str:
    number = context.formats.number
    return context.text("numbers.part_of_whole", part=number(part), whole=number(whole))


def _general_tiles(context: Context) -> Iterator[Tile]:
    """What every month has, for when the config names too few figures of its own."""
    yield from _service_tiles(context)
    for part in ("resolved", "open_at_end"):
        fact = context.facts.get(f"tickets.{part}")
        if fact and fact.value is not None:
            yield _count_tile(context, fact, "solved" if part == "resolved" else part)


def _service_tiles(context: Context) -> Iterator[Tile]:
    promised = [one for one in context.standings if one.fact.target is not None]
    if any(not one.unjudged for one in promised):
        met = sum(one.met for one in promised)
        yield Tile(
            number=_counted(context, met, len(promised)), label=context.text("numbers.targets_met", n=met), context=""
        )
    measured = [one for one in context.standings if one.measured and one.by_time]
    if measured:
        begun = sum(int(one.fact.detail["outages"] or 0) for one in measured)
        label = context.text("numbers.interruptions", n=begun)
        yield Tile(number=context.formats.number(begun), label=label, context="")


def _count_tile(context: Context, fact: Fact, key: str) -> Tile:
    value = int(fact.value or 0)
    last = context.formats.local(context.snapshot.period.end - timedelta(microseconds=1))
    return Tile(
        number=context.formats.number(value),
        label=context.text(f"numbers.{key}", n=value, day=context.formats.day(last)),
        context="",
        previous="" if fact.previous is None else _previous(context, context.formats.number(fact.previous)),
        fact=fact.id,
    )


def _mark(fact: Fact) -> Mark:
    return "none" if fact.met is None else "met" if fact.met else "missed"


def _mark_text(context: Context, fact: Fact) -> str:
    mark = _mark(fact)
    return "" if mark == "none" else context.text(f"numbers.{mark}")


def _previous(context: Context, value: str) -> str:
    return context.text("numbers.previous", month=capitalised(context.month_before), value=value)
