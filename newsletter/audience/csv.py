"""Recipient lists as CSV files: `email,name,locale,segments`, further columns become fields.

Nobody is dropped in silence: a list that cannot be read as a whole is refused, every bad row
is told with its line, and duplicates are reported.
"""

from __future__ import annotations

import contextlib
import csv
import itertools
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from newsletter.audience.addresses import normalise
from newsletter.audience.roll import Roll
from newsletter.errors import ContentError
from newsletter.model import Recipient

_KNOWN = ("email", "name", "locale", "segments")
_SEGMENT_BREAK = re.compile(r"[;|,]")


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """A row that cannot be mailed: where it stands (line of the file) and why."""

    line: int
    email: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """A row whose address stood already on line `first_line`; it was folded into that one."""

    line: int
    address: str
    first_line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientList:
    """One list as read from `source`: whom it names, what was folded, what was skipped."""

    source: Path
    recipients: Roll
    duplicates: tuple[Duplicate, ...] = ()
    invalid: tuple[BadRow, ...] = ()


@dataclass(frozen=True, slots=True)
class _Row:
    line: int  # where the row begins
    cells: list[str]


class _RowError(Exception):
    """Why one row cannot be mailed."""


def load(path: Path, *, audience: str, skip_invalid: bool = False) -> RecipientList:
    """Read a recipient list.

    UTF-8 (a byte order mark is fine), comma or semicolon separated, with a header. The first
    row of an address wins over later ones. `locale` stays as written; empty means the default.

    Args:
        path: the file.
        audience: the name that every recipient of this list carries.
        skip_invalid: report bad rows in `invalid` instead of refusing the list.

    Raises:
        ContentError: the file cannot be read, has no usable header or no row, or holds bad rows
            (all of them are named) and `skip_invalid` is not set.
    """
    rows = _rows(path)
    header = _header(path, next(rows, None))
    recipients = Roll()
    duplicates: list[Duplicate] = []
    invalid: list[BadRow] = []
    for row in rows:
        try:
            recipient = _recipient(header, row.cells, audience)
        except _RowError as error:
            invalid.append(BadRow(line=row.line, email=_cell(header, row.cells, "email"), reason=str(error)))
            continue
        first = recipients.add(recipient, row.line)
        if first:
            duplicates.append(Duplicate(line=row.line, address=recipient.address, first_line=first[0]))
    if invalid and not skip_invalid:
        raise _refusal(path, invalid)
    if not recipients:
        raise ContentError(f"{path} names no recipient", "Add a row with an address under the header.")
    return RecipientList(
        source=path,
        recipients=recipients,
        duplicates=tuple(duplicates),
        invalid=tuple(invalid),
    )


def _rows(path: Path) -> Iterator[_Row]:
    line = 1
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            # Spreadsheets of many European locales write semicolons.
            delimiter = ";" if ";" in first and "," not in first else ","
            # strict: an unclosed quote would otherwise swallow the rest of the file as one field.
            reader = csv.reader(itertools.chain([first], file), delimiter=delimiter, strict=True)
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield _Row(line, cells)
                line = reader.line_num + 1
    except csv.Error as error:
        raise ContentError(f"{path}, line {line}: {error}", "Close every quote and separate fields alike.") from error
    except OSError as error:
        raise ContentError(
            f"{path} cannot be read: {error.strerror}", "Check the audience's recipients in config.yaml."
        ) from error
    except UnicodeDecodeError as error:
        raise ContentError(
            f"{path}, line {_first_undecodable(path)}: not UTF-8", "Save the list as CSV UTF-8."
        ) from error


def _first_undecodable(path: Path) -> int:
    """The line that is not UTF-8 (the file is decoded in pieces that do not end with lines)."""
    good = 0
    with path.open("rb") as file, contextlib.suppress(UnicodeDecodeError):
        for line in file:
            line.decode()
            good += 1
    return good + 1


def _header(path: Path, row: _Row | None) -> list[str]:
    if row is None:
        raise ContentError(f"{path} is empty", f"Begin it with the header {','.join(_KNOWN)}.")
    names = [cell.strip() for cell in row.cells]
    names = [name.casefold() if name.casefold() in _KNOWN else name for name in names]
    where = f"{path}, line {row.line}"
    if "email" not in names:
        raise ContentError(f"{where}: no column is called email", f"Begin the file with {','.join(_KNOWN)}.")
    if "" in names:
        raise ContentError(f"{where}: column {names.index('') + 1} has no name", "Name it or remove it.")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ContentError(f"{where}: column {twice[0]} stands there twice", "Keep one of them.")
    return names


def _recipient(header: list[str], cells: list[str], audience: str) -> Recipient:
    if len(cells) != len(header):
        raise _RowError(f"has {len(cells)} fields, the header has {len(header)}")
    fields = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
    for name, value in fields.items():
        _require_one_line(name, value)
    return Recipient(
        address=_address(fields.pop("email")),
        name=fields.pop("name", ""),
        locale=fields.pop("locale", ""),
        audience=audience,
        segments=tuple(filter(None, map(str.strip, _SEGMENT_BREAK.split(fields.pop("segments", ""))))),
        attributes=fields,
    )


def _require_one_line(name: str, value: str) -> None:
    # Control characters could end a header line and begin another one.
    if any(unicodedata.category(character) in {"Cc", "Zl", "Zp"} for character in value):
        raise _RowError(f"{name} holds a line break or another control character")


def _address(text: str) -> str:
    try:
        return normalise(text)
    except ValueError as error:
        raise _RowError(str(error)) from error


def _cell(header: list[str], cells: list[str], name: str) -> str:
    at = header.index(name)
    return cells[at].strip() if at < len(cells) else ""


def _refusal(path: Path, invalid: list[BadRow]) -> ContentError:
    told = [f"  line {row.line}: {row.email!r}: {row.reason}" for row in invalid]
    rows = "1 row is" if len(invalid) == 1 else f"{len(invalid)} rows are"
    return ContentError(
        "\n".join([f"{path}: {rows} not usable", *told]),
        "Mend them, or leave them out with --skip-invalid.",
    )
