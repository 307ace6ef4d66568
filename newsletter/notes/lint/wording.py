"""Rules about words and sentences: what everybody understands at the first reading."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter.language.readability import ENOUGH_WORDS, scale, words
from newsletter.model import Finding
from newsletter.notes.lint.context import Context
from newsletter.notes.lint.vocabulary import Advice, Vocabulary

PASSIVE_SHARE = 0.3
HARD, TOO_HARD = 50, 40  # Gulpease and Flesch: below, a warning and a fault
_ENOUGH_PASSIVE = 2  # a single sentence is no habit

CAPITALS = re.compile(r"(?<![\w-])[A-ZÀ-ÖØ-Þ]{2,}(?: [A-ZÀ-ÖØ-Þ]{2,})+(?![\w-])|(?<![\w-])[A-ZÀ-ÖØ-Þ]{6,}(?![\w-])")
_ACRONYM = re.compile(r"(?<![\w-])[A-Z][A-Z0-9]{2,4}(?![\w-])")


def plain_words(context: Context) -> Iterator[Finding]:
    """Words of offices and of specialists, with the ones that everybody knows."""
    yield from _advised(context, "officialese", context.words.officialese, "is the language of offices")
    yield from _advised(context, "jargon", context.words.jargon, "is a word of specialists")


def _advised(context: Context, check: str, advice: Advice, what: str) -> Iterator[Finding]:
    for passage in context.passages:
        for one in advice.phrases.found(passage.prose, passage.starts):
            if one[0] not in context.known:
                yield context.warn(check, passage, one.start(), f'"{one[0]}" {what}', _better(advice, one[0]))


def _better(advice: Advice, phrase: str) -> str:
    """A list says what to write, or, in brackets, what to do."""
    better = advice.instead_of(phrase)
    return f"{better[1:2].upper()}{better[2:-1]}." if better.startswith("(") else f"Write: {better}"


def acronyms(context: Context) -> Iterator[Finding]:
    """An abbreviation is explained where it first stands."""
    told: set[str] = set()
    for passage in context.passages:
        shouted = [one.span() for one in CAPITALS.finditer(passage.prose)]
        for one in _ACRONYM.finditer(passage.prose):
            name = one[0]
            inside = any(start <= one.start() < end for start, end in shouted)
            if inside or name in told or name in context.known or name in context.words.acronyms:
                continue
            told.add(name)
            if not any(_defines(other.text, name) for other in context.passages):
                do = f"Write it out once, with ({name}) behind it, or say what it does."
                yield context.warn("acronym", passage, one.start(), f'"{name}" is not explained', do)


def _defines(text: str, name: str) -> bool:
    return f"({name})" in text or re.search(rf"\b{name}\s+\([^)]{{4,}}\)", text) is not None


# --- sentences ----------------------------------------------------------------------------------


def long_sentences(context: Context) -> Iterator[Finding]:
    """At most 25 words."""
    for passage in context.passages:
        for one in context.sentences_of(passage):
            count = len(words(one.text))
            if count > context.words.longest:
                what = f"a sentence of {count} words; {context.words.longest} are easy to follow"
                yield context.warn("long-sentence", passage, one.start, what, "Make two or three of it.")


def passive(context: Context) -> Iterator[Finding]:
    """Who does what: most sentences say it."""
    in_passive = [one for one in context.sentences if _is_passive(one.text, context.words)]
    if len(in_passive) >= _ENOUGH_PASSIVE and len(in_passive) > PASSIVE_SHARE * len(context.sentences):
        what = f"{len(in_passive)} of {len(context.sentences)} sentences are in the passive"
        do = "Say who does it: we, you, the machine."
        yield context.warn("passive", context.body, in_passive[0].start, what, do)


def _is_passive(text: str, known: Vocabulary) -> bool:
    return any(not known.active.are(found["participle"]) for found in known.passive.finditer(text))


def readability(context: Context) -> Iterator[Finding]:
    """Short words and short sentences, by the formula of the language."""
    measure = scale(context.note.locale)
    if measure is None or len(words(context.body.prose)) < ENOUGH_WORDS:
        return
    score = measure.score(context.body.prose, len(context.sentences))
    if score >= HARD:
        return
    what = f"hard to read: {measure.name} {score:.0f} of 100; {HARD} is fit for everybody"
    tell = context.wrong if score < TOO_HARD else context.warn
    yield tell("readability", context.body, 0, what, "Use shorter words and shorter sentences.")
