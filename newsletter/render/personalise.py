"""Recipient fields: holes that are cut once into the rendered mail and filled by joining strings.

A field travels through Jinja and MRML as a random alphanumeric token, which no escaping, wrapping
or encoding touches and no text can hold by chance or intent. There is no second template pass,
so braces in anybody's text stay braces.
"""

from __future__ import annotations

import hashlib
import html
import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import Self

from msgspec import Struct
from msgspec.structs import replace

from newsletter.errors import ContentError
from newsletter.model import Edition, Fillable, Image, Rendered

FIELDS = ("address", "unsubscribe")
"""What an edition may ask of a recipient: `{address}` in its recipient line, `{unsubscribe}` in links of its footer."""


class Tokens(Struct, frozen=True):
    """One random token a field, for one rendering."""

    by_field: Mapping[str, str]

    @classmethod
    def random(cls) -> Self:
        """Fresh tokens, all of one length so that line breaks do not depend on them."""
        return cls({field: f"x{secrets.token_hex(8)}x" for field in FIELDS})

    def put(self, edition: Edition) -> Edition:
        """The edition with tokens for its field marks."""
        links = tuple((text, self._put("unsubscribe", address)) for text, address in edition.footer_links)
        return replace(edition, recipient_line=self._put("address", edition.recipient_line), footer_links=links)

    def _put(self, field: str, text: str) -> str:
        return text.replace(f"{{{field}}}", self.by_field[field])

    def restore(self, text: str) -> str:
        """`text` with the field marks back, so that it no longer depends on chance."""
        for field, token in self.by_field.items():
            text = text.replace(token, f"{{{field}}}")
        return text

    def cut(self, text: str, *, edition: Edition, what: str) -> Fillable:
        """Split `text` at the tokens.

        Args:
            text: a rendered part.
            edition: with its field marks; what it asks for has to be in `text` as often.
            what: names the part in messages.

        Raises:
            ContentError: the templates left the recipient line or a footer link out, or printed it twice.
        """
        links = "".join(address for _, address in edition.footer_links)
        wanted = {"address": edition.recipient_line, "unsubscribe": links}
        parts = [text]
        for field, token in self.by_field.items():
            parts = [
                piece for i, part in enumerate(parts) for piece in ((part,) if i % 2 else _cut(part, token, field))
            ]
        for field in FIELDS:
            found, expected = parts[1::2].count(field), wanted[field].count(f"{{{field}}}")
            if found != expected:
                raise ContentError(
                    f"the {what} of the mail holds the recipient's {field} {found} times, not {expected}",
                    "Templates print edition.recipient_line once, as text, and each of edition.footer_links once.",
                )
        return Fillable(parts=tuple(parts))


def _cut(text: str, token: str, field: str) -> list[str]:
    """The text with the field's name in its holes, as in `Fillable`."""
    pieces = [field] * (2 * text.count(token) + 1)
    pieces[::2] = text.split(token)
    return pieces


def digest(subject: str, *parts: Fillable, images: Iterable[Image] = ()) -> str:
    """Sha256 (hex) over the subject, all literals, field names and images, each with its length before it."""
    hashed = hashlib.sha256()
    for piece in (subject, *(piece for part in parts for piece in (str(len(part.parts)), *part.parts))):
        _add(hashed, piece.encode())
    for image in images:
        for data in (image.id.encode(), image.name.encode(), image.media_type.encode(), image.content):
            _add(hashed, data)
    return hashed.hexdigest()


def _add(hashed: hashlib._Hash, data: bytes) -> None:
    hashed.update(b"%d:%s" % (len(data), data))


def fill_html(rendered: Rendered, values: Mapping[str, str]) -> str:
    """The HTML of one recipient; values are escaped."""
    return rendered.html.fill(values, html.escape)


def shown_html(rendered: Rendered, values: Mapping[str, str], address: Callable[[Image], str]) -> str:
    """The HTML of one recipient for a browser, which knows no `cid:`; without images the very same text.

    Args:
        rendered: the letter.
        values: the recipient's fields.
        address: where the browser finds an image, relative to the page or absolute.
    """
    if not rendered.attachments:
        return fill_html(rendered, values)
    parts = list(rendered.html.parts)
    for image in rendered.attachments:
        found, shown = f'src="cid:{image.id}"', f'src="{html.escape(address(image))}"'
        parts[::2] = [part.replace(found, shown) for part in parts[::2]]
    return Fillable(parts=tuple(parts)).fill(values, html.escape)


def fill_text(rendered: Rendered, values: Mapping[str, str]) -> str:
    """The plain text of one recipient."""
    return rendered.text.fill(values)
