"""Sentences made from facts, with the proof that no number in them is anything but a fact's."""

from __future__ import annotations

import hashlib
import re
from collections import Counter

from newsletter.compose.context import Context
from newsletter.compose.standing import Standing
from newsletter.language.formats import budget

_DIGITS = re.compile(r"\d+")


def phrase(context: Context, key: str, /, n: int | None = None, **slots: str) -> str:
    """A message of the catalogue whose digits are all those of its slots, each as often as there.

    A wording that brings a number of its own, or loses or doubles one, is a fault of the catalogue
    and never reaches a reader.

    Raises:
        LookupError: key, plural form or slot is missing, or the digits are not those of the slots.
    """
    text = context.text(key, n, **slots)
    given = digits(" ".join(slots.values()))
    if n is not None and "n" not in slots:
        given |= digits(context.formats.number(n))
    strange = digits(text) - given
    if strange:
        raise LookupError(f"{context.locale}: {key} prints {', '.join(strange)}, which is no value of the fact")
    return text


def digits(text: str) -> Counter[str]:
    """The groups of digits in a text, in any script, with how often they occur."""
    return Counter(_DIGITS.findall(text))


def variant(edition: str, fact: str, among: int) -> int:
    """Which of several wordings a fact gets: from 1, always the same for the same edition."""
    digest = hashlib.sha256(f"{edition}|{fact}".encode()).digest()
    return 1 + int.from_bytes(digest[:4]) % among


def allowance(context: Context, standing: Standing) -> str:
    """The allowance in the unit that also shows the verdict in the service's row."""
    _, allowed, unit = budget(standing.down_s, standing.allowed_s or 0)
    return context.text(f"duration.{unit}", n=allowed)
