"""Blocks of a template as text, so that one can be copied or compared by itself."""

from __future__ import annotations

import re

from msgspec import Struct

_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_TAG = re.compile(r"\{%[-+]?\s*(?:block\s+(?P<name>\w+)[^%]*|(?P<end>endblock)[^%]*)%\}")
_INDENT = re.compile(r"[ \t]*\Z")


class Block(Struct, frozen=True, kw_only=True):
    """From `{% block name %}` to its `{% endblock %}`; `line` is 1-based, `outer` whether no other block is around it."""

    name: str
    text: str
    line: int
    outer: bool


def blocks_of(source: str) -> tuple[Block, ...]:
    """The blocks of a template in the order in which they begin; those that never end are left out."""
    visible = _COMMENT.sub(lambda comment: " " * len(comment[0]), source)
    opened: list[re.Match[str]] = []
    found: list[tuple[int, Block]] = []
    for tag in _TAG.finditer(visible):
        if tag["name"]:
            opened.append(tag)
        elif opened:
            begin = opened.pop()
            line = source.count("\n", 0, begin.start()) + 1
            text = _unindented(source, begin.start(), tag.end())
            found.append((begin.start(), Block(name=begin["name"], text=text, line=line, outer=not opened)))
    return tuple(block for _, block in sorted(found, key=lambda one: one[0]))


def _unindented(source: str, start: int, end: int) -> str:
    """The text without the indentation that its first line has."""
    indent = _INDENT.search(source, source.rfind("\n", 0, start) + 1, start)
    return source[start:end].replace("\n" + indent[0], "\n") if indent else source[start:end]
