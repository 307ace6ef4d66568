"""Charts as table cells: how many pixels, columns or letters a number gets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from newsletter.model import Bar, Day, DayState


def runs(days: Iterable[Day]) -> tuple[tuple[DayState, int], ...]:
    """Neighbouring days that look alike: (state, how many)."""
    return tuple((state, len(list(run))) for state, run in groupby(day.state for day in days))


def marks(days: Iterable[Day]) -> tuple[tuple[bool, int], ...]:
    """The row above a strip: (marked, how many days). Days between interruptions are one gap."""
    return tuple((down, len(list(run))) for down, run in groupby(day.state == "down" for day in days))


def years(bars: Sequence[Bar]) -> tuple[tuple[str, int], ...]:
    """Labels for the line below a bar chart: (year, columns). A year of one column has no room for its number."""
    groups: list[tuple[str, int]] = []
    for bar in bars:
        if groups and bar.year in ("", groups[-1][0]):
            groups[-1] = (groups[-1][0], groups[-1][1] + 1)
        else:
            groups.append((bar.year, 1))
    return tuple((year if span > 1 else "", span) for year, span in groups)


def part_of(share: float | None, size: int) -> int:
    """`size` times a share, cut to whole units from 0 to `size`; what is not nothing gets at least one."""
    if share is None or not share > 0:
        return 0
    return size if share >= 1 else max(1, round(share * size))


def percent_of(value: float, longest: float) -> int:
    """How long a bar is, in percent of the longest."""
    return part_of(value / longest if longest > 0 else 0, 100)


def spark(values: Sequence[float | None], size: int) -> tuple[int | None, ...]:
    """How high each small bar is, from a zero axis: a measured nothing is one unit, a month without a number None."""
    longest = max(value or 0 for value in values)
    return tuple(None if value is None else max(1, part_of(value / longest, size)) for value in values)


def heights(bars: Iterable[Bar], size: int) -> tuple[int, ...]:
    """How long each bar is, from a zero axis; the longest is `size` units."""
    values = [bar.value or 0 for bar in bars]
    longest = max(values, default=0)
    return tuple(part_of(value / longest if longest > 0 else 0, size) for value in values)


def day_letter(state: DayState) -> str:
    """How a day looks in the plain-text part."""
    return DAY_LETTERS[state]


def strip(days: Iterable[Day]) -> str:
    """A strip of days in letters, for the plain-text part."""
    return "".join(DAY_LETTERS[day.state] for day in days).rstrip()


DAY_LETTERS: dict[DayState, str] = {"up": "=", "down": "X", "planned": "o", "unknown": "_", "absent": " "}
"""Shapes that also a terminal without colours shows."""
