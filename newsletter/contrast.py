"""How well two colours can be told apart: the contrast ratio of WCAG 2.2."""

from __future__ import annotations

import colorsys
import re
from collections.abc import Iterable
from functools import lru_cache

TEXT = 4.5
"""The least ratio for text (WCAG 2.2, success criterion 1.4.3)."""

GRAPHIC = 3.0
"""The least ratio for what is looked at, not read (success criterion 1.4.11)."""

Colour = tuple[float, float, float]
"""Red, green and blue, 0 to 255; whole numbers unless something transparent lay above."""

_STEPS = 500
"""Of lightness, from black to white: finer than 8 bits can show."""

_HEX = re.compile(r"#([0-9a-f]{6}|[0-9a-f]{3})", re.IGNORECASE)


def colour(text: str) -> Colour:
    """The colour that `#rrggbb` or `#rgb` means.

    Raises:
        ValueError: it is written in another way.
    """
    found = _HEX.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is no colour of the form #rrggbb")
    digits = found[1] if len(found[1]) == 6 else "".join(2 * digit for digit in found[1])
    red, green, blue = bytes.fromhex(digits)
    return (red, green, blue)


def written(of: Colour) -> str:
    """The colour as `#RRGGBB`."""
    return "#" + "".join(f"{round(channel):02X}" for channel in of)


@lru_cache(maxsize=1024)
def ratio(one: Colour, other: Colour) -> float:
    """From 1 (the same) to 21 (black on white); which of the two is the text does not matter.

    (L1 + 0.05) / (L2 + 0.05), L1 the relative luminance of the lighter colour: WCAG 2.2, "contrast ratio".
    """
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(of: Colour) -> float:
    """0 (black) to 1 (white): WCAG 2.2, "relative luminance"."""
    red, green, blue = (_linear(channel / 255) for channel in of)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)


def nearest(start: Colour, needs: Iterable[tuple[Colour, float]]) -> Colour | None:
    """The colour of the same hue and saturation, with the least change of lightness, that has enough contrast.

    Args:
        start: where to begin; returned itself if it has.
        needs: other colours, each with the ratio wanted.

    Returns:
        None if no lightness meets all needs.
    """
    wanted = tuple(needs)
    hue, lightness, saturation = colorsys.rgb_to_hls(*(channel / 255 for channel in start))
    tries = [start]
    for step in range(1, _STEPS + 1):
        for one in (lightness - step / _STEPS, lightness + step / _STEPS):
            red, green, blue = (round(255 * channel) for channel in colorsys.hls_to_rgb(hue, one, saturation))
            tries += [(red, green, blue)] if 0 <= one <= 1 else []
    return next((one for one in tries if all(ratio(one, other) >= least for other, least in wanted)), None)
