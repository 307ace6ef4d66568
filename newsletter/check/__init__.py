"""What an edition says, examined before anybody approves it: notes, services and the finished letters.

Each stage examines what is its own; here the month's facts reach all of them. A fault in one place
hides nothing of the others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from newsletter import compose, notes, pipeline
from newsletter.check.examination import Examination
from newsletter.check.letters import LETTER_RULES, ONLINE_RULES, letter, letters
from newsletter.check.sender import sender
from newsletter.config import Config
from newsletter.config.strict_yaml import parse
from newsletter.errors import ContentError, NewsletterError
from newsletter.language.formats import english_name
from newsletter.model import Fact, Finding, Period, Place
from newsletter.model.finding import fault, warning
from newsletter.notes import Manuscript

__all__ = [
    "LETTER_RULES",
    "ONLINE_RULES",
    "RULES",
    "Examination",
    "Surroundings",
    "around",
    "examine",
    "exit_code",
    "letter",
    "letters",
    "manuscripts",
]

_STOP_A_BUILD = ("note", "reference-unknown", "second-tip")
RULES = (*notes.RULES, "ask-missing", "edition", "incident-unexplained", "logo", "outcome-missing", "sender")
"""What is looked for around the letters."""


def examine(
    config: Config, month: Period, *, now: datetime, online: bool = False, draft: pipeline.Draft | None = None
) -> Examination:
    """Everything there is to say about an edition: its notes, its services, its letters.

    Args:
        config: the workspace.
        month: the edition.
        now: aware; decides what has passed.
        online: whether links are asked if they answer, and SpamAssassin what it thinks; else the network is left alone.
        draft: the letters, if they are built already.

    Raises:
        ContentError: there are no numbers of the month.
    """
    draft, error = (draft, None) if draft else _built(config, month, now)
    facts = draft.facts if draft else pipeline.facts_of(config, month)
    read = manuscripts(config, month, now=now)
    found = list(around(config, month, facts=facts, read=read, now=now).findings)
    if draft:
        finished = letters(config, draft)
        known = {_line_of(one) for one in found}  # a note is told once, not again in each letter
        found += [one for one in finished.findings if one.place is None or _line_of(one) not in known]
        found += _asked(config, draft) if online else ()
        return Examination.of(found, {*RULES, *LETTER_RULES, *(ONLINE_RULES if online else ())})
    told = any(finding.check in _STOP_A_BUILD and finding.status == "fault" for finding in found)
    if error and not told:
        found.append(fault("edition", error))
    return Examination.of(found, RULES)


class Surroundings(Struct, frozen=True, kw_only=True):
    """What was found around the letters: by file of notes, and in the services and settings of the config."""

    notes: Mapping[str, Sequence[Finding]]
    services: tuple[Finding, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All of it, the notes first."""
        return (*(finding for found in self.notes.values() for finding in found), *self.services)


def around(
    config: Config, month: Period, *, facts: Sequence[Fact], read: Sequence[Manuscript], now: datetime
) -> Surroundings:
    """What is wrong around the letters of an edition, whether or not they can be made.

    Args:
        config: services, sender, logo.
        month: which edition.
        facts: those of the month; none where there are no numbers yet.
        read: the edition's notes, as `manuscripts` reads them.
        now: aware.
    """
    measured = {fact.subject for fact in facts if fact.id == f"{fact.subject}.availability"}
    found = (
        *_unexplained(config, month, facts, read),
        *_logo(config),
        *_outcomes(config, measured),
        *_ask(config, month),
        *sender(config),
    )
    noted = notes.examine(read, facts=facts, config=config, month=month, now=now)
    return Surroundings(notes=noted, services=found)


def manuscripts(config: Config, month: Period, *, now: datetime) -> list[Manuscript]:
    """The notes of an edition as they stand in their files; `notes.examine` takes them.

    Raises:
        ContentError: the folder is a file.
    """
    return notes.manuscripts(pipeline.edition_folder(config, month) / "notes", config=config, now=now)


def exit_code(findings: Iterable[Finding], *, strict: bool = False) -> int:
    """0, or that of an error in the content; with `strict` a warning is one, too."""
    counted = ("fault", "warning") if strict else ("fault",)
    return ContentError.exit_code if any(one.status in counted for one in findings) else 0


