"""How hard a text is to read: sentences, words, and the formulas made for each language.

The formulas count, they do not understand. They are for whole texts: of less than `ENOUGH_WORDS`
words one long name decides the result.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping

from msgspec import Struct

ENOUGH_WORDS = 40

_END = re.compile(r"(?<=[.!?…؟])[\"'»”\u2019)\]*_]*\s+|\s*\n\s*\n\s*|\s*\n(?=\s*(?:[-*+]|\d+[.)]|#+)\s)")
_WORD = re.compile(r"[^\W_]+(?:(?:['\u2019\-.:&]|(?<=\d),(?=\d))[^\W_]+)*")
_LETTER = re.compile(r"[^\W\d_]")
_VOWELS = re.compile(r"[aeiouyàâäáãåæèéêëìíîïòóôöõœùúûüÿ]+")


class Sentence(Struct, frozen=True):
    """One sentence, and where it begins in its text."""

    text: str
    start: int


class Scale(Struct, frozen=True):
    """A readability formula by name; 100 is easy, 0 hard."""

    name: str
    score: Callable[[str, int], float]


def words(text: str) -> list[str]:
    """The words of a text; "can't", "Wi-Fi" and "1,283" are one each."""
    return _WORD.findall(text)


def sentences(text: str, abbreviations: Collection[str] = ()) -> Iterator[Sentence]:
    """The sentences of a text in Markdown; an empty line and a new list item end one, too.

    Args:
        text: running text.
        abbreviations: lower-case words whose full stop ends no sentence ("e.g").
    """
    start = 0
    for end in _END.finditer(text):
        last = text[start : end.start()].rpartition(" ")[2].rstrip(".").lstrip("(*_").lower()
        if end[0].count("\n") or last not in abbreviations:
            yield from _sentence(text, start, end.start())
            start = end.end()
    yield from _sentence(text, start, len(text))


def _sentence(text: str, start: int, end: int) -> Iterator[Sentence]:
    if _LETTER.search(text, start, end):
        yield Sentence(text[start:end], start)


def scale(locale: str) -> Scale | None:
    """The formula of a language, if there is one made for it."""
    return _SCALES.get(locale.partition("-")[0].lower())


def gulpease(text: str, count: int) -> float:
    """89 + (300 sentences - 10 letters) / words.

    Lucisano, P. and Piemontese, M. E. (1988), "GULPEASE: una formula per la predizione della
    difficoltà dei testi in lingua italiana", Scuola e città 3.
    """
    found = words(text)
    letters = sum(map(str.isalpha, "".join(found)))
    return 89 + (300 * count - 10 * letters) / max(len(found), 1)


def _flesch(base: float, per_sentence: float, per_word: float) -> Callable[[str, int], float]:
    """Flesch's reading ease with the weights of a language: base - a words/sentences - b syllables/words."""

    def score(text: str, count: int) -> float:
        found = [word for word in words(text) if _LETTER.search(word)]
        syllables = sum(_syllables(word.lower()) for word in found)
        length = max(len(found), 1)
        return base - per_sentence * length / max(count, 1) - per_word * syllables / length

    return score


def _syllables(word: str) -> int:
    """Groups of vowels, less a silent e at the end (not that of "table"): an estimate, as everywhere."""
    groups = len(_VOWELS.findall(word))
    silent = word.endswith("e") and not word.endswith(("le", "ee", "ie")) and groups > 1
    return max(groups - silent, 1)


_SCALES: Mapping[str, Scale] = {
    # Flesch, R. (1948), "A new readability yardstick", Journal of Applied Psychology 32.
    "en": Scale("Flesch", _flesch(206.835, 1.015, 84.6)),
    "it": Scale("Gulpease", gulpease),
    # Amstad, T. (1978), "Wie verständlich sind unsere Zeitungen?", Zürich.
    "de": Scale("Flesch-Amstad", _flesch(180, 1, 58.5)),
    # Kandel, L. and Moles, A. (1958), "Application de l'indice de Flesch à la langue française".
    "fr": Scale("Kandel-Moles", _flesch(207, 1.015, 73.6)),
}
