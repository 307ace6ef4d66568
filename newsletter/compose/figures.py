"""How a configured figure is written: unit, decimals, and the rounding that never flatters."""

from __future__ import annotations

from fractions import Fraction

from newsletter import presets
from newsletter.compose.context import Context
from newsletter.config import FigureConfig
from newsletter.language.formats import Rounding, decimals_of, exact
from newsletter.model import Fact

LARGEST_DENOMINATOR = 10
SAME_SHARE = Fraction(1, 200)
"""Half a percentage point: closer than a reader can tell shares apart."""


def written(
    context: Context, fact: Fact, value: float, wanted: FigureConfig, *, short: bool, exactly: bool = False
) -> str:
    """One value of a figure, in its unit.

    Args:
        context: the edition.
        fact: the figure's fact; its target decides how many decimals are needed to show the verdict.
        value: the value to write: this month's, last month's, or the target itself.
        wanted: the figure's configuration; its good direction decides the rounding.
        short: abbreviated units, for a tile.
        exactly: a target: written in full, not rounded.
    """
    rounding = "nearest" if exactly else _rounding(wanted)
    formats = context.formats
    match _unit(fact, wanted):
        case "ratio":
            return formats.ratio(value, rounding, like=fact.target)
        case "seconds":
            return formats.short_duration(value, rounding) if short else formats.duration(value, rounding)
        case "bytes":
            return formats.byte_size(value)
        case _:
            return formats.number(value, _decimals(value, fact), rounding)


def in_words(context: Context, fact: Fact, wanted: FigureConfig) -> str:
    """A figure as the beginning of a sentence: a share as "1 in 3" where that is as good as exact."""
    value = fact.value or 0
    if _unit(fact, wanted) != "ratio":
        return written(context, fact, value, wanted, short=False)
    simple = exact(value).limit_denominator(LARGEST_DENOMINATOR)
    if 0 < simple < 1 and abs(simple - exact(value)) <= SAME_SHARE:
        part, whole = (context.formats.number(number) for number in (simple.numerator, simple.denominator))
        return context.text("did_you_know.part_in_whole", part=part, whole=whole)
    return context.text("did_you_know.percent", percent=written(context, fact, value, wanted, short=False))


def noun(context: Context, fact: Fact, wanted: FigureConfig) -> str:
    """What is counted: as configured, or in the words that the preset has in this language."""
    return context.localised(wanted.noun) if wanted.noun else _of_preset(context, fact, wanted, "noun")


def sentence(context: Context, fact: Fact, wanted: FigureConfig) -> str:
    """What the number means: as configured, else in the preset's words, else only what is counted."""
    if wanted.sentence or wanted.noun:
        return context.localised(wanted.sentence or wanted.noun or "")
    return _of_preset(context, fact, wanted, "sentence")


def _of_preset(context: Context, fact: Fact, wanted: FigureConfig, what: str) -> str:
    words = presets.load_as(presets.FigurePreset, wanted.preset or "").words
    return context.text(f"figure.{words}.{what}", n=round(fact.value or 0))


def _unit(fact: Fact, wanted: FigureConfig) -> str:
    if wanted.unit:
        return wanted.unit
    if wanted.ratio:
        return "ratio"
    return fact.unit


def _rounding(wanted: FigureConfig) -> Rounding:
    """Away from praise: a share of good things down, a waiting time up."""
    match wanted.good:
        case "up":
            return "floor"
        case "down":
            return "ceiling"
        case "none":
            return "nearest"


def _decimals(value: float, fact: Fact) -> int:
    """None for whole numbers and large ones, at least the target's, so that the verdict stays visible."""
    target = 0 if fact.target is None else decimals_of(fact.target)
    needed = 0 if abs(value) >= 100 else min(1, decimals_of(value))
    return max(target, needed)
