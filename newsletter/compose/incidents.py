"""What went wrong: one card an incident that a person wrote about, and one a missed target that nobody did.

A cause is only ever a person's words. A card without a note states what was measured, nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from newsletter.compose import share
from newsletter.compose.context import Context
from newsletter.compose.minute import as_title
from newsletter.compose.standing import Standing
from newsletter.language import without_isolates
from newsletter.language.formats import budget
from newsletter.model import IncidentCard, Note, Outage, Quoted, Section

LISTED_OUTAGES = 6
"""A card stays readable: the longest interruptions get a line each, the others one line together."""

WORTH_TELLING_S = 60.0
"""Less unmeasured time within an interruption is a lost sample."""


def incidents_section(context: Context) -> Section | None:
    """The section, or None in a month without incidents and missed targets."""
    cards = tuple(_cards(context))
    return Section(kind="incidents", title=context.text("section.incidents"), incidents=cards) if cards else None


def _cards(context: Context) -> Iterator[IncidentCard]:
    """Missed targets first, then the other incidents; notes before measurements alone."""
    notes = context.notes_of("incident")
    told = {one.id for note in notes for one in _concerned(context, note)}
    written = [_written(context, note) for note in notes]
    silent = sorted(
        (one for one in context.standings if one.missed and one.id not in told), key=lambda one: -one.down_s
    )
    yield from (card for card in written if card.missed)
    yield from (_measured(context, standing) for standing in silent)
    yield from (card for card in written if not card.missed)


def services_of(note: Note) -> frozenset[str]:
    """The services a note speaks for: the one it names, and the subjects of its facts."""
    named = {note.service} if note.service else set()
    return frozenset(named | {fact.split(".", 1)[0] for fact in note.facts})


# --- a card from a note -------------------------------------------------------------------


def _written(context: Context, note: Note) -> IncidentCard:
    standings = _concerned(context, note)
    missed = any(one.missed for one in standings)
    return IncidentCard(
        heading=_heading(context, note),
        verdict=_verdicts(context, standings),
        verdict_label=context.text("incident.missed" if missed else "incident.interrupted") if standings else "",
        missed=missed,
        steps=note.steps,
        body_markdown=_body(note),
        source=_source(context, note),
        service=note.service or "",
        draft=note.status != "ready",
        quoted=_quoted(context, standings),
    )


def _concerned(context: Context, note: Note) -> tuple[Standing, ...]:
    """The note's services that were interrupted on its day; measured minutes of another day are not its own."""
    named = services_of(note)
    found = (one for one in context.standings if one.id in named and (one.interrupted or one.missed))
    if note.date is None:
        return tuple(found)
    day = context.formats.local(note.date).date()
    return tuple(one for one in found if day in context.days_of(one.outages))


def _heading(context: Context, note: Note) -> str:
    """Service, date and what the author calls it, each once."""
    title, at = as_title(note.title), _day(context, note)
    if at is None:
        return title
    day = context.formats.weekday(at)
    if _mentions(title, context.formats.day(at)):
        return title
    service = context.service_name(note.service) if note.service else ""
    if not service or _mentions(title, service):
        return context.text("incident.heading_dated", title=title, day=day)
    return context.text("incident.heading_titled", service=service, day=day, title=title)


def _day(context: Context, note: Note) -> date | None:
    """The note's day; without one, that of its services' interruptions, if all lie on one day."""
    if note.date is not None:
        return context.formats.local(note.date).date()
    days = context.days_of(outage for one in _concerned(context, note) for outage in one.outages)
    return days[0] if len(days) == 1 else None


def _mentions(title: str, phrase: str) -> bool:
    return " ".join(without_isolates(phrase).split()).casefold() in " ".join(title.split()).casefold()


def _body(note: Note) -> str:
    """The author's text, with the stated cause first unless the text already says it."""
    cause = note.because.text.strip() if note.because else ""
    return note.body if not cause or cause in note.body else f"{cause}\n\n{note.body}".strip()


def _source(context: Context, note: Note) -> str:
    if note.because and note.because.ref:
        return context.text("incident.source", owner=note.owner, ref=note.because.ref)
    return note.owner


def _verdicts(context: Context, standings: tuple[Standing, ...]) -> str:
    """The measured verdict; with several services of one cause, each by name."""
    if len(standings) == 1:
        return _verdict(context, standings[0])
    verdict = ""
    for one in sorted(standings, key=lambda one: (not one.missed, -one.down_s)):
        named = context.text("incident.verdict_of_service", service=one.name, verdict=_verdict(context, one))
        verdict = context.text("incident.verdict_join", first=verdict, second=named) if verdict else named
    return verdict


