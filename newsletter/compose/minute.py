"""The month in one minute: what worked, what did not, what is coming; one sentence each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from msgspec.structs import replace

from newsletter.compose import share
from newsletter.compose.context import Context, note_error
from newsletter.compose.phrasing import allowance
from newsletter.compose.promises import Promise, missed_promises
from newsletter.compose.standing import Standing
from newsletter.language.formats import capitalised
from newsletter.model import MinuteRow, Note, Quoted

NAMED = 3
"""More services that missed their target are counted, not named."""


def minute_rows(context: Context) -> tuple[MinuteRow, ...]:
    """Up to three rows; one without anything to say is left out."""
    return tuple(_rows(context))


def minute_quoted(context: Context) -> Iterator[Quoted]:
    """The facts behind the numbers of the rows, where one fact alone stands behind a number."""
    title = context.text("minute.title")
    solved = context.facts.get("tickets.resolved")
    if solved and solved.value:
        yield Quoted(fact=solved.id, text=context.formats.number(int(solved.value)), before=title)
    for one in missed_quoted(context):
        yield from (one, replace(one, before=title))  # in the lead, and below it
    for standing in _only_missed(context):
        down = context.formats.downtime(standing.down_s)
        yield Quoted(fact=standing.fact.id, text=allowance(context, standing), before=down)


def missed_quoted(context: Context) -> Iterator[Quoted]:
    """The minutes of the only missed target: lead, rows and brief tell them, while several are told otherwise."""
    for one in _only_missed(context):
        yield Quoted(fact=one.fact.id, text=context.formats.downtime(one.down_s))


def _only_missed(context: Context) -> tuple[Standing, ...]:
    missed = tuple(one for one in context.standings if one.missed and not one.exempt)
    return missed if len(missed) == 1 and missed[0].by_time else ()


def _rows(context: Context) -> Iterator[MinuteRow]:
    worked = _worked(context)
    if worked:
        yield MinuteRow(label=context.text("minute.worked"), sentence=worked)
    watched = any(one.by_time or one.missed or not one.measured for one in context.standings if not one.exempt)
    if watched or missed_promises(context):
        yield _failed_row(context)
    coming = next(iter(coming_notes(context)), None)
    if coming:
        yield MinuteRow(label=context.text("minute.coming"), sentence=coming_sentence(context, coming))


def _failed_row(context: Context) -> MinuteRow:
    """Its label says how bad it is: a missed target, interruptions, or nothing that is sure."""
    standings = context.standings
    missed, interrupted = (any(getattr(one, what) for one in standings) for what in ("missed", "interrupted"))
    sure = all(one.clean for one in standings if one.by_time or not one.measured)
    promises = tuple(_promise(context, one) for one in missed_promises(context)[:NAMED])
    label = "failed" if missed or promises else "down" if interrupted or sure else "unclear"
    tone: Literal["signal", "accent"] = "signal" if missed or interrupted or promises else "accent"
    services = (_failed(context),) if missed or interrupted or not promises else ()
    return MinuteRow(label=context.text(f"minute.{label}"), sentence=" ".join((*services, *promises)), tone=tone)


def _promise(context: Context, promise: Promise) -> str:
    what = capitalised(promise.what)
    return context.text("minute.missed_promise", what=what, value=promise.value, target=promise.target)


def coming_notes(context: Context) -> tuple[Note, ...]:
    """What is coming: by date, undated last.

    Raises:
        ContentError: a date lies before the end of the month told of, so it is over when the letter goes out.
    """
    notes = context.notes_of("coming")
    for note in notes:
        if note.date is not None and note.date < context.snapshot.period.end:
            raise note_error(
                note,
                f"coming on {note.date.date()}, which is over when the letter of {context.snapshot.edition} goes out",
                "Correct the date, or remove the note.",
                line=note.line("date"),
            )
    return tuple(
        sorted(notes, key=lambda note: (note.date is None, note.date and context.formats.local(note.date), note.time))
    )


def as_title(text: str) -> str:
    """A note's title without its closing full stop, to stand inside a sentence."""
    return text.strip().removesuffix(".")


