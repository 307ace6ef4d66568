"""The wordings of one locale, read from the TOML file of that name beside this module.

A message is a string with named slots, or a table with one string per plural category of
Unicode CLDR ("one", "many", "other", ...; https://cldr.unicode.org/index/cldr-spec/plural-rules).
The number that selects the category is always called `n`. Messages are written by people for
each locale; nothing is glued together from words, because articles, elisions and agreement
differ between languages.
"""

from __future__ import annotations

import re
import string
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal, Self

from babel import Locale
from babel.numbers import format_decimal
from msgspec import Struct

from newsletter.errors import ConfigError
from newsletter.language.bidi import isolated, with_isolated_figures

PLURAL_CATEGORIES = frozenset({"zero", "one", "two", "few", "many", "other"})

Message = str | Mapping[str, str]

_LISTS = frozenset({"number_words", "claim_words", "elisions"})


def supported_locales() -> tuple[str, ...]:
    """The locales that have a catalogue, sorted."""
    files = resources.files(__package__).iterdir()
    return tuple(sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml")))


def shipped_file(locale: str) -> Path:
    """Where the catalogue of a supported locale lies; works from a wheel, too."""
    return Path(str(resources.files(__package__).joinpath(f"{locale}.toml")))


def require_supported(locales: Iterable[str]) -> None:
    """Check that every one of `locales` has a catalogue.

    Raises:
        ConfigError: some have none; all of them are named.
    """
    unknown = [locale for locale in locales if locale not in supported_locales()]
    if unknown:
        named = ", ".join(repr(locale) for locale in unknown)
        known = ", ".join(supported_locales())
        raise ConfigError(f"locales: there are no wordings for {named}", f"Use some of: {known}.")


def localised(text: str | Mapping[str, str], locale: str, default_locale: str) -> str:
    """The form of a configured text for `locale`, else for `default_locale`, else the first one written."""
    if isinstance(text, str):
        return text
    return text.get(locale) or text.get(default_locale) or next(iter(text.values()), "")


def placeholders(message: str) -> frozenset[str]:
    """The slot names in one message string."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(message) if name is not None)


class Elision(Struct, frozen=True):
    """What small words become before some others: "il 8" is read and written "l'8"."""

    before: re.Pattern[str]
    """How the words begin that ask for it."""
    words: Mapping[str, str]
    """What is written instead, by word, in small letters; with the space after it where one stays."""

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> Self:
        """The rule in one parsed TOML table."""
        return cls(before=re.compile(table["before"]), words=dict(table["words"]))

    def applied(self, literal: str, slot: str) -> str:
        """What stands before the filled `slot`, its last word as it is written there."""
        start = literal.rfind(" ", 0, -1) + 1
        word = literal[start:-1]
        instead = self.words.get(word.lower())
        if instead is None or not literal.endswith(" ") or not self.before.match(slot):
            return literal
        return literal[:start] + (instead if word.islower() else instead[0].upper() + instead[1:])


class Catalogue(Struct, frozen=True):
    """All messages of one locale, by dotted key ("headline.all_met")."""

    locale: str
    messages: Mapping[str, Message]
    number_words: tuple[str, ...]
    """Words for 0, 1, 2, ...; empty where they change with what is counted, so that digits read better."""
    claim_words: tuple[str, ...] = ()
    """Words that say that something changed, or why; one ending in * goes on in any way."""
    elisions: tuple[Elision, ...] = ()

    @staticmethod
    def load(locale: str) -> Catalogue:
        """The catalogue of `locale`.

        Raises:
            ConfigError: there is no catalogue for it.
        """
        require_supported([locale])
        return _shipped(locale)

    @classmethod
    def of(cls, locale: str, tables: Mapping[str, Any]) -> Self:
        """The catalogue in the parsed TOML of `locale`."""
        return cls(
            locale=locale,
            messages=dict(_flatten({key: value for key, value in tables.items() if key not in _LISTS})),
            number_words=tuple(tables.get("number_words", ())),
            claim_words=tuple(tables.get("claim_words", ())),
            elisions=tuple(Elision.of(table) for table in tables.get("elisions", ())),
        )

    @property
    def babel(self) -> Locale:
        """The CLDR data of the locale."""
        return _babel(self.locale)

    @property
    def direction(self) -> Literal["ltr", "rtl"]:
        """Which way the script runs."""
        return _direction(self.locale)

    @property
    def categories(self) -> frozenset[str]:
        """The plural categories that this locale tells apart."""
        return frozenset(self.babel.plural_form.tags) | {"other"}

    def text(self, key: str, /, n: int | Decimal | None = None, **slots: str) -> str:
        """The message `key` with its slots filled.

        Args:
            key: dotted key in the catalogue.
            n: the number that selects the plural form; also fills `{n}`, written for the locale.
            slots: texts for the other placeholders, already formatted; in a right-to-left sentence, those that
                run the other way are isolated.

        Raises:
            LookupError: the key, the plural category or a slot is missing (a fault of the program or its catalogue).
        """
        message = self.messages[key]
        if n is not None:
            slots["n"] = _written(n, self.locale)
        if not isinstance(message, str):
            if n is None:
                raise LookupError(f"{self.locale}: {key} needs a number to select its plural form")
            message = message[self.babel.plural_form(n)]
        if self.direction == "rtl":
            slots = {name: isolated(slot) for name, slot in slots.items()}
        return self._filled(message, slots) if self.elisions else message.format_map(slots)

    def _filled(self, message: str, slots: Mapping[str, str]) -> str:
        """Only the words of the message are elided: what fills a slot may be somebody's text."""
        parts = list[str]()
        for literal, name, _, _ in string.Formatter().parse(message):
            if name is None:
                parts.append(literal)
                continue
            parts += [self._before(slots[name], literal), slots[name]]
        return "".join(parts)

    def _before(self, slot: str, literal: str) -> str:
        for elision in self.elisions:
            literal = elision.applied(literal, slot)
        return literal

    def count(self, n: int) -> str:
        """A small count as a word ("eleven"), a larger one in digits ("1,301")."""
        return self.number_words[n] if n < len(self.number_words) else _written(n, self.locale)

    def enumerate(self, names: tuple[str, ...]) -> str:
        """Names in one phrase: "A", "A and B", "A, B and C"."""
        if len(names) < 2:
            return "".join(names)
        return self.text("list.and", first=self.separated(names[:-1]), last=names[-1])

    def separated(self, texts: Iterable[str]) -> str:
        """Texts in a row, with the comma of the language between them."""
        return self.text("list.separator").join(texts)

    def name(self, text: str) -> str:
        """A name that may be of another language, to stand in a sentence of this one."""
        return isolated(text) if self.direction == "rtl" else text

    def prose(self, text: str) -> str:
        """Sentences that somebody wrote in this language."""
        return with_isolated_figures(text) if self.direction == "rtl" else text


@cache
def _babel(locale: str) -> Locale:
    return Locale.parse(locale)


@cache  # every sentence asks
def _direction(locale: str) -> Literal["ltr", "rtl"]:
    return "rtl" if _babel(locale).text_direction == "rtl" else "ltr"


@cache
def _shipped(locale: str) -> Catalogue:
    return Catalogue.of(locale, _read(locale))


@lru_cache(maxsize=4096)
def _written(number: int | Decimal, locale: str) -> str:
    return format_decimal(number, locale=locale)


@cache
def _read(locale: str) -> dict[str, Any]:
    """The parsed file of a supported locale."""
    return tomllib.loads(shipped_file(locale).read_text(encoding="utf-8"))


def _flatten(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Message]]:
    """Dotted keys and messages of nested tables; a table of plural categories is one message."""
    for key, value in table.items():
        if isinstance(value, str) or PLURAL_CATEGORIES.issuperset(value):
            yield prefix + key, value
        else:
            yield from _flatten(value, f"{prefix}{key}.")
