"""Recipient lists as CSV: `email,name,locale,segments`, further columns are not read."""

from __future__ import annotations

import contextlib
import csv
import itertools
from collections.abc import Iterator
from pathlib import Path

from newsletter.audience.source import LIST_NAMES, Names, Row
from newsletter.counting import counted
from newsletter.errors import ContentError


class CsvFile:
    """A CSV file: UTF-8 (a byte order mark is fine), comma or semicolon separated, with a header.

    Args:
        path: the file.
        label: how messages name it; the path if not given.
    """

    names = LIST_NAMES
    lists_anybody = False

    def __init__(self, path: Path, label: str = "") -> None:
        self._path = path
        self.label = label or str(path)
        self.remarks: list[str] = []

    def rows(self, names: Names) -> Iterator[Row]:
        """See `Source.rows`."""
        lines = self._lines()
        first = next(lines, None)
        if first is None:
            raise ContentError(f"{self.label} is empty", f"Begin it with the header {','.join(names.all)}.")
        header = self._header(*first, names)
        for line, cells in lines:
            wrong = (
                "" if len(cells) == len(header) else f"has {counted(len(cells), 'field')}, the header has {len(header)}"
            )
            yield Row(f"line {line}", dict(zip(header, cells, strict=False)), wrong)

    def _lines(self) -> Iterator[tuple[int, list[str]]]:
        """Each row that holds something, with the line on which it begins."""
        line = 1
        try:
            with self._path.open(encoding="utf-8-sig", newline="") as file:
                first = file.readline()
                # Spreadsheets of many European locales write semicolons.
                delimiter = ";" if ";" in first and "," not in first else ","
                # strict: an unclosed quote would otherwise swallow the rest of the file as one field.
                reader = csv.reader(itertools.chain([first], file), delimiter=delimiter, strict=True)
                for cells in reader:
                    if any(cell.strip() for cell in cells):
                        yield line, cells
                    line = reader.line_num + 1
        except csv.Error as error:
            hint = "Close every quote and separate fields alike."
            raise ContentError(f"{self.label}, line {line}: {error}", hint) from error
        except OSError as error:
            hint = "Check the audience's recipients in config.yaml."
            raise ContentError(f"{self.label} cannot be read: {error.strerror}", hint) from error
        except UnicodeDecodeError as error:
            hint = "Save the list as CSV UTF-8."
            raise ContentError(f"{self.label}, line {_first_undecodable(self._path)}: not UTF-8", hint) from error

    def _header(self, line: int, cells: list[str], names: Names) -> list[str]:
        known = {name.casefold(): name for name in names.all}
        header = [known.get(cell.strip().casefold(), cell.strip()) for cell in cells]
        where = f"{self.label}, line {line}"
        if names.email not in header:
            hint = f"Begin the list with {','.join(names.all)}."
            raise ContentError(f"{where}: no column is called {names.email}", hint)
        if "" in header:
            raise ContentError(f"{where}: column {header.index('') + 1} has no name", "Name it or remove it.")
        twice = sorted({name for name in header if header.count(name) > 1})
        if twice:
            raise ContentError(f"{where}: column {twice[0]} stands there twice", "Keep one of them.")
        return header


def _first_undecodable(path: Path) -> int:
    """The line that is not UTF-8 (the file is decoded in pieces that do not end with lines)."""
    good = 0
    with path.open("rb") as file, contextlib.suppress(UnicodeDecodeError):
        for line in file:
            line.decode()
            good += 1
    return good + 1
