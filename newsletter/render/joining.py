"""Neighbouring sections of one plain column share a frame, because the frame of a section costs 1,290 bytes."""

from __future__ import annotations

import re

AT_MOST = 3
"""Sections in one frame. Word breaks a cell that is taller than its page (about 1,750 px) and leaves a gap there."""

_SECTION = "<mj-section>"
_BEGIN = re.compile(r"\s*<mj-column>")
_END = re.compile(r"</mj-column>\s*</mj-section>\s*")


def joined(mjml: str) -> str:
    """Sound MJML (see `lint`) in which neighbouring plain sections are one.

    Plain is a `<mj-section>` without attributes that holds one `<mj-column>` without attributes:
    such sections look alike, so nothing moves.
    """
    before, *sections = mjml.split(_SECTION)
    pieces, count = [before], 0  # so many are in the frame that the next may join
    for section in sections:
        begin = _BEGIN.match(section)
        end = _END.match(section, section.find("</mj-column>")) if begin else None
        at = end.start() if end else len(section)
        if begin and end and 0 < count < AT_MOST:
            pieces[-1:] = [section[begin.end() : at], section[at:]]
            count += 1
        else:
            pieces += [_SECTION, section[:at], section[at:]]
            count = 1
        if not end or end.end() < len(section):
            count = 0
    return "".join(pieces)
