"""What a browser makes of a document, as a flat list of events that can be compared."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

Event = tuple[str, str, tuple[tuple[str, str], ...]]
"""("start", tag, attributes), ("end", tag, ()), ("text", words, ()) or ("comment", words, ())."""

WALK = """() => {
  const events = [];
  const visit = node => {
    if (node.nodeType === Node.TEXT_NODE) events.push(['text', node.data, []]);
    else if (node.nodeType === Node.COMMENT_NODE) events.push(['comment', node.data, []]);
    else if (node.nodeType === Node.ELEMENT_NODE) {
      const attributes = [...node.attributes].map(one => [one.name, one.value]);
      events.push(['start', node.localName, attributes]);
      node.childNodes.forEach(visit);
      events.push(['end', node.localName, []]);
    }
  };
  visit(document.documentElement);
  return events;
}"""
"""The same in a page, as JSON."""

# Markdown brings its styles along; the colour of a link is the caller's.
_STYLED = {"p", "ul", "ol", "li", "code", "pre", "blockquote", "a"}


def events(html: str) -> list[Event]:
    """The document as the HTML standard builds it from `html`."""
    root = LexborHTMLParser(html).root
    assert root is not None
    return list(_events(root))


def fragment(html: str) -> list[Event]:
    """The events of what stands in one element."""
    whole = events(f"<body><div>{html}</div>")
    begin = whole.index(("start", "div", ())) + 1
    end = max(i for i, event in enumerate(whole) if event[:2] == ("end", "div"))
    return whole[begin:end]


def _events(node: LexborNode) -> Iterator[Event]:
    if node.tag == "-text":
        yield "text", node.text_content or "", ()
    elif node.tag == "-comment":
        yield "comment", node.comment_content or "", ()
    else:
        tag = node.tag or ""
        yield "start", tag, tuple((name, value or "") for name, value in node.attributes.items())
        child = node.child
        while child:
            yield from _events(child)
            child = child.next
        yield "end", tag, ()


def of_page(found: Iterable[Any]) -> list[Event]:
    """What `WALK` returned."""
    return [(kind, words, tuple((name, value) for name, value in attributes)) for kind, words, attributes in found]


def comparable(found: Iterable[Event]) -> list[Event]:
    """Without what says the same: halves of a text, isolates against `<bdi>`, styles of Markdown."""
    result: list[Event] = []
    for kind, words, attributes in found:
        if kind in {"start", "end"} and words == "bdi":
            continue
        if kind == "text":
            text = re.sub("\r\n?", "\n", re.sub("[\u2068\u2069]", "", words))
            if result and result[-1][0] == "text":
                text = result.pop()[1] + text
            if text:
                result.append(("text", text, ()))
        elif kind == "start" and words in _STYLED:
            result.append((kind, words, tuple(one for one in attributes if one[0] != "style")))
        elif kind == "comment":
            result.append((kind, words.strip(), ()))
        else:
            result.append((kind, words, attributes))
    return result


def arriving(value: str) -> str:
    """What has to arrive, said independently of the code: no controls, surrogates, noncharacters."""
    return "".join(
        one
        for one in value
        if (unicodedata.category(one) not in {"Cc", "Cs"} or one in "\t\n\r")
        and not (ord(one) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(one) <= 0xFDEF)
    )


def in_attribute(value: str) -> str:
    """A line break in an attribute is a blank to every program, and no isolate means anything there."""
    return re.sub(r"[\r\n\t]+ *", " ", re.sub("[\u2068\u2069]", "", value))


def difference(expected: list[Event], found: list[Event]) -> str | None:
    """The first event that differs, or nothing."""
    for i, (one, other) in enumerate(zip(expected, found, strict=False)):
        if one != other:
            return f"event {i} of the document: expected {_short(one)}, found {_short(other)}"
    if len(expected) != len(found):
        return f"the document has {len(found)} events, not {len(expected)}"
    return None


def _short(event: Event) -> str:
    return ascii(event) if len(ascii(event)) < 400 else f"{ascii(event)[:400]}…"
