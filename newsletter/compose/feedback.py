"""Rate or reply: five answers, each a prepared mail; what was answered to the edition before; and the invitation."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from newsletter import period
from newsletter.compose.context import Context
from newsletter.compose.links import feedback_address, mailto
from newsletter.compose.phrasing import phrase
from newsletter.language import Catalogue
from newsletter.model import ANSWERS, USEFUL, Quoted, Rating, Ratings, Section, Tally

LEAST_TREND = 10
"""Answers that both of two results must have to stand beside one another."""


class _Asked(Struct, frozen=True, kw_only=True):
    """A question: its id in subjects, the words of its answers, and what is read before each of them."""

    id: str
    words: tuple[str, ...]
    before: str = ""


# --- was this useful? ---------------------------------------------------------------------


def rate_section(context: Context) -> Section | None:
    """Was this useful? A scanner that follows links cannot vote: only a sent mail counts."""
    if not _can_answer(context):
        return None
    words = answer_words(context.catalogue, USEFUL)
    told = tuple(_told_useful(context))
    return Section(
        kind="rate",
        title=context.text("section.rate"),
        ratings=_answers(context, _Asked(id=USEFUL, words=words)),
        paragraphs=(
            context.text("rate.how" if context.config.ratings.links == "mail" else "rate.how_web"),
            *(one.text for one in told),
        ),
        quoted=told,
    )


def _told_useful(context: Context) -> Iterator[Quoted]:
    """What the same readers said about the edition before; nothing where too few answered."""
    for tally in _tallies(context):
        if tally.question == USEFUL:
            key = "rate.result" if tally.channel == "mail" else "rate.result_web"
            yield Quoted(fact=tally.fact, text=_numbers(context, key, tally, month=context.month_before))


# --- a question to managers ---------------------------------------------------------------


def pulse_section(context: Context) -> Section | None:
    """The question of this edition, and what was answered to the one of the edition before."""
    asked = context.editorial.pulse if _can_answer(context) and context.letter == "managers" else None
    title = context.localised(asked.question) if asked else context.text("section.pulse")
    told = tuple(_told_pulse(context))
    how = context.text("pulse.how", least=context.formats.number(context.config.ratings.min_group))
    if not asked and not told:
        return None
    return Section(
        kind="pulse",
        title=title,
        ratings=_answers(
            context, _Asked(id=asked.id, words=answer_words(context.catalogue, asked.id), before=f"{title} ")
        )
        if asked
        else (),
        paragraphs=(*([how] if asked else []), *(one.text for one in told if one.of == "month")),
        quoted=told,
    )


def _told_pulse(context: Context) -> Iterator[Quoted]:
    """The result, and beside it, as a plain number, that of the time before, if it was the same question."""
    ratings = context.snapshot.ratings
    for tally in _tallies(context):
        if tally.question == USEFUL or ratings is None:
            continue
        question = context.text("heard.quote", quote=context.localised(ratings.questions.get(tally.question, "")))
        key = "pulse.result" if tally.channel == "mail" else "pulse.result_web"
        *_, fourth, fifth = answer_words(context.catalogue, tally.question)
        slots = {"month": context.month_before, "question": question, "fourth": fourth, "fifth": fifth}
        told = _numbers(context, key, tally, **slots)
        before = _time_before(context, tally)
        yield Quoted(fact=tally.fact, text=f"{told} {before}" if before else told)
        if before:
            yield Quoted(fact=tally.fact, text=before, of="earlier_months")


def _time_before(context: Context, tally: Tally) -> str:
    """The last result of the same question before this one; "" if there is none of enough answers."""
    for label in sorted(context.past, reverse=True):
        ratings = context.past[label].ratings
        for one in ratings.of(tally.audience, tally.channel) if ratings else ():
            if one.question == tally.question and min(one.n, tally.n) >= LEAST_TREND:
                return _numbers(context, "pulse.before", one, month=_month(context, ratings))
    return ""


def _month(context: Context, ratings: Ratings | None) -> str:
    return context.formats.month(period.month(ratings.edition, context.config.timezone).start) if ratings else ""


# --- both ---------------------------------------------------------------------------------


def answer_words(catalogue: Catalogue, question: str) -> tuple[str, ...]:
    """The words of the answers to a question, from 1 on; all pulse questions have the same."""
    numbers = range(1, ANSWERS + 1)
    keys = [f"rate.answer_{one}" if question == USEFUL else f"pulse.answer_{one}" for one in numbers]
    return tuple(catalogue.text(key) for key in keys)


def _tallies(context: Context) -> Iterator[Tally]:
    """What this letter's readers answered to the edition before, by mail and on the web apart."""
    ratings = context.snapshot.ratings
    if ratings is not None:
        yield from (*ratings.of(context.audience, "mail"), *ratings.of(context.audience, "web"))


def _numbers(context: Context, key: str, tally: Tally, **slots: str) -> str:
    """Exactly so many of so many: a share would hide how few they may be."""
    number = context.formats.number
    return phrase(context, key, None, answered=number(tally.n), yes=number(tally.yes), **slots)


def _can_answer(context: Context) -> bool:
    return context.config.ratings.links == "web" or bool(feedback_address(context.config))


def _answers(context: Context, asked: _Asked) -> tuple[Rating, ...]:
    return tuple(_rating(context, asked, number) for number in range(1, len(asked.words) + 1))


def _rating(context: Context, asked: _Asked, number: int) -> Rating:
    shown, most = context.formats.number(number), context.formats.number(ANSWERS)
    word = asked.words[number - 1]
    label = context.text("rate.label", number=shown, most=most, word=word)
    return Rating(number=shown, word=word, label=f"{asked.before}{label}", href=_link(context, asked, number))


def _link(context: Context, asked: _Asked, number: int) -> str:
    """The same for every reader: nothing in it tells one from another."""
    edition, audience, public = context.snapshot.edition, context.audience, context.config.public
    if context.config.ratings.links == "web" and public:
        return f"{public.url}/rate/{edition}/{audience}.{context.locale}/{asked.id}/{number}"
    # ASCII and the same in every language, so that answers can be counted
    return mailto(feedback_address(context.config), f"[NL {edition} {audience}] {asked.id} {number}")


def invitation(context: Context) -> tuple[str, str]:
    """Text and link of the button that invites us; both empty where nobody could answer."""
    address = feedback_address(context.config)
    if not address:
        return "", ""
    return context.text("meet.button"), mailto(address, context.text("meet.subject"))
