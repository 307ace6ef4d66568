"""The edition as a whole: its first screen, then the sections in their fixed order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from newsletter.compose.context import Context
from newsletter.compose.did_you_know import did_you_know_section
from newsletter.compose.incidents import incidents_section
from newsletter.compose.measure import measure_section
from newsletter.compose.minute import minute_rows
from newsletter.compose.numbers import numbers_section
from newsletter.compose.requests import requests_section
from newsletter.compose.services import services_section
from newsletter.compose.story import story
from newsletter.compose.told import coming_section, heard_section, people_section, tip_section, wins_section
from newsletter.config import Config
from newsletter.model import Edition, Fact, MinuteRow, Note, Section, Selection, Snapshot

ADDRESS_FIELD = "{address}"
"""The one hole in an edition: the recipient's address, filled when the mail is sent."""

_SECTIONS: tuple[Callable[[Context], Section | None], ...] = (
    incidents_section,
    did_you_know_section,
    numbers_section,
    services_section,
    requests_section,
    wins_section,
    heard_section,
    coming_section,
    tip_section,
    people_section,
    measure_section,
)


def compose(
    facts: Sequence[Fact],
    notes: Sequence[Note],
    *,
    selection: Selection,
    snapshot: Snapshot,
    past: Sequence[Snapshot],
    audience: str,
    locale: str,
    config: Config,
) -> Edition:
    """Word one edition. The same input always gives the same edition.

    Args:
        facts: all facts of the month.
        notes: the notes to tell; those of another locale or audience are left out.
        selection: which of the facts are told beyond those that must be.
        snapshot: the month itself, for strips of days and charts.
        past: earlier months, in any order.
        audience: the reader's list, "staff".
        locale: which wordings; also selects the notes.
        config: names, targets, order.

    Raises:
        ConfigError: no wordings for the locale, or a configured sentence has an unknown placeholder.
        ContentError: a note lacks something that its section needs.
    """
    context = Context.of(
        facts, notes, selection=selection, snapshot=snapshot, past=past, audience=audience, locale=locale, config=config
    )
    told = story(context)
    minute = minute_rows(context)
    return Edition(
        id=snapshot.edition,
        variant=f"{audience}.{locale}",
        locale=locale,
        direction=context.catalogue.direction,
        department=context.department,
        month=context.month,
        subject=told.subject,
        preheader=_preheader(context, minute) or told.lead,
        headline=told.headline,
        lead=told.lead,
        minute_title=context.text("minute.title"),
        minute=minute,
        sections=tuple(section for section in (part(context) for part in _SECTIONS) if section),
        recipient_line=context.text("edition.recipient", address=ADDRESS_FIELD, department=context.department),
        contents={"draft": context.text("layout.draft")},
    )


def _preheader(context: Context, minute: tuple[MinuteRow, ...]) -> str:
    """What stands behind the subject in a list of mails: what failed and what is coming."""
    worked = context.text("minute.worked")
    return " ".join(row.sentence for row in minute if row.label != worked)
