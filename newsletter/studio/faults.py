"""Errors as the page shows them: in words, with the file, the line and the code around it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from newsletter.errors import Located, NewsletterError, Place

_QUOTED = re.compile(r"""["'“]([^"'“”]+)["'”]""")
_MOST_OTHERS = 20


def error_json(error: NewsletterError, root: Path, *, at: str | None = None) -> dict[str, Any]:
    """An error for the page.

    Args:
        error: what went wrong.
        root: the folder of the workspace; shown paths are relative to it.
        at: the time of the last good picture.
    """
    first = error.located[0] if error.located else None
    lines = _lines(Path(first.place.file)) if first else []
    return {
        "message": relative_text(first.what if first else error.message, root),
        "fix": relative_text(error.hint, root),
        "file": shown_path(first.place.file, root) if first else None,
        "line": first.place.line if first else None,
        "column": _column(first, lines) if first else None,
        "code": _code(lines, first.place.line) if first else [],
        "others": [_other(one, root) for one in error.located[1 : _MOST_OTHERS + 1]],
        "at": at,
    }


def refusal(message: str, fix: str = "") -> dict[str, Any]:
    """The same shape for what a request did wrong."""
    return {
        "message": message,
        "fix": fix,
        "file": None,
        "line": None,
        "column": None,
        "code": [],
        "others": [],
        "at": None,
    }


def shown_path(file: str | Path, root: Path) -> str:
    """A path as an editor knows it: from the workspace on; outside it the name alone."""
    path = Path(file).absolute()
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name


def relative_text(text: str, root: Path) -> str:
    """A message without the folder of the workspace."""
    return text.replace(f"{root}/", "").replace(str(root), ".")


def place_json(place: Place | None, root: Path) -> dict[str, Any]:
    """`file`, `line` and `column` of a place."""
    if place is None:
        return {"file": None, "line": None, "column": None}
    return {"file": shown_path(place.file, root), "line": place.line, "column": place.column}


def _other(one: Located, root: Path) -> dict[str, Any]:
    return {"message": relative_text(one.what, root), "file": shown_path(one.place.file, root), "line": one.place.line}


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    except OSError:
        return []


def _code(lines: list[str], line: int) -> list[tuple[int, str]]:
    """Four lines with the one at fault as the third."""
    return [(number, lines[number - 1]) for number in range(max(1, line - 2), min(len(lines), line + 1) + 1)]


def _column(fault: Located, lines: list[str]) -> int | None:
    """Where the words that the message quotes stand in the line; None where it quotes none of it."""
    if fault.place.column > 1:
        return fault.place.column
    text = lines[fault.place.line - 1] if 0 < fault.place.line <= len(lines) else ""
    for quoted in _QUOTED.findall(fault.what):
        found = re.search(rf"(?<!\w){re.escape(quoted)}(?!\w)", text)
        if found:
            return found.start() + 1
    return None
