"""A new note: front matter with the keys that its kind needs, and room for the text."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from newsletter.config import Config
from newsletter.config.refusals import did_you_mean
from newsletter.config.strict_yaml import KeyPath
from newsletter.errors import FileError, UsageError
from newsletter.model import NoteKind, Period
from newsletter.replacing import create_files, what_to_do

_EXAMPLES: Mapping[str, str] = {
    "owner": "Your team",
    "saw": "What people saw",
    "works": "What works again",
    "why": "Why it happened, as one sentence.",
    "ref": "change or ticket number",
    "evidence": "change number, fact or address that backs it",
    "said": "Who said it",
    "met": "Whom we met",
}
"""What stands where a person has to write something of their own."""
_CLOCK = re.compile(r"\d{1,2}:\d\d\s+")
_KEYS: Mapping[NoteKind, Sequence[str]] = {
    "incident": (
        "# date: {day}      # the day it happened",
        "steps:                  # when it began, what was done, when it ended",
        "  - 09:12 {saw}",
        "  - 10:49 {works}",
        "because:                # leave it out while the cause is still under investigation",
        "  text: {why}",
        "  ref: {ref}",
    ),
    "win": ("evidence: {evidence}",),
    "coming": ("date: {after}        # the day it happens", 'time: "06:00-08:00"'),
    "heard": ("department: {said}", "answer: planned         # done, planned or no"),
    "visit": ("department: {met}", "# date: {day}"),
    "tip": (),
    "people": (),
    "service": (),
    "correction": (),
}
_TEXT: Mapping[NoteKind, str] = {
    "incident": "What went wrong, what you did, what changes now. Causes and systems, no names.",
    "win": "What is new for the reader, in one or two sentences.",
    "coming": "What it means for the reader, and what they have to do.",
    "heard": "What came of it, or why not.",
    "visit": "What you learned, and the next step.",
    "tip": "One thing that saves time today.",
    "people": "Who joined, left or deserves thanks; with their consent.",
    "service": "What it offers, whom to ask.",
    "correction": "What an earlier edition said, and what is right.",
}


def begin(
    folder: Path,
    kind: NoteKind,
    title: str,
    *,
    config: Config,
    month: Period,
    service: str | None = None,
    locales: Sequence[str] = (),
) -> tuple[Path, ...]:
    """Write a draft for each language; the paths.

    Args:
        folder: the edition's notes, created if need be.
        kind: what kind of note.
        title: its title, also the name of the file.
        config: the languages and services that there are.
        month: of the edition; days in the example are of it.
        service: what it is about.
        locales: only these languages; by default all of the config.

    Raises:
        UsageError: an unknown service or language, an incident without a service, or a title that is no text.
        FileError: such a note exists, or the folder cannot be written.
    """
    _require_known(kind, config, service, locales)
    _require_text(title)
    paths = [folder / f"{_slug(title)}.{locale}.md" for locale in locales or config.locales]
    if there := next((path for path in paths if path.exists()), None):
        raise FileError(f"{there}: exists already", "Edit it, or choose another title.")
    text = "\n".join(_lines(kind, title, service, month)) + "\n"
    try:
        create_files(dict.fromkeys(paths, text.encode()))
    except OSError as error:
        hint = what_to_do(error, "Check the rights of the folder.")
        raise FileError(f"{folder}: cannot be written ({error.strerror})", hint) from error
    return tuple(paths)


def examples_left(values: object, path: KeyPath = ()) -> Iterator[tuple[KeyPath, str]]:
    """The values of a note's front matter that are still the example's, each with its place.

    A step counts whatever its time, and no value counts for its capitals or its full stop. A title
    is always somebody's own.
    """
    if isinstance(values, str) and path != ("title",):
        if _plain(_CLOCK.sub("", values, count=1)) in _PLAIN_EXAMPLES:
            yield path, values
    elif isinstance(values, dict):
        for key, value in values.items():
            yield from examples_left(value, (*path, key))
    elif isinstance(values, list):
        for index, value in enumerate(values):
            yield from examples_left(value, (*path, index))


def hints_left(body: str) -> Iterator[tuple[int, str]]:
    """The hints that still stand in a note's text, on lines of their own or among others, each with its offset."""
    folded = " ".join(body.split())
    for hint in _TEXT.values():
        if hint in folded and (found := re.search(r"\s+".join(map(re.escape, hint.split())), body)):
            yield found.start(), hint


def _plain(text: str) -> str:
    return " ".join(text.split()).rstrip(".").casefold()


_PLAIN_EXAMPLES = frozenset(map(_plain, _EXAMPLES.values()))


def _require_known(kind: NoteKind, config: Config, service: str | None, locales: Sequence[str]) -> None:
    if kind == "incident" and service is None:
        named = f"Add --service, one of: {', '.join(config.services)}."
        raise UsageError("an incident needs its service", named if config.services else "Name it under services first.")
    if service is not None and service not in config.services:
        raise UsageError(f"no service {service!r} in the config" + did_you_mean(service, config.services))
    for locale in locales:
        if locale not in config.locales:
            raise UsageError(f"{locale!r} is not one of the edition's languages ({', '.join(config.locales)})")


def _require_text(title: str) -> None:
    """Joiners that some scripts and signs need may stand in a title, unlike in a name for the record."""
    if any(unicodedata.category(one) in {"Cc", "Cs"} for one in " ".join(title.split())):
        told = "the title holds a control character, or bytes that are not UTF-8"
        raise UsageError(told, "Write plain text; a terminal has to send UTF-8.")


def _lines(kind: NoteKind, title: str, service: str | None, month: Period) -> Iterator[str]:
    yield "---"
    yield f"title: {json.dumps(' '.join(title.split()), ensure_ascii=False)}"
    yield f"kind: {kind}"
    yield f"owner: {_EXAMPLES['owner']}"
    if service:
        yield f"service: {service}"
    days = {"day": f"{month.start:%Y-%m-%d}", "after": f"{month.end + timedelta(days=14):%Y-%m-%d}"}
    yield from (line.format_map({**days, **_EXAMPLES}) for line in _KEYS[kind])
    yield "status: draft           # take this line away when it is ready"
    yield "---"
    yield _TEXT[kind]


def _slug(title: str) -> str:
    """A file name of plain letters; a title without any becomes "note"."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60] or "note"
