"""What a PNG, JPEG or GIF file says of itself, read without trusting its name.

A broken image shows as a cross in every reader's mail, so the whole structure is walked: chunks with
their checksums (PNG, ISO/IEC 15948), segments up to the end marker (JPEG, ITU-T T.81), blocks up to
the trailer (GIF89a).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from msgspec import Struct

_PNG, _JPEG, _GIFS = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", (b"GIF87a", b"GIF89a")
_JPEG_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # SOF0-15 without DHT, JPG and DAC
_JPEG_BARE = frozenset({0x01, *range(0xD0, 0xD8)})  # markers without a length
_PNG_WITH_ALPHA = frozenset({4, 6})


class ImageFacts(Struct, frozen=True):
    """Suffix ("png", "jpg", "gif"), size in pixels, and whether what lies behind it can shine through."""

    suffix: str
    width: int
    height: int
    transparent: bool


def read(content: bytes) -> ImageFacts:
    """The facts of an image.

    Raises:
        ValueError: it is none of the three, or one that mail programs do not show as it is meant; the
            message completes "the file …".
    """
    try:
        if content.startswith(_PNG):
            return _png(content)
        if content.startswith(_JPEG):
            return _jpeg(content)
        if content.startswith(_GIFS):
            return _gif(content)
    except (struct.error, IndexError):
        raise ValueError("ends in the middle of the image") from None
    raise ValueError("is no PNG, JPEG or GIF image")


# --- PNG ------------------------------------------------------------------------------------


def png_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and data of every chunk, the last one IEND.

    Raises:
        ValueError: a checksum differs, or the end is missing.
    """
    at, kind = len(_PNG), b""
    while kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", content, at)
        data = content[at + 8 : at + 8 + length]
        (checksum,) = struct.unpack_from(">I", content, at + 8 + length)
        if zlib.crc32(kind + data) != checksum:
            raise ValueError("is a damaged PNG image (a checksum is wrong)")
        at += 12 + length
        yield kind, data


def _png(content: bytes) -> ImageFacts:
    chunks = list(png_chunks(content))
    kinds = {kind for kind, _ in chunks}
    if chunks[0][0] != b"IHDR" or b"IDAT" not in kinds:
        raise ValueError("is a PNG image without a picture")
    if b"acTL" in kinds:
        raise ValueError("moves: mail programs show one picture of it at most")
    width, height, _, colour = struct.unpack_from(">IIBB", chunks[0][1])
    return ImageFacts("png", width, height, colour in _PNG_WITH_ALPHA or b"tRNS" in kinds)


# --- JPEG -----------------------------------------------------------------------------------


def _jpeg(content: bytes) -> ImageFacts:
    at, size = 2, None
    while content[at + 1] != 0xDA:  # start of scan: from here on it is the picture itself
        marker = content[at + 1]
        if content[at] != 0xFF:
            raise ValueError("is a damaged JPEG image")
        if marker in _JPEG_BARE or marker == 0xFF:
            at += 1 if marker == 0xFF else 2
            continue
        (length,) = struct.unpack_from(">H", content, at + 2)
        if marker in _JPEG_SIZES:
            size = struct.unpack_from(">HHB", content, at + 5)
        at += 2 + length
    if size is None or b"\xff\xd9" not in content[at:]:
        raise ValueError("ends in the middle of the image")
    height, width, components = size
    if components == 4:  # CMYK is for printing; some programs show it in wrong colours, some not at all
        raise ValueError("is a JPEG image in the colours of print (CMYK)")
    return ImageFacts("jpg", width, height, transparent=False)


# --- GIF ------------------------------------------------------------------------------------


def _gif(content: bytes) -> ImageFacts:
    width, height, flags = struct.unpack_from("<HHB", content, 6)
    at, pictures, transparent = 13 + _colours(flags), 0, False
    while content[at] != 0x3B:
        if content[at] == 0x2C:
            pictures += 1
            at += 10 + _colours(content[at + 9]) + 1
        elif content[at] == 0x21:
            transparent |= content[at + 1] == 0xF9 and bool(content[at + 3] & 1)
            at += 2
        else:
            raise ValueError("is a damaged GIF image")
        while content[at]:  # sub-blocks, each behind its length, up to an empty one
            at += 1 + content[at]
        at += 1
    if pictures != 1:
        raise ValueError("moves: mail programs show one picture of it at most" if pictures else "is an empty GIF image")
    return ImageFacts("gif", width, height, transparent)


def _colours(flags: int) -> int:
    """Bytes of a colour table."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0
