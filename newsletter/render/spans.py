"""Stretches of a sentence that must stay on one line."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

_CLOCK_RANGE = re.compile(r"\d{1,2}:\d\d–\d{1,2}:\d\d")


def unbroken(text: str) -> Markup:
    """The text, escaped, with spans of time ("06:00–08:00") kept whole: a line may break after an en dash."""
    return Markup(_CLOCK_RANGE.sub(r'<span style="white-space:nowrap">\g<0></span>', str(escape(text))))  # noqa: S704 - escaped just here
