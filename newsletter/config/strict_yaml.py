"""YAML for people: read without surprises, and with the line of every value.

A safe subset of YAML 1.1. What people trip over is a fault with an explanation instead of a
silent guess: keys written twice, tags, merge keys, and numbers that are not meant as numbers
(`16:00` is 960, `010` is 8). Values that YAML turns into something else (`no` is false) keep
the text as it was written, so that the reader of the value can explain the mistake.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from typing import Any

import yaml
from msgspec import Struct, field

from newsletter.errors import Located, Place

KeyPath = tuple[str | int, ...]

# Control characters, and the two separators that editors do not show as a new line but YAML does.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
_PLAIN_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_PREFIX = "tag:yaml.org,2002:"
_MAX_DEPTH = 20
_MAX_BRACKETS = 1000
_MANY_DASHES = re.compile(r"(?:[-?]\s+){50}")
_MAX_NODES = 100_000  # aliases of aliases grow without end in a few lines


class Fault(Struct, frozen=True):
    """One thing that is wrong, and where."""

    line: int
    path: KeyPath
    text: str

    def tell(self, source: str) -> str:
        """The fault as one line: `config.yaml:12: smtp.port: must be a whole number`."""
        return f"{source}:{self.line}: {self.said}"

    def located(self, source: str) -> Located:
        """The fault with its place in the file `source`."""
        return Located(self.said, Place(source, self.line))

    @property
    def said(self) -> str:
        """The fault without its place: `smtp.port: must be a whole number`."""
        where = dotted(self.path)
        return f"{where}: {self.text}" if where else self.text


class ParsedYaml(Struct):
    """The values of a YAML text, the line of each, and the text of those written without quotes."""

    data: Any = None
    lines: dict[KeyPath, int] = field(default_factory=dict)
    unquoted: dict[KeyPath, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def line(self, path: KeyPath) -> int:
        """The line of the key or item at `path`, or of the nearest thing around it."""
        while path not in self.lines and path:
            path = path[:-1]
        return self.lines.get(path, 1)


def parse(text: str, *, first_line: int = 1) -> ParsedYaml:
    """Read `text`; whatever is wrong with it is in `.faults`, never raised.

    Args:
        text: YAML with line feeds only (no carriage returns).
        first_line: the number of its first line in the file it comes from.
    """
    parsed = ParsedYaml(lines={(): first_line})
    if unprintable := _UNPRINTABLE.search(text):
        line = first_line + text.count("\n", 0, unprintable.start())
        parsed.faults.append(Fault(line, (), f"holds the invisible character {_code(unprintable[0])}: remove it"))
        return parsed
    try:
        node = _compose(text)
        if node is not None:
            parsed.data = _Builder(parsed, first_line).value(node, ())
    except yaml.MarkedYAMLError as error:
        parsed.faults.append(Fault(first_line + _where(error), (), _syntax(error)))
    except RecursionError:
        parsed.faults.append(Fault(first_line, (), "is nested too deeply to be read"))
    return parsed


def _is_deep(text: str) -> bool:
    """Whether C, which knows no RecursionError, might run out of its stack; indentation alone takes megabytes."""
    return text.count("[") + text.count("{") >= _MAX_BRACKETS or _MANY_DASHES.search(text) is not None


def _compose(text: str) -> yaml.Node | None:
    """The nodes of `text`, by libyaml where PyYAML has it: 13 times faster, but its faults say less.

    Raises:
        yaml.MarkedYAMLError, RecursionError: as PyYAML's own parser, which then reads the text once more.
    """
    quick = getattr(yaml, "CSafeLoader", None)
    if quick is not None and not _is_deep(text):
        with contextlib.suppress(yaml.YAMLError):
            return yaml.compose(text, Loader=quick)
    return yaml.compose(text, Loader=yaml.SafeLoader)


def dotted(path: KeyPath) -> str:
    """A path as people write it: `services.mail.target`, `availability[0].selector`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            name = part if re.fullmatch(r"[\w-]+", part) else shown(part)
            text += f".{name}" if text else name
    return text


def shown(value: str) -> str:
    """A text in double quotes, short, on one line and without invisible characters."""
    text = value if len(value) <= 60 else value[:57] + "..."
    visible = (c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)
    return '"' + "".join(visible).replace('"', '\\"') + '"'


def _code(character: str) -> str:
    return f"U+{ord(character):04X}"


