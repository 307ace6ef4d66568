"""Writing the files of a new workspace: all of them or none, and never over what is there."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from newsletter.collect.discover import Discovery
from newsletter.errors import FileError, UsageError
from newsletter.language import require_supported
from newsletter.period import last_complete
from newsletter.replacing import create_files, what_to_do
from newsletter.starter.answers import Answers
from newsletter.starter.config_text import checked, config_text

_AUDIENCE = """\
email,name,locale,segments
reception@yourcompany.example,Reception desk,{locale},
service-desk@yourcompany.example,Service desk,{locale},
"""
_IGNORED = """\
# who was mailed: addresses, and no part of the sources
newsletter.db*
ratings.db*
*.receipts
# secrets that config.yaml refers to by file:
/secrets/
# what `newsletter build --output out` writes
/out/
"""
_NOTE = """\
---
kind: tip
title: A letter from IT, once a month
owner: IT department
# Write what you would tell a colleague over coffee: what changed for them, and what to do. One note is one file; a note
# in another language has the same name with another ending (welcome.it.md). A draft is shown by `newsletter preview`
# and left out of what is sent: take the next line out when the note is ready.
status: draft
---
From now on you read here once a month how your systems did, what went wrong, and what comes next.
"""


def create(folder: Path, answers: Answers, found: Discovery | None, *, now: datetime) -> list[Path]:
    """Write config.yaml, audience.csv, a first note and .gitignore.

    Args:
        folder: the workspace; created if it is not there.
        answers: what a person said.
        found: what the server holds, or None without one.
        now: the present (aware).

    Returns:
        The paths written. A .gitignore that is there already is left as it is.

    Raises:
        UsageError: one of the files is there already, or an answer cannot stand in the config; nothing was written.
        ConfigError: a locale has no wordings.
        FileError: a file cannot be written; nothing was.
    """
    require_supported(answers.locales)
    text = config_text(answers, found, now=now)
    written = checked(text, folder)
    files = _files(text, answers.locales[0], last_complete(now, written.timezone).label)
    require_free(folder, files)
    if not (folder / ".gitignore").exists():
        files[".gitignore"] = _IGNORED
    return _write({folder / name: text for name, text in files.items()})


def require_free(folder: Path, names: Iterable[str] = ("config.yaml", "audience.csv")) -> None:
    """Refuse a folder that has some of these files.

    Raises:
        UsageError: as said, or it is a file itself.
    """
    taken = sorted(name for name in names if (folder / name).exists())
    if taken:
        told = f"{folder.absolute()} has already: {', '.join(taken)}; nothing was written"
        raise UsageError(told, "Name a new folder, or move these away.")


def _files(text: str, locale: str, month: str) -> dict[str, str]:
    return {
        "config.yaml": text,
        "audience.csv": _AUDIENCE.format(locale=locale),
        f"editions/{month}/notes/welcome.{locale}.md": _NOTE,
    }


def _write(files: dict[Path, str]) -> list[Path]:
    try:
        create_files({path: text.encode() for path, text in files.items()})
    except OSError as error:
        hint = what_to_do(error, "Check that this account may write there.")
        raise FileError(f"{error.filename}: {error.strerror}", hint) from error
    return list(files)