def _quoted(context: Context, standings: tuple[Standing, ...]) -> tuple[Quoted, ...]:
    """The fact behind each verdict, in any order: of several, each stands behind its service's name."""
    several = len(standings) > 1
    return tuple(
        Quoted(fact=one.fact.id, text=_verdict(context, one), before=one.name if several else "") for one in standings
    )


def _verdict(context: Context, standing: Standing) -> str:
    if not standing.by_time:
        return _verdict_of_share(context, standing)
    if standing.allowed_s is None:
        return context.text("incident.verdict_no_target", down=context.formats.downtime(standing.down_s))
    down, allowed, unit = budget(standing.down_s, standing.allowed_s)
    return context.text(f"incident.verdict_{unit}", n=down, allowed=context.formats.number(allowed))


def _verdict_of_share(context: Context, standing: Standing) -> str:
    result = share.result(context, standing)
    if standing.fact.target is None:
        return result
    return context.text("incident.verdict_share", result=result, target=share.target(context, standing))


# --- a card from measurements alone -------------------------------------------------------


def _measured(context: Context, standing: Standing) -> IncidentCard:
    return IncidentCard(
        heading=_measured_heading(context, standing),
        verdict=_verdict(context, standing),
        verdict_label=context.text("incident.missed"),
        missed=True,
        steps=_steps(context, standing),
        body_markdown=_shorter(context, standing.outages),
        source=context.text("incident.source_measured", window=context.window),
        service=standing.id,
        quoted=_quoted(context, (standing,)),
    )


def _measured_heading(context: Context, standing: Standing) -> str:
    days = context.days_of(standing.outages)
    if len(days) == 1:
        return context.text("incident.heading", service=standing.name, day=context.formats.weekday(days[0]))
    return context.text("incident.heading_days", n=len(days), service=standing.name) if days else standing.name


def _steps(context: Context, standing: Standing) -> tuple[tuple[str, str], ...]:
    """When each interruption began and ended: two lines for a single one, else a line each."""
    if len(standing.outages) == 1:
        return _begin_and_end(context, standing.outages[0], standing)
    return tuple(_line(context, outage, standing) for outage in _longest(standing.outages))


def _begin_and_end(context: Context, outage: Outage, standing: Standing) -> tuple[tuple[str, str], ...]:
    began = context.text("incident.began")
    if outage.continues_before:
        began = context.text("incident.began_before", month=context.month_before)
    ended = context.text("incident.ended", down=context.formats.downtime(outage.down_s))
    if outage.continues_after:
        ended = context.text("incident.ended_not")
    ended = _partly(context, ended, outage, standing)
    return ((_moment(context, outage.start, outage), began), (_moment(context, outage.end, outage), ended))


def _partly(context: Context, told: str, outage: Outage, standing: Standing) -> str:
    """The same with the time within the interruption that nobody measured: it is neither up nor downtime."""
    inside = sum(max(min(gap.end, outage.end) - max(gap.start, outage.start), 0.0) for gap in standing.month.unknown)
    if inside < WORTH_TELLING_S:
        return told
    return context.text("incident.partly", told=told, unknown=context.formats.duration(inside, "ceiling"))


def _moment(context: Context, instant: float, outage: Outage) -> str:
    """A clock time, with the day where the interruption ran over midnight."""
    local = context.formats.local(instant)
    clock = context.formats.clock(local)
    same_day = context.formats.local(outage.start).date() == context.formats.local(outage.end).date()
    return clock if same_day else f"{context.formats.short_day(local)} {clock}"


def _line(context: Context, outage: Outage, standing: Standing) -> tuple[str, str]:
    span = context.text(
        "format.clock_range", start=context.formats.clock(outage.start), end=_moment(context, outage.end, outage)
    )
    told = context.text("incident.interval", range=span, down=context.formats.downtime(outage.down_s))
    if outage.continues_before:
        told = context.text("incident.interval_before", told=told, month=context.month_before)
    if outage.continues_after:
        told = context.text("incident.interval_not", told=told)
    day = context.formats.short_day(context.formats.local(outage.start))
    return day, _partly(context, told, outage, standing)


def _longest(outages: tuple[Outage, ...]) -> tuple[Outage, ...]:
    """The longest interruptions, in order of time; equal ones: the earliest."""
    ranked = sorted(outages, key=lambda outage: (-outage.down_s, outage.start))[:LISTED_OUTAGES]
    return tuple(sorted(ranked, key=lambda outage: outage.start))


def _shorter(context: Context, outages: tuple[Outage, ...]) -> str:
    listed = set(_longest(outages))
    rest = [outage for outage in outages if outage not in listed]
    if not rest:
        return ""
    down = context.formats.downtime(sum(outage.down_s for outage in rest))
    return context.text("incident.shorter", n=len(rest), count=context.catalogue.count(len(rest)), down=down)
