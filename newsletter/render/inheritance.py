"""Templates that change blocks of another: what Jinja would leave out in silence is refused."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterator

from jinja2 import TemplateSyntaxError, nodes

PACKAGED = "packaged"
"""`{% extends "packaged/hero.mjml.j2" %}` means the built-in file, whatever stands before it."""

_SILENT = (nodes.Assign, nodes.AssignBlock, nodes.Block, nodes.Extends, nodes.FromImport, nodes.Import, nodes.Macro)


class Unprinted(TemplateSyntaxError):
    """An extending template writes something that no letter would show."""

    def __init__(self, message: str, hint: str, lineno: int, name: str) -> None:
        super().__init__(message, lineno, name)
        self.hint = hint


def require_printed(
    source: nodes.Template, extends: nodes.Extends, name: str, blocks_of: Callable[[str], Collection[str]]
) -> None:
    """Refuse what an extending template writes for nobody: other blocks than its parent's, text outside of blocks.

    Args:
        source: the template `name`, parsed.
        extends: its statement; a parent that is computed is not looked into.
        name: how the template is asked for.
        blocks_of: the names of the blocks of a template.

    Raises:
        Unprinted: with the line.
    """
    parent = extends.template.value if isinstance(extends.template, nodes.Const) else None
    if parent == name:
        hint = f'Write {{% extends "{PACKAGED}/{name}" %}} for the built-in one.'
        raise Unprinted("this template extends itself", hint, extends.lineno, name)
    for line in _outside(source):
        hint = "Put it into a block of the template that is extended."
        raise Unprinted("this stands outside of the blocks, so it would not be printed", hint, line, name)
    if parent is not None:
        _require_known(source, parent, blocks_of(parent), name)


def _require_known(source: nodes.Template, parent: str, known: Collection[str], name: str) -> None:
    for block in source.body:
        if isinstance(block, nodes.Block) and block.name not in known:
            near = difflib.get_close_matches(block.name, known, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"It has {', '.join(sorted(known)) or 'none'}."
            raise Unprinted(f"{parent} has no block {block.name}", hint, block.lineno, name)


def _outside(source: nodes.Template) -> Iterator[int]:
    """The lines of what stands on the top level and prints something."""
    for node in source.body:
        if isinstance(node, nodes.Output):
            yield from (line for one in node.nodes if (line := _line(one)))
        elif not isinstance(node, _SILENT):
            yield node.lineno


def _line(node: nodes.Expr) -> int:
    """Where it begins to print; 0 for blanks alone."""
    if not isinstance(node, nodes.TemplateData):
        return node.lineno
    text = node.data.lstrip()
    return node.lineno + node.data[: len(node.data) - len(text)].count("\n") if text else 0
