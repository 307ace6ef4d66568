"""Rules about the plain-text part, which is read where HTML is not."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter.render.checks.letter import HOLE_BEGIN, HOLE_END, Letter, Problem, excerpt
from newsletter.render.plaintext import WIDTH, columns

HARD_WIDTH = 78
"""RFC 5322, 2.1.1: a line should have no more."""

LEAST_SHARE = 0.6
"""Of the words of the HTML; the samples of all months have more than 0.8."""

_WORD = re.compile(r"[^\W\d_]{3,}")
_ENTITY = re.compile(
    r"&(?:[a-z]{2,8}|#\d{1,6}|#x[0-9a-f]{1,5});|</?(?:p|br|div|td|tr|table|span|a|b|h[1-6])\b[^>]*>", re.IGNORECASE
)


def text_part(letter: Letter) -> Iterator[Problem]:
    """It says what the HTML says, not "please use another program"."""
    said, read = set(_words(letter.words)), set(_words(letter.text))
    share = len(said & read) / len(said) if said else 1.0
    if share < LEAST_SHARE:
        what = (
            f"the plain text holds {int(share * 100)}% of the words of the HTML; {int(LEAST_SHARE * 100)}% is the least"
        )
        yield Problem(severity="fault", what=what, do="Write in the .txt.j2 templates what the .mjml.j2 ones say.")


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def text_width(letter: Letter) -> Iterator[Problem]:
    """72 columns, so that a reply that quotes it still fits; an address that cannot be broken may be longer."""
    for number, line in enumerate(letter.text.splitlines(), 1):
        wide = columns(line)
        if wide > WIDTH and HOLE_BEGIN not in line and len(line.split()) > 1:
            what = f"line {number} of the plain text has {wide} columns; {WIDTH} is the most"
            do = "Let the template wrap it (|wrap)."
            yield Problem(severity="fault" if wide > HARD_WIDTH else "warning", what=what, do=do, excerpt=excerpt(line))


def text_form(letter: Letter) -> Iterator[Problem]:
    """It is text: no tabs, which are as wide as every program likes, and no entities or tags of HTML."""
    for number, line in enumerate(letter.text.splitlines(), 1):
        if "\t" in line:
            what = f"line {number} of the plain text holds a tab"
            yield Problem(severity="fault", what=what, do="Use blanks.", excerpt=excerpt(line))
        if found := _ENTITY.search(line.replace(HOLE_BEGIN, "").replace(HOLE_END, "")):
            what = f'line {number} of the plain text holds "{found[0]}"'
            yield Problem(severity="fault", what=what, do="Write the sign itself, and no tags.", excerpt=excerpt(line))
