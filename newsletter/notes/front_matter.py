"""The front matter of a note: which keys there are, and which a kind of note needs."""

import datetime as dt
import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, ValidationInfo

from newsletter.config.faults import Model
from newsletter.config.refusals import did_you_mean, fault, needed
from newsletter.config.surroundings import Surroundings
from newsletter.config.texts import KnownLocale, Line, is_clock_time
from newsletter.model import NoteKind


class NoteSurroundings(Surroundings, frozen=True, kw_only=True):
    """What a note may refer to in the config."""

    timezone: ZoneInfo
    audiences: tuple[str, ...]
    services: tuple[str, ...]
    segments: tuple[str, ...] = ()


def _around(info: ValidationInfo) -> NoteSurroundings:
    assert isinstance(info.context, NoteSurroundings), "front matter is checked against a config"
    return info.context


# --- single values ------------------------------------------------------------------------


def _listed(name: str, known: Iterable[str], where: str) -> str:
    words = tuple(known)
    if name not in words:
        raise fault(f'"{name}" is not one of the {where} of config.yaml' + did_you_mean(name, words, what="they are"))
    return name


def _audience(name: str, info: ValidationInfo) -> str:
    return _listed(name, _around(info).audiences, "audiences")


def _service(name: str | None, info: ValidationInfo) -> str | None:
    return name if name is None else _listed(name, _around(info).services, "services")


def _segment(name: str, info: ValidationInfo) -> str:
    return name if name == "all" else _listed(name, _around(info).segments, "segments")


_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d)?)?")


def _instant(value: Any, info: ValidationInfo, *, end_of_day: bool) -> dt.datetime:
    """A date (midnight, or the end of that day) or a date with a time, in the organisation's time zone."""
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        try:
            value = dt.datetime.fromisoformat(value) if len(value) > 10 else dt.date.fromisoformat(value)
        except ValueError:
            raise fault(f'"{value}" is not a date that exists') from None
    if not isinstance(value, dt.date):
        raise fault("must be a date such as 2026-11-30, or a date and time such as 2026-11-30 08:00")
    if not 2000 <= value.year < 2100:
        raise fault(f"the year {value.year} is out of range")
    if not isinstance(value, dt.datetime):
        day = value + dt.timedelta(days=1) if end_of_day else value
        value = dt.datetime.combine(day, dt.time())
    aware: dt.datetime = value if value.tzinfo else value.replace(tzinfo=_around(info).timezone)
    return aware


def _begin(value: Any, info: ValidationInfo) -> dt.datetime | None:
    return None if value is None else _instant(value, info, end_of_day=False)


def _end(value: Any, info: ValidationInfo) -> dt.datetime | None:
    return None if value is None else _instant(value, info, end_of_day=True)


def _day(value: Any, info: ValidationInfo) -> dt.datetime | None:
    if isinstance(value, dt.datetime) or (isinstance(value, str) and len(value) > 10):
        raise fault("must be a date alone, such as 2026-11-30; a time of day stands under time")
    return _begin(value, info)


def _clock_times(text: str) -> str:
    parts = re.split(r"\s*[-–]\s*", text)  # people type the en dash as well
    if len(parts) > 2 or not all(is_clock_time(part) for part in parts):
        raise fault(f'"{text}" is not a time of day: write it as "06:00-08:00" or "06:00"')
    return "-".join(parts)


def _step(value: Any) -> tuple[str, str]:
    """One line of a timeline: `09:12 sentence`, or `"09:12": sentence`."""
    form = "must be a clock time and a sentence, such as: 09:12 Mail stops"
    if isinstance(value, dict) and len(value) == 1:
        clock, sentence = next(iter(value.items()))
        if " " in clock.strip():
            raise fault('the sentence holds ": ", so put the whole step in quotes')
    elif isinstance(value, str):
        clock, _, sentence = value.strip().partition(" ")
    else:
        raise fault(form)
    if not is_clock_time(clock) or not isinstance(sentence, str) or not sentence.strip():
        raise fault(form)
    return clock, " ".join(sentence.split())


def _no_is_a_word(value: Any) -> Any:
    """YAML reads `answer: no` as false; here only the word can be meant."""
    return "no" if value is False else value


def _short(text: str) -> str:
    if len(text) > 200:
        raise fault(f"has {len(text)} characters; 200 are allowed")
    return text


# --- what a kind needs ----------------------------------------------------------------------


def _needed_by(kind: NoteKind, why: str) -> AfterValidator:
    """For a field that is optional except in notes of one kind."""

    def check(value: Any, info: ValidationInfo) -> Any:
        if not value and info.data.get("kind") == kind:
            raise needed(f"is required where kind is {kind}: {why}")
        return value

    return AfterValidator(check)


class Cause(Model):
    """Why something is so, told by a person, with the reference that backs it."""

    text: Line
    ref: Line


def _after_publish_from(value: dt.datetime | None, info: ValidationInfo) -> dt.datetime | None:
    start = info.data.get("publish_from")
    if value and start and value <= start:
        raise fault("is not after publish_from: the note would never be shown")
    return value


class FrontMatter(Model):
    """The keys of a note. Without `status` a note is ready: who wants to hold it back says so."""

    title: Annotated[Line, AfterValidator(_short)]
    kind: NoteKind
    owner: Line
    locale: KnownLocale | None = None
    audiences: list[Annotated[Line, AfterValidator(_audience)]] = Field(default=[])
    segments: list[Annotated[Line, AfterValidator(_segment)]] = Field(default=[])
    status: Literal["draft", "review", "ready"] = "ready"
    publish_from: Annotated[dt.datetime | None, PlainValidator(_begin)] = None
    expires: Annotated[dt.datetime | None, PlainValidator(_end), AfterValidator(_after_publish_from)] = None
    order: int = 100
    facts: list[Line] = Field(default=[])
    because: Cause | None = None
    service: Annotated[
        Line | None, AfterValidator(_service), _needed_by("incident", "readers must know which service it was")
    ] = Field(default=None, validate_default=True)
    date: Annotated[dt.datetime | None, PlainValidator(_day), _needed_by("coming", "the day it happens")] = Field(
        default=None, validate_default=True
    )
    time: Annotated[Line, AfterValidator(_clock_times)] | None = None
    steps: list[Annotated[tuple[str, str], PlainValidator(_step)]] = Field(default=[])
    department: Annotated[Line | None, _needed_by("heard", "who said it")] = Field(default=None, validate_default=True)
    answer: Annotated[
        Literal["done", "planned", "no"] | None,
        BeforeValidator(_no_is_a_word),
        _needed_by("heard", "done, planned or no"),
    ] = Field(default=None, validate_default=True)
    evidence: Annotated[Line | None, _needed_by("win", "a fact, a change number or an address that backs it")] = Field(
        default=None, validate_default=True
    )
