"""Writing what the editors decided into `edition.yaml`, around everything else that stands there.

The file belongs to people: their comments, their order and their other keys stay byte for byte.
Only the value of one key changes, or a line is added at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import yaml

from newsletter.config import Config
from newsletter.errors import ContentError, FileError, Place
from newsletter.model import Editorial
from newsletter.notes.editorial import NAME, load_editorial
from newsletter.replacing import replace_file, what_to_do

Wish = Literal["pin", "mute", "none"]


def wished(before: Editorial, fact: str, wish: Wish) -> dict[str, tuple[str, ...]]:
    """What `pin` and `mute` hold once a fact is pinned, muted or left to its score again."""
    return {
        key: (*(one for one in ids if one != fact), *([fact] if wish == key else []))
        for key, ids in (("pin", before.pin), ("mute", before.mute))
    }


def decide(folder: Path, fact: str, wish: Wish, *, config: Config) -> None:
    """Pin or mute a fact, or leave it to its score again.

    Args:
        folder: the edition's folder; its `edition.yaml` is made if there is none.
        fact: the id of a fact.
        wish: what the editors want.
        config: names the locales that texts in the file may be written in.

    Raises:
        ContentError: the file is at fault, or written in a way that cannot be changed here.
        FileError: it cannot be written.
    """
    before = load_editorial(folder, config=config)
    text = _text(folder / NAME)
    for key, wanted in wished(before, fact, wish).items():
        ids = getattr(before, key)
        if wanted != ids:
            text = _with_ids(text, key, ids, wanted)
    _write(folder, text, wished(before, fact, wish))


def place_of(folder: Path, key: str, fact: str) -> Place:
    """Where `fact` stands below `key` in `edition.yaml`: to say what is wrong with it."""
    path = folder / NAME
    node = _value(_text(path), key)
    items = node.value if isinstance(node, yaml.SequenceNode) else []
    item = next((one for one in items if one.value == fact), node)
    return Place(str(path), item.start_mark.line + 1, item.start_mark.column + 1) if item else Place(str(path))


def choose_subject(folder: Path, number: int, *, config: Config) -> None:
    """Use the proposed subject of this number, from 1.

    Raises:
        ContentError: the file is at fault.
        FileError: it cannot be written.
    """
    load_editorial(folder, config=config)
    text = _text(folder / NAME)
    node = _value(text, "subject")
    changed = _with_line(text, f"subject: {number}") if node is None else _replaced(text, node, f"{number}")
    _write(folder, changed, {"subject": number})


def _text(path: Path) -> str:
    """The file with line feeds only, so that places count in characters; nothing if there is none."""
    return path.read_text(encoding="utf-8-sig") if path.exists() else ""


# --- the text -----------------------------------------------------------------------------


def _value(text: str, key: str) -> yaml.Node | None:
    """The value of a key of the file's top level, with where it stands."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if not isinstance(root, yaml.MappingNode):
        return None
    return next((value for name, value in root.value if name.value == key), None)


def _with_ids(text: str, key: str, ids: Sequence[str], wanted: Sequence[str]) -> str:
    """The text with other ids under `key`."""
    written = f"[{', '.join(map(_scalar, wanted))}]"
    node = _value(text, key)
    if node is None:
        return _with_line(text, f"{key}: {written}")
    if not isinstance(node, yaml.SequenceNode) or node.flow_style:
        return _replaced(text, node, written)
    if any(one in wanted for one in ids):
        return _with_lines(text, node, ids, wanted)
    start = text.rindex(":", 0, node.start_mark.index) + 1
    return f"{text[:start]} {written}{text[node.value[-1].end_mark.index :]}"


def _replaced(text: str, node: yaml.Node, value: str) -> str:
    return f"{text[: node.start_mark.index]}{value}{text[node.end_mark.index :]}"


def _with_lines(text: str, node: yaml.SequenceNode, ids: Sequence[str], wanted: Sequence[str]) -> str:
    """A list with a line for each id: lines go or come, the others stay with their comments."""
    end = _line_end(text, node.value[-1].end_mark.index)
    new = "".join(f"{' ' * node.start_mark.column}- {_scalar(one)}\n" for one in wanted if one not in ids)
    gap = "\n" if new and not text[:end].endswith("\n") else ""
    text = text[:end] + gap + new + text[end:]
    for item in reversed(node.value):
        if item.value not in wanted:
            begin = text.rindex("\n", 0, item.start_mark.index) + 1
            text = text[:begin] + text[_line_end(text, item.end_mark.index) :]
    return text


def _line_end(text: str, index: int) -> int:
    """Behind the line feed of the line that `index` stands in."""
    found = text.find("\n", index)
    return len(text) if found < 0 else found + 1


def _with_line(text: str, line: str) -> str:
    gap = "" if not text or text.endswith("\n") else "\n"
    return f"{text}{gap}{line}\n"


def _scalar(fact: str) -> str:
    """An id as YAML reads it back: plain where it is that anyway."""
    plain = yaml.safe_load(fact) == fact and not set(fact) & set(",[]{}#&*!|>'\"%@`: \t\n")
    return fact if plain else "'" + fact.replace("'", "''") + "'"


# --- the file -----------------------------------------------------------------------------


def _write(folder: Path, text: str, wanted: dict[str, tuple[str, ...]] | dict[str, int]) -> None:
    """A crash leaves the old decisions or the new ones, never half a file."""
    path = folder / NAME
    _require_meant(path, text, wanted)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        replace_file(path, text.encode())
    except OSError as error:
        raise FileError(
            f"{path}: cannot be written: {error.strerror}", what_to_do(error, "Check the rights of its folder.")
        ) from None


def _require_meant(path: Path, text: str, wanted: dict[str, tuple[str, ...]] | dict[str, int]) -> None:
    """Refuse to write what does not read back as meant: anchors and tags can stand anywhere in YAML."""
    try:
        read = yaml.safe_load(text) or {}
    except yaml.YAMLError:
        read = {}
    for key, value in wanted.items():
        found = read.get(key)
        if (tuple(found or ()) if isinstance(value, tuple) else found) != value:
            raise ContentError(f"{path}: {key} is written in a way that cannot be changed here", "Edit it by hand.")
