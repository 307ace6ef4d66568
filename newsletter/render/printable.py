"""Text without what cannot be printed, in a whole edition at once."""

from __future__ import annotations

import re
from functools import cache
from types import MappingProxyType
from typing import TypeVar, cast

from msgspec import Struct, json
from msgspec.structs import replace

_Value = TypeVar("_Value")


@cache
def _unprintable() -> re.Pattern[str]:
    """C0 controls but tab, newline and return; DEL and C1; surrogates; noncharacters.

    MRML answers with ValueError or UnicodeEncodeError, and no mail program shows them. Made when it is needed, which it
    seldom is: so many ranges take as long to compile as a letter takes to lay out.
    """
    noncharacters = "".join(chr(plane | 0xFFFE) + chr(plane | 0xFFFF) for plane in range(0, 0x110000, 0x10000))
    return re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef" + noncharacters + "]")


# All that is not printable and much that is: a search for these ranges is quick, and they are compiled in no time, unlike
# their complement. The JSON of other controls is an escape.
_SUSPECT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe-\U0010ffff]")
_ESCAPED = re.compile(r"\\[bfu]")


def printable(value: _Value) -> _Value:
    """The same value, with every string in it stripped of controls, surrogates and noncharacters.

    Cleaning the values before any template runs leaves no way around it: filters, attributes and
    joined strings all see clean text.
    """
    return value if isinstance(value, Struct) and _is_clean(value) else cast("_Value", _printable(value))


def _is_clean(value: Struct) -> bool:
    """Whether there is nothing to strip for certain; its JSON is made and looked through before ten of its fields are."""
    try:
        text = json.encode(value).decode()
    except (TypeError, UnicodeError):  # a lone surrogate, or a mapping that JSON does not know
        return False
    return not (_SUSPECT.search(text) or _ESCAPED.search(text))


def _printable(value: object) -> object:
    if isinstance(value, str):
        return value if value.isprintable() else _unprintable().sub("", value)
    if isinstance(value, tuple):
        return tuple([_printable(item) for item in value])
    if isinstance(value, dict | MappingProxyType):
        return {_printable(key): _printable(item) for key, item in value.items()}
    return _printable_fields(value) if isinstance(value, Struct) else value


def _printable_fields(value: Struct) -> object:
    changed = {}
    for name in value.__struct_fields__:
        before = getattr(value, name)
        after = _printable(before)
        if after is not before and after != before:
            changed[name] = after
    return replace(value, **changed) if changed else value
