"""From a place in composed text back to the template line that wrote it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from msgspec import Struct

from newsletter import errors
from newsletter.errors import Located

# Noncharacters frame the number; no value of an edition can hold them (see `printable`).
_MARK = re.compile("\ufdd0([0-9]+)\ufdd1")


class Place(Struct, frozen=True, kw_only=True):
    """A line of a template file; no file where nothing is known."""

    file: Path | None
    line: int

    def __str__(self) -> str:
        """How a message begins: `templates/mail.mjml.j2, line 3: `, or nothing."""
        return f"{self.file}, line {self.line}: " if self.file else ""

    def located(self, what: str) -> tuple[Located, ...]:
        """A fault at this place, for an error."""
        return (Located(what, errors.Place(str(self.file), self.line)),) if self.file else ()


class Origins:
    """A register of template lines, each with its mark."""

    def __init__(self) -> None:
        self._lines: list[tuple[str, int]] = []

    def mark(self, name: str, line: int) -> str:
        """What to put in front of `line` (1-based) of template `name`."""
        self._lines.append((name, line))
        return f"\ufdd0{len(self._lines) - 1}\ufdd1"

    def find(self, marked: str, offset: int) -> tuple[str, int]:
        """Template and line of the character that stands at `offset` once the marks are gone."""
        place = ("", 0)
        for found in _MARK.finditer(marked):
            offset += len(found[0])
            if found.end() > offset:
                break
            place = self._lines[int(found[1])]
        return place


class Trace(Struct, frozen=True):
    """From a place in HTML to the template line behind it.

    MRML keeps what stands in text and tables as it is, so what is written in the HTML is looked for in the MJML.
    """

    mjml: str
    locate: Callable[[int], Place]

    def place(self, html: str, offset: int, written: Iterable[str]) -> Place | None:
        """Which template line wrote something of a letter; None where that cannot be told.

        Args:
            html: the letter.
            offset: where it stands there.
            written: how it may be written there, the surest form first.
        """
        begin, first = html.find("<body"), self.mjml.find("<mj-body")
        for words in (one.partition("&#")[0] for one in written):  # MRML gets some letters of attributes so
            if words and html.count(words, begin) == self.mjml.count(words, first):
                at = first
                for _ in range(html.count(words, begin, max(begin, offset)) + 1):
                    at = self.mjml.find(words, at + 1)
                return self.locate(at) if at >= 0 else None
        return None
