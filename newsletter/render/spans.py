"""Stretches of a sentence that must stay on one line."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

# "06:00–08:00", and the days of a month with the word behind them: "1–31 October".
_RANGE = re.compile(r"\d{1,2}:\d\d–\d{1,2}:\d\d|\d{1,2}–\d{1,2} [^\W\d]+")


def unbroken(text: str) -> Markup:
    """The text, escaped, with spans of time ("06:00–08:00", "1–31 October") kept whole: a line may break after an en dash."""
    return Markup(_RANGE.sub(r'<span style="white-space:nowrap">\g<0></span>', str(escape(text))))  # noqa: S704 - escaped just here
