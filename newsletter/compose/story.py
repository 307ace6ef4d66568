"""The month's main point: which of a few situations it is, worded as headline, lead and subject."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto

from msgspec import Struct

from newsletter.compose import share
from newsletter.compose.context import Context
from newsletter.compose.phrasing import allowance
from newsletter.compose.promises import missed_promises
from newsletter.compose.standing import Standing
from newsletter.language import without_isolates
from newsletter.language.formats import NO_BREAK_SPACE, capitalised

HEADLINE_WORDS = 12
LEAD_WORDS = 25
SUBJECT_LENGTH = 60
"""Characters that lists of mails show of a subject."""
SUBJECTS = 3


class Situation(Enum):
    """What the month comes down to; a missed target outranks everything."""

    MISSED = auto()
    MET = auto()
    INTERRUPTED = auto()
    CLEAN = auto()
    NONE_SEEN = auto()
    NOT_MEASURED = auto()
    REQUESTS = auto()
    NUMBERS = auto()
    NOTHING = auto()


class Story(Struct, frozen=True, kw_only=True):
    """The first words of the edition."""

    headline: str
    lead: str
    subjects: tuple[str, ...]


def story(context: Context) -> Story:
    """Headline (at most 12 words), lead (at most 25) and subjects to choose from of one edition."""
    situation = situation_of(context)
    return Story(
        headline=_keep_last_words_together(_headline(context, situation)),
        lead=_lead(context, situation),
        subjects=_subjects(context, situation),
    )


def situation_of(context: Context) -> Situation:
    """The first situation that holds, worst first."""
    standings = context.standings
    measured = [standing for standing in standings if standing.measured]
    timed = [standing for standing in measured if standing.by_time]
    ladder = {
        Situation.MISSED: any(one.missed for one in standings),
        Situation.MET: any(one.met for one in standings),
        Situation.NOT_MEASURED: any(not one.exempt for one in standings) and not measured,
        Situation.INTERRUPTED: any(one.interrupted for one in measured),
        Situation.NONE_SEEN: any(not one.clean for one in timed),
        Situation.CLEAN: bool(timed),
        Situation.REQUESTS: bool(_solved(context)),
        Situation.NUMBERS: any(fact.value is not None for fact in context.facts.values()),
    }
    return next((situation for situation, holds in ladder.items() if holds), Situation.NOTHING)


def longest_down(standings: tuple[Standing, ...]) -> Standing:
    """The service with the most downtime; of equals a critical one, then the first."""
    return max(standings, key=lambda one: (one.down_s, one.critical))


# --- headline -----------------------------------------------------------------------------


def _headline(context: Context, situation: Situation) -> str:
    match situation:
        case Situation.MISSED:
            return _headline_missed(context)
        case Situation.MET:
            return _headline_met(context)
        case Situation.INTERRUPTED:
            return _headline_interrupted(context)
        case Situation.CLEAN:
            return _headline_clean(context)
        case Situation.REQUESTS:
            return context.text("headline.requests", n=_solved(context))
        case _:
            return context.text(f"headline.{situation.name.lower()}", month=context.month)


def _headline_missed(context: Context) -> str:
    judged = _judged(context)
    missed = tuple(one for one in judged if one.missed)
    met, count = len(judged) - len(missed), context.catalogue.count
    if len(judged) == 1:
        named = context.text("headline.missed_single", name=missed[0].name)
        return _first_short_enough(named, context.text("headline.missed_single_unnamed"))
    if met == 0:
        key = "headline.missed_both" if len(judged) == 2 else "headline.missed_all"
        return context.text(key, total=count(len(judged)))
    slots = {"met": capitalised(count(met)), "total": count(len(judged) + _unjudged(context))}
    names = context.catalogue.enumerate(tuple(one.name for one in missed))
    counted = capitalised(context.text("number.services", n=len(missed), count=count(len(missed))))
    return _first_short_enough(
        context.text("headline.missed_named", n=met, names=capitalised(names), **slots),
        context.text("headline.missed_counted", n=met, missed=counted, **slots),
    )


def _headline_met(context: Context) -> str:
    judged, unjudged = _judged(context), _unjudged(context)
    if unjudged:
        return met_and_unjudged(context, len(judged), unjudged)
    if len(judged) == 2:
        return context.text("headline.met_both")
    named = context.text("headline.met", n=len(judged), name=judged[0].name, total=context.catalogue.count(len(judged)))
    return _first_short_enough(named, context.text("headline.met_single_unnamed"))


def met_and_unjudged(context: Context, met: int, unjudged: int) -> str:
    """While some services could not be judged, nobody may say that all met their target."""
    count = context.catalogue.count
    return context.text(
        "headline.met_unjudged",
        n=met,
        met=capitalised(count(met)),
        total=count(met + unjudged),
        unjudged=context.text("number.services", n=unjudged, count=count(unjudged)),
    )


def _headline_clean(context: Context) -> str:
    standings = context.standings
    clean = tuple(one for one in standings if one.clean)
    if len(clean) == 2:
        return context.text("headline.clean_both")
    named = context.text("headline.clean", n=len(clean), name=clean[0].name, total=context.catalogue.count(len(clean)))
    return _first_short_enough(capitalised(named), context.text("headline.clean_single_unnamed"))


def _headline_interrupted(context: Context) -> str:
    measured = [one for one in context.standings if one.measured and one.by_time]
    interrupted = sum(one.interrupted for one in measured)
    if interrupted == len(measured):
        key = {1: "single", 2: "both"}.get(interrupted, "all")
        return context.text(f"headline.interrupted_{key}", total=context.catalogue.count(interrupted))
    return context.text(
        "headline.interrupted",
        n=interrupted,
        interrupted=capitalised(context.catalogue.count(interrupted)),
        total=context.catalogue.count(len(measured)),
    )


# --- lead ---------------------------------------------------------------------------------


def _lead(context: Context, situation: Situation) -> str:
    """The main sentence, and the services nobody could judge if that fits."""
    main = _lead_sentence(context, situation)
    unmeasured = sum(one.undecided for one in context.standings)
    if not unmeasured or situation is Situation.NOT_MEASURED:
        return main
    more = capitalised(context.text("lead.unmeasured", n=unmeasured, count=context.catalogue.count(unmeasured)))
    return _first_short_enough(f"{main} {more}", main, words=LEAD_WORDS)


def _lead_sentence(context: Context, situation: Situation) -> str:
    promises = missed_promises(context)
    if promises and situation is not Situation.MISSED:
        first = promises[0]
        named = context.text("lead.missed_promise", what=first.what, value=first.value, target=first.target)
        return _first_short_enough(named, context.text("lead.missed_promise_unnamed"), words=LEAD_WORDS)
    match situation:
        case Situation.MISSED:
            return _lead_missed(context)
        case Situation.MET | Situation.INTERRUPTED | Situation.CLEAN | Situation.NONE_SEEN:
            return _lead_interruptions(context)
        case Situation.REQUESTS if "tickets.opened" in context.facts:
            return context.text("lead.requests", n=int(context.facts["tickets.opened"].value or 0))
        case Situation.NOT_MEASURED:
            return context.text("lead.not_measured")
        case _:
            return context.text("lead.numbers")


def _lead_missed(context: Context) -> str:
    missed = tuple(one for one in context.standings if one.missed)
    worst = longest_down(missed)
    if not worst.by_time or worst.down_s == 0:
        return _lead_missed_share(context, missed)
    if len(missed) == 1:
        return context.text(
            "lead.missed_one",
            down=context.formats.downtime(worst.down_s),
            allowed=allowance(context, worst),
        )
    named = context.text("lead.missed_many", down=context.formats.downtime(worst.down_s), name=worst.name)
    return _first_short_enough(named, context.text("lead.missed_many_unnamed"), words=LEAD_WORDS)


def _lead_missed_share(context: Context, missed: tuple[Standing, ...]) -> str:
    """The missed targets are all of services of which no minutes are known."""
    if len(missed) > 1:
        return context.text("lead.missed_many_unnamed")
    only = missed[0]
    result, target = capitalised(share.result(context, only)), share.target(context, only)
    named = context.text("lead.missed_share", result=result, target=target)
    return _first_short_enough(named, context.text("lead.missed_many_unnamed"), words=LEAD_WORDS)


def _lead_interruptions(context: Context) -> str:
    interrupted = tuple(one for one in context.standings if one.interrupted)
    timed = tuple(one for one in context.standings if (one.by_time or not one.measured) and not one.exempt)
    if not timed:
        return context.text("lead.numbers")
    if not interrupted:
        whole = all(one.clean and one.watched_throughout for one in timed)
        return context.text("lead.clean" if whole else "lead.none_seen")
    begun = sum(int(one.fact.detail["outages"] or 0) for one in interrupted)
    service, longest_s = max(
        ((one, outage.down_s) for one in interrupted for outage in one.outages),
        key=lambda pair: pair[1],
        default=(longest_down(interrupted), longest_down(interrupted).down_s),
    )
    longest = context.formats.downtime(longest_s)
    if begun == 0:
        return context.text("lead.continued", down=longest, name=service.name)
    return context.text(
        "lead.interruptions", n=begun, count=context.catalogue.count(begun), longest=longest, name=service.name
    )


# --- subject ------------------------------------------------------------------------------


def _subjects(context: Context, situation: Situation) -> tuple[str, ...]:
    """Up to three, the plainest first; when a target was missed each of them says so."""
    plain = _subject(context, situation)
    if context.letter == "managers":
        announced = context.text("subject.for_managers", subject=plain)
        plain = announced if len(announced) <= SUBJECT_LENGTH else plain
    further = (without_isolates(text) for text in _further_subjects(context, situation))
    found = [without_isolates(plain), *(text for text in further if len(text) <= SUBJECT_LENGTH)]
    return tuple(dict.fromkeys(found))[:SUBJECTS]


def _further_subjects(context: Context, situation: Situation) -> Iterator[str]:
    """The headline, and the number that stands out: of the worst failure if there was one."""
    if situation is Situation.MISSED:
        worst = longest_down(tuple(one for one in context.standings if one.missed))
        yield context.text("subject.worst", name=worst.name, down=context.formats.downtime(worst.down_s))
    yield _headline(context, situation).removesuffix(".")
    if situation is not Situation.MISSED and "tickets.resolved" in context.facts:
        yield context.text("subject.requests", n=_solved(context), month=capitalised(context.month))


def _subject(context: Context, situation: Situation) -> str:
    """Sober, with the month in it; the bad news of the headline is in it too."""
    judged, measured = len(_judged(context)), sum(one.measured and one.by_time for one in context.standings)
    key, n, total = situation.name.lower(), 0, 0
    match situation:
        case Situation.MISSED:
            key = key if judged > 1 else "missed_single"
            n, total = sum(one.missed for one in context.standings), judged + _unjudged(context)
        case Situation.MET:
            key = "met_unjudged" if _unjudged(context) else key
            n, total = judged, judged + _unjudged(context)
        case Situation.INTERRUPTED:
            key = key if measured > 1 else "interrupted_single"
            n, total = sum(one.interrupted for one in context.standings), measured
        case Situation.REQUESTS:
            n = _solved(context)
        case _:
            pass
    return context.text(f"subject.{key}", n=n, month=capitalised(context.month), total=context.formats.number(total))


# --- shared -------------------------------------------------------------------------------


def _judged(context: Context) -> tuple[Standing, ...]:
    """The services with a verdict on their target."""
    return tuple(one for one in context.standings if one.met or one.missed)


def _unjudged(context: Context) -> int:
    """How many services have a target, but too few measurements for a verdict."""
    return sum(one.unjudged for one in context.standings)


def _solved(context: Context) -> int:
    fact = context.facts.get("tickets.resolved")
    return int(fact.value or 0) if fact else 0


def _first_short_enough(*candidates: str, words: int = HEADLINE_WORDS) -> str:
    """The first text of at most `words` words, else the last one."""
    return next((text for text in candidates if len(text.split()) <= words), candidates[-1])


def _keep_last_words_together(headline: str) -> str:
    """A headline never ends in a line of one word."""
    start, _, last = headline.rpartition(" ")
    return f"{start}{NO_BREAK_SPACE}{last}" if start else last
