"""Recipient lists as JSON: a list of objects, read one by one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from newsletter.audience.source import LIST_NAMES, Names, Row, Value
from newsletter.errors import ContentError

_PIECE = 65_536
_LONGEST = 1_000_000  # characters of one item
_BLANKS = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()


class JsonFile:
    """A JSON file: `[{"email": ..., "name": ..., "locale": ..., "segments": [...]}, ...]`, UTF-8.

    Args:
        path: the file.
        label: how messages name it.
    """

    names = LIST_NAMES
    lists_anybody = False

    def __init__(self, path: Path, label: str) -> None:
        self._path = path
        self.label = label
        self.remarks: list[str] = []

    def rows(self, names: Names) -> Iterator[Row]:
        """See `Source.rows`."""
        known = {name.casefold(): name for name in names.all}
        try:
            with self._path.open(encoding="utf-8-sig") as file:
                for number, item in enumerate(_items(_Text(file)), start=1):
                    yield _row(f"item {number}", item, known)
        except UnicodeDecodeError as error:
            raise ContentError(f"{self.label} is not UTF-8", "Print UTF-8.") from error
        except (ValueError, RecursionError) as error:
            said = "it nests too deeply" if isinstance(error, RecursionError) else getattr(error, "msg", str(error))
            raise ContentError(
                f"{self.label} is no list in JSON: {said}", 'Print a list of objects: [{"email": ...}, ...].'
            ) from error


class _Text:
    """A JSON text that is read piece by piece, so that memory does not grow with it."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._piece = ""
        self._at = 0

    def mark(self) -> str:
        """The next character that is no blank, which stays; empty at the end."""
        while True:
            blanks = _BLANKS.match(self._piece, self._at)
            assert blanks is not None  # it matches nothing, too
            self._at = blanks.end()
            if self._at < len(self._piece) or not self._more():
                return self._piece[self._at : self._at + 1]

    def skip(self) -> None:
        """Go behind the mark."""
        self._at += 1

    def item(self) -> Any:
        """The value that begins here."""
        self.mark()
        while True:
            try:
                value, self._at = _DECODER.raw_decode(self._piece, self._at)
            except ValueError:
                # Only half of it may have been read.
                if len(self._piece) - self._at > _LONGEST or not self._more():
                    raise
            else:
                return value

    def _more(self) -> bool:
        piece = self._file.read(_PIECE)
        self._piece, self._at = self._piece[self._at :] + piece, 0
        return bool(piece)


def _items(text: _Text) -> Iterator[Any]:
    if text.mark() != "[":
        raise ValueError("it does not begin with [")
    text.skip()
    number = 0
    while number or text.mark() != "]":
        number += 1
        yield text.item()
        if text.mark() != ",":
            break
        text.skip()
    if text.mark() != "]":
        raise ValueError(f"neither a comma nor ] follows item {number}")
    text.skip()
    if text.mark():
        raise ValueError("something follows the list")


def _row(place: str, item: Any, known: Mapping[str, str]) -> Row:
    if not isinstance(item, dict):
        return Row(place, {}, "is not an object")
    values: dict[str, Value] = {}
    for key, value in item.items():
        name = known.get(key.casefold())
        if name is None:
            continue
        if isinstance(value, list) and all(isinstance(part, str) for part in value):
            values[name] = tuple(value)
        elif value is None or isinstance(value, str | int):
            values[name] = "" if value is None else str(value)
        else:
            return Row(place, values, f"{name} is neither a text nor a list of texts")
    return Row(place, values)
