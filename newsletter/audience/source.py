"""What every source of recipients gives: rows of named values, each with the place where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from msgspec import Struct

Value = str | tuple[str, ...]
"""A cell of text, or the several values that a directory keeps apart."""


class Names(Struct, frozen=True, kw_only=True):
    """Which value of a row holds what."""

    email: str
    name: str
    locale: str
    segments: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        """Every name, each once."""
        return tuple(dict.fromkeys((self.email, self.name, self.locale, *self.segments)))


LIST_NAMES = Names(email="email", name="name", locale="locale", segments=("segments",))
"""What the columns of a file are called if the config says nothing else."""
DIRECTORY_NAMES = Names(email="mail", name="displayName", locale="preferredLanguage", segments=("department",))
"""What Active Directory, inetOrgPerson (RFC 2798) and Microsoft Graph call the same."""


class Row(Struct, frozen=True):
    """One person as the source has it. `place` is for messages: "line 3".

    `fault` says why the row as a whole cannot be used.
    """

    place: str
    values: Mapping[str, Value]
    fault: str = ""


class Source(Protocol):
    """A place that recipients come from.

    Attributes:
        label: how messages name it.
        names: which value holds what, if the config says nothing else.
        lists_anybody: it also holds entries that nobody meant to be mailed; those without an address are left out.
        remarks: what a person should know of the last reading.
    """

    label: str
    names: Names
    lists_anybody: bool
    remarks: list[str]

    def rows(self, names: Names) -> Iterator[Row]:
        """Every row, one by one, so that memory does not grow with the list.

        Raises:
            ConfigError: the source refuses what the config says.
            SourceError: it gives no answer, or one that is not complete.
            ContentError: what it gives cannot be read as a whole.
        """
