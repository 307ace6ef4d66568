"""What a reader sees of an HTML mail, as one line of text, and where words stand in it.

The page finds numbers and findings by their words, because the mail itself carries no marks: what is
previewed is what is sent. So server and page agree on one text: the text nodes of the body in
their order, joined without anything between, runs of blanks as one.
"""

from __future__ import annotations

import html
import re
from functools import lru_cache

from msgspec import Struct

from newsletter.language import without_isolates

_BLANKS = re.compile(r"[ \t\n\r\f\u00a0\u202f]+")
_BODY = re.compile(r"<body\b[^>]*>", re.IGNORECASE)
_UNSEEN = re.compile(
    r"<!--.*?-->|"
    # Each by itself: one group of names and a reference to it take twice the time.
    + "|".join(rf"<{name}\b.*?</{name}\s*>" for name in ("script", "style", "title", "template"))
    + r"""|<div\b[^>]*?style="[^"]*?display:\s*none[^>]*>.*?</div>"""
    r"""|<[^<>"']*(?:"[^"]*"[^<>"']*|'[^']*'[^<>"']*)*>""",
    re.DOTALL | re.IGNORECASE,
)


def text_of(document: str) -> str:
    """The visible text of a mail as MRML writes it: well formed, every value escaped."""
    body = _BODY.search(document)
    return collapsed(html.unescape(_UNSEEN.sub("", document[body.end() if body else 0 :])))


def collapsed(text: str) -> str:
    """The text with every run of blanks and line ends as one blank, as a browser would show it."""
    return _BLANKS.sub(" ", text)


class Words(Struct, frozen=True):
    """Words in the visible text: the `nth` (from 0) of their occurrences that do not overlap, and where they end."""

    text: str
    nth: int
    end: int


class Visible:
    """The visible text of one mail, asked for words."""

    def __init__(self, text: str) -> None:
        self.text = text

    def find(self, words: str, start: int = 0, before: str = "") -> Words | None:
        """The first place of `words` from the character `start` on.

        Args:
            words: as they stand in the composed letter.
            start: where to begin.
            before: other words that have to stand earlier, the nearer the better.
        """
        wanted, lead = _shown(words), _shown(before)
        if lead:
            found = self.text.find(lead, start)
            if found < 0:
                return None
            start = found + len(lead)
        at = self.text.find(wanted, start) if wanted else -1
        return Words(wanted, self.nth(wanted, at), at + len(wanted)) if at >= 0 else None

    def nth(self, words: str, at: int) -> int:
        """How many occurrences of `words` end before the character `at`, counted as a browser's page counts them."""
        return self.text.count(words, 0, at)


@lru_cache(maxsize=4096)  # a save leaves most words what they were
def _shown(words: str) -> str:
    return collapsed(without_isolates(words)).strip()
