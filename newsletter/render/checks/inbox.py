"""Rules about what is seen before a letter is opened: subject and preheader; and how much it weighs."""

from __future__ import annotations

import binascii
import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise

from newsletter.render.checks.letter import Letter, Problem, excerpt

CLIP_WARN, CLIP = 81_920, 102_400
"""Bytes of HTML. Gmail cuts a letter at about 102 KB; from 80 KB on a month with more notes gets there."""

HEAVY, REFUSED = 512 * 1024, 10_240_000
"""Bytes of a whole mail: what every inbox then keeps once, and what Postfix takes at most (`message_size_limit`)."""

SUBJECT, PREHEADER = 60, 90
"""Characters that lists of mails show, most of them; a phone shows about 40 of the subject."""

_MARKS = re.compile(r"[!?\u061f\uff01\uff1f]{2,}")
_WORD = re.compile(r"[^\W\d_]{3,}")


def html_size(letter: Letter) -> Iterator[Problem]:
    """Programs cut a long letter in two, and the end with the imprint is gone."""
    size = len(letter.html.encode())
    if size > CLIP_WARN:
        what = f"the HTML has {size:,} bytes; Gmail cuts letters of more than {CLIP:,}"
        do = "Shorten notes, or leave sections out under `sections:`."
        yield Problem(severity="fault" if size > CLIP else "warning", what=what, do=do)


def mail_size(letter: Letter) -> Iterator[Problem]:
    """The whole mail with its pictures: relays refuse large ones, and each inbox keeps its own."""
    pictured = sum(len(one.content) for one in letter.rendered.attachments)
    if 3 * (len(letter.html) + len(letter.text)) + 2 * pictured < HEAVY:
        return  # whatever the encoding makes of it
    parts = [binascii.b2a_qp(part.encode()) for part in (letter.html, letter.text)]
    pictures = [binascii.b2a_base64(one.content) for one in letter.rendered.attachments]
    size = sum(map(len, parts)) + sum(len(one) * 78 // 76 for one in pictures)
    if size > HEAVY:
        what = f"the mail has about {size:,} bytes; {HEAVY:,} is plenty, and many relays refuse {REFUSED:,}"
        yield Problem(severity="fault" if size > REFUSED else "warning", what=what, do="Make the pictures smaller.")


def subject(letter: Letter) -> Iterator[Problem]:
    """There is one, on one line, and lists of mails show all of it."""
    yield from _line(
        letter.rendered.subject, "subject", SUBJECT, "Choose a shorter one with `subject:` in edition.yaml."
    )


def preheader(letter: Letter) -> Iterator[Problem]:
    """The line after the subject: there is one, it says something else, and it is shown whole."""
    said = letter.rendered.preheader
    yield from _line(said, "preheader", PREHEADER, "Say less in it.")
    if said and said.casefold().rstrip(".") == letter.rendered.subject.casefold().rstrip("."):
        what = "the preheader repeats the subject"
        yield Problem(severity="warning", what=what, do="Let it say what the subject leaves out.", excerpt=said)


def _line(text: str, name: str, most: int, shorten: str) -> Iterator[Problem]:
    said = excerpt(text)
    if not said:
        yield Problem(severity="fault", what=f"the {name} is empty", do=f"Templates and notes have to give a {name}.")
    if len(text.splitlines()) > 1:
        what = f"the {name} has a line break"
        yield Problem(severity="fault", what=what, do="Write it on one line.", excerpt=said)
    if len(text) > most:
        what = f"the {name} has {len(text)} characters; many programs show {most}"
        yield Problem(severity="warning", what=what, do=shorten, excerpt=said)


def shouting(letter: Letter) -> Iterator[Problem]:
    """Neither !!, nor capitals, nor emoji where the letter is announced."""
    for name, text in _announced(letter):
        if found := _MARKS.search(text):
            what = f'"{found[0]}" in the {name} shouts'
            yield Problem(severity="warning", what=what, do="One mark, or a full stop.", excerpt=excerpt(text))
        if emoji := next((one for one in text if _is_emoji(one)), ""):
            what = f"the {name} holds {emoji} (U+{ord(emoji):04X}), which not every list of mails can show"
            yield Problem(severity="warning", what=what, do="Say it in words.", excerpt=excerpt(text))


def capitals(letter: Letter) -> Iterator[Problem]:
    """Words in capitals, two or more in a row, are read letter by letter, and filters count them."""
    for name, text in _announced(letter):
        words = _WORD.findall(text)
        loud = [f"{one} {other}" for one, other in pairwise(words) if one.isupper() and other.isupper()]
        if loud:
            what = f'"{loud[0]}" in the {name} is in capitals'
            yield Problem(severity="warning", what=what, do="Write it in small letters.", excerpt=excerpt(text))


def _announced(letter: Letter) -> tuple[tuple[str, str], ...]:
    one = letter.rendered
    return ("subject", one.subject), ("preheader", one.preheader), ("headline", letter.edition.headline)


def _is_emoji(character: str) -> bool:
    """Pictures, not signs: ✓ and ✕ are of the letter's own alphabet."""
    code = ord(character)
    return code >= 0x1F000 and unicodedata.category(character) == "So"
