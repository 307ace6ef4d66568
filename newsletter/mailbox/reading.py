"""Where returned mails lie: a file with one or many (mbox), a maildir or other folder, a pipe."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from newsletter.errors import FileError

MOST_BYTES = 4 * 1024 * 1024
"""What follows in a mail is not read: a report stands at its beginning."""

# With a time of day, so that a sentence that begins with "From" parts nothing.
_SEPARATOR = re.compile(rb"From .*\d\d:\d\d")


def mails(path: Path) -> Iterator[bytes]:
    """Every mail at `path`, one by one; never more than one is in memory.

    Args:
        path: a message, an mbox, a maildir, a folder of messages, or "-" for a pipe with either of
            the first two.

    Raises:
        FileError: it is missing or cannot be read.
    """
    try:
        if str(path) == "-":
            yield from _split(sys.stdin.buffer)
            return
        for file in _files(path):
            with file.open("rb") as stream:
                yield from _split(stream)
    except OSError as error:
        where = error.filename or path
        raise FileError(f"{where}: {error.strerror}", "Give a mail, an mbox or a maildir, or - for a pipe.") from error


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    maildir = [folder for folder in (path / "cur", path / "new") if folder.is_dir()]
    found = (file for folder in maildir or [path] for file in folder.iterdir())
    return sorted(file for file in found if file.is_file() and not file.name.startswith("."))


def _split(stream: BinaryIO) -> Iterator[bytes]:
    """An mbox (RFC 4155) begins with a "From " line; others like it, after an empty one, part its mails."""
    first = stream.readline(MOST_BYTES)
    many = bool(_SEPARATOR.match(first))
    lines, size, after_empty = [] if many else [first], len(first), False
    while line := stream.readline(MOST_BYTES):
        if many and after_empty and _SEPARATOR.match(line):
            yield b"".join(lines)
            lines, size = [], 0
        elif size < MOST_BYTES:
            lines.append(line)
            size += len(line)
        after_empty = line in {b"\n", b"\r\n"}
    if any(lines):
        yield b"".join(lines)
