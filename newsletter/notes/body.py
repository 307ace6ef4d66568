"""Checks the Markdown of a note for what must not reach a mail."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from newsletter.config.strict_yaml import Fault, shown

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_MAX_CHARACTERS = 20_000
_MAX_NESTING = 10  # every level becomes a nested element of the mail
_DELIMITER_RUN = re.compile(r"[*_~]{101,}")
_OPENER = re.compile(r"[*_>\[]|(?:[-+]|\d[.)])(?:\s|\Z)")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


def check(body: str, *, first_line: int) -> list[Fault]:
    """Everything wrong with a body, by line.

    Raw HTML is refused rather than shown as text, which is what a mail would do with it and
    what nobody wants. Template syntax is text like any other: it is never evaluated.

    Args:
        body: Markdown (CommonMark) with line feeds only.
        first_line: the number of its first line in the file.
    """
    if len(body) > _MAX_CHARACTERS:
        return [Fault(first_line, (), f"the text has {len(body):,} characters; {_MAX_CHARACTERS:,} are allowed")]
    if run := _DELIMITER_RUN.search(body):
        text = f"{len(run[0]):,} times {run[0][0]} in a row is neither emphasis nor a line: remove them"
        return [Fault(first_line + body.count("\n", 0, run.start()), (), text)]
    if control := _CONTROL.search(body):
        line = first_line + body.count("\n", 0, control.start())
        return [Fault(line, (), f"holds the invisible character U+{ord(control[0]):04X}: remove it")]
    return list(_structure(body, first_line)) if _may_be_at_fault(body) else []


def _may_be_at_fault(body: str) -> bool:
    """Whether there is reason to parse it: HTML begins with <, and what opens an element nests it by two levels at most."""
    return "<" in body or 2 * len(_OPENER.findall(body)) >= _MAX_NESTING


def _structure(body: str, first_line: int) -> Iterator[Fault]:
    deepest, deep_line, told = 0, first_line, -1
    for line, token in _tokens(_parser().parse(body)):
        if token.nesting == 1 and token.type != "paragraph_open" and token.level >= deepest:
            deepest, deep_line = token.level + 1, first_line + line
        if token.type in ("html_block", "html_inline") and line != told:
            told = line  # once a line: <b> and </b> are one mistake
            yield Fault(first_line + line, (), _raw_html(token.content))
    if deepest > _MAX_NESTING:
        yield Fault(
            deep_line, (), f"emphasis, lists or quotes stand {deepest} deep in each other; {_MAX_NESTING} are allowed"
        )


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # takes a while to import, so only where there are notes

    return MarkdownIt("commonmark")


def _raw_html(content: str) -> str:
    tag = content.strip().partition("\n")[0]
    return f"raw HTML is not allowed: {shown(tag)}; use Markdown, or write `...` around it to show it as it is"


def _tokens(blocks: list[Token]) -> Iterator[tuple[int, Token]]:
    """Every token with its line (from 0). Inline tokens have none, so breaks are counted."""
    for block in blocks:
        line = block.map[0] if block.map else 0
        yield line, block
        for inline in block.children or ():
            yield line, inline
            line += inline.type in ("softbreak", "hardbreak")
            line += inline.content.count("\n")
