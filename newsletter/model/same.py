"""A key for remembering what was made of large values: equal only where they are the very same object."""

from __future__ import annotations

from typing import Generic, TypeVar

from msgspec import Struct

Value = TypeVar("Value")


class Same(Struct, Generic[Value], frozen=True, eq=False):
    """A value that is too large, or too mutable a kind, to be compared part by part."""

    value: Value

    def __eq__(self, other: object) -> bool:
        """Whether it is the same object."""
        return isinstance(other, Same) and other.value is self.value

    def __hash__(self) -> int:
        """Of the object, which lives at least as long as this key."""
        return id(self.value)
