"""How many people asked for help, and from which departments: never so few that they could be guessed."""

from __future__ import annotations

from collections.abc import Mapping

from newsletter.model import Count

LEAST = 10
"""A department with fewer people joins the others, before anything is written."""

OTHERS = ""
"""The departments that are not told one by one."""


def merged(people: Mapping[str, int]) -> Count | None:
    """People by department, small departments as one; None if there are fewer people than may be told at all.

    The others are a group, too: while they are fewer than ten the smallest department joins them, or what it has could be
    found by subtracting all told ones from the total.

    Args:
        people: by department, distinct people, each in one; under "" those of none.
    """
    total = sum(people.values())
    if total < LEAST:
        return None
    told = {name: number for name, number in people.items() if name != OTHERS and number >= LEAST}
    others = total - sum(told.values())
    while told and 0 < others < LEAST:
        smallest = min(told, key=lambda name: (told[name], name))
        others += told.pop(smallest)
    parts = {**told, **({OTHERS: others} if others and told else {})}
    return Count(total=total, by=dict(sorted(parts.items())) if len(parts) > 1 else {})
