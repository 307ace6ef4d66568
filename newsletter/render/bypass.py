"""What stands in `<mj-text>` goes past MRML, which would only copy it: four fifths of a letter, and of MRML's time.

Of what it copies MRML changes three things: a text between tags goes if it is blank and begins with a line break,
tags without an end get a slash, and values of attributes become what `protect` is there against. Here all of that is
done without MRML, and to the byte as with it; but only to what is written as plainly as our templates are. What is
not stays in its place, for MRML to judge.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain, zip_longest

from newsletter.render.protect import encode, keep_apart

_HOLE = "\ufdd2"
"""Stands where a text was: a noncharacter, which no value of an edition can hold (see `printable`)."""

# Controls and others that MRML refuses, and noncharacters.
_ODD = r"\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
_ATTRIBUTES = rf'(?:\ [a-z-]++="[^"<>{_ODD}]*+")*+'
_VOID = r"(?:br|col|hr|img|meta)(?=[\ />])"
_TEXT = re.compile(
    rf"""<(?:
        !--.*?-->                                     # what is in a comment stays there
      | (mj-text{_ATTRIBUTES}>)
        ((?:[^<{_ODD}]++ | </[a-z][a-z0-9]*+> | <{_VOID}{_ATTRIBUTES}\ ?/?> | <[a-z][a-z0-9]*+{_ATTRIBUTES}>)*+)
        </mj-text>
    )""",
    re.DOTALL | re.VERBOSE,
)
_TO_BE_JUDGED = ("]]>", "bdi>")
"""What MRML refuses; and isolates, which become tags when the lint has gone by."""

_BLANK = re.compile(r">\n\s*+<")
# A tag without an end, or one of which not every value is what `protect` would leave as it is.
_CHANGING = re.compile(rf"<(?:({_VOID})|[a-z][ -;=?-\[\]-~]*+(?!>))[^<>]*+>")


def set_aside(mjml: str) -> tuple[str, list[str]]:
    """MJML that `lint` has passed with holes for texts, and these."""
    texts: list[str] = []

    def hole(found: re.Match[str]) -> str:
        if found[1] is None or any(one in found[2] for one in _TO_BE_JUDGED):
            return found[0]
        texts.append(found[2])
        return f"<{found[1]}{_HOLE}</mj-text>"

    return _TEXT.sub(hole, mjml), texts


def put_back(html: str, texts: Sequence[str]) -> str | None:
    """The HTML of MRML with the texts in their holes, as MRML would have written them; None if there are other holes."""
    pieces = html.split(_HOLE)
    if len(pieces) != len(texts) + 1:
        return None
    return "".join(chain.from_iterable(zip_longest(pieces, _written(texts), fillvalue="")))


def _written(texts: Sequence[str]) -> list[str]:
    """The texts as MRML copies them; all at once, because most need little."""
    framed = keep_apart(f">{f'<{_HOLE}>'.join(texts)}<")  # what stands at an end stands beside a tag
    return _CHANGING.sub(_written_tag, _BLANK.sub("><", framed))[1:-1].split(f"<{_HOLE}>")


def _written_tag(tag: re.Match[str]) -> str:
    written = encode(tag[0])
    return f"{written.rstrip(' />')} />" if tag[1] else written
