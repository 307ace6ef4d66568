"""What earlier editions told: `told.json` beside each edition's snapshot, written only by a send.

    {"edition": "2026-10", "told": ["spam.ratio", "mail.spotlight"]}

A preview or a build never writes it, so nothing is used up by looking at a draft; and an edition
only ever looks at earlier ones, so it can be built again from the same files at any time.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from newsletter.errors import ContentError, FileError
from newsletter.model import Told
from newsletter.replacing import replace_file, what_to_do

NAME = "told.json"


def read(editions: Path, before: str) -> tuple[Told, ...]:
    """What the editions before the month `before` told, oldest first.

    Raises:
        ContentError: a file is not what a send wrote.
    """
    files = sorted(path for path in editions.glob(f"*/{NAME}") if path.parent.name < before)
    return tuple(Told(edition=path.parent.name, fact=fact) for path in files for fact in _facts(path))


def write(folder: Path, edition: str, facts: Iterable[str]) -> None:
    """Record what an edition told, replacing what stood there; never half a file.

    Raises:
        FileError: the folder cannot be written.
    """
    path = folder / NAME
    text = json.dumps({"edition": edition, "told": sorted(set(facts))}, indent=2, ensure_ascii=False) + "\n"
    try:
        replace_file(path, text.encode())
    except OSError as error:
        raise FileError(
            f"{path}: cannot be written: {error.strerror}", what_to_do(error, "Check the folder's permissions.")
        ) from error


def _facts(path: Path) -> list[str]:
    hint = "Restore it from your version control, or remove it: then its facts count as never told."
    try:
        parsed = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ContentError(f"{path}: cannot be read: {error}", hint) from error
    told = parsed.get("told") if isinstance(parsed, dict) else None
    if not isinstance(told, list) or not all(isinstance(one, str) for one in told):
        raise ContentError(f'{path}: has no list "told" of fact ids', hint)
    if parsed.get("edition") != path.parent.name:
        raise ContentError(f"{path}: tells of edition {parsed.get('edition')!r}, not of {path.parent.name}", hint)
    return told
