"""The months of a chart as a line: an image, drawn by resvg (the extra `charts`).

The image holds no text, so it needs no font: numbers, initials and years stay text around it, which
every reader's program can read, enlarge and translate. Its background is the sheet of light paper,
because what a transparent line would stand on in dark mode is not known. Equal numbers in equal
colours give equal bytes, as long as the version of resvg stays the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from msgspec.structs import replace

from newsletter.errors import ConfigError
from newsletter.model import BarChart, Edition, Image, Palette, Picture, Theme

COLUMN, HEIGHT = 22, 96
"""Pixels as shown: a month is as wide as its initial below it."""
SHARP = 2
"""Pixels of the file for one that is shown."""
_ABOVE, _BELOW = 7, 2
NAME = "months"


def drawn(edition: Edition, theme: Theme) -> Edition:
    """The edition with the image of its chart among its pictures, where the theme wants a line.

    Raises:
        ConfigError: the extra is not installed.
    """
    chart = next((section.chart for section in edition.sections if section.chart), None)
    if not theme.line or chart is None:
        return edition
    picture = _picture(chart, theme.light, edition.direction == "rtl")
    return replace(edition, pictures={**edition.pictures, NAME: picture})


def _picture(chart: BarChart, colours: Palette, mirrored: bool) -> Picture:
    width = COLUMN * len(chart.bars)
    content = _png(svg([bar.value for bar in chart.bars], colours, mirrored=mirrored))
    image = Image.for_content(NAME, "png", content, width=SHARP * width, height=SHARP * HEIGHT)
    return Picture(image=image, alt=chart.label, width=width, height=HEIGHT)


def svg(values: Sequence[float | None], colours: Palette, *, mirrored: bool = False) -> str:
    """The line over a zero axis; a month without a number interrupts it.

    Args:
        values: the months, oldest first.
        colours: of light paper.
        mirrored: for letters that run from right to left, whose months do, too.
    """
    width = COLUMN * len(values)
    longest = max((value or 0 for value in values), default=0) or 1
    scale = (HEIGHT - _ABOVE - _BELOW) / longest
    points = [
        (COLUMN * (len(values) - 1 - at if mirrored else at) + COLUMN / 2, HEIGHT - _BELOW - scale * value)
        if value is not None
        else None
        for at, value in enumerate(values)
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{SHARP * width}" height="{SHARP * HEIGHT}" '
        f'viewBox="0 0 {width} {HEIGHT}"><rect width="{width}" height="{HEIGHT}" fill="{colours.sheet}"/>'
        f'<path d="M0 {HEIGHT - 1}H{width}" stroke="{colours.rule}" stroke-width="1"/>{"".join(_marks(points, colours))}'
        "</svg>"
    )


def _marks(points: Sequence[tuple[float, float] | None], colours: Palette) -> Iterator[str]:
    """Stretches of neighbouring months as lines, each month as a dot, the last one larger and in the accent."""
    stretch: list[str] = []
    for point in (*points, None):
        if point:
            stretch.append(f"{point[0]:.2f} {point[1]:.2f}")
        elif stretch:
            yield f'<path d="M{"L".join(stretch)}" fill="none" stroke="{colours.cell}" stroke-width="2.5" stroke-linejoin="round"/>'
            stretch = []
    for at, point in enumerate(points):
        last = at == len(points) - 1
        if point:
            colour, radius = (colours.accent, 5) if last else (colours.cell, 3)
            yield f'<circle cx="{point[0]:.2f}" cy="{point[1]:.2f}" r="{radius}" fill="{colour}"/>'


@lru_cache(maxsize=16)  # every language has the same line
def _png(image: str) -> bytes:
    try:
        import resvg_py
    except ImportError as error:
        raise ConfigError(
            "theme.chart: line needs the extra charts", "Run: pip install 'newsletter[charts]'"
        ) from error
    return bytes(resvg_py.svg_to_bytes(svg_string=image, skip_system_fonts=True))
