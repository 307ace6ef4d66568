"""Neighbouring sections of one plain column share a frame, because the frame of a section costs 1,290 bytes."""

from __future__ import annotations

import re

AT_MOST = 3
"""Sections in one frame. Word breaks a cell that is taller than its page (about 1,750 px) and leaves a gap there."""

_PLAIN = r"<mj-section>\s*<mj-column>(?:[^<]++|<(?!/?mj-column\b))*+</mj-column>\s*</mj-section>\s*"
_RUN = re.compile(rf"(?:{_PLAIN}){{2,{AT_MOST}}}", re.DOTALL)
_SEAM = re.compile(r"</mj-column>\s*</mj-section>\s*<mj-section>\s*<mj-column>")


def joined(mjml: str) -> str:
    """Sound MJML (see `lint`) in which neighbouring plain sections are one.

    Plain is a `<mj-section>` without attributes that holds one `<mj-column>` without attributes:
    such sections look alike, so nothing moves.
    """
    return _RUN.sub(lambda run: _SEAM.sub("", run[0]), mjml)
