"""The months up to this one, as charts show them: a year and one more, so that the same month a year ago is in sight."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from newsletter import period
from newsletter.compose.context import Context
from newsletter.compose.figures import written
from newsletter.config import FigureConfig
from newsletter.model import Fact, History, Period, Snapshot

MONTHS = 13
EARLIER_MONTHS = MONTHS - 1

FEWEST = 6
"""Fewer numbers show no course; that of the month before stands beside this month's anyway."""

ALIKE = 0.9
"""Bars of shares from here to 1 cannot be told apart when they begin at 0, and must not begin elsewhere."""


def months(context: Context) -> tuple[tuple[Period, Snapshot | None], ...]:
    """The last 13 months, oldest first, each with its numbers if there are any."""
    return tuple(_month(context, back) for back in range(MONTHS - 1, -1, -1))


def first_known(values: Sequence[float | None]) -> int | None:
    """Where a chart of months begins, which is the first one with a number; None if there are too few for a chart."""
    known = [at for at, value in enumerate(values) if value is not None]
    return known[0] if len(known) >= FEWEST else None


def _month(context: Context, back: int) -> tuple[Period, Snapshot | None]:
    if back == 0:
        return context.snapshot.period, context.snapshot
    earlier = period.previous(context.snapshot.period, context.config.timezone, back)
    return earlier, context.past.get(earlier.label)


def history(context: Context, fact: Fact, wanted: FigureConfig) -> History | None:
    """The months of a figure as small bars; None where it wants none, or bars from zero would show little or nothing."""
    if not wanted.history:
        return None
    since = max((step.month for step in context.config.facts.step_changes if _concerns(step.facts, fact)), default="")
    values = tuple(_value(fact, one) if month.label >= since else None for month, one in months(context))
    first = first_known(values)
    if first is None:
        return None
    values = values[first:]
    known = [value for value in values if value is not None]
    alike = fact.unit == "ratio" and min(known) >= ALIKE
    if min(known) < 0 or max(known) == 0 or alike:
        return None

    def in_words(value: float) -> str:
        return written(context, fact, value, wanted, short=True)

    extremes = {"low": in_words(min(known)), "high": in_words(max(known))}
    if len(known) < len(values):
        extremes["known"] = context.formats.number(len(known))
    return History(
        values=values,
        caption=context.text(
            "numbers.history_holes" if "known" in extremes else "numbers.history", len(values), **extremes
        ),
        label=_label(context, values, in_words),
    )


def _concerns(names: list[str], fact: Fact) -> bool:
    return any(fact.id == name or fact.id.startswith(f"{name}.") for name in names)


def _value(fact: Fact, snapshot: Snapshot | None) -> float | None:
    """The same figure, if it was the same thing then."""
    figure = snapshot.figures.get(fact.subject) if snapshot else None
    return figure.value if figure and figure.unit == fact.unit else None


def _label(context: Context, values: tuple[float | None, ...], in_words: Callable[[float], str]) -> str:
    hole = context.text("requests.chart_hole")
    told = "; ".join(hole if value is None else in_words(value) for value in values)
    return context.text("numbers.history_label", len(values), month=context.month, values=told)
