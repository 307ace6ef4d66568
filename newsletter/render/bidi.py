"""Isolates of right-to-left editions (Unicode Standard Annex 9) in markup: `<bdi>` in text, nothing in attributes."""

from __future__ import annotations

import re

from newsletter.language import without_isolates
from newsletter.language.bidi import ISOLATE, POP
from newsletter.render.vocabulary import VOID_TAGS

DEEPEST = 10
"""Isolates inside one another in one element: every one is a nested tag, and MRML dies of thousands."""

# Values are escaped, so every < and > is markup. What stands in these shows no markup: it is a window's title
# and a line in a list of mails.
_TOKEN = re.compile(rf"<(mj-title|mj-preview)>.*?</\1>|<(?P<tag>/?[A-Za-z][\w-]*+)?[^>]*>|[{ISOLATE}{POP}]", re.DOTALL)


def to_markup(mjml: str) -> str:
    """The mail with `<bdi>` for isolates in text; tags with their attributes, title and preview lose them.

    Anybody's text may hold one half of an isolate: only what begins and ends in the same element becomes
    a tag, the rest is dropped.
    """
    if ISOLATE not in mjml and POP not in mjml:
        return mjml
    pieces: list[str] = []
    open_isolates: list[list[int]] = [[]]  # by element: where in `pieces` each began
    end = 0
    for found in _TOKEN.finditer(mjml):
        pieces.append(mjml[end : found.start()])
        end = found.end()
        if found[0] == ISOLATE:
            open_isolates[-1].append(len(pieces))
            pieces.append("")
        elif found[0] == POP:
            pieces.append(_closed(pieces, open_isolates[-1]))
        else:
            pieces.append(without_isolates(found[0]))
            _nest(found["tag"] or "", found[0], open_isolates)
    return "".join([*pieces, mjml[end:]])


def _closed(pieces: list[str], begun: list[int]) -> str:
    """What ends the isolate begun last, which becomes a tag only now."""
    if not begun:
        return ""
    deep = len(begun)
    begin = begun.pop()
    if deep > DEEPEST:
        return ""
    pieces[begin] = "<bdi>"
    return "</bdi>"


def _nest(tag: str, markup: str, open_isolates: list[list[int]]) -> None:
    """Follow the elements; `lint` has seen that they are balanced."""
    if tag.startswith("/"):
        if len(open_isolates) > 1:
            open_isolates.pop()
    elif tag and tag not in VOID_TAGS and not markup.endswith("/>"):
        open_isolates.append([])
