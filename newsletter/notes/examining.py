"""The notes of an edition, examined: each by the lint, and all of them together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from newsletter.config import Config
from newsletter.errors import ContentError
from newsletter.language.formats import english_name
from newsletter.model import Fact, Finding, Note, Period, Place
from newsletter.model.finding import fault, warning
from newsletter.model.same import Same
from newsletter.notes.lint import NAMES, lint
from newsletter.notes.lint.sourced import Sourced, sourced
from newsletter.notes.manuscript import Manuscript

RULES = (*NAMES, "date-passed", "language-missing", "left-out", "note", "second-tip")
"""What is looked for, by the names that findings have in `check`."""

_CAPITALS = re.compile(r"\b[A-ZÀ-ÖØ-Þ][A-ZÀ-ÖØ-Þ0-9]+\b")
_LEFT_OUT = {
    "draft": ("status", "is held back", "Take this line away when it is ready."),
    "early": ("publish_from", "is not shown yet", "Move the date if it should be."),
    "expired": ("expires", "is not shown any more", "Delete the file, or move the date."),
}


def examine(
    read: Sequence[Manuscript], *, facts: Iterable[Fact], config: Config, month: Period, now: datetime
) -> dict[str, list[Finding]]:
    """What is wrong with each file of notes; files in order, those without a finding with an empty list.

    A draft stops nothing, so whatever is wrong with it is a warning.

    Args:
        read: the edition's notes, as `manuscripts` reads them.
        facts: the facts of the month; numbers in notes are compared with them.
        config: names, locales, targets.
        month: the month of the edition.
        now: aware; decides what has passed.
    """
    grounds = Same(_grounds(Same(facts), Same(config)))
    found: dict[str, list[Finding]] = {}
    for one in read:
        linted = [*_faults(one), *_linted(Same(one), grounds)]
        found[one.file] = [*_left_out(one), *(map(_mild, linted) if one.state != "due" else linted)]
    due = [one for one in read if one.note and one.state == "due"]
    shown = [one.note for one in due if one.note]
    for finding in [*_missing_languages(shown, config), *_tips(shown), *_passed(due, config, month, now)]:
        if finding.place:
            found[finding.place.file].append(finding)
    return found


@lru_cache(maxsize=2)  # a preview examines the same month at every save
def _grounds(facts: Same[Iterable[Fact]], config: Same[Config]) -> tuple[Sourced, frozenset[str]]:
    """The numbers that notes may hold, and the words and hosts that readers know."""
    known = _known_capitals(config.value) | {host.lower() for host in config.value.checks.known_hosts}
    return sourced(facts.value, config.value), known


@lru_cache(maxsize=512)  # ... and of its notes only one is another one
def _linted(one: Same[Manuscript], grounds: Same[tuple[Sourced, frozenset[str]]]) -> tuple[Finding, ...]:
    numbers, known = grounds.value
    return tuple(lint(one.value, numbers, known=known))


def _faults(one: Manuscript) -> Iterator[Finding]:
    do = "Mend it, or set status: draft." if one.state == "due" else "Mend it before it is to be told."
    for known in one.faults:
        what = known.tell("").removeprefix(f":{known.line}: ")
        yield fault("note", ContentError(what, do), Place(one.file, known.line))


def _mild(finding: Finding) -> Finding:
    return warning(finding.check, finding.what, finding.do, finding.place)


def _left_out(one: Manuscript) -> Iterator[Finding]:
    if one.state != "due":
        key, what, do = _LEFT_OUT[one.state]
        yield warning("left-out", f"this note {what}", do, one.place(key))


def _known_capitals(config: Config) -> frozenset[str]:
    """Words in capitals that the organisation's own names hold."""
    names: list[object] = [config.organisation, config.department, *config.departments]
    names += [service.name for service in config.services.values()]
    texts = (text for name in names for text in (name.values() if isinstance(name, Mapping) else [str(name or "")]))
    return frozenset(word for text in texts for word in _CAPITALS.findall(text)) | {"IT"}


# --- all notes together -------------------------------------------------------------------------


def _missing_languages(notes: Sequence[Note], config: Config) -> Iterator[Finding]:
    """Who reads the other language must not know less."""
    by_id: dict[str, dict[str, Note]] = {}
    for note in notes:
        by_id.setdefault(note.id, {})[note.locale] = note
    for name, versions in by_id.items():
        missing = [locale for locale in config.locales if locale not in versions]
        if missing:
            first = next(iter(versions.values()))
            files = " and ".join(f"{name}.{locale}.md" for locale in missing)
            do = f"Write {files}; nobody translates it for you."
            what = f"this note does not exist in {' and '.join(map(english_name, missing))}"
            yield warning("language-missing", what, do, Place(first.source))


def _tips(notes: Sequence[Note]) -> Iterator[Finding]:
    """A letter has room for one tip, the first by order."""
    first: dict[tuple[str, tuple[str, ...], tuple[str, ...]], Note] = {}
    for note in sorted(notes, key=lambda one: (one.order, one.id)):
        if note.kind != "tip":
            continue
        kept = first.setdefault((note.locale, note.audiences, note.segments), note)
        if kept is not note:
            error = ContentError(
                f"a second tip, beside {Path(kept.source).name}",
                "A letter has one. Set status: draft in the other, or move it to next month's notes.",
            )
            yield fault("second-tip", error, Place(note.source))


def _passed(read: Sequence[Manuscript], config: Config, month: Period, now: datetime) -> Iterator[Finding]:
    """Nothing is coming that has passed. Where an edition may be sent at any time, only the month counts."""
    at_any_time = config.sending.max_lateness_days is None
    for one in read:
        if one.note is None or one.note.kind != "coming" or one.note.date is None:
            continue
        day, ends = one.note.date.date().isoformat(), one.note.date + timedelta(days=1)
        what = ""
        if ends <= month.end:
            what = f"{day} is said to come, but does not lie after {month.label}"
        elif ends <= now and not at_any_time:
            what = f"{day} is said to come, but has passed by now"
        if what:
            yield fault("date-passed", ContentError(what, "Correct `date:`, or delete the note."), one.place("date"))
