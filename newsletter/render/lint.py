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

from msgspec import Struct

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

# What stands between < and >; each of a start tag's values may hold a >.
_START = re.compile(r'(?!mj-style\b)([A-Za-z][\w-]*+)((?:\s++[A-Za-z][\w:-]*+="[^"<]*+")*+)\s*+(/?)')
_LONG_START = re.compile(rf"<({_START.pattern})>")
_END = re.compile(r"/([A-Za-z][\w-]*+)\s*")
_COMMENT = re.compile(r"<!--(?:(?!--).)*+-->", re.DOTALL)
_STYLE = re.compile(r"<mj-style>[^<]*+</mj-style>")
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
    walk = _Walk(mjml, images or {})
    walk.read()
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


class _Tag(Struct, frozen=True):
    """A tag by itself, wherever it stands; `faults` of its attributes are (offset from the <, message, hint)."""

    name: str
    attributes: str = ""
    ends: bool = False
    opens: bool = False
    plain: bool = False  # without a fault, and no image
    faults: tuple[tuple[int, str, str], ...] = ()
    children: frozenset[str] = frozenset()  # may stand in it
    structural: bool = False  # no text may


# Cells of strips and tables are the same few tags, hundreds of times.
@lru_cache(maxsize=4096)
def _tag(inner: str) -> _Tag | None:
    """What stands between < and >, if it is a tag and not <mj-style>."""
    if end := _END.fullmatch(inner):
        return _Tag(end[1], ends=True)
    if not (start := _START.fullmatch(inner)):
        return None
    name, attributes, closed = start.groups()
    first = 1 + start.start(2)
    faults = tuple((first + at, message, hint) for at, message, hint in _attribute_faults(name, attributes))
    return _Tag(
        name,
        attributes,
        opens=not closed and name not in VOID_TAGS,
        plain=not faults and name != "img",
        faults=faults,
        children=_children(name),
        structural=name in MJ_CHILDREN,
    )


def _children(name: str) -> frozenset[str]:
    return frozenset() if name in HOLDS_TEXT else MJ_CHILDREN.get(name, HTML_TAGS)


class _Walk:
    """The open tags, and the faults so far, while reading from start to end.

    The document is read in pieces from one < to the next, each a tag with the text behind it. A letter has two
    thousand of them, so what can be known of a tag by itself is kept, and offsets are only reckoned for faults.
    """

    def __init__(self, mjml: str, images: Mapping[str, Image]) -> None:
        self.faults: list[Fault] = []
        self._mjml = mjml
        self._images = images
        self._pieces = mjml.split("<")
        self._open = [(_Tag("", children=_children(""), structural=True), 0)]  # each with the number of its piece
        self._reckoned = (0, -1)  # a piece, and where the < before it stands
        self._lost = False

    def read(self) -> None:
        """Take in the document, as far as its structure can be seen."""
        numbered = enumerate(self._pieces)
        self._text(*next(numbered))
        opened = self._open
        for number, piece in numbered:
            inner, closed, text = piece.partition(">")
            tag = _tag(inner) if closed else None
            inside = opened[-1][0]
            if tag is None:
                number, text = self._unusual(number, numbered)  # noqa: PLW2901 - it may be several pieces
            elif not tag.ends:
                if not tag.plain or tag.name not in inside.children:
                    self._judge(number, tag)
                if tag.opens:
                    self._begin(number, tag)
            elif tag.name == inside.name:
                opened.pop()
            else:
                self._unexpected(number, tag.name)
            if self._lost:
                return
            if text and opened[-1][0].structural:
                self._text(number, text)
        last, number = opened[-1]
        if last.name:
            self._fault(number, f"<{last.name}> is never closed", f"Close it with </{last.name}>.")

    def _offset(self, number: int) -> int:
        """Where the < before a piece stands; quick where the last one asked for was not far before."""
        known, at = self._reckoned if self._reckoned[0] <= number else (0, -1)
        at += sum(map(len, self._pieces[known:number])) + number - known
        self._reckoned = number, at
        return at

    def _fault(self, number: int, message: str, hint: str, beyond: int = 0) -> None:
        self.faults.append(Fault(self._offset(number) + beyond, message, hint))

    def _begin(self, number: int, tag: _Tag) -> None:
        self._open.append((tag, number))
        if len(self._open) > DEEPEST + 1:
            self._lost = True
            self._fault(number, f"more than {DEEPEST} tags inside one another", "Flatten the text or the template.")

    def _judge(self, number: int, tag: _Tag) -> None:
        for message, hint in _misplaced(tag.name, self._open[-1][0].name):
            self._fault(number, message, hint)
        for at, message, hint in tag.faults:
            self._fault(number, message, hint, at)
        if tag.name == "img":
            for message, hint in _image_faults(dict(_ATTRIBUTE.findall(tag.attributes)), self._images):
                self._fault(number, message, hint)

    def _unexpected(self, number: int, name: str) -> None:
        self._lost = True
        inside = self._open[-1][0].name
        expected = f"</{inside}>" if inside else "no closing tag"
        self._fault(number, f"</{name}> where {expected} should stand", "Close tags in the reverse order of opening.")

    def _text(self, number: int, text: str) -> None:
        """Take in the text at the end of a piece that stands in a structural tag."""
        if text and not text.isspace():
            tag = self._open[-1][0].name
            where = f"directly in <{tag}>" if tag else "outside of <mjml>"
            beyond = -len(text.lstrip())
            self._fault(number + 1, f"text {where}: {text.strip()[:40]!r}", "Put it into <mj-text>.", beyond)

    def _unusual(self, number: int, following: Iterator[tuple[int, str]]) -> tuple[int, str]:
        """Take in a comment, a style, or a tag with > in a value; the number of its last piece, and the text there."""
        offset = self._offset(number)
        if found := _COMMENT.match(self._mjml, offset):
            self._comment(number)
        elif found := _STYLE.match(self._mjml, offset):
            self._style(number, found[0])
        elif (found := _LONG_START.match(self._mjml, offset)) and (tag := _tag(found[1])):
            self._judge(number, tag)
            if tag.opens:
                self._begin(number, tag)
        else:
            self._lost = True
            self.faults.append(_unreadable(self._mjml, offset))
            return number, ""
        for _ in range(found[0].count("<") - 1):
            number, _ = next(following)
        return number, self._mjml[found.end() : self._offset(number + 1)]

    def _comment(self, number: int) -> None:
        inside = self._open[-1][0].name
        if inside in NO_COMMENTS:
            message = f"a comment inside <{inside}>, where MRML takes none"
            self._fault(number, message, "Write {# … #}, which no reader gets to see.")

    def _style(self, number: int, style: str) -> None:
        if (inside := self._open[-1][0].name) != "mj-head":
            self._fault(number, f"<mj-style> inside <{inside}>", "It belongs into <mj-head>.")
            return
        for found in _FETCHING.finditer(style):
            self._fault(number, "this style fetches something", "A mail loads nothing: leave it out.", found.start())


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
