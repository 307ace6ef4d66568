"""The structure of composed MJML, checked before MRML sees it.

MRML accepts unknown tags and attributes in silence, reports errors without a line, and a few
thousand nested tags end the process. Everything here is told with the offset it stands at, so
that the caller can name the line of the template.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from msgspec import Struct

from newsletter.model import Image
from newsletter.render.tag_rules import ATTRIBUTE, attribute_faults, image_faults, misplaced
from newsletter.render.vocabulary import (
    HOLDS_TEXT,
    HTML_TAGS,
    MJ_CHILDREN,
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
_FETCHING = re.compile(r"url\s*\(|@import", re.IGNORECASE)


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
    faults = tuple((first + at, message, hint) for at, message, hint in attribute_faults(name, attributes))
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
        for message, hint in misplaced(tag.name, self._open[-1][0].name):
            self._fault(number, message, hint)
        for at, message, hint in tag.faults:
            self._fault(number, message, hint, at)
        if tag.name == "img":
            for message, hint in image_faults(dict(ATTRIBUTE.findall(tag.attributes)), self._images):
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
