"""What one tag may be, hold and say: the rules that the lint applies to each, whatever stands around."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import lru_cache

from newsletter.model import Image
from newsletter.render.vocabulary import (
    CSS_ATTRIBUTES,
    HOLDS_TEXT,
    HTML_ATTRIBUTES,
    HTML_TAGS,
    MJ_ATTRIBUTES,
    MJ_CHILDREN,
    OWN_ATTRIBUTES,
)

ATTRIBUTE = re.compile(r'([A-Za-z][\w:-]*+)="([^"]*+)"')
_LINK = re.compile(r"(?:https://|mailto:)\S", re.IGNORECASE)
# MRML counts a padding in which one part has no unit as none at all.
_BARE_ZERO = re.compile(r"(?:^|\s)0\s|\s0(?:\s|$)")
_FORBIDDEN_CSS = re.compile(r"url\s*\(|expression\s*\(|\\|/\*", re.IGNORECASE)

_INSTEAD = {
    "mj-image": (("<mj-image> is not used here", 'Write <img src="cid:…" alt="…" width="…"> into <mj-text>.'),),
    "mj-include": (("<mj-include> is not read", 'Write {% include "file" %} instead.'),),
}


@lru_cache(maxsize=1024)
def misplaced(tag: str, parent: str) -> tuple[tuple[str, str], ...]:
    """Why `tag` may not stand in `parent`: (message, hint), or nothing."""
    if tag in _INSTEAD:
        return _INSTEAD[tag]
    if tag == "mjml" or tag.startswith("mj-"):
        return _misplaced_mj(tag, parent)
    if tag not in HTML_TAGS:
        return ((f"<{tag}> may not be in a mail", f"{_near(tag, HTML_TAGS)}Allowed are {_listed(HTML_TAGS)}."),)
    if parent in HOLDS_TEXT:
        return ((f"<{tag}> in <{parent}>, which holds text only", "Leave the tag out."),)
    if parent in MJ_CHILDREN:
        return ((f"<{tag}> directly in <{parent or 'the file'}>", "Put HTML into <mj-text>."),)
    return ()


def _misplaced_mj(tag: str, parent: str) -> tuple[tuple[str, str], ...]:
    if tag not in MJ_ATTRIBUTES:
        return (
            (f"<{tag}> is not a tag of our MJML", f"{_near(tag, MJ_ATTRIBUTES)}Known are {_listed(MJ_ATTRIBUTES)}."),
        )
    if tag in MJ_CHILDREN.get(parent, ()):
        return ()
    allowed = [f"<{name}>" for name, children in MJ_CHILDREN.items() if tag in children and name]
    hint = f"It belongs into {_listed(allowed)}." if allowed else "It is the outermost tag."
    if parent in MJ_CHILDREN and parent not in {"", "mjml"}:
        hint += f" Or a <{parent}> before it is never closed: write </{parent}>."
    return ((f"<{tag}> inside {f'<{parent}>' if parent else 'nothing'}", hint),)


def attribute_faults(tag: str, attributes: str) -> tuple[tuple[int, str, str], ...]:
    """Faults of a start tag's attributes: (offset among them, message, hint)."""
    known = MJ_ATTRIBUTES.get(tag, HTML_ATTRIBUTES)
    seen: set[str] = set()
    faults = []
    for found in ATTRIBUTE.finditer(attributes):
        name, value, at = found[1], html.unescape(found[2]), found.start()
        if name in seen:
            faults.append((at, f"<{tag}> has {name} twice", "Remove one: programs disagree on which counts."))
        if name not in known and name not in OWN_ATTRIBUTES.get(tag, ()):
            faults.append(
                (at, f"<{tag}> has no attribute {name}", f"{_near(name, known)}It has {_listed(known) or 'none'}.")
            )
        faults.extend((at, message, hint) for message, hint in _value_faults(tag, name, value))
        seen.add(name)
    return tuple(faults)


def _value_faults(tag: str, name: str, value: str) -> Iterator[tuple[str, str]]:
    if name == "href" and not _LINK.match(value):
        yield f"the link {value[:80]!r} is neither https nor mailto", "Write the whole address, with https://."
    elif name == "mj-class" and len(value.split()) > 1:
        yield f"mj-class={value[:80]!r} names more than one class", "Name one: programs disagree on which counts."
    elif tag in ("mj-section", "mj-wrapper") and name == "padding" and _BARE_ZERO.search(value):
        yield f"padding={value[:80]!r} has a 0 without px, so Outlook would get a wrong width", "Write 0px."
    elif name == "style" and _FORBIDDEN_CSS.search(value):
        yield f"style={value[:80]!r} fetches or hides something", "A mail loads nothing: leave it out."
    elif (
        tag.startswith("mj-") and name in CSS_ATTRIBUTES and (set(value) & set(";{}<>") or _FORBIDDEN_CSS.search(value))
    ):
        yield f"{name}={value[:80]!r} is more than one CSS value", "Write the value alone."


def image_faults(attributes: Mapping[str, str], images: Mapping[str, Image]) -> Iterator[tuple[str, str]]:
    """An image that a program would fetch, that says nothing when it is blocked, or that Outlook shows at its own size."""
    source = html.unescape(attributes.get("src", ""))
    image = images.get(source.removeprefix("cid:")) if source.startswith("cid:") else None
    if image is None:
        yield (
            f"the image {source[:80]!r} does not travel with the mail",
            "Show one of edition.pictures: their ids, after cid:, are the only addresses of images.",
        )
    if not html.unescape(attributes.get("alt", "")).strip():
        yield f"the image {source[:80]!r} has no alt text", "Say in alt what it shows: many readers never see it."
    width = attributes.get("width", "")
    if not (width.isascii() and width.isdecimal() and 0 < int(width) <= (image.width if image else int(width))):
        most = f" of at most {image.width}" if image else ""
        yield (
            f"the image {source[:80]!r} has width={width!r}",
            f"Write a whole number of pixels{most}, best half its own.",
        )


def _near(name: str, known: Iterable[str]) -> str:
    """The name that was meant, if one is like it; tags and names are written in small letters."""
    found = get_close_matches(
        name.lower(), sorted({*known, *(MJ_ATTRIBUTES if name.lower().startswith("mj") else ())}), n=1
    )
    return f"Did you mean {found[0]}? " if found else ""


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
