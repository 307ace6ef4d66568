"""How a value is refused: in our own words, with the known word that was likely meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

from pydantic_core import PydanticCustomError

from newsletter.config.strict_yaml import shown


def fault(text: str) -> PydanticCustomError:
    """A refusal in our own words."""
    return PydanticCustomError("fault", text)


def needed(text: str) -> PydanticCustomError:
    """A refusal of a key that is missing where another key asks for it."""
    return PydanticCustomError("needed", text)


def url_parts(text: str) -> SplitResult:
    """The parts of an address, which is not echoed: it may hold a password by mistake.

    Raises:
        PydanticCustomError: it is none, or its port is no number.
    """
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise fault("is not a valid address of a server") from None
    return parts


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that `word` is likely to mean; empty if none is near."""
    folded = {one.casefold(): one for one in known}
    near = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)
    return folded[near[0]] if near else ""


def did_you_mean(word: str, known: Iterable[str], *, what: str = "known") -> str:
    """`; did you mean "smtp"?`, or the known words when none is near."""
    words = list(known)
    if near := nearest(word, words):
        return f"; did you mean {shown(near)}?"
    if not words:
        return f" ({what}: none)"
    return f" ({what}: {', '.join(words[:12])}{', ...' if len(words) > 12 else ''})"
