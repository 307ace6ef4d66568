"""Reading the notes of an edition, with the faults of all files at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from newsletter.config import Config
from newsletter.config.faults import validate
from newsletter.config.refusals import did_you_mean
from newsletter.config.strict_yaml import Fault, ParsedYaml, parse, shown
from newsletter.errors import ContentError, Located, Place
from newsletter.model import Because, Note
from newsletter.notes import beginning, body
from newsletter.notes.front_matter import FrontMatter, NoteSurroundings
from newsletter.notes.manuscript import Manuscript, State, passages
from newsletter.versions import Version, version_of

_MAX_BYTES = 200_000
_LOCALE_SUFFIX = re.compile(r"(?P<id>.+)\.(?P<locale>[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,4}){0,2})")


class _Text(Struct, frozen=True):
    """A file cut in two. `body_line` is the number of the first line after the front matter."""

    front: str
    body: str
    body_line: int


class _Refused(Exception):
    """A file that cannot be read any further."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.text)
        self.fault = fault


def load(folder: Path, *, config: Config, now: datetime, drafts: bool = False) -> tuple[Note, ...]:
    """The notes of an edition, by their `order` and then by file name.

    Left out are notes before `publish_from` or from `expires` on, and those whose status is not
    `ready` (which is the default); faults in the latter are not told either.

    Args:
        folder: where the `*.md` files stand, `editions/2026-10/notes`. It need not exist.
        config: names the locales, audiences and services that a note may refer to.
        now: aware; decides about `publish_from` and `expires`.
        drafts: take notes of every status.

    Raises:
        ContentError: with one line a fault, `notes/mail.md:3: kind: must be ...`, all files at once.
    """
    found, faults = sound(manuscripts(folder, config=config, now=now), drafts=drafts)
    if faults:
        lines = "\n".join(f"{one.place.file}:{one.place.line}: {one.what}" for one in faults)
        raise ContentError(lines, "Mend the notes, or set status: draft to leave one out.", located=faults)
    return found


def sound(read: Iterable[Manuscript], *, drafts: bool = False) -> tuple[tuple[Note, ...], tuple[Located, ...]]:
    """The notes that a letter can hold, in order, and what is wrong with the others that it should.

    Args:
        read: an edition's notes, as `manuscripts` reads them.
        drafts: take notes of every status.
    """
    faults: list[Located] = []
    found: dict[tuple[str, str], Note] = {}
    for one in read:
        if one.state == "draft" and not drafts:
            continue
        faults += [fault.located(one.file) for fault in one.faults]
        if one.note is None or one.state in ("early", "expired"):
            continue
        if (twin := found.setdefault((one.note.id, one.note.locale), one.note)) is not one.note:
            text = f'is the same note in "{twin.locale}" as {Path(twin.source).name}: keep one of them'
            faults.append(Located(text, Place(one.file)))
    return tuple(sorted(found.values(), key=lambda note: (note.order, note.id, note.locale))), tuple(faults)


def manuscripts(folder: Path, *, config: Config, now: datetime) -> list[Manuscript]:
    """Every file of notes, whether or not it is sound and a letter would hold it, by file name.

    Raises:
        ContentError: the folder is a file.
    """
    return [_read(path, config, now) for path in _files(folder)]


def _files(folder: Path) -> list[Path]:
    if not folder.exists():
        return []
    if not folder.is_dir():
        raise ContentError(
            f"{folder}: is a file, not a folder of notes", "Move it away, and put notes (*.md) in a folder."
        )
    return sorted(path for path in folder.iterdir() if path.suffix.lower() == ".md" and not path.name.startswith("."))


class _Dated(Struct, frozen=True):
    """A file as it reads at any time, and when a letter may hold it."""

    manuscript: Manuscript
    publish_from: datetime | None = None
    expires: datetime | None = None

    def at(self, now: datetime) -> Manuscript:
        """The file as it counts now."""
        if self.manuscript.state == "draft":
            return self.manuscript
        if self.publish_from is not None and now < self.publish_from:
            return replace(self.manuscript, state="early")
        expired = self.expires is not None and self.expires <= now
        return replace(self.manuscript, state="expired") if expired else self.manuscript


def _read(path: Path, config: Config, now: datetime) -> Manuscript:
    """A file of notes; a second look at one that has not changed costs nothing, which a preview does at every save."""
    return _parsed(path, version_of(path), _surroundings(path, config)).at(now)


