"""What a catalogue lacks, or says that it must not: English is the measure of every other one."""

from __future__ import annotations

import re
import string
import tomllib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale, UnknownLocaleError
from msgspec import Struct

from newsletter.errors import ContentError
from newsletter.language.catalogue import Catalogue, Message, placeholders, shipped_file, supported_locales

MEASURE = "en"
GATED = ("fact.change_", "fact.record_", "fact.streak")
"""Wordings that only a fact past the statistical gate asks for: no others may say that something changed."""

_WHOLE_NUMBERS = (*range(201), 1_000, 1_000_000)
_DIGITS = re.compile(r"\d+")


class Fault(Struct, frozen=True, kw_only=True):
    """One thing to mend: in which file, at which key, and what."""

    file: Path
    key: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.message}"


def check(wanted: str) -> tuple[Fault, ...]:
    """All faults of a catalogue.

    Args:
        wanted: a locale that has a catalogue, or the path of a TOML file named after its locale (`pt.toml`).

    Raises:
        ContentError: there is no such locale or file, it is no TOML, or Unicode CLDR has no plural rules for it.
    """
    path = _path(wanted)
    tables = _parsed(path)
    babel = _locale(path)
    try:
        catalogue = Catalogue.of(path.stem, tables)
    except (AttributeError, TypeError) as error:
        raise ContentError(f"{path}: a value is no text", 'Write texts in quotes: key = "text".') from error
    except (KeyError, re.error) as error:
        raise ContentError(
            f"{path}: an [[elisions]] table cannot be read ({error})",
            "It takes `before`, a regular expression, and `words`, a table of texts.",
        ) from error
    found = _Examined(catalogue=catalogue, english=Catalogue.load(MEASURE), babel=babel)
    return tuple(Fault(file=path, key=key, message=message) for key, message in found.faults())


def wordings(message: Message) -> Mapping[str, str]:
    """The wordings of a message by plural category; of one without plural forms, only "other"."""
    return {"other": message} if isinstance(message, str) else message


def claims(words: tuple[str, ...]) -> re.Pattern[str]:
    """A pattern of whole words; one ending in * also matches what goes on from there."""
    whole = "|".join(re.escape(word).replace(r"\*", r"\w*") for word in words)
    return re.compile(rf"\b(?:{whole})\b" if words else r"(?!)", re.IGNORECASE)


def _path(wanted: str) -> Path:
    if wanted in supported_locales():
        return shipped_file(wanted)
    path = Path(wanted)
    if path.suffix == ".toml" and path.is_file():
        return path
    known = ", ".join(supported_locales())
    raise ContentError(f"there are no wordings for {wanted!r}", f"Name one of {known}, or a file such as pt.toml.")


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ContentError(f"{path}: is no TOML: {error}", "Mend the line; texts stand in double quotes.") from error
    except UnicodeDecodeError as error:
        raise ContentError(f"{path}: is not UTF-8 ({error.reason})", "Save it as UTF-8.") from error


def _locale(path: Path) -> Locale:
    try:
        return Locale.parse(path.stem)
    except (UnknownLocaleError, ValueError) as error:
        raise ContentError(
            f"{path}: {path.stem!r} is no locale that Unicode CLDR knows", "Name the file after its locale: pt.toml."
        ) from error


