"""The packaged templates and what an organisation made of them: listed, copied, compared.

A copy begins with a comment that says what it was copied from, as a hash. So it can be told later
whether the packaged template has changed since.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from msgspec import Struct

from newsletter.errors import FileError, UsageError
from newsletter.render.block_text import Block, blocks_of
from newsletter.render.environment import packaged_folder, template_folders
from newsletter.render.inheritance import PACKAGED
from newsletter.replacing import replace_file, what_to_do

Use = Literal["packaged", "replaced", "changed"]
"""Whether the packaged file is used, another in its place, or one that changes blocks of it."""

_ORIGIN = re.compile(r"\{# origin: (?P<name>\S+?)(?: block (?P<block>\w+))? sha256:(?P<digest>[0-9a-f]{16}) #\}\n?")


class Template(Struct, frozen=True, kw_only=True):
    """One packaged template: its blocks, what stands before it, and whether it changed since that was copied."""

    name: str
    use: Use
    blocks: tuple[str, ...]
    own: tuple[str, ...] = ()
    outdated: tuple[str, ...] = ()


class Comparison(Struct, frozen=True, kw_only=True):
    """What an organisation changed in one template.

    `outdated` names what of the packaged template changed since it was copied: blocks, or the file.
    """

    name: str
    path: Path
    diff: str
    outdated: tuple[str, ...]


def listing(templates: Path | None) -> Iterator[Template]:
    """Every packaged template, in the order of their names.

    Raises:
        ContentError: the organisation's folder does not exist.
    """
    for name in _names():
        source, own = _source(name), _own(templates, name)
        blocks = tuple(block.name for block in blocks_of(source))
        if own is None:
            yield Template(name=name, use="packaged", blocks=blocks)
            continue
        text = _read(own)
        use: Use = "changed" if _extends(text, name) else "replaced"
        changed = tuple(block.name for block in blocks_of(text)) if use == "changed" else ()
        yield Template(name=name, use=use, blocks=blocks, own=changed, outdated=_outdated(name, text))


def compare(templates: Path | None, wanted: Sequence[str]) -> Iterator[Comparison]:
    """The organisation's files beside the packaged ones; without names, all that it has.

    Raises:
        UsageError: there is no such packaged template.
        ContentError: the organisation's folder does not exist.
    """
    for name in _matching(wanted):
        own = _own(templates, name)
        if own is not None:
            text = _read(own)
            pairs = _block_pairs(name, text) if _extends(text, name) else [("", _source(name), _ORIGIN.sub("", text))]
            diff = "".join(_diff(name, own, *pair) for pair in pairs)
            yield Comparison(name=name, path=own, diff=diff, outdated=_outdated(name, text))


def export(wanted: Sequence[str], to: Path, *, blocks: Sequence[str] = (), force: bool = False) -> tuple[Path, ...]:
    """Copy packaged templates, or single blocks of one, below the folder `to`.

    Args:
        wanted: names, or parts of them such as `hero`; without any, all.
        to: made if it is not there.
        blocks: of the one template named; they are written as a file that extends the packaged one,
            or added to such a file.
        force: replace files that are there.

    Raises:
        UsageError: no such template or block.
        FileError: a file is there already, and nothing is written; or it cannot be written, and is as it was.
    """
    if to.resolve() == packaged_folder():
        raise UsageError(f"{to} is where the packaged templates are", "Name another folder with --to.")
    names = _matching(wanted)
    if not blocks:
        return _written({to / name: f"{_origin(name, '', _source(name))}{_source(name)}" for name in names}, force)
    having = [name for name in names if set(blocks) <= {block.name for block in blocks_of(_source(name))}]
    if len(having) != 1 or not wanted:
        raise UsageError(_which(wanted, names, having, blocks), "See: newsletter templates list")
    return _written_blocks(having[0], blocks, to / having[0], force)


def _written_blocks(name: str, wanted: Sequence[str], path: Path, force: bool) -> tuple[Path, ...]:
    there = _read(path) if path.is_file() and not force else ""
    taken = {block.name for block in blocks_of(there)}
    if there and (not _extends(there, name) or taken & set(wanted)):
        return _written({path: ""}, force)  # refused, in the words of every other file
    parts = [block for block in blocks_of(_source(name)) if block.name in wanted]
    text = there or f'{{% extends "{PACKAGED}/{name}" %}}\n'
    text += "".join(f"\n{_origin(name, block.name, block.text)}{block.text}\n" for block in parts)
    return _written({path: text}, force=True)


def _written(files: dict[Path, str], force: bool) -> tuple[Path, ...]:
    there = [path for path in files if path.exists()]
    if there and not force:
        more = f" (and {len(there) - 1} more)" if len(there) > 1 else ""
        raise FileError(f"{there[0]} is there already{more}", "Nothing was written. Use --force to replace it.")
    for path, text in files.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, text.encode())
        except OSError as error:
            hint = what_to_do(error, "Check that this account may write there, or name another folder with --to.")
            raise FileError(f"{path}: {error.strerror or error}", hint) from None
    return tuple(files)


def _which(wanted: Sequence[str], names: Sequence[str], having: Sequence[str], blocks: Sequence[str]) -> str:
    listed = " and ".join(blocks)
    if not wanted:
        return f"--block {blocks[0]} of which template?"
    if having:
        return f"{' and '.join(having)} have a block {listed}: name one of them"
    known = [block.name for name in names for block in blocks_of(_source(name))]
    near = [one for block in blocks if block not in known for one in difflib.get_close_matches(block, known, n=1)]
    return f"{' and '.join(names)} has no block {listed}" + (f"; did you mean {near[0]}?" if near else "")


# --- names and files ------------------------------------------------------------------------


def _names() -> list[str]:
    folder = packaged_folder()
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.j2"))


def _matching(wanted: Sequence[str]) -> list[str]:
    """The names that are meant: a whole one, or what stands before its suffixes, with or without the folder."""
    names = _names()
    meant: dict[str, None] = {}
    for one in wanted:
        found = [
            name for name in names if one in (name, name.split(".")[0], Path(name).name, Path(name).name.split(".")[0])
        ]
        if not found:
            near = difflib.get_close_matches(one, [*names, *(Path(name).name.split(".")[0] for name in names)], n=1)
            guess = f"; did you mean {near[0]}?" if near else ""
            raise UsageError(f"there is no packaged template {one}{guess}", "See: newsletter templates list")
        meant |= dict.fromkeys(found)
    return list(meant) if wanted else names


def _source(name: str) -> str:
    return _read(packaged_folder() / name)


def _own(templates: Path | None, name: str) -> Path | None:
    """The organisation's file of this name."""
    *own, _ = template_folders(templates)
    return own[0] / name if own and (own[0] / name).is_file() else None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise FileError(f"{path} is not UTF-8 ({error.reason})", "Save it as UTF-8.") from None


