"""Rules over several keys of one mapping, each attached to the last of them."""

from __future__ import annotations

from typing import Any

from pydantic import AfterValidator, ValidationInfo
from pydantic_core import PydanticCustomError


def together(text: str) -> PydanticCustomError:
    """A refusal that concerns several keys of one mapping, so it is told of the mapping."""
    return PydanticCustomError("together", text)


def exactly_one(*names: str, filled_in_by: str = "") -> AfterValidator:
    """For the last field of a group of which exactly one is wanted; silent while another is at fault.

    Args:
        names: the group, in the order of the fields.
        filled_in_by: a field before them that fills one in, so that its own fault is not told twice.
    """

    def check(value: Any, info: ValidationInfo) -> Any:
        sound = not filled_in_by or filled_in_by in info.data
        if sound and all(name in info.data for name in names[:-1]):
            given = [name for name in names[:-1] if info.data[name] is not None]
            given += [names[-1]] if value is not None else []
            if len(given) != 1:
                found = f"not {' and '.join(given)} together" if given else "but none is there"
                raise together(f"needs exactly one of {', '.join(names[:-1])} and {names[-1]}, {found}")
        return value

    return AfterValidator(check)


def both_or_none(first: str, second: str) -> AfterValidator:
    """For the second of two fields that mean nothing alone."""

    def check(value: Any, info: ValidationInfo) -> Any:
        if first in info.data and (info.data[first] is None) != (value is None):
            raise together(f"{first} and {second} belong together: write both or none")
        return value

    return AfterValidator(check)


def instead_of(name: str, *others: str) -> AfterValidator:
    """For the last field of a group that replaces all others."""

    def check(value: Any, info: ValidationInfo) -> Any:
        given = [other for other in others if info.data.get(other) is not None]
        if value is not None and given:
            raise together(f"{name} stands instead of {' and '.join(given)}: write one or the other")
        return value

    return AfterValidator(check)
