"""The edition as a whole: its first screen, then the sections in their fixed order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from newsletter.compose.context import Context
from newsletter.compose.did_you_know import did_you_know_section
from newsletter.compose.feedback import pulse_section, rate_section
from newsletter.compose.footer import footer_links
from newsletter.compose.incidents import incidents_section
from newsletter.compose.managers import ask_section, brief_section, meet_section, targets_section
from newsletter.compose.measure import measure_section
from newsletter.compose.minute import minute_quoted, minute_rows
from newsletter.compose.numbers import numbers_section
from newsletter.compose.references import quoted, with_values
from newsletter.compose.requests import requests_section
from newsletter.compose.services import services_section
from newsletter.compose.spotlight import spotlight_section
from newsletter.compose.story import story
from newsletter.compose.told import coming_section, heard_section, people_section, tip_section, wins_section
from newsletter.compose.work import work_section
from newsletter.config import Config
from newsletter.language import without_isolates
from newsletter.model import Edition, Editorial, Fact, MinuteRow, Note, Picture, Section, Selection, Snapshot

ADDRESS_FIELD = "{address}"
"""The one hole in an edition: the recipient's address, filled when the mail is sent."""

PREHEADER_LENGTH = 90
"""Characters that lists of mails show behind a subject."""

_SECTIONS: Mapping[str, Callable[[Context], Section | None]] = {
    "brief": brief_section,
    "ask": ask_section,
    "work": work_section,
    "targets": targets_section,
    "meet": meet_section,
    "incidents": incidents_section,
    "did_you_know": did_you_know_section,
    "numbers": numbers_section,
    "services": services_section,
    "requests": requests_section,
    "wins": wins_section,
    "spotlight": spotlight_section,
    "heard": heard_section,
    "coming": coming_section,
    "tip": tip_section,
    "people": people_section,
    "pulse": pulse_section,
    "rate": rate_section,
    "measure": measure_section,
}


def compose(
    facts: Sequence[Fact],
    notes: Sequence[Note],
    *,
    selection: Selection,
    editorial: Editorial,
    past_visits: Mapping[str, tuple[Note, ...]],
    snapshot: Snapshot,
    past: Sequence[Snapshot],
    audience: str,
    locale: str,
    config: Config,
    segment: str = "",
) -> Edition:
    """Word one edition. The same input always gives the same edition.

    Args:
        facts: all facts of the month.
        notes: the notes to tell; those of another locale or audience are left out.
        selection: which of the facts are told beyond those that must be.
        editorial: what the editors decided about the edition as a whole.
        past_visits: the `visit` notes of the five months before, by edition; only of months with notes.
        snapshot: the month itself, for strips of days and charts.
        past: earlier months, in any order.
        audience: the reader's list, "staff".
        locale: which wordings; also selects the notes.
        config: names, targets, order.
        segment: the part of the staff that it is for; empty for the staff as a whole.

    Raises:
        ConfigError: no wordings for the locale, or a configured sentence has an unknown placeholder.
        ContentError: a note lacks something that its section needs, or refers to no fact.
    """
    given = Context.of(
        facts,
        notes,
        selection=selection,
        editorial=editorial,
        past_visits=past_visits,
        snapshot=snapshot,
        past=past,
        audience=audience,
        locale=locale,
        config=config,
        segment=segment,
    )
    context = with_values(given)
    for_managers = context.letter == "managers"
    told = story(context)
    minute = minute_rows(context)
    order = config.sections.managers if for_managers else config.sections.staff
    return Edition(
        id=snapshot.edition,
        variant=variant_name(audience, locale, segment),
        locale=locale,
        direction=context.catalogue.direction,
        department=_masthead(context),
        month=context.month,
        subject=told.subjects[min(editorial.subject, len(told.subjects)) - 1],
        quoted=quoted(given),
        subjects=told.subjects,
        preheader=without_isolates(
            context.text("brief.preheader") if for_managers else _preheader(context, minute) or told.lead
        ),
        headline=told.headline,
        lead=context.text("brief.lead") if for_managers else told.lead,
        minute_title=context.text("minute.title"),
        minute=() if for_managers else minute,
        minute_quoted=() if for_managers else tuple(minute_quoted(context)),
        sections=tuple(section for kind in order if (section := _SECTIONS[kind](context))),
        recipient_line=context.text(
            "edition.recipient", address=ADDRESS_FIELD, department=_no_hole(context.department)
        ),
        footer_links=tuple(footer_links(context, variant_name(audience, locale, segment))),
        pictures=_pictures(context),
        contents={"draft": context.text("layout.draft")},
    )


def variant_name(audience: str, locale: str, segment: str = "") -> str:
    """`staff.en`, or `staff.warehouse.en` for one part of the staff."""
    return ".".join(part for part in (audience, segment, locale) if part)


def _no_hole(text: str) -> str:
    """The same to a reader; WORD JOINER, which nobody sees, keeps braces of a name from being filled in."""
    return text.replace(ADDRESS_FIELD, "{\u2060" + ADDRESS_FIELD[1:])


def _masthead(context: Context) -> str:
    if context.letter == "managers":
        return context.text("edition.for_managers", department=context.department)
    return context.department


def _pictures(context: Context) -> dict[str, Picture]:
    """The logo, read in its place as the name it stands for."""
    logo = context.config.theme.logo
    if logo is None:
        return {}
    width, height = logo.size
    alt = context.localised(logo.alt) if logo.alt else _masthead(context)
    return {"logo": Picture(image=logo.file, alt=without_isolates(alt), width=width, height=height)}


def _preheader(context: Context, minute: tuple[MinuteRow, ...]) -> str:
    """What stands behind the subject in a list of mails: what failed and what is coming, as far as there is room."""
    worked = context.text("minute.worked")
    first, *more = [row.sentence for row in minute if row.label != worked] or [""]
    if len(first) > PREHEADER_LENGTH:  # a row of two sentences
        first = f"{first.partition('. ')[0].removesuffix('.')}."
    for sentence in more:
        first = longer if len(longer := f"{first} {sentence}") <= PREHEADER_LENGTH else first
    return first
