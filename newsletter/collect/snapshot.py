"""snapshot.json: a month, frozen. Written once, read for ever."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from newsletter.collect.consistency import require_consistent
from newsletter.collect.decode import snapshot_of
from newsletter.collect.encode import SCHEMA, snapshot_json
from newsletter.collect.node import Misplaced, Node
from newsletter.errors import ContentError, FileError
from newsletter.model import Snapshot
from newsletter.replacing import replace_file


def write(snapshot: Snapshot, path: Path) -> None:
    """Write `snapshot` as a whole or not at all; the same snapshot gives the same bytes.

    Raises:
        FileError: the file or its folder cannot be written.
    """
    text = json.dumps(snapshot_json(snapshot), ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, text.encode())
    except OSError as error:
        raise FileError(
            f"{path}: {error.strerror or error}", "Make its folder writable, with room for it, or name another."
        ) from None


def read(path: Path) -> Snapshot:
    """The snapshot in `path`.

    Raises:
        ContentError: the file is missing, or no snapshot; the message names the place in it.
    """
    try:
        found = snapshot_of(_root(path))
        require_consistent(found)
    except Misplaced as fault:
        raise _refused(path, f"{fault.where} {fault.why}") from None
    except RecursionError:
        raise _refused(path, "is nested too deeply") from None
    return found


def _root(path: Path) -> Node:
    """The JSON in the file, of a schema that this version may know."""
    root = Node(_json(path, _content(path)))
    schema = root["schema"].integer()
    if schema > SCHEMA:
        told = f"{path} was written by a newer version of newsletter (schema {schema}, this version reads {SCHEMA})"
        raise ContentError(told, "Upgrade newsletter here, too.")
    return root


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        hint = f"Run: {_collect(path)}"
        raise ContentError(f"{path} cannot be read: {error.strerror}", hint) from None
    except OSError as error:
        hint = "Check its rights, and those of its folder." if isinstance(error, PermissionError) else _restore(path)
        raise ContentError(f"{path} cannot be read: {error.strerror or error}", hint) from None


def _json(path: Path, content: bytes) -> Any:
    text, lines = "", content.rstrip().count(b"\n") + 1
    try:
        text = content.decode("utf-8-sig").rstrip()
        return json.loads(text, object_pairs_hook=_without_doubles)
    except UnicodeDecodeError as error:
        cut = error.reason == "unexpected end of data"
        line, why = content.count(b"\n", 0, error.start) + 1, "not UTF-8"
    except json.JSONDecodeError as error:
        # What has no end is at fault on its last line, as no text of JSON goes over a line's end.
        unfinished = error.pos >= len(text) or not text.endswith("}")
        cut = text.startswith("{") and error.lineno == lines and unfinished
        line, why = error.lineno, error.msg
    except ValueError as error:
        raise _refused(path, f"is not JSON ({error})") from None
    if not content.strip():
        raise _refused(path, "is empty")
    raise _refused(path, f"is cut off at line {lines}" if cut else f"is not JSON (line {line}: {why})")


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The members of an object; of two with the same key JSON readers would silently drop one."""
    members = dict(pairs)
    if len(members) < len(pairs):
        keys = [key for key, _ in pairs]
        double = next(key for key in keys if keys.count(key) > 1)
        raise Misplaced("$", f"has the key {double!r} twice in one object")
    return members


def _refused(path: Path, why: str) -> ContentError:
    return ContentError(f"{path}: {why}", f"The file is not made to be edited. {_restore(path)}")


def _restore(path: Path) -> str:
    """The file first: of a month long past the source may hold nothing any more."""
    return f"Restore it from your backup or version control, or run: {_collect(path)}"


def _collect(path: Path) -> str:
    """The command for an edition's own file; the month of another one is not known."""
    month = path.parent.name
    return f"newsletter collect --month {month if re.fullmatch(r'[0-9]{4}-[0-9]{2}', month) else 'YYYY-MM'}"
