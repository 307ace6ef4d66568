"""Text of two directions in one line: isolates, so that neither disturbs the order of the other.

In a right-to-left sentence a Latin name, "99.78%" or "09:12" would take the punctuation around it
along. FIRST STRONG ISOLATE and POP DIRECTIONAL ISOLATE (Unicode Standard Annex 9, 2.4) keep it in its place.
The layout turns them into `<bdi>`; the plain-text part keeps them; subjects, addresses and attributes have none.
"""

from __future__ import annotations

import re
import unicodedata

ISOLATE = "\u2068"
POP = "\u2069"

_MARKS = re.compile(f"[{ISOLATE}{POP}]")
_INNERMOST = re.compile(f"{ISOLATE}[^{ISOLATE}{POP}]*{POP}")
_SIGN_AT_DIGIT = re.compile(r"\d[%\u2030\u00b0:+–-]|[%+\u2212-]\d")


def isolated(text: str) -> str:
    """`text` between isolates if it could disturb a right-to-left sentence: Latin letters, a percentage, a time."""
    bare = text
    while (fewer := _INNERMOST.sub("", bare)) != bare:
        bare = fewer
    if _SIGN_AT_DIGIT.search(bare) or any(unicodedata.bidirectional(letter) == "L" for letter in bare):
        return f"{ISOLATE}{text}{POP}"
    return text


def without_isolates(text: str) -> str:
    """`text` for a place that shows no isolates: a subject, a link, an attribute."""
    return _MARKS.sub("", text)
