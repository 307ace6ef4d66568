"""A line plot as SVG, drawn by hand: two axes from zero, a few lines, their names at their ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT, LEFT, BOTTOM, RIGHT, TOP = 720, 360, 60, 50, 190, 20
COLOURS = ("#1f5fa8", "#8a5a00", "#5b5b5b")


@dataclass(frozen=True, slots=True)
class Line:
    """A name and its points."""

    name: str
    points: Sequence[tuple[float, float]]


def plot(lines: Sequence[Line], across: str, up: str) -> str:
    """The picture."""
    right, top = (_round_up(max(point[axis] for line in lines for point in line.points)) for axis in (0, 1))

    def x(value: float) -> float:
        return LEFT + value / right * (WIDTH - LEFT - RIGHT)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - value / top * (HEIGHT - TOP - BOTTOM)

    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
            f'font-size="13" role="img"><title>{escape(f"{up} by {across}")}</title>'
        ),
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
    ]
    for k in range(6):
        at, value = y(top * k / 5), top * k / 5
        parts.append(f'<path d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}" stroke="#dddddd"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{value:g}</text>')
        at, value = x(right * k / 5), right * k / 5
        parts.append(f'<text x="{at:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{value:g}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text x="{middle:.0f}" y="{HEIGHT - 10}" text-anchor="middle">{escape(across)}</text>')
    parts.append(
        f'<text transform="translate(16 {HEIGHT / 2:.0f}) rotate(-90)" text-anchor="middle">{escape(up)}</text>'
    )
    for line, colour in zip(lines, COLOURS, strict=False):
        points = [(x(a), y(b)) for a, b in line.points]
        path = "L".join(f"{a:.1f} {b:.1f}" for a, b in points)
        parts.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3.5" fill="{colour}"/>' for a, b in points]
        a, b = points[-1]
        parts.append(f'<text x="{a + 9:.1f}" y="{b + 4:.1f}" fill="{colour}">{escape(line.name)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _round_up(value: float) -> float:
    """The next 1, 2 or 5 times a power of ten."""
    power = 1e-9
    while True:
        for factor in (1, 2, 5):
            if value <= factor * power * 1.0001:
                return factor * power
        power *= 10
