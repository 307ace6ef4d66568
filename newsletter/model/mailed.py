"""A letter as it is mailed, and who gets it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Self

from msgspec import Struct


class Fillable(Struct, frozen=True, kw_only=True):
    """Text with holes: even positions are literal, odd ones are names of recipient fields."""

    parts: tuple[str, ...]

    @property
    def fields(self) -> frozenset[str]:
        """The recipient fields it needs."""
        return frozenset(self.parts[1::2])

    def fill(self, values: Mapping[str, str], quote: Callable[[str], str] = str) -> str:
        """The text for one recipient; each value passes through `quote` (HTML escaping)."""
        return "".join(quote(values[part]) if i % 2 else part for i, part in enumerate(self.parts))


class Image(Struct, frozen=True, kw_only=True):
    """A picture that travels inside the mail; HTML names it `cid:<id>`, so nobody fetches anything.

    Args:
        id: its Content-ID (RFC 2392) without angle brackets; `for_content` makes one.
        name: the file name that a mail program saves it under.
        media_type: image/png, image/jpeg or image/gif.
        content: the file.
        width: pixels of the file itself; shown at half of it, it is sharp on every screen.
        height: the same.
    """

    id: str
    name: str
    media_type: str
    content: bytes
    width: int
    height: int

    def __repr__(self) -> str:
        """All but the bytes."""
        return f"Image(id={self.id!r}, name={self.name!r}, {self.width} x {self.height}, {len(self.content)} bytes)"

    @classmethod
    def for_content(cls, role: str, suffix: str, content: bytes, *, width: int, height: int) -> Self:
        """An image whose id follows from its bytes: equal pictures have equal ids, others never."""
        identity = hashlib.sha256(content).hexdigest()[:24]
        media_type = f"image/{'jpeg' if suffix == 'jpg' else suffix}"
        return cls(
            id=f"{role}.{identity}@newsletter",
            name=f"{role}.{suffix}",
            media_type=media_type,
            content=content,
            width=width,
            height=height,
        )


class Rendered(Struct, frozen=True, kw_only=True):
    """One variant as it will be mailed, but for the recipient's own fields.

    `digest` is the sha256 (hex) over subject, parts, field names and images: equal digest, equal mail.
    `attachments` are the images that the HTML shows, each once.
    """

    variant: str
    locale: str
    subject: str
    preheader: str = ""
    html: Fillable
    text: Fillable
    mjml: str
    digest: str
    attachments: tuple[Image, ...] = ()


class Recipient(Struct, frozen=True, kw_only=True):
    """One person on a list. `address` is the deliverable form, `locale` empty = default."""

    address: str
    name: str = ""
    locale: str = ""
    audience: str = ""
    segments: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The address as compared with others: writing it in capitals makes no second person."""
        return self.address.casefold()
