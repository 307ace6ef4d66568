"""How the letters look: colours, faces and the width of the sheet."""

from __future__ import annotations

from msgspec import Struct


class Palette(Struct, frozen=True, kw_only=True):
    """The colours of one scheme, each `#rrggbb`.

    `page` lies around the `sheet`; `blush` is the box of an incident, `tint` that of the managers'
    brief. `ink`, `muted`, `accent` and `signal` are text; `cell` fills bars and strips, `track` is
    the unused part of a bar, `rule` a hairline.
    """

    page: str
    sheet: str
    ink: str
    muted: str
    rule: str
    accent: str
    cell: str
    track: str
    signal: str
    blush: str
    tint: str


LIGHT = Palette(
    page="#EFEDE7",
    sheet="#FDFCF9",
    ink="#1B2328",
    muted="#555F66",
    rule="#DDD9D0",
    accent="#0B5A57",
    cell="#4F938D",
    track="#D3CFC5",
    signal="#A33A1C",
    blush="#FAEDE6",
    tint="#E9F1EF",
)
DARK = Palette(
    page="#101517",
    sheet="#1A2124",
    ink="#E9E7E2",
    muted="#A9B2B6",
    rule="#353E42",
    accent="#86D1C8",
    cell="#4F9891",
    track="#465156",
    signal="#F3A283",
    blush="#35251F",
    tint="#20302F",
)


class Theme(Struct, frozen=True, kw_only=True):
    """Everything that an organisation may choose about the look, and what goes with it.

    Args:
        serif: names of faces for headings and large numbers, the wanted one first, a generic one last.
        sans: the same for everything else.
        right_to_left: the same for all text of letters that run from right to left.
        width: of the sheet, in px.
        line: whether the months of a chart are an image with a line instead of bars.
    """

    light: Palette = LIGHT
    dark: Palette = DARK
    serif: tuple[str, ...] = ("Iowan Old Style", "Palatino Linotype", "Palatino", "Georgia", "serif")
    sans: tuple[str, ...] = ("Segoe UI", "-apple-system", "Roboto", "Arial", "sans-serif")
    right_to_left: tuple[str, ...] = ("Segoe UI", "Geeza Pro", "Tahoma", "Arial", "sans-serif")
    width: int = 640
    line: bool = False
