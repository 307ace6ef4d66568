"""The CSV file itself: encoding, delimiter, header, and rows with the line they begin on.

Errors name files, lines and columns, never the text of a cell: tickets hold what customers wrote.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from newsletter.errors import ContentError, HistoryError

if TYPE_CHECKING:
    from newsletter.config import CsvSource

_DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t"}
_CELL_CHARACTERS = 10_000_000  # a ticket with a log file pasted into it is no reason to stop


class Row(Struct, frozen=True):
    """The named cells of a row; None where the row is not as wide as the header."""

    line: int
    cells: dict[str, str] | None


class Table(Struct, frozen=True):
    """A file as it was read: `rows` is consumed once."""

    path: Path
    sha256: str
    rows: Iterator[Row]


def read(path: Path, config: CsvSource) -> Table:
    """Open an export and find the configured columns.

    Raises:
        HistoryError: there is no such file.
        ContentError: it is no text of that encoding, or has not these columns.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise HistoryError(
            f"{path} cannot be read: {error.strerror or error}", "Export the tickets there, or mend tickets.csv.path."
        ) from None
    text = _text(path, content, config.encoding)
    wanted = [name for name in config.columns.model_dump().values() if name]
    wanted += [config.satisfaction.column] if config.satisfaction else []
    choices = [config.delimiter] if config.delimiter else list(_DELIMITERS)
    heads = {choice: _header(path, text, _DELIMITERS[choice]) for choice in choices}
    best = max(choices, key=lambda choice: sum(name in heads[choice] for name in wanted))
    _require_columns(path, heads[best], wanted)
    rows = _rows(path, text, _DELIMITERS[best], heads[best], wanted)
    return Table(path=path, sha256=hashlib.sha256(content).hexdigest(), rows=rows)


def _text(path: Path, content: bytes, encoding: str) -> str:
    try:
        return content.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ContentError(
            f"{path}, line {line}: not {encoding.upper()}",
            "Export it as UTF-8, or set tickets.csv.encoding (utf-16, windows-1252).",
        ) from None


def _reader(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not empty, with the line on which it begins."""
    csv.field_size_limit(_CELL_CHARACTERS)
    # strict: an unclosed quote would otherwise swallow the rest of the file as one cell
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield line, cells
        line = reader.line_num + 1


def _header(path: Path, text: str, delimiter: str) -> list[str]:
    try:
        _, cells = next(_reader(text, delimiter))
    except StopIteration:
        raise ContentError(f"{path} is empty", "Export the tickets again, with a header.") from None
    except csv.Error:
        return []  # not with this delimiter
    return [cell.strip() for cell in cells]


def _require_columns(path: Path, header: Sequence[str], wanted: Sequence[str]) -> None:
    if missing := [name for name in wanted if name not in header]:
        there = ", ".join(name for name in header[:20] if name)[:400]
        raise ContentError(
            f"{path}, line 1: no column is called {', '.join(missing)}; there are: {there or 'none'}",
            "Mend tickets.csv.columns, or tickets.csv.delimiter if that looks like one long name.",
        )
    if twice := [name for name in wanted if header.count(name) > 1]:
        raise ContentError(f"{path}, line 1: column {twice[0]} stands there twice", "Export it once.")


def _rows(path: Path, text: str, delimiter: str, header: list[str], wanted: Sequence[str]) -> Iterator[Row]:
    places = {name: header.index(name) for name in wanted}
    line = 1
    try:
        reader = _reader(text, delimiter)
        next(reader)
        for line, cells in reader:
            whole = len(cells) == len(header)
            yield Row(line, {name: cells[at].strip() for name, at in places.items()} if whole else None)
    except csv.Error as error:
        raise ContentError(
            f"{path}, after line {line}: {error}", "Close every quote; quotes inside a cell are written twice."
        ) from None
