"""`ratings.json` of an edition: what its readers said, counted for good, beside its snapshot.

It holds counts of groups that are large enough, and nothing else: no sender, no hash, no word. So it can be kept
with the other files of the edition, and a letter that tells of it can be built again at any time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec

from newsletter.errors import ContentError, FileError
from newsletter.model import Evidence, Ratings
from newsletter.replacing import replace_file, what_to_do

_FILE_NAME = "ratings.json"
_HINT = "Restore it from your version control, or remove it: then the next letter tells nothing of it."


def read_ratings(folder: Path) -> Ratings | None:
    """What readers said about the edition of `folder`; None while nobody has closed it.

    Raises:
        ContentError: the file is not what `newsletter feedback close` wrote.
    """
    path = folder / _FILE_NAME
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ContentError(f"{path}: cannot be read: {error.strerror}", "Check the rights of the file.") from error
    try:
        read = msgspec.json.decode(content, type=Ratings)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ContentError(f"{path}: does not hold the answers to an edition: {error}", _HINT) from error
    if read.edition != folder.name:
        raise ContentError(f"{path}: tells of edition {read.edition!r}, not of {folder.name}", _HINT)
    if any(one.n < read.min_group or min(one.answers) < 0 for one in read.tallies):
        raise ContentError(f"{path}: tells of fewer than {read.min_group} answers", _HINT)
    return read


def evidence(ratings: Ratings) -> Iterator[Evidence]:
    """Where the numbers of each group come from: how many mails, from which days, counted until when."""
    days = f", {ratings.first} to {ratings.last}" if ratings.first and ratings.last else ""
    for one in ratings.tallies:
        how = f"by mail, the last one of each sender{days}" if one.channel == "mail" else "on the web page"
        readers = one.audience or "all audiences"
        yield Evidence(
            id=one.evidence,
            query=f'answers to "{one.question}" in edition {ratings.edition}, {readers}, {how}',
            evaluated_at=ratings.closed_at,
            samples=one.n,
            coverage=1.0,
            origin="answers",
        )


def write_ratings(folder: Path, ratings: Ratings) -> Path:
    """Write the file as a whole or not at all; its path.

    Raises:
        FileError: the folder cannot be written.
    """
    path = folder / _FILE_NAME
    text = json.dumps(msgspec.to_builtins(ratings), indent=2, ensure_ascii=False) + "\n"
    try:
        replace_file(path, text.encode())
    except OSError as error:
        hint = what_to_do(error, "Check the folder's permissions.")
        raise FileError(f"{path}: cannot be written: {error.strerror}", hint) from error
    return path
