"""Rules about what can be read: contrast in both schemes, and the size of letters."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.contrast import TEXT, ratio
from newsletter.render.checks.cascade import SCREENS
from newsletter.render.checks.letter import Letter, Problem, at_look

SMALLEST = 13
"""Pixels; below it people zoom, or give up."""

_NAMES = tuple("the dark scheme" if one.dark else f"{one.width} px" if one.width < 640 else "" for one in SCREENS)


def contrast(letter: Letter) -> Iterator[Problem]:
    """Text stands out from what is behind it, 4.5 to 1 (WCAG 2.2, 1.4.3), in light and in dark."""
    for text in letter.shown:
        for name, look in zip(_NAMES, letter.looks[text.parent], strict=True):
            found = ratio(look.ink, look.ground)
            if found < TEXT and not look.hidden:
                pair = f"{_written(look.ink)} on {_written(look.ground)}{f' in {name}' if name else ''}"
                what = f"text of {pair} has a contrast of {int(found * 100) / 100}; {TEXT} can be read"
                yield at_look("fault", text, what, "Choose colours of the theme, or give the words a class of it.")
                break


def colours(letter: Letter) -> Iterator[Problem]:
    """Colours are written so that every program understands them."""
    told = set()
    for text in letter.shown:
        for look in letter.looks[text.parent]:
            if look.unread and look.unread not in told:
                told.add(look.unread)
                what = f'not every program understands the colour "{look.unread}"'
                yield at_look("warning", text, what, "Write colours as #rrggbb.")


def text_size(letter: Letter) -> Iterator[Problem]:
    """No text is smaller than 13 px, on no screen."""
    for text in letter.shown:
        size = min((look.size for look in letter.looks[text.parent] if not look.hidden), default=SMALLEST)
        if size < SMALLEST:
            what = f"text of {size:g} px; {SMALLEST} is the least that is read"
            yield at_look("fault", text, what, f"Write font-size:{SMALLEST}px or more.")


def _written(colour: tuple[float, float, float]) -> str:
    return "#" + "".join(f"{round(channel):02X}" for channel in colour)
