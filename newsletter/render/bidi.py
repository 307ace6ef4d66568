"""Isolates of right-to-left editions (Unicode Standard Annex 9) in markup: `<bdi>` in text, nothing in attributes."""

from __future__ import annotations

import re

from newsletter.language import without_isolates
from newsletter.language.bidi import ISOLATE, POP

# Values are escaped, so every < and > is markup. What stands in these shows no markup: it is a window's title
# and a line in a list of mails.
_MARKUP = re.compile(r"<(mj-title|mj-preview)>.*?</\1>|<[^>]*>", re.DOTALL)


def to_markup(mjml: str) -> str:
    """The mail with `<bdi>` for isolates in text; tags with their attributes, title and preview lose them."""
    if ISOLATE not in mjml:
        return mjml
    pieces, end = [], 0
    for markup in _MARKUP.finditer(mjml):
        pieces += [_to_bdi(mjml[end : markup.start()]), without_isolates(markup.group())]
        end = markup.end()
    return "".join([*pieces, _to_bdi(mjml[end:])])


def _to_bdi(text: str) -> str:
    return text.replace(ISOLATE, "<bdi>").replace(POP, "</bdi>")
