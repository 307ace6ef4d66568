"""The frame's document: the mail as it is sent, with nothing in it that leads away from the preview."""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import quote

from msgspec import Struct

Look = Literal["light", "dark"]

_DARK_QUERY = re.compile(r"\(\s*prefers-color-scheme\s*:\s*dark\s*\)")
_LINK = re.compile(r"(<(?:a|area)\b[^>]*?\s)href=", re.IGNORECASE)
_INLINE_IMAGE = re.compile(r"""(<img\b[^>]*?\s)src="cid:([^"]*)\"""", re.IGNORECASE)
_IMAGE = re.compile(r"(<img\b[^>]*?\s)src=", re.IGNORECASE)


class View(Struct, frozen=True, kw_only=True):
    """What the page asks for: a letter, made out to whom, and how it is shown."""

    variant: str
    reader: str = "sample"
    look: Look = "light"
    images: bool = True
    drafts: bool = True


def document(mail: str, view: View) -> str:
    """The mail for the frame.

    Its dark rules are switched on or off whatever the system's own scheme is, links keep their
    target as text only, and images of the mail come from this server or not at all.
    """
    mail = _DARK_QUERY.sub("all" if view.look == "dark" else "not all", mail)
    mail = _LINK.sub(r"\1data-href=", mail)
    if not view.images:
        return _IMAGE.sub(r"\1data-src=", mail)
    return _INLINE_IMAGE.sub(lambda found: f'{found[1]}src="/mail/{quote(view.variant)}/cid/{found[2]}"', mail)
