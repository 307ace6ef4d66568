"""Which groups may be told: so large that nobody in them can be singled out, not even by subtraction.

A group of fewer than k answers is not told (primary suppression). Where all audiences together are told
beside some of them, what is left is a group as well: it must be empty or hold k answers, or the sum is not told
(secondary suppression).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

Answers: TypeAlias = tuple[int, int, int, int, int]

NO_ANSWERS: Answers = (0, 0, 0, 0, 0)
ALL = ""
"""The group of all audiences together."""


def tellable(groups: Mapping[str, Answers], least: int) -> dict[str, Answers]:
    """The groups whose answers may be told, and under "" all together if they may.

    Args:
        groups: by audience, how many gave each answer; nobody is in two.
        least: the smallest number of answers that may be told.

    Returns:
        Groups with answers only; whatever is added to or taken from one another, no sum of them is
        that of a group with 1 to `least` - 1 answers.
    """
    told = {name: answers for name, answers in groups.items() if sum(answers) >= least}
    everybody = added(groups)
    hidden = sum(everybody) - sum(sum(answers) for answers in told.values())
    # With one group only, the sum is that group.
    if len(groups) > 1 and sum(everybody) >= least and (hidden == 0 or hidden >= least):
        told[ALL] = everybody
    return told


def added(groups: Mapping[str, Answers]) -> Answers:
    """The answers of all groups together."""
    first, second, third, fourth, fifth = (
        sum(answers[at] for answers in groups.values()) for at in range(len(NO_ANSWERS))
    )
    return first, second, third, fourth, fifth
