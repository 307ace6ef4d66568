"""How many there are, in plain English, for messages to whoever runs the program."""

from __future__ import annotations

from collections.abc import Sequence

SMALL_SAMPLE = 20
"""Below this, a percentage pretends to a precision that a handful of cases does not have."""


def counted(number: float, one: str, several: str = "") -> str:
    """A number with what it counts: "1 service", "1,200 services", "1 row is", "15.5 days".

    Args:
        number: how many; of a broken number one decimal is told.
        one: what one of them is called, perhaps with its verb.
        several: what many of them are called; by itself `one` with an s.
    """
    shown = f"{number:,.0f}" if float(number).is_integer() else f"{number:,.1f}"
    return f"{shown} {one if number == 1 else several or f'{one}s'}"


def some_of(names: Sequence[str], most: int) -> str:
    """The first `most` of them, and how many more there are: "a, b and 3 more"."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
