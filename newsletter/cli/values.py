"""Words for people at a terminal."""

from __future__ import annotations

from pathlib import Path


def printable(text: str) -> str:
    """`text` for a terminal: labels and replies from outside may hold codes that would move its cursor."""
    return "".join(one if one.isprintable() or one == "\n" else "?" for one in text)


def nearby(text: str) -> str:
    """`text` with paths below the current folder as one types them here, so that they are short and can be followed."""
    return text.replace(f"{Path.cwd()}/", "")
