"""Numbers in what people write: found, read, and compared with the facts of the month."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from functools import cache

from msgspec import Struct

from newsletter.notes.lint.sourced import Printed, Sourced, Unit
from newsletter.notes.lint.vocabulary import NumberWords

_UNIT_WORD = re.compile(r"\s?(%|[^\W\d_]+(?:\s[^\W\d_]+)?)")
_BETWEEN_PARTS = re.compile(r"\s*(?:,|and|e|und|et)?\s*")
_UNITS: tuple[Unit, ...] = ("percent", "minutes", "hours", "seconds")
_WHOLE = Decimal(100)
_AROUND = 40  # characters; longer than any date
_NEAR = Decimal("0.05")
_LEAST_NEAR = Decimal(10)  # smaller ones lie close to one another by chance
_NEAR_COUNT = Decimal("0.02")  # counts without a subject: 1,285 of 1,283


class Mention(Struct, frozen=True):
    """A number with its unit, and where it stands in its text."""

    text: str
    start: int
    value: Decimal
    unit: Unit


def mentions(prose: str, words: NumberWords) -> Iterator[Mention]:
    """Every number that counts something: no dates, times, ordinals, names of things."""
    pending: Mention | None = None
    for found in _pattern(words.decimal, words.groups).finditer(prose):
        start = found.start()
        if _is_exempt(prose, start, words):
            continue
        one = _mention(prose, found, words)
        if one is None:
            continue
        if (
            pending
            and one.unit == "minutes"
            and _BETWEEN_PARTS.fullmatch(prose, pending.start + len(pending.text), start)
        ):
            text = prose[pending.start : start + len(one.text)]
            one, pending = Mention(text, pending.start, pending.value * 60 + one.value, "minutes"), None
        if pending:
            yield pending
        pending = one if one.unit == "hours" else None
        if pending is None:
            yield one
    if pending:
        yield pending


def _is_exempt(prose: str, start: int, words: NumberWords) -> bool:
    """Whether the number that begins here belongs to a date, a time or the name of a thing around it."""
    around = words.exempt.finditer(prose, max(0, start - _AROUND), start + _AROUND)
    return any(one.start() <= start < one.end() for one in around)


@cache
def _pattern(decimal: str, groups: str) -> re.Pattern[str]:
    one, many = re.escape(decimal), re.escape(groups)
    number = rf"\d{{1,3}}(?:[{many}]\d{{3}})+(?:{one}\d+)?|\d+(?:[.,]\d+)?"
    return re.compile(rf"(?<![\w/.,:#])(?<![^\W\d_]-)(?:{number})(?![\d:])")


def _mention(prose: str, found: re.Match[str], words: NumberWords) -> Mention | None:
    value = _read(found[0], words)
    unit: Unit = "count"
    end = found.end()
    if after := _UNIT_WORD.match(prose, end):
        unit, length = _unit(after[1], words)
        if unit == "count" and not after[0].startswith((" ", "\n", "\t", "\u00a0", "\u202f")):
            return None  # letters at once after the digits: a name, as in 4you
        end = after.start(1) + length if length else end
    return None if value is None else Mention(prose[found.start() : end], found.start(), value, unit)


def _unit(word: str, words: NumberWords) -> tuple[Unit, int]:
    """The unit that a word is, and how much of it."""
    for candidate in (word.lower(), word.split(maxsplit=1)[0].lower()):
        for unit in _UNITS:
            if candidate in words.units.get(unit, ()):
                return unit, len(candidate)
    return "count", 0


def _read(digits: str, words: NumberWords) -> Decimal | None:
    """The value by the rules of the language; a separator of the other kind is read as decimals."""
    plain = "".join(one for one in digits if one not in words.groups) if _grouped(digits, words) else digits
    try:
        return Decimal(plain.replace(words.decimal, ".").replace(",", "."))
    except InvalidOperation:
        return None


def _grouped(digits: str, words: NumberWords) -> bool:
    return (
        re.fullmatch(rf"\d{{1,3}}(?:[{re.escape(words.groups)}]\d{{3}})+(?:{re.escape(words.decimal)}\d+)?", digits)
        is not None
    )


def contradicted(mention: Mention, subjects: frozenset[str], sourced: Sourced) -> Printed | None:
    """The number that the mention of a known subject must mean, and misses; None where there is none near."""
    if mention.unit == "count" or (mention.unit == "percent" and mention.value == _WHOLE):
        return None  # a count may be of anything; 100 % is an absolute claim, which has a rule of its own
    own = [one for one in sourced.of(subjects) if one.unit == mention.unit]
    if any(one.value == mention.value for one in own):
        return None
    near = [
        one for one in own if one.value >= _LEAST_NEAR and _apart(one, mention) <= max(one.value * _NEAR, Decimal(1))
    ]
    if mention.unit == "percent":  # availabilities lie close together, promises and results are different things
        near = [one for one in near if _apart(one, mention) <= Decimal("0.1")]
    return min(near, key=lambda one: (_apart(one, mention), not one.own, one.fact), default=None)


def _apart(printed: Printed, mention: Mention) -> Decimal:
    return abs(printed.value - mention.value)


def nearest(mention: Mention, sourced: Sourced) -> Printed | None:
    """A number of the month that the mention may have been meant to be."""
    near = (
        one
        for one in sourced.all
        if one.unit == mention.unit and one.value and _apart(one, mention) <= one.value * _NEAR_COUNT
    )
    return min(near, key=lambda one: (_apart(one, mention), one.fact), default=None)