def as_range(context: Context, time: str) -> str:
    """A clock range as the language writes it: "06:00-08:00" is how people type it."""
    start, dash, end = time.partition("-")
    return context.text("format.clock_range", start=start.strip(), end=end.strip()) if dash else time


def _worked(context: Context) -> str:
    clauses = tuple(capitalised(clause) if number == 0 else clause for number, clause in enumerate(_achieved(context)))
    match clauses:
        case (first, second):
            return context.text("minute.two_clauses", first=first, second=second)
        case (only,):
            return context.text("minute.one_clause", first=only)
        case _:
            return ""


def _achieved(context: Context) -> Iterator[str]:
    met, clean = (sum(getattr(one, what) for one in context.standings) for what in ("met", "clean"))
    if met:
        yield context.text("minute.targets_met", n=met, count=context.catalogue.count(met))
    elif clean and not any(one.missed for one in context.standings):
        yield context.text("minute.ran_clean", n=clean, count=context.catalogue.count(clean))
    solved = context.facts.get("tickets.resolved")
    if solved and solved.value:
        yield context.text("minute.solved", n=int(solved.value))


def _failed(context: Context) -> str:
    """Missed targets; without any, the interruptions; without these, how sure that is."""
    standings = tuple(one for one in context.standings if not one.exempt)
    missed = tuple(one for one in standings if one.missed)
    if len(missed) == 1:
        return _missed_one(context, missed[0])
    if missed:
        return _missed_several(context, missed)
    if any(one.interrupted for one in standings):
        return _interrupted(context)
    if all(one.clean for one in standings if one.by_time or not one.measured):
        return context.text("minute.nothing")
    unmeasured = sum(one.undecided for one in standings)
    if unmeasured:
        count = capitalised(context.catalogue.count(unmeasured))
        return context.text("minute.unmeasured", n=unmeasured, count=count)
    unknown = max(one.month.unknown_s for one in standings)
    return context.text("minute.none_seen", unknown=context.formats.duration(unknown))


def _missed_one(context: Context, missed: Standing) -> str:
    if not missed.by_time:
        return context.text("minute.missed_share", name=missed.name, result=share.result(context, missed))
    down = context.formats.downtime(missed.down_s)
    days = context.days_of(missed.outages)
    if len(days) == 1:
        return context.text("minute.missed_on_day", name=missed.name, down=down, day=context.formats.weekday(days[0]))
    count = context.catalogue.count(len(days))
    return context.text("minute.missed_on_days", n=len(days), name=missed.name, down=down, count=count)


def _missed_several(context: Context, missed: tuple[Standing, ...]) -> str:
    """By name, the longest downtime first; only many are counted."""
    if len(missed) > NAMED:
        return context.text(
            "minute.missed_counted", n=len(missed), count=capitalised(context.catalogue.count(len(missed)))
        )
    worst_first = sorted(missed, key=lambda one: -one.down_s)
    named = tuple(
        context.text("brief.named", name=one.name, down=context.formats.downtime(one.down_s))
        if one.down_s
        else one.name
        for one in worst_first
    )
    return context.text("minute.missed_named", names=context.catalogue.enumerate(named))


def _interrupted(context: Context) -> str:
    interrupted = tuple(one for one in context.standings if one.interrupted)
    begun = sum(int(one.fact.detail["outages"] or 0) for one in interrupted)
    down = context.formats.downtime(sum(one.down_s for one in interrupted))
    if begun == 0:
        return context.text("minute.continued", down=down)
    all_met = all(one.met for one in context.standings) and not missed_promises(context)
    key = "minute.interruptions_met" if all_met else "minute.interruptions"
    return context.text(key, n=begun, count=capitalised(context.catalogue.count(begun)), down=down)


def coming_sentence(context: Context, note: Note) -> str:
    """What is coming and when, as one sentence."""
    title = as_title(note.title)
    if note.date is None:
        return context.text("minute.coming_undated", title=title)
    day = context.formats.weekday(context.formats.local(note.date))
    if note.time:
        return context.text("minute.coming_at", title=title, day=day, time=as_range(context, note.time))
    return context.text("minute.coming_on", title=title, day=day)
