"""The word lists of one language, from the TOML file of its name in words/, made into patterns.

A language without a file has no words to warn of; the rules that need none still hold.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

from msgspec import Struct

_NOTHING = re.compile(r"(?!)")


class Phrases(Struct, frozen=True):
    """Phrases by their first two letters: most words of a text are passed over at one look-up."""

    by_start: Mapping[str, re.Pattern[str]]

    def found(self, text: str, starts: Iterable[int]) -> Iterator[re.Match[str]]:
        """The phrases in a text, none inside another.

        Args:
            text: running text.
            starts: where its words begin, in order.
        """
        end = 0
        for start in starts:
            pattern = self.by_start.get(text[start : start + 2].lower())
            if pattern and start >= end and (one := pattern.match(text, start)):
                end = one.end()
                yield one

    def are(self, text: str) -> bool:
        """Whether the whole text is one of the phrases."""
        pattern = self.by_start.get(text[:2].lower())
        return pattern is not None and pattern.fullmatch(text) is not None


class Advice(Struct, frozen=True):
    """Phrases with what to write instead."""

    phrases: Phrases
    endings: tuple[tuple[re.Pattern[str], str], ...]
    exact: Mapping[str, str]

    def instead_of(self, phrase: str) -> str:
        """What to write for a phrase that the pattern found."""
        known = self.exact.get(" ".join(phrase.lower().split()))
        return known or next((better for one, better in self.endings if one.fullmatch(phrase)), "")


class NumberWords(Struct, frozen=True):
    """How a language writes numbers, and which numbers count nothing.

    Args:
        decimal: the sign before decimals.
        groups: the signs that may stand between groups of three digits.
        units: for seconds, minutes, hours and percent the words that follow a number.
        exempt: dates, ordinals, and what a number names ("room 12").
    """

    decimal: str
    groups: str
    units: Mapping[str, frozenset[str]]
    exempt: re.Pattern[str]


class Vocabulary(Struct, frozen=True):
    """What the lint knows of one language; patterns that match nothing where it knows nothing."""

    numbers: NumberWords
    longest: int
    abbreviations: frozenset[str]
    passive: re.Pattern[str]
    active: Phrases
    absolutes: Phrases
    praise: Phrases
    causal: Phrases
    blame: Phrases
    person: re.Pattern[str]
    acronyms: frozenset[str]
    officialese: Advice
    jargon: Advice


@cache
def vocabulary(locale: str) -> Vocabulary:
    """The word lists of a locale, or of its language; "de-AT" reads German."""
    lists = _read(locale.partition("-")[0].partition("_")[0].lower())
    chosen = lists.get("words", {})
    sentence, passive = lists.get("sentence", {}), lists.get("passive", {})
    return Vocabulary(
        numbers=_numbers(lists.get("number", {})),
        longest=sentence.get("longest", 25),
        abbreviations=frozenset(sentence.get("abbreviations", ())),
        passive=_passive(passive),
        active=_phrases(passive.get("active", ())),
        absolutes=_phrases(chosen.get("absolutes", ())),
        praise=_phrases(chosen.get("praise", ())),
        causal=_phrases(chosen.get("causal", ())),
        blame=_phrases(chosen.get("blame", ())),
        person=_person(chosen.get("honorifics", ()), chosen.get("given_names", ())),
        acronyms=frozenset(chosen.get("acronyms", ())),
        officialese=_advice(lists.get("officialese", {})),
        jargon=_advice(lists.get("jargon", {})),
    )


def _read(language: str) -> dict[str, Any]:
    file = resources.files(__package__).joinpath("words", f"{language}.toml")
    return tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


def _regex(phrase: str) -> str:
    """A phrase with * for any ending and any white space between its words; both apostrophes are one."""
    parts = (re.escape(part).replace(r"\*", r"[\w-]*").replace("'", r"['\u2019]") for part in phrase.split())
    return r"\s+".join(parts) + ("" if phrase.endswith("'") else r"(?![\w-])")


def _phrases(phrases: Iterable[str]) -> Phrases:
    """Any of the phrases as whole words; the longest where one begins another."""
    branches: dict[str, list[str]] = {}
    for phrase in sorted(phrases, key=len, reverse=True):
        branches.setdefault(phrase[:2].lower(), []).append(_regex(phrase))
    return Phrases({start: re.compile("|".join(some), re.IGNORECASE) for start, some in branches.items()})


def _advice(table: Mapping[str, str]) -> Advice:
    endings = tuple((re.compile(_regex(one), re.IGNORECASE), better) for one, better in table.items() if "*" in one)
    exact = {one.lower(): better for one, better in table.items() if "*" not in one}
    return Advice(_phrases(table), endings, exact)


def _passive(table: Mapping[str, list[str]]) -> re.Pattern[str]:
    """An auxiliary, a few words that may stand between, and a past participle (group `participle`)."""
    if not table:
        return _NOTHING
    auxiliary, between, participles = ("|".join(table.get(one, ())) for one in ("auxiliary", "between", "participles"))
    return re.compile(rf"\b(?:{auxiliary})\s+(?:(?:{between})\s+){{0,2}}(?P<participle>{participles})\b", re.IGNORECASE)


def _person(honorifics: Iterable[str], given_names: Iterable[str]) -> re.Pattern[str]:
    titles, names = "|".join(map(re.escape, honorifics)), "|".join(map(re.escape, given_names))
    if not titles or not names:
        return _NOTHING
    surname = r"[A-ZÀ-ÖØ-Þ][\w'\u2019-]+"
    return re.compile(rf"\b(?:(?:{titles})\.?\s+{surname}(?:\s+{surname})?|(?:{names})\b(?:\s+{surname})?)")


def _numbers(table: Mapping[str, Any]) -> NumberWords:
    units = {unit: frozenset(word.lower() for word in given) for unit, given in table.get("units", {}).items()}
    return NumberWords(
        decimal=table.get("decimal", "."),
        groups=table.get("group", ","),
        units=units or {"percent": frozenset("%")},
        exempt=_exempt(table),
    )


def _exempt(table: Mapping[str, Any]) -> re.Pattern[str]:
    """Everything with digits in it that counts nothing."""

    def any_of(key: str) -> str:
        return "|".join(re.escape(one) for one in sorted(table.get(key, ()), key=len, reverse=True)) or "(?!)"

    months, day = any_of("months"), r"\d{1,2}(?:st|nd|rd|th|er|\.|º|°)?"
    year = r"(?:19|20)\d\d"
    forms = (
        rf"{year}-\d\d(?:-\d\d)?(?:[ T]\d\d:\d\d(?::\d\d)?)?",  # ISO 8601
        r"\d{1,2}[./]\d{1,2}[./](?:\d\d){1,2}",
        r"\d{1,2}:\d\d(?::\d\d)?(?:\s?[ap]\.?m\b\.?)?|\d{1,2}\s?[ap]\.?m\b\.?",
        rf"(?:{day}\s?[-–/]\s?)?{day}\s+(?:of\s+|de\s+)?(?:{months})\b(?:\s+{year})?",
        rf"\b(?:{months})\.?\s+(?:{year}|\d{{1,2}}(?:st|nd|rd|th)?\b(?:,?\s+{year})?)",
        rf"\b(?:{any_of('before_a_year')})\s+{year}\b(?!\s+[^\W\d_]{{3,}}s\b)",
        rf"\b(?:{any_of('day_of')})\s+\d{{1,2}}\b(?=\s*(?:[,.;:)!?]|$|e\b|alle\b|um\b|à\b))",
        rf"\b(?:{any_of('named_by')})\.?\s?(?:n[.ro°]*\s?|#)?\d[\d./-]*\w?",
        rf"\d+(?:{any_of('ordinals')})(?!\w|\s?%)" if table.get("ordinals") not in (None, ["."]) else "(?!)",
        r"\b24/7\b|(?:\+\d|\b0\d)[\d ()/.-]{4,}\d",  # telephones
        r"#\d+|(?m:^\s*\d+[.)]\s)|\d+(?-i:[A-Z])\b",  # a ticket, an item of a list, 4K
    )
    return re.compile(r"(?<![\w.,])(?:" + "|".join(f"(?:{one})" for one in forms) + ")", re.IGNORECASE)
