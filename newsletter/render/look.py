"""The theme as templates see it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from markupsafe import Markup
from msgspec import Struct

from newsletter.model import Palette, Theme

_IDENTIFIER = re.compile(r"-?[A-Za-z][A-Za-z0-9-]*")


class Look(Struct, frozen=True, kw_only=True):
    """Colours, and the faces of one direction of writing as CSS lists; `heading` is a font-weight, `width` is px."""

    light: Palette
    dark: Palette
    serif: Markup
    sans: Markup
    heading: int
    width: int


def look(theme: Theme, direction: str) -> Look:
    """The theme for letters that run in this direction.

    Arabic has thin book faces on most machines, so there the headings are bold in the face of the text.
    """
    rtl = direction == "rtl"
    return Look(
        light=theme.light,
        dark=theme.dark,
        serif=_css(theme.right_to_left if rtl else theme.serif),
        sans=_css(theme.right_to_left if rtl else theme.sans),
        heading=700 if rtl else 400,
        width=theme.width,
    )


def _css(faces: Iterable[str]) -> Markup:
    """Names of faces as CSS writes them in an attribute: those with blanks in single quotes."""
    # Quotes stand as they are; the config holds no other character that means something in CSS or HTML.
    return Markup(",".join(name if _IDENTIFIER.fullmatch(name) else f"'{name}'" for name in faces))  # noqa: S704
