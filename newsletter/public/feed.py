"""Editions as an Atom feed (RFC 4287)."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from msgspec import Struct

_ATOM = "http://www.w3.org/2005/Atom"


class Entry(Struct, frozen=True, kw_only=True):
    """One letter. `url` is its page and, as it never changes, its id; `at` is aware."""

    url: str
    title: str
    summary: str
    at: datetime


class Feed(Struct, frozen=True, kw_only=True):
    """The letters of one variant, newest first, at least one. `url` is the feed's own, `page` the one for people."""

    url: str
    page: str
    title: str
    locale: str
    entries: tuple[Entry, ...]


def atom(feed: Feed) -> bytes:
    """The feed as XML; texts hold no character that XML cannot (see `printable` in the room of rendering)."""
    root = ET.Element("feed", {"xmlns": _ATOM, "xml:lang": feed.locale})
    _text(root, "id", feed.url)
    _text(root, "title", feed.title)
    _text(root, "updated", _instant(max(one.at for one in feed.entries)))
    _text(ET.SubElement(root, "author"), "name", feed.title)
    ET.SubElement(root, "link", rel="self", type="application/atom+xml", href=feed.url)
    ET.SubElement(root, "link", rel="alternate", type="text/html", href=feed.page)
    for one in feed.entries:
        entry = ET.SubElement(root, "entry")
        _text(entry, "id", one.url)
        _text(entry, "title", one.title)
        _text(entry, "updated", _instant(one.at))
        _text(entry, "summary", one.summary)
        ET.SubElement(entry, "link", rel="alternate", type="text/html", hreflang=feed.locale, href=one.url)
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _text(parent: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(parent, tag).text = text


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