class _Examined(Struct, frozen=True, kw_only=True):
    """A catalogue beside the English one."""

    catalogue: Catalogue
    english: Catalogue
    babel: Locale

    def faults(self) -> Iterator[tuple[str, str]]:
        """Key and message of every fault, in the order of the English keys."""
        yield from self._words()
        ours, theirs = self.catalogue.messages, self.english.messages
        for key, english in theirs.items():
            if key not in ours:
                yield key, f"is missing; in English: {_shown(english)}"
            else:
                yield from ((key, message) for message in self._of_message(key, ours[key], english))
        yield from ((key, "is not a key of the English catalogue") for key in ours if key not in theirs)

    def _words(self) -> Iterator[tuple[str, str]]:
        words, expected = self.catalogue.number_words, len(self.english.number_words)
        if words and len(words) != expected:
            yield "number_words", f"has {len(words)} words, not {expected} (from zero on), or none at all"
        if len(set(words)) < len(words):
            yield "number_words", "has a word twice"
        if not self.catalogue.claim_words:
            yield "claim_words", "is missing: the words that say that something changed, or why"

    def _of_message(self, key: str, message: Message, english: Message) -> Iterator[str]:
        if isinstance(message, str) != isinstance(english, str):
            yield (
                "has no plural forms, but English has"
                if isinstance(message, str)
                else "must be one text, as in English"
            )
            return
        if not isinstance(message, str):
            yield from self._categories(message)
        try:
            for rule in _RULES:
                yield from rule(message, english)
        except ValueError as error:
            yield f"has a brace that neither opens nor closes a placeholder ({error})"
            return
        yield from self._lost_numbers(message)
        if not key.startswith(GATED):
            yield from self._claims(message)

    def _categories(self, message: Mapping[str, str]) -> Iterator[str]:
        needed = set(self.babel.plural_form.tags) | {"other"}
        if missing := sorted(needed - set(message)):
            yield f"lacks the plural form {', '.join(missing)}"
        if strange := sorted(set(message) - needed):
            yield f"has the plural form {', '.join(strange)}, which the language has not"

    def _lost_numbers(self, message: Message) -> Iterator[str]:
        """A form for several numbers ("one" is 0 and 1 in French) has to say which one it is."""
        general = placeholders(wordings(message).get("other", "")) & {"n", "count"}
        several = _several_numbers(self.catalogue.locale)
        for category, text in wordings(message).items():
            if general and category in several and not placeholders(text) & {"n", "count"}:
                first, second = several[category]
                yield f"{category!r} stands for {first}, {second}, ..., but prints no number"

    def _claims(self, message: Message) -> Iterator[str]:
        pattern = claims(self.catalogue.claim_words)
        for word in sorted({found.group() for text in wordings(message).values() for found in pattern.finditer(text)}):
            yield f"says {word!r}, a word of change or cause, which only a fact past the gate may say"


@cache
def _several_numbers(locale: str) -> Mapping[str, tuple[int, int]]:
    """The plural forms that stand for more than one whole number, with the first two of them."""
    rule, numbers = Locale.parse(locale).plural_form, dict[str, list[int]]()
    for n in _WHOLE_NUMBERS:
        numbers.setdefault(rule(n), []).append(n)
    return {category: (found[0], found[1]) for category, found in numbers.items() if len(found) > 1}


def _empty(message: Message, _english: Message) -> Iterator[str]:
    yield from (f"{category!r} is empty" for category, text in wordings(message).items() if not text.strip(" "))


def _placeholders(message: Message, english: Message) -> Iterator[str]:
    plural = not isinstance(message, str)
    known = frozenset[str]().union(
        *(placeholders(text) for text in wordings(english).values()), ["n"] if plural else []
    )
    needed = placeholders(wordings(english)["other"])
    for category, text in wordings(message).items():
        found = placeholders(text)
        if extra := sorted(found - known):
            yield f"{category!r} asks for {_in_braces(extra)}, which is not filled"
        if category == "other" and (missing := sorted(needed - found)):
            yield f"{category!r} lacks {_in_braces(missing)}"
        if any(conversion or form for _, name, form, conversion in string.Formatter().parse(text) if name is not None):
            yield f"{category!r} formats a placeholder; numbers arrive written"


def _digits(message: Message, english: Message) -> Iterator[str]:
    """A number in a wording is a fact nobody measured, unless the English one says it, too."""
    known = {number for text in wordings(english).values() for number in _DIGITS.findall(text)}
    for category, text in wordings(message).items():
        if strange := sorted(set(_DIGITS.findall(text)) - known):
            yield f"{category!r} holds the number {', '.join(strange)}, which the English wording has not"


_RULES: tuple[Callable[[Message, Message], Iterator[str]], ...] = (_empty, _placeholders, _digits)


def _in_braces(names: list[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in names)


def _shown(message: Message) -> str:
    return repr(wordings(message)["other"])
