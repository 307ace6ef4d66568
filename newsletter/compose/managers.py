"""The managers' letter: what to pass on in a minute, the one ask, the targets, and whom we have not met."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.compose.context import Context
from newsletter.compose.feedback import invitation
from newsletter.compose.links import feedback_address, mailto
from newsletter.compose.minute import coming_notes, coming_sentence, missed_quoted
from newsletter.compose.phrasing import phrase
from newsletter.compose.standing import Standing
from newsletter.compose.story import met_and_unjudged
from newsletter.language.formats import EN_DASH, budget, capitalised
from newsletter.model import BriefPoint, Fact, Mark, Quoted, Section, TargetRow

POINTS = 3
MONTHS_WITHOUT_VISIT = 6


# --- brief --------------------------------------------------------------------------------


def brief_section(context: Context) -> Section | None:
    """Three points that can be forwarded: what failed, what worked, what is coming."""
    told = tuple(_points(context))[:POINTS]
    if not told:
        return None
    points = tuple(
        BriefPoint(number=context.formats.number(number), first=first, rest_markdown=rest)
        for number, (first, rest) in enumerate(told, 1)
    )
    body = "\n".join(f"{point.number}. {point.first}" for point in points)
    subject = context.text("brief.subject", month=context.month)
    return Section(
        kind="brief",
        title=context.text("section.brief"),
        points=points,
        button_text=context.text("brief.forward"),
        button_href=mailto("", subject, _plain(body)),
        quoted=tuple(_quoted(context)),
    )


def _quoted(context: Context) -> Iterator[Quoted]:
    """The facts behind the numbers that a point may hold."""
    yield from missed_quoted(context)
    solved = context.facts.get("tickets.solved_within")
    if solved and solved.value is not None and solved.target is not None:
        yield Quoted(fact=solved.id, text=_solved_share(context, solved))


def _plain(text: str) -> str:
    """Without no-break spaces, which some mail programs show as signs in a prepared mail."""
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def _points(context: Context) -> Iterator[tuple[str, str]]:
    missed = sorted((one for one in context.standings if one.missed), key=lambda one: -one.down_s)
    if len(missed) == 1:
        yield _missed(context, missed[0])
    elif missed:
        yield _missed_several(context, missed)
    yield from _worked(context, bool(missed))
    coming = next(iter(coming_notes(context)), None)
    if coming:
        yield coming_sentence(context, coming), coming.body.strip()


def _missed(context: Context, standing: Standing) -> tuple[str, str]:
    down = context.formats.downtime(standing.down_s)
    days = context.days_of(standing.outages)
    day = context.formats.day(days[0]) if len(days) == 1 else ""
    key = "brief.missed_on_day" if day else "brief.missed"
    note = next((one for one in context.notes_of("incident") if one.service == standing.id), None)
    cause = note.because.text.strip() if note and note.because else ""
    return phrase(context, key, name=standing.name, down=down, day=day), cause


def _missed_several(context: Context, missed: list[Standing]) -> tuple[str, str]:
    count = capitalised(context.catalogue.count(len(missed)))
    names = context.catalogue.enumerate(
        tuple(
            phrase(context, "brief.named", name=one.name, down=context.formats.downtime(one.down_s)) for one in missed
        )
    )
    return phrase(context, "brief.missed_counted", n=len(missed), count=count), phrase(
        context, "brief.names", names=names
    )


def _solved_share(context: Context, solved: Fact) -> str:
    return context.formats.ratio(solved.value or 0, "floor", like=solved.target)


def _worked(context: Context, some_missed: bool) -> Iterator[tuple[str, str]]:
    met = sum(one.met for one in context.standings)
    solved = context.facts.get("tickets.solved_within")
    rest = ""
    if solved and solved.value is not None and solved.target is not None:
        rest = phrase(
            context,
            "brief.solved_within",
            share=_solved_share(context, solved),
            duration=context.formats.duration(float(solved.detail["edge_s"] or 0)),
            target=context.formats.ratio(solved.target, "nearest", like=solved.target),
        )
    unjudged = sum(one.unjudged for one in context.standings)
    if met and unjudged and not some_missed:
        yield met_and_unjudged(context, met, unjudged), rest
    elif met:
        count = context.catalogue.count(met)
        key = "brief.other_met" if some_missed else "brief.met"
        yield capitalised(phrase(context, key, n=met, count=count)), rest
    elif rest:
        yield rest, ""


# --- the one ask --------------------------------------------------------------------------


def ask_section(context: Context) -> Section | None:
    """At most one thing, with a button that answers it."""
    ask = context.editorial.ask
    if ask is None:
        return None
    button, address = context.localised(ask.button), feedback_address(context.config)
    return Section(
        kind="ask",
        title=context.text("section.ask"),
        paragraphs=(context.localised(ask.text),),
        button_text=button if address else "",
        button_href=mailto(address, button) if address else "",
    )


# --- targets ------------------------------------------------------------------------------


def targets_section(context: Context) -> Section | None:
    """Every target with its result, what was missed first; a table to be looked up, not read."""
    rows = sorted((one for one in context.standings if one.fact.target is not None), key=_rank)
    if not rows:
        return None
    return Section(
        kind="targets",
        title=context.text("section.targets"),
        heads=tuple(context.text(f"targets.{head}") for head in ("service", "target", "result", "minutes", "status")),
        targets=tuple(_target_row(context, one) for one in rows),
        table_note=" ".join((context.text("targets.note"), *_unmeasured(context, rows), *_dashed(context, rows))),
        quoted=tuple(Quoted(fact=one.fact.id, text=_gap(context, one)) for one in rows if one.month.unknown_s > 0),
    )


def _unmeasured(context: Context, rows: list[Standing]) -> Iterator[str]:
    """The time nobody watched, service by service; once where it was the monitoring that failed."""
    gaps = [one for one in rows if one.measured and one.month.unknown_s > 0 and not one.watched_throughout]
    if len(gaps) > 1 and len(gaps) == len(rows):
        longest = max(one.month.unknown_s for one in gaps)
        yield phrase(context, "targets.unmeasured_all", unknown=context.formats.duration(longest, "ceiling"))
    elif gaps:
        named = tuple(_gap(context, one) for one in gaps)
        yield phrase(context, "targets.unmeasured", gaps=context.catalogue.enumerate(named))


def _dashed(context: Context, rows: list[Standing]) -> Iterator[str]:
    if any(_result(context, one) == EN_DASH for one in rows):
        yield context.text("targets.dash")


def _gap(context: Context, one: Standing) -> str:
    return phrase(context, "brief.named", name=one.name, down=context.formats.duration(one.month.unknown_s))


def _rank(standing: Standing) -> tuple[int, float, str]:
    group = 0 if standing.missed else 1 if not standing.met else 2
    return (group, -(standing.used or 0.0), standing.name)


def _down(context: Context, one: Standing) -> str:
    """Minutes as a bare number; seconds, where only these show the verdict, with their unit."""
    if one.allowed_s is None:
        return ""
    down, _, unit = budget(one.down_s, one.allowed_s)
    return context.formats.number(down) if unit == "minutes" else context.text("duration.short.seconds", n=down)


def _target_row(context: Context, one: Standing) -> TargetRow:
    target = one.fact.target or 0.0
    mark: Mark = "met" if one.met else "missed" if one.missed else "none"
    return TargetRow(
        service=one.name,
        target=context.formats.number(target * 100, 2, "nearest"),
        result=_result(context, one),
        down=_down(context, one),
        mark=mark,
        mark_text=context.text(f"services.{mark}") if mark != "none" else _unjudged(context, one),
        fact=one.fact.id,
    )


def _result(context: Context, one: Standing) -> str:
    """Without its sign, which the note names; no full hundred where not the whole month was watched."""
    if not one.measured:
        return ""
    if one.by_time and one.down_s == 0 and not one.clean:
        return EN_DASH
    return context.formats.number(one.ratio * 100, 2, "floor")


def _unjudged(context: Context, one: Standing) -> str:
    return context.text("services.planned" if one.exempt else "targets.not_judged")


# --- whom we have not met -----------------------------------------------------------------


def meet_section(context: Context) -> Section | None:
    """The meetings we joined, the departments nobody visited for half a year, and an invitation, never blame."""
    button, href = invitation(context)
    if not button:
        return None
    told = [*context.visited_sentences, *_unvisited(context), context.text("meet.question")]
    return Section(
        kind="meet",
        title=context.text("section.meet"),
        paragraphs=(" ".join(told),),
        button_text=button,
        button_href=href,
    )


def _unvisited(context: Context) -> Iterator[str]:
    """Only if visits of all six months are recorded: a missing record is no missing visit."""
    if len(context.past_visits) < MONTHS_WITHOUT_VISIT - 1 or not context.config.departments:
        return
    seen = {
        (note.locale, note.department.casefold())
        for notes in (*context.past_visits.values(), context.every_visit)
        for note in notes
    }
    names = tuple(
        context.localised(one)
        for one in context.config.departments
        if not any((locale, _in(one, locale).casefold()) in seen for locale in context.config.locales)
    )
    if names:
        count = context.catalogue.count(MONTHS_WITHOUT_VISIT)
        yield context.text("meet.unvisited", names=context.catalogue.enumerate(names), count=count)


def _in(text: object, locale: str) -> str:
    """A department's name in one language."""
    return str(text.get(locale, "")) if isinstance(text, dict) else str(text)
