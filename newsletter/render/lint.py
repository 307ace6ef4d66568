"""The structure of composed MJML, checked before MRML sees it.

MRML accepts unknown tags and attributes in silence, reports errors without a line, and a few
thousand nested tags end the process. Everything here is told with the offset it stands at, so
that the caller can name the line of the template.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import lru_cache

from msgspec import Struct, field

from newsletter.model import Image
from newsletter.render.vocabulary import (
    CSS_ATTRIBUTES,
    HOLDS_TEXT,
    HTML_ATTRIBUTES,
    HTML_TAGS,
    MJ_ATTRIBUTES,
    MJ_CHILDREN,
    OWN_ATTRIBUTES,
    VOID_TAGS,
)

DEEPEST = 100
"""Open tags at a time. MRML recurses and dies somewhere above 4,000."""

NO_COMMENTS = frozenset({"mj-attributes", "mj-title"})
"""MRML ends at a comment there, and says no line; elsewhere it keeps or drops them."""

_TOKEN = re.compile(
    r"""<(?!mj-style\b)(?P<start>[A-Za-z][\w-]*+)(?P<attributes>(?:\s++[A-Za-z][\w:-]*+="[^"<]*+")*+)\s*+(?P<closed>/?)>
      | </(?P<end>[A-Za-z][\w-]*+)\s*>
      | (?P<text>[^<]++)
      | (?P<comment><!--(?:(?!--).)*+-->)
      | (?P<style><mj-style>[^<]*+</mj-style>)""",
    re.DOTALL | re.VERBOSE,
)
_ATTRIBUTE = re.compile(r'([A-Za-z][\w:-]*+)="([^"]*+)"')
_LINK = re.compile(r"(?:https://|mailto:)\S", re.IGNORECASE)
# MRML counts a padding in which one part has no unit as none at all.
_BARE_ZERO = re.compile(r"(?:^|\s)0\s|\s0(?:\s|$)")
_FETCHING = re.compile(r"url\s*\(|@import", re.IGNORECASE)
_FORBIDDEN_CSS = re.compile(r"url\s*\(|expression\s*\(|\\|/\*", re.IGNORECASE)


class Fault(Struct, frozen=True):
    """What is wrong at a 0-based offset, and what to do."""

    offset: int
    message: str
    hint: str


def lint(mjml: str, images: Mapping[str, Image] | None = None) -> list[Fault]:
    """Faults in order of their place; after one that hides the structure, no more.

    A document without a fault holds only known tags in allowed places, double-quoted attributes,
    each once, and links to https and mailto; it asks the reader's program to fetch nothing, and shows
    no image but those that travel with it, each with a text in its place and a width in whole pixels.

    Args:
        mjml: the composed document.
        images: those that travel with the mail, by id.
    """
    walk = _Walk(images or {})
    end = 0
    while not walk.lost and (token := _TOKEN.match(mjml, end)):
        walk.step(token)
        end = token.end()
    if not walk.lost and end < len(mjml):
        walk.faults.append(_unreadable(mjml, end))
    elif not walk.lost and walk.open:
        tag, offset = walk.open[-1]
        walk.faults.append(Fault(offset, f"<{tag}> is never closed", f"Close it with </{tag}>."))
    return walk.faults


def _unreadable(mjml: str, offset: int) -> Fault:
    if mjml.startswith("<!--", offset):
        return Fault(
            offset, "a comment does not end, or holds --", "Templates use {# … #}, which no reader gets to see."
        )
    if mjml.startswith("<mj-style", offset):
        return Fault(
            offset,
            "<mj-style> has an attribute, a < or no end",
            "Write plain CSS between the tags; a comment in it is /* … */.",
        )
    excerpt = mjml[offset : offset + 60].splitlines()[0]
    return Fault(
        offset,
        f"this is no tag: {excerpt!r}",
        _NO_DOCUMENT
        if mjml.startswith(("<!", "<?"), offset)
        else 'Write attributes as name="value", in double quotes, and a lone < as &lt;.',
    )


_NO_DOCUMENT = "Leave it out: the mail gets its own head, and text needs no CDATA."


class _Walk(Struct):
    """The open tags, and the faults so far, while reading from start to end."""

    images: Mapping[str, Image]
    open: list[tuple[str, int]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    lost: bool = False

    def step(self, token: re.Match[str]) -> None:
        """Take in one token."""
        match token.lastgroup:
            case "closed":
                self._start(token)
            case "end":
                self._end(token)
            case "text":
                self._text(token)
            case "comment" if self._inside in NO_COMMENTS:
                message = f"a comment inside <{self._inside}>, where MRML takes none"
                self._fault(token.start(), message, "Write {# … #}, which no reader gets to see.")
            case "style" if self._inside != "mj-head":
                self._fault(token.start(), f"<mj-style> inside <{self._inside}>", "It belongs into <mj-head>.")
            case "style":
                self._style(token)

    @property
    def _inside(self) -> str:
        return self.open[-1][0] if self.open else ""

    def _fault(self, offset: int, message: str, hint: str) -> None:
        self.faults.append(Fault(offset, message, hint))

    def _start(self, token: re.Match[str]) -> None:
        tag, attributes, closed = token.group("start", "attributes", "closed")
        offset = token.start()
        for message, hint in _misplaced(tag, self._inside):
            self._fault(offset, message, hint)
        for at, message, hint in _attribute_faults(tag, attributes):
            self._fault(token.start("attributes") + at, message, hint)
        if tag == "img":
            for message, hint in _image_faults(dict(_ATTRIBUTE.findall(attributes)), self.images):
                self._fault(offset, message, hint)
        if not closed and tag not in VOID_TAGS:
            self.open.append((tag, offset))
        if len(self.open) > DEEPEST:
            self.lost = True
            self._fault(offset, f"more than {DEEPEST} tags inside one another", "Flatten the text or the template.")

    def _end(self, token: re.Match[str]) -> None:
        tag = token["end"]
        if self._inside == tag:
            self.open.pop()
            return
        self.lost = True
        expected = f"</{self._inside}>" if self.open else "no closing tag"
        self._fault(
            token.start(), f"</{tag}> where {expected} should stand", "Close tags in the reverse order of opening."
        )

    def _text(self, token: re.Match[str]) -> None:
        tag, text = self._inside, token["text"]
        if tag in MJ_CHILDREN and not text.isspace():
            where = f"directly in <{tag}>" if tag else "outside of <mjml>"
            offset = token.start() + len(text) - len(text.lstrip())
            self._fault(offset, f"text {where}: {text.strip()[:40]!r}", "Put it into <mj-text>.")

    def _style(self, token: re.Match[str]) -> None:
        for found in _FETCHING.finditer(token[0]):
            self._fault(
                token.start() + found.start(), "this style fetches something", "A mail loads nothing: leave it out."
            )


_INSTEAD = {
    "mj-image": (("<mj-image> is not used here", 'Write <img src="cid:…" alt="…" width="…"> into <mj-text>.'),),
    "mj-include": (("<mj-include> is not read", 'Write {% include "file" %} instead.'),),
}


@lru_cache(maxsize=1024)
def _misplaced(tag: str, parent: str) -> tuple[tuple[str, str], ...]:
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


# Cells of strips and tables repeat the same few attributes hundreds of times.
@lru_cache(maxsize=4096)
def _attribute_faults(tag: str, attributes: str) -> tuple[tuple[int, str, str], ...]:
    """Faults of a start tag's attributes: (offset among them, message, hint)."""
    known = MJ_ATTRIBUTES.get(tag, HTML_ATTRIBUTES)
    seen: set[str] = set()
    faults = []
    for found in _ATTRIBUTE.finditer(attributes):
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


def _image_faults(attributes: Mapping[str, str], images: Mapping[str, Image]) -> Iterator[tuple[str, str]]:
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
