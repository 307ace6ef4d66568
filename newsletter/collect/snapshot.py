"""snapshot.json: a month, frozen. Written once, read for ever."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from newsletter.collect.consistency import require_consistent
from newsletter.collect.decode import snapshot_of
from newsletter.collect.encode import snapshot_json
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
        found = snapshot_of(Node(json.loads(path.read_bytes(), object_pairs_hook=_without_doubles)))
        require_consistent(found)
    except Misplaced as fault:
        raise _refused(path, fault.where, fault.why) from None
    except OSError as error:
        hint = "Run `newsletter collect` for that month."
        raise ContentError(f"{path} cannot be read: {error.strerror or error}", hint) from None
    except RecursionError:
        raise _refused(path, "$", "is nested too deeply") from None
    except ValueError as error:
        raise _refused(path, "$", f"is not JSON ({error})") from None
    return found


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The members of an object; of two with the same key JSON readers would silently drop one."""
    members = dict(pairs)
    if len(members) < len(pairs):
        keys = [key for key, _ in pairs]
        double = next(key for key in keys if keys.count(key) > 1)
        raise Misplaced("$", f"has the key {double!r} twice in one object")
    return members


def _refused(path: Path, where: str, why: str) -> ContentError:
    return ContentError(f"{path}: {where} {why}", "Collect the month again; the file is not made to be edited.")
