"""From the values of a row to a recipient, alike for every source."""

from __future__ import annotations

import re
import unicodedata

from newsletter.audience.addresses import normalise
from newsletter.audience.locales import preferred
from newsletter.audience.source import Names, Row, Value
from newsletter.config import FieldsConfig
from newsletter.model import Recipient

_NO_WORD = re.compile(r"[\W_]+")
_SEGMENT_BREAK = re.compile(r"[;|,]")


class RowError(Exception):
    """Why one row cannot be mailed."""


def names_of(fields: FieldsConfig, defaults: Names) -> Names:
    """Which value holds what: as the config says, else as the source calls it."""
    return Names(
        email=fields.email or defaults.email,
        name=fields.name or defaults.name,
        locale=fields.locale or defaults.locale,
        segments=defaults.segments if fields.segments is None else tuple(fields.segments),
    )


def recipient(row: Row, names: Names, audience: str) -> Recipient:
    """The recipient of a row.

    Values that no name asks for are not kept: who mails people needs no more of them.

    Raises:
        RowError: it cannot be mailed.
    """
    if row.fault:
        raise RowError(row.fault)
    for name in names.all:
        _require_one_line(name, row.values.get(name, ""))
    return Recipient(
        address=_address(first(row.values.get(names.email, ""))),
        name=first(row.values.get(names.name, "")),
        locale=preferred(first(row.values.get(names.locale, ""))),
        audience=audience,
        segments=_segments(row, names),
    )


def first(value: Value) -> str:
    """The value, or the first in alphabetical order: a directory keeps several in no order of their own."""
    return (value if isinstance(value, str) else min(value, default="")).strip()


def _segments(row: Row, names: Names) -> tuple[str, ...]:
    """Each segment once, as it is compared with others."""
    found: dict[str, None] = {}
    for name in names.segments:
        value = row.values.get(name, "")
        for part in _SEGMENT_BREAK.split(value) if isinstance(value, str) else value:
            found[segment_key(part)] = None
    return tuple(filter(None, found))


def segment_key(text: str) -> str:
    """A segment in the form of a key of config.yaml, so that spelling makes no second one: "human-resources"."""
    return _NO_WORD.sub("-", unicodedata.normalize("NFKC", text).casefold()).strip("-")


def _require_one_line(name: str, value: Value) -> None:
    text = value if isinstance(value, str) else "".join(value)
    if text.isprintable():
        return
    # Control characters could end a header line and begin another one.
    if any(unicodedata.category(character) in {"Cc", "Zl", "Zp"} for character in text):
        raise RowError(f"{name} holds a line break or another control character")


def _address(text: str) -> str:
    try:
        return normalise(text)
    except ValueError as error:
        raise RowError(str(error)) from error
