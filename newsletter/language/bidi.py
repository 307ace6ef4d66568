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
_FIGURE = re.compile(
    r"""(?<![\w.,:/+\u2212-])(?:
        \+\d[\d\x20\u00a0()-]+\d                                          # a telephone number
      | [+\u2212-]?\d+(?:[.,]\d+)*[\x20\u00a0\u202f]?[%\u2030\u00b0](?!\w)   # a percentage, a temperature
      | [+\u2212-]\d+(?:[.,]\d+)*(?![\w-])                                # a number with a sign
    )""",
    re.VERBOSE,
)
_SIGN_AT_DIGIT = re.compile(r"\d[%\u2030\u00b0:+–-]|[%+\u2212-]\d")


def isolated(text: str) -> str:
    """`text` between isolates if it could disturb a right-to-left sentence: Latin letters, a percentage, a time."""
    bare = text
    while (fewer := _INNERMOST.sub("", bare)) != bare:
        bare = fewer
    if _SIGN_AT_DIGIT.search(bare) or any(unicodedata.bidirectional(letter) == "L" for letter in bare):
        return f"{ISOLATE}{text}{POP}"
    return text


def with_isolated_figures(text: str) -> str:
    """Sentences with their signed numbers between isolates: behind Arabic letters, the sign of "80%" goes to its left.

    That is rule W2 of the annex: there a digit counts as an Arabic one, and W5 joins a sign to European digits only.
    """
    return _FIGURE.sub(lambda found: _once(text, found), text)


def _once(text: str, found: re.Match[str]) -> str:
    alone = text[: found.start()].endswith(ISOLATE) and text.startswith(POP, found.end())
    return found[0] if alone else f"{ISOLATE}{found[0]}{POP}"


def without_isolates(text: str) -> str:
    """`text` for a place that shows no isolates: a subject, a link, an attribute."""
    return _MARKS.sub("", text)