@lru_cache(maxsize=512)
def _parsed(path: Path, _: Version, around: NoteSurroundings) -> _Dated:
    try:
        text = _split(_content(path))
    except _Refused as refused:
        return _Dated(Manuscript(file=str(path), faults=(refused.fault,)))
    parsed = parse(text.front, first_line=2)
    held_back = isinstance(parsed.data, dict) and parsed.data.get("status") in ("draft", "review")
    front, faults = validate(FrontMatter, parsed, around)
    faults += body.check(text.body, first_line=text.body_line)
    faults += _name_faults(path, front, around)
    if front and not text.body.strip() and not front.steps:
        faults.append(Fault(text.body_line, (), "there is no text below the front matter"))
    if not held_back:
        faults += _examples(parsed, text)
    state: State = "draft" if held_back else "due"
    if faults or not front:
        told = sorted(faults, key=lambda fault: fault.line)
        return _Dated(Manuscript(file=str(path), state=state, lines=parsed.lines, faults=tuple(told)))
    note = _note(path, front, text, _lines(text, parsed), around)
    texts = passages(note, text.front, text.body, text.body_line, parsed.lines)
    manuscript = Manuscript(file=str(path), note=note, state=state, lines=parsed.lines, passages=texts)
    return _Dated(manuscript, front.publish_from, front.expires)


def _examples(parsed: ParsedYaml, text: _Text) -> Iterator[Fault]:
    """What nobody has written yet: a draft may hold it, a letter must not."""
    still = "is still the text of the example: write your own, or take it out"
    for path, value in beginning.examples_left(parsed.data):
        yield Fault(parsed.line(path), path, f"{shown(value)} {still}")
    for offset, hint in beginning.hints_left(text.body):
        line = text.body_line + text.body.count("\n", 0, offset)
        yield Fault(line, (), f"{shown(hint)} {still}")


def _surroundings(path: Path, config: Config) -> NoteSurroundings:
    return NoteSurroundings(
        file=path,
        locales=tuple(config.locales),
        timezone=config.timezone,
        audiences=tuple(config.audiences),
        services=tuple(config.services),
        segments=tuple(config.segments),
    )


def _lines(text: _Text, parsed: ParsedYaml) -> tuple[tuple[str, int], ...]:
    """Where the body begins, and each key of the front matter."""
    empty = len(text.body) - len(text.body.lstrip("\n"))
    return ("body", text.body_line + empty), *(
        (str(key[0]), line) for key, line in parsed.lines.items() if len(key) == 1
    )


def _note(
    path: Path, front: FrontMatter, text: _Text, lines: tuple[tuple[str, int], ...], around: NoteSurroundings
) -> Note:
    name, locale = _name(path)
    return Note(
        id=name,
        kind=front.kind,
        title=front.title,
        body=text.body.strip("\n"),
        owner=front.owner,
        locale=front.locale or locale or around.locales[0],
        source=str(path),
        audiences=tuple(front.audiences),
        segments=tuple(front.segments),
        status=front.status,
        expires=front.expires,
        order=front.order,
        facts=tuple(front.facts),
        because=Because(text=front.because.text, ref=front.because.ref) if front.because else None,
        service=front.service,
        date=front.date,
        time=front.time or "",
        steps=tuple(front.steps),
        department=front.department or "",
        answer=front.answer or "",
        evidence=front.evidence or "",
        lines=lines,
    )


# --- the file -------------------------------------------------------------------------------


def _name(path: Path) -> tuple[str, str]:
    """Id and locale of a file name: `mail.it.md` is the note "mail" in "it"; the locale may be empty."""
    found = _LOCALE_SUFFIX.fullmatch(path.stem)
    return (found["id"], found["locale"]) if found else (path.stem, "")


def _name_faults(path: Path, front: FrontMatter | None, around: NoteSurroundings) -> list[Fault]:
    _, locale = _name(path)
    if locale and locale not in around.locales:
        known = did_you_mean(locale, around.locales, what="they are")
        return [Fault(1, (), f'the file name ends in ".{locale}", which is not one of locales{known}')]
    if front and front.locale and locale and front.locale != locale:
        return [Fault(1, ("locale",), f'says "{front.locale}", but the file name says "{locale}"')]
    return []


def _content(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise _Refused(Fault(line, (), "is not UTF-8 text: save the file with the encoding UTF-8")) from None
    except OSError as error:
        raise _Refused(Fault(1, (), f"cannot be read ({error.strerror})")) from None
    if len(content) > _MAX_BYTES:
        raise _Refused(Fault(1, (), f"is larger than {_MAX_BYTES // 1000} kB"))
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _split(content: str) -> _Text:
    lines = content.split("\n")
    if lines[0].rstrip() != "---":
        raise _Refused(Fault(1, (), 'a note begins with front matter: the first line must be "---"'))
    end = next((number for number, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)
    if end is None:
        raise _Refused(Fault(1, (), 'the front matter that begins here is not closed by a line "---"'))
    return _Text("\n".join(lines[1:end]), "\n".join(lines[end + 1 :]), end + 2)
