"""Reading JSON that may be anything: every value is asked for its type, and knows where it stands."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, TypeVar

from msgspec import Struct

T = TypeVar("T")
W = TypeVar("W", bound=str)


class Misplaced(Exception):
    """The JSON path that is at fault, and why."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(where, why)
        self.where = where
        self.why = why


class Node(Struct, frozen=True):
    """One JSON value at the path `where` ("$.services.mail.outages[0].start").

    Every method raises `Misplaced` when the value is not what it is asked for.
    """

    value: Any
    where: str = "$"

    def __getitem__(self, key: str) -> Node:
        """A member that must be there."""
        members = self._typed(dict, "an object")
        if key not in members:
            raise Misplaced(self.where, f"{key!r} is missing")
        return Node(members[key], f"{self.where}.{key}")

    def get(self, key: str, default: Any) -> Node:
        """A member that may be left out."""
        return Node(self._typed(dict, "an object").get(key, default), f"{self.where}.{key}")

    def members(self) -> Iterator[tuple[str, Node]]:
        """All of an object."""
        for key, value in self._typed(dict, "an object").items():
            yield key, Node(value, f"{self.where}.{key}")

    def elements(self) -> Iterator[Node]:
        """All of an array."""
        for at, value in enumerate(self._typed(list, "an array")):
            yield Node(value, f"{self.where}[{at}]")

    def optional(self, read: Callable[[Node], T]) -> T | None:
        """None for null, else what `read` makes of it."""
        return None if self.value is None else read(self)

    def text(self) -> str:
        """A string."""
        found: str = self._typed(str, "a text")
        return found

    def one_of(self, *words: W) -> W:
        """One of some words."""
        found = self.text()
        for word in words:
            if found == word:
                return word
        raise Misplaced(self.where, f"is none of {', '.join(words)}")

    def flag(self) -> bool:
        """True or false."""
        found: bool = self._typed(bool, "true or false")
        return found

    def integer(self) -> int:
        """A whole number of 0 or more, written without a decimal point."""
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            raise Misplaced(self.where, "is not a whole number")
        if self.value < 0:
            raise Misplaced(self.where, "is not a whole number of 0 or more")
        return self.value

    def number(self, low: float = -math.inf, high: float = math.inf) -> float:
        """A finite number from `low` to `high`."""
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            raise Misplaced(self.where, "is not a number")
        try:
            found = float(self.value)
        except OverflowError:
            found = math.inf
        if not (math.isfinite(found) and low <= found <= high):
            raise Misplaced(self.where, f"is not a number{_limits(low, high)}")
        return found

    def time(self) -> datetime:
        """An ISO 8601 instant with its offset."""
        try:
            found = datetime.fromisoformat(self.text())
            found.timestamp()
        except (ValueError, OverflowError):
            raise Misplaced(self.where, "is not a time such as 2026-10-01T00:00:00+02:00") from None
        if found.tzinfo is None:
            raise Misplaced(self.where, "is a time without its offset from UTC")
        return found

    def _typed(self, kind: type, name: str) -> Any:
        if not isinstance(self.value, kind):
            raise Misplaced(self.where, f"is not {name}")
        return self.value


def _limits(low: float, high: float) -> str:
    """What a number may be, in words."""
    if math.isfinite(high):
        return f" from {low:g} to {high:g}"
    return f" of {low:g} or more" if math.isfinite(low) else " that can be counted with"