class _Builder:
    """Turns composed nodes into plain values, noting lines and faults on the way."""

    def __init__(self, parsed: ParsedYaml, first_line: int) -> None:
        self._parsed = parsed
        self._first_line = first_line
        self._nodes = 0
        self._loader = yaml.SafeLoader("")  # its resolver and its constructors of single values

    def value(self, node: yaml.Node, path: KeyPath) -> Any:
        self._nodes += 1
        if self._nodes > _MAX_NODES:
            return self._once(node, "holds too many values (aliases of aliases?)")
        if len(path) > _MAX_DEPTH:
            return self._once(node, f"is nested more than {_MAX_DEPTH} deep")
        if self._has_tag(node):
            return self._fault(node, path, 'a value must not begin with "!": put it in quotes')
        if isinstance(node, yaml.MappingNode):
            return dict(self._pairs(node, path))
        if isinstance(node, yaml.SequenceNode):
            return [self._item(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, path) if isinstance(node, yaml.ScalarNode) else None

    def _pairs(self, node: yaml.MappingNode, path: KeyPath) -> Iterator[tuple[str, Any]]:
        for key_node, value_node in node.value:
            key = self._key(key_node, path)
            if key is not None:
                yield key, self.value(value_node, (*path, key))

    def _key(self, node: yaml.Node, path: KeyPath) -> str | None:
        """The key, or None when it is at fault (its value is then left out)."""
        if not isinstance(node, yaml.ScalarNode):
            self._fault(node, path, "a key must be a single word or text")
            return None
        here = (*path, node.value)
        if node.tag == _PREFIX + "merge":
            self._fault(node, here, "merge keys are not supported: write the keys out")
        elif node.tag != _PREFIX + "str":
            self._fault(node, here, f"this key is not read as text: put it in quotes, {shown(node.value)}")
        elif here in self._parsed.lines:
            self._fault(node, here, f"is written twice (first in line {self._parsed.lines[here]})")
        else:
            self._parsed.lines[here] = self._line(node)
            return str(node.value)
        return None

    def _item(self, node: yaml.Node, path: KeyPath) -> Any:
        self._parsed.lines[path] = self._line(node)
        return self.value(node, path)

    def _scalar(self, node: yaml.ScalarNode, path: KeyPath) -> Any:
        if not node.style:
            self._parsed.unquoted[path] = node.value
        kind = node.tag.removeprefix(_PREFIX)
        if kind == "str" and (unprintable := _UNPRINTABLE.search(node.value)):
            return self._fault(node, path, f"holds the invisible character {_code(unprintable[0])}: remove it")
        if kind == "int" and not _PLAIN_INTEGER.fullmatch(node.value):
            return self._number_trap(node, path)
        if kind == "float" and (":" in node.value or "_" in node.value):
            return self._number_trap(node, path)
        try:
            return self._loader.construct_object(node) if kind not in ("str", "value", "merge") else node.value
        except ValueError:  # 2026-02-30, or an integer of thousands of digits
            return self._fault(node, path, f"{shown(node.value)} is not a date or number that exists")

    def _number_trap(self, node: yaml.ScalarNode, path: KeyPath) -> None:
        number = self._loader.construct_object(node)
        text = f"YAML reads {node.value} as the number {number}: put it in quotes"
        self._fault(node, path, f'{text}, "{node.value}", or write the plain number')

    def _has_tag(self, node: yaml.Node) -> bool:
        """Whether the tag was written out: then it is not the one that the text alone implies."""
        plain = isinstance(node, yaml.ScalarNode) and not node.style
        text = node.value if isinstance(node, yaml.ScalarNode) else None
        resolve: Callable[..., str] = self._loader.resolve
        return node.tag != resolve(type(node), text, (plain, not plain))

    def _once(self, node: yaml.Node, text: str) -> None:
        if not any(fault.text == text for fault in self._parsed.faults):
            self._fault(node, (), text)

    def _fault(self, node: yaml.Node, path: KeyPath, text: str) -> None:
        self._parsed.faults.append(Fault(self._line(node), path, text))

    def _line(self, node: yaml.Node) -> int:
        return self._first_line + int(node.start_mark.line)


def _where(error: yaml.MarkedYAMLError) -> int:
    """The line (from 0) to look at: what is not closed begins at the context, not where the file ends."""
    begun = any(begin in (error.context or "") for begin in ("quoted scalar", "flow", "simple key"))
    marks = (error.context_mark, error.problem_mark) if begun else (error.problem_mark, error.context_mark)
    return next((mark.line for mark in marks if mark), 0)


# What PyYAML says (its scanner.py, parser.py, composer.py) and what a person can do about it.
# Its own words are not passed on: they may quote the value, and the value may be a password.
_SYNTAX = (
    ("quoted scalar", "a quotation mark is opened here but not closed, or what follows it does not belong there"),
    ("flow", "a bracket is opened here but not closed, or a comma is missing inside"),
    ("'\\t'", "a tab stands where spaces are needed: YAML is indented with spaces"),
    ("mapping values are not allowed", 'a ":" stands where none can: put the text that holds it in quotes'),
    ("could not find expected ':'", 'a key without ":" after it, or text that continues on the wrong indentation'),
    ("expected <block end>", "the indentation does not fit the lines above"),
    ("expected a single document", 'a second document begins here ("---"); only one is allowed'),
    ("alias", 'a value must not begin with "*" (an alias that is not defined): put it in quotes'),
    ("anchor", 'a value must not begin with "&" (an anchor): put it in quotes'),
    ("tag", 'a value must not begin with "!" (a tag): put it in quotes'),
    ("block scalar", 'text after "|" or ">" must begin on the next line, indented'),
    ("directive", 'a line must not begin with "%": put the text in quotes'),
    ("cannot start any token", "a value begins with a character that needs quotes around the value"),
    ("escape", 'a backslash in double quotes that means nothing to YAML: use single quotes or write "\\\\"'),
)


def _syntax(error: yaml.MarkedYAMLError) -> str:
    said = f"{error.context} {error.problem}"
    if "escape" in said or "hexdecimal" in said:
        return _SYNTAX[-1][1]
    return next(
        (ours for theirs, ours in _SYNTAX if theirs in said), "this is not valid YAML: check quotes and indentation"
    )