def _asked(config: Config, draft: pipeline.Draft) -> tuple[Finding, ...]:
    from newsletter.check.online import online

    return online(config, draft).findings


def _line_of(finding: Finding) -> tuple[str, str, int]:
    place = finding.place
    return finding.check, place.file if place else "", place.line if place else 0


def _built(config: Config, month: Period, now: datetime) -> tuple[pipeline.Draft | None, NewsletterError | None]:
    try:
        return pipeline.build(config, month, now=now), None
    except ContentError as error:
        return None, error


def _outcomes(config: Config, measured: Collection[str]) -> Iterator[Finding]:
    """A service is told by what it makes possible, in every language; without it the letter says less, and goes out."""
    for name in sorted(measured):
        service = config.services.get(name)
        lacking = [one for one in config.locales if service is None or not _said(service.outcome, one)]
        if lacking:
            place = Place(str(config.path), _line(config, "services", name))
            what = f"services.{name} has no `outcome` in {', '.join(map(english_name, lacking))}"
            said = "TEXT" if len(config.locales) == 1 else f"{{{', '.join(f'{one}: TEXT' for one in config.locales)}}}"
            do = f'Write `outcome: {said}` in its entry; TEXT ends the sentence "It works, so that ...".'
            if service is None:
                what = f"services.{name} is not there, so it has no name and no `outcome`"
                do = "Write an entry for it, or `unlisted_services: ignore` to leave out what has none."
            yield warning("outcome-missing", what, do, place)


def _ask(config: Config, month: Period) -> Iterator[Finding]:
    """Managers can help with one thing a month; a letter that names none gives that away."""
    for_managers = any(compose.letter_of(one, config) == "managers" for one in config.audiences)
    if not for_managers or "ask" not in config.sections.managers:
        return
    folder = pipeline.edition_folder(config, month)
    try:
        editorial = notes.load_editorial(folder, config=config)
    except ContentError:
        return  # told as what stops the build
    if editorial.ask is None:
        what = "the managers' letter asks for nothing"
        do = "Write `ask:` with `text` and `button` there, or leave `ask` out of `sections.managers` in config.yaml."
        yield warning("ask-missing", what, do, Place(str(folder / notes.EDITORIAL_NAME)))


def _logo(config: Config) -> Iterator[Finding]:
    """A transparent logo shows the sheet behind it, and that is dark for many."""
    from newsletter.render.logo import stands_out, transparent

    logo = config.theme.logo
    if logo is None or not transparent(logo.file):
        return
    place = Place(str(config.path), _line(config, "theme", "logo"))
    do = "Give it an opaque background, or an outline that stands out there."
    theme = config.theme.settled()
    for look, sheet in (("light", theme.light.sheet), ("dark", theme.dark.sheet)):
        seen = stands_out(logo.file, sheet)
        if seen is False:
            yield warning("logo", f"the logo is transparent and can hardly be seen on the {look} sheet", do, place)
        elif seen is None and look == "dark":
            what = "the logo is transparent, and whether it can be seen on the dark sheet cannot be told"
            yield warning("logo", what, "Give it an opaque background, or save it as a PNG of 8 bits.", place)


def _line(config: Config, *key: str) -> int:
    """Where a key stands in config.yaml, or the one around it; the first line if the file has changed since."""
    try:
        lines = parse(config.path.read_text(encoding="utf-8-sig")).lines
    except (OSError, UnicodeDecodeError):
        return 1
    return lines.get(key, lines.get(key[:1], 1))


def _said(text: str | Mapping[str, str] | None, locale: str) -> bool:
    return bool(text if text is None or isinstance(text, str) else text.get(locale))


def _unexplained(config: Config, month: Period, facts: Sequence[Fact], read: Iterable[Manuscript]) -> Iterator[Finding]:
    """Numbers say that something went wrong; a person has to say what."""
    written = [one.note for one in read if one.note and one.state == "due"]
    for service, locale in compose.unexplained(facts, written, config):
        what = f"no incident note in {english_name(locale)} tells what went wrong with {service}"
        do = f"Run: {pipeline.incident_command(month, service)}"
        folder = pipeline.edition_folder(config, month) / "notes"
        yield fault("incident-unexplained", ContentError(what, do), Place(str(folder)))
