"""Whether a logo can be seen on the light and on the dark sheet: what is transparent shows the sheet."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from newsletter import contrast
from newsletter.config.image_file import png_chunks, read
from newsletter.model import Image

Pixel = tuple[int, int, int, int]

ENOUGH = 0.05
"""Share of the painted pixels that have to stand out: the outline of a logo is a thin line."""
_PALETTE, _GREY_ALPHA, _RGBA = 3, 4, 6  # colour types (ISO/IEC 15948, table 11.1)
_SAMPLES = {_PALETTE: 1, _GREY_ALPHA: 2, _RGBA: 4}
_LEFT, _UP, _AVERAGE = 1, 2, 3  # filters; the fourth is Paeth


def transparent(image: Image) -> bool:
    """Whether the sheet shines through anywhere."""
    return read(image.content).transparent


def stands_out(image: Image, sheet: str) -> bool | None:
    """Whether enough of a transparent logo can be told from the sheet behind it.

    Args:
        image: the logo.
        sheet: the sheet's colour, "#1A2124".

    Returns:
        None where that cannot be told: only PNG files of 8 bits without interlacing are looked into.
    """
    pixels = _pixels(image.content) if image.media_type == "image/png" else None
    if pixels is None:
        return None
    behind = contrast.colour(sheet)
    counts: dict[Pixel, int] = {}
    for pixel in pixels:
        if pixel[3] >= 128:
            counts[pixel] = counts.get(pixel, 0) + 1
    seen = sum(
        count for pixel, count in counts.items() if contrast.ratio(_blended(pixel, behind), behind) >= contrast.GRAPHIC
    )
    return seen > ENOUGH * sum(counts.values())


def _blended(pixel: Pixel, behind: contrast.Colour) -> contrast.Colour:
    alpha = pixel[3] / 255
    red, green, blue = (alpha * over + (1 - alpha) * under for over, under in zip(pixel, behind, strict=False))
    return red, green, blue


def _pixels(content: bytes) -> Iterator[Pixel] | None:
    """Every pixel of a PNG file as red, green, blue and alpha; None for what is not looked into."""
    chunks = list(png_chunks(content))
    header = chunks[0][1]
    width, height = (int.from_bytes(header[at : at + 4]) for at in (0, 4))
    bits, colour, interlaced = header[8], header[9], header[12]
    if bits != 8 or interlaced or colour not in _SAMPLES or width * height > 1_000_000:
        return None
    stride = width * _SAMPLES[colour]
    data = b"".join(data for kind, data in chunks if kind == b"IDAT")
    try:
        raw = zlib.decompressobj().decompress(data, height * (stride + 1))
    except zlib.error:
        return None
    palette = {b"PLTE": b"", **dict(chunks)}
    lines = _unfiltered(raw, stride, _SAMPLES[colour])
    return (pixel for line in lines for pixel in _line(line, colour, palette))


def _unfiltered(raw: bytes, stride: int, step: int) -> Iterator[bytes]:
    """The lines of a picture without the filters that made them compress well (ISO/IEC 15948, 9.2)."""
    above = bytes(stride)
    for at in range(0, len(raw), stride + 1):
        kind, line = raw[at], bytearray(raw[at + 1 : at + 1 + stride])
        for i, value in enumerate(line if kind else b""):
            left, corner = (line[i - step], above[i - step]) if i >= step else (0, 0)
            line[i] = (value + _predicted(kind, left, above[i], corner)) & 255
        yield (above := bytes(line))


def _predicted(kind: int, left: int, up: int, corner: int) -> int:
    if kind == _LEFT:
        return left
    if kind == _UP:
        return up
    if kind == _AVERAGE:
        return (left + up) // 2
    guess = left + up - corner
    return min((left, up, corner), key=lambda one: abs(guess - one))


def _line(line: bytes, colour: int, palette: dict[bytes, bytes]) -> Iterator[Pixel]:
    if colour == _RGBA:
        yield from zip(line[::4], line[1::4], line[2::4], line[3::4], strict=False)
    elif colour == _GREY_ALPHA:
        yield from ((grey, grey, grey, alpha) for grey, alpha in zip(line[::2], line[1::2], strict=False))
    else:
        colours, alphas = palette[b"PLTE"].ljust(768, b"\0"), palette.get(b"tRNS", b"").ljust(256, b"\xff")
        yield from ((*colours[3 * i : 3 * i + 3], alphas[i]) for i in line)
