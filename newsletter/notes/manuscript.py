"""A note as it stands in its file: its texts with their places, whether or not it will be sent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Literal

from msgspec import Struct, field

from newsletter.config.strict_yaml import Fault, KeyPath
from newsletter.model import REFERENCE, Note, Place

Part = Literal["title", "body", "because", "steps"]
State = Literal["due", "draft", "early", "expired"]
"""Whether a letter that is built now holds the note; `early` is before `publish_from`."""

_WORD_BEGIN = re.compile(r"(?<![\w-])\w+")

# What is no prose: code, references to facts, addresses, and where links lead.
_NO_PROSE = re.compile(
    r"(?P<fence>^```.*?^```)|`[^`\n]+`|" + REFERENCE.pattern + r"|(?<=\])\([^)\s]*\)"
    r"|<?\b(?:https?://|mailto:|www\.)[^\s<>)\]]+>?|\b[\w.+-]+@[\w-]+\.[\w.-]+\b",
    re.MULTILINE | re.DOTALL,
)


class Passage(Struct, frozen=True, dict=True):
    """One text of a note, and where it begins in its file."""

    part: Part
    text: str
    line: int
    column: int = 1

    @cached_property
    def prose(self) -> str:
        """The text with everything that is no prose blanked out, so that places stay the same."""
        return _NO_PROSE.sub(_blank, self.text)

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """Where the words of the prose begin."""
        return tuple(word.start() for word in _WORD_BEGIN.finditer(self.prose))

    def place(self, file: str, offset: int) -> Place:
        """Where the character at `offset` stands in the file."""
        before = self.text[:offset]
        lines = before.count("\n")
        column = offset - before.rfind("\n") if lines else self.column + offset
        return Place(file, self.line + lines, column)


def _blank(found: re.Match[str]) -> str:
    """As long as before; one letter stays, so that a sentence keeps a word there."""
    if found["fence"] or found[0].startswith("("):
        return re.sub(r"[^\n]", " ", found[0])
    return "x".ljust(len(found[0]))


class Manuscript(Struct, frozen=True, kw_only=True):
    """One file of notes, read.

    Args:
        file: as it was named.
        note: None where it is at fault.
        state: whether a letter holds it.
        passages: its texts, title first.
        lines: the line of each key of its front matter.
        faults: why it cannot be used.
    """

    file: str
    note: Note | None = None
    state: State = "due"
    passages: tuple[Passage, ...] = ()
    lines: Mapping[KeyPath, int] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()

    def place(self, key: str) -> Place:
        """Where a key of the front matter stands; the first line where it does not."""
        return Place(self.file, self.lines.get((key,), 1))


def passages(note: Note, front: str, body: str, body_line: int, lines: dict[KeyPath, int]) -> tuple[Passage, ...]:
    """The texts of a note, with their places.

    Args:
        note: the note.
        front: its front matter, whose first line is line 2 of the file.
        body: everything below the front matter.
        body_line: the number of its first line.
        lines: the line of each key.
    """
    written = front.split("\n")

    def found(part: Part, text: str, line: int) -> Passage:
        """YAML may have unfolded the text; then its first words tell the column, or nothing does."""
        at = written[line - 2].find(text[:12]) if 0 <= line - 2 < len(written) else -1
        return Passage(part, text, line, at + 1 if at >= 0 else 1)

    def all_of() -> Iterator[Passage]:
        yield found("title", note.title, lines.get(("title",), 2))
        if note.because:
            yield found("because", note.because.text, lines.get(("because", "text"), 2))
        for index, (_, sentence) in enumerate(note.steps):
            yield found("steps", sentence, lines.get(("steps", index), 2))
        skipped = len(body) - len(body.lstrip("\n"))
        yield Passage("body", body.strip("\n"), body_line + skipped)

    return tuple(all_of())
