"""The plain-text part: columns, wrapping and rules for a terminal of 72 columns."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

WIDTH = 72
"""Columns, so that a reply that quotes the mail still fits 80."""

NO_BREAK_SPACE = "\xa0"

# Blanks that are not one space already.
_BLANKS = re.compile(r" [ \t\r\f\v\x85\u2028\u2029]+|[\t\r\f\v\x85\u2028\u2029][ \t\r\f\v\x85\u2028\u2029]*")
# Letters of one column that most letters are made of: Latin, punctuation, arrows and the signs of marks and bars.
_NARROW = re.compile("[\0-\xac\xae-\u02ff\u2010-\u2027\u2030-\u205e\u2190-\u21ff\u2588\u2713\u2715]*+")
_TRAILING = f" \t{NO_BREAK_SPACE}"
_EMPTY_LINES = re.compile(r"\n(?:[ \t]*\n){2,}")


def columns(text: str) -> int:
    """Terminal columns that `text` takes: wide East Asian letters two, combining marks none (UAX #11)."""
    if text.isascii() or _NARROW.fullmatch(text):
        return len(text)
    return sum(map(_columns_of, text))


@lru_cache(maxsize=4096)
def _columns_of(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def wrap(text: str, width: int = WIDTH, indent: str = "", first: str | None = None) -> str:
    """Fill lines up to `width` columns; a newline in `text` stays, a word longer than a line runs over.

    Args:
        text: words; no-break spaces hold them together.
        width: columns, the indent included.
        indent: begins each line.
        first: begins the first line instead.
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        words = _single_blanks(paragraph).strip(" ")
        lines.extend(_filled(words, width, indent, first if first is not None and not lines else indent))
    return "\n".join(lines)


def _filled(words: str, width: int, indent: str, first: str) -> Iterator[str]:
    if columns(first) + columns(words) <= width:
        yield first + words
        return
    line, taken, bare = first, columns(first), True
    for word in words.split(" "):
        more = columns(word)
        if not bare and taken + 1 + more > width:
            yield line
            line, taken, bare = indent, columns(indent), True
        line += word if bare else f" {word}"
        taken += more if bare else 1 + more
        bare = False
    yield line


def paragraph(text: str, indent: str = "", first: str | None = None) -> str:
    """One paragraph, wrapped; line breaks in `text` count as blanks."""
    return wrap(one_line(text), WIDTH, indent, first)


def one_line(text: str) -> str:
    """The text without line breaks, for a cell or a heading."""
    return _single_blanks(text.replace("\n", " ")).strip()


def _single_blanks(text: str) -> str:
    """The text with one space for blanks; most texts have it so, which is soon seen: only of spaces can two be printed."""
    return text if text.isprintable() and "  " not in text else _BLANKS.sub(" ", text)


def left(text: str, width: int) -> str:
    """The text, filled with blanks on the right."""
    return text + " " * (width - columns(text))


def right(text: str, width: int) -> str:
    """The text, filled with blanks on the left."""
    return " " * (width - columns(text)) + text


def spread(first: str, last: str, width: int = WIDTH, indent: str = "") -> str:
    """Two texts at the two edges of a line; the first wraps if they do not fit side by side."""
    first, last = one_line(first), one_line(last)
    room = width - columns(last) - 2
    if room < 20 or not last:
        return "\n".join(part for part in (wrap(first, width, indent), right(last, width)) if part.strip())
    *above, line = wrap(first, room, indent).split("\n")
    return "\n".join([*above, left(line, width - columns(last)) + last])


def beside(first: str, last: str, width: int = WIDTH) -> str:
    """A fixed shape at the left edge and a text at the right one; below it if they do not fit."""
    if not last or columns(first) + 2 + columns(last) > width:
        return "\n".join(line for line in (first, right(last, width)) if line.strip())
    return left(first, width - columns(last)) + last


def rows(table: Sequence[Sequence[str]]) -> str:
    """Aligned columns with two blanks between; the last column is numbers, on the right."""
    cells = [[one_line(cell) for cell in row] for row in table]
    widths = [max(columns(row[i]) for row in cells) for i in range(len(cells[0]))] if cells else []
    lines = []
    for row in cells:
        *before, last = (cell if i == len(row) - 1 else left(cell, widths[i]) for i, cell in enumerate(row))
        lines.append("  ".join([*before, right(last, widths[-1])]))
    return "\n".join(lines)


def widest(texts: Iterable[str], most: int) -> int:
    """The columns of the widest text, `most` at most."""
    return min(most, max((columns(one_line(text)) for text in texts), default=0))


def underline(text: str, sign: str = "-") -> str:
    """A heading: the text, and a line of signs below it as long as its longest line."""
    wrapped = wrap(one_line(text))
    return f"{wrapped}\n{sign * max(columns(line) for line in wrapped.splitlines() or [''])}"


def tidy(text: str) -> str:
    """A block of text with single empty lines only, and none around it."""
    return _EMPTY_LINES.sub("\n\n", text).strip("\n")


def finish(text: str) -> str:
    """No trailing blanks, plain spaces, one newline at the end."""
    lines = [line.rstrip(_TRAILING) for line in text.split("\n")]
    return "\n".join(lines).replace(NO_BREAK_SPACE, " ").strip("\n") + "\n"