def _extends(text: str, name: str) -> bool:
    return re.search(rf"\{{%[-+]?\s*extends\s+[\"']{PACKAGED}/{re.escape(name)}[\"']", text) is not None


# --- origins and differences ----------------------------------------------------------------


def _origin(name: str, block: str, text: str) -> str:
    return f"{{# origin: {name}{f' block {block}' if block else ''} sha256:{_digest(text)} #}}\n"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _outdated(name: str, text: str) -> tuple[str, ...]:
    """What of the packaged template is not any more what the origins in a copy say: names of blocks, "" for the file."""
    source = _source(name)
    now = {"": source, **{block.name: block.text for block in blocks_of(source)}}
    said = {found["block"] or "": found["digest"] for found in _ORIGIN.finditer(text) if found["name"] == name}
    return tuple(block for block, digest in said.items() if block not in now or _digest(now[block]) != digest)


def _block_pairs(name: str, text: str) -> Iterator[tuple[str, str, str]]:
    """(block, packaged text, own text) of the blocks that a file changes."""
    packaged = {block.name: block.text for block in blocks_of(_source(name))}
    outer: list[Block] = [block for block in blocks_of(text) if block.outer]
    return ((block.name, packaged.get(block.name, ""), block.text) for block in outer)


def _diff(name: str, own: Path, block: str, before: str, after: str) -> str:
    where = f" (block {block})" if block else ""
    lines = difflib.unified_diff(
        _lines(before), _lines(after), fromfile=f"{PACKAGED}/{name}{where}", tofile=f"{own}{where}"
    )
    return "".join(lines)


def _lines(text: str) -> list[str]:
    return [f"{line}\n" for line in text.splitlines()]
