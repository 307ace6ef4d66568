"""What is told of the numbers: how sure a change must be, and what is worth a reader's time."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from newsletter.config.faults import Model
from newsletter.config.refusals import did_you_mean, fault
from newsletter.config.texts import Line, LocalisedText

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)


def _month(label: str) -> str:
    if not _MONTH.fullmatch(label):
        raise fault(f"{label!r} is not a month: write it as YYYY-MM, in quotes")
    return label


MonthLabel = Annotated[Line, AfterValidator(_month)]
"""A calendar month, "2026-10"."""


class StepChange(Model):
    """Something after which a series means another thing; months before it are no history any more."""

    month: MonthLabel = Field(description="The first month after the change.", examples=['"2026-03"'])
    facts: Annotated[list[Line], Field(min_length=1)] = Field(
        description="The facts concerned, as `newsletter facts` names them; `tickets` or `mail` means all of that subject.",
        examples=["[tickets]"],
    )
    reason: Line = Field(description="What changed, for `explain`.", examples=["New help desk system"])


class FactsConfig(Model):
    """How sure a change must be before it is called one, and how many facts are told."""

    false_discovery_rate: Annotated[float, Field(gt=0, le=0.5)] = Field(
        default=0.10,
        description="Of the changes that an edition states, at most this share may be chance (Benjamini-Hochberg).",
        examples=["0.05"],
    )
    min_effect: Annotated[float, Field(ge=0)] = Field(
        default=0.10,
        description="A change smaller than this share of the usual value is not told, however sure.",
        examples=["0.2"],
    )
    min_base: Annotated[float, Field(ge=0)] = Field(
        default=20, description="A count that is usually smaller than this gets no change word.", examples=["50"]
    )
    did_you_know: Annotated[int, Field(ge=0, le=6)] = Field(
        default=3, description='At most this many facts under "Did you know?".', examples=["2"]
    )
    cooldown: Annotated[int, Field(ge=0, le=24)] = Field(
        default=3,
        description="A fact that was told is not told again within this many editions.",
        examples=["6"],
    )
    incident_minutes: Annotated[float, Field(gt=0)] = Field(
        default=60,
        description="From this length on, an interruption of a `critical` service needs a note before anything is sent; "
        "a missed target always does.",
        examples=["30"],
    )
    step_changes: list[StepChange] = Field(
        default=[],
        description="Months from which a series means another thing: a new system, a merger. Recorded by people.",
        examples=["[{month: '2026-03', facts: [tickets], reason: New help desk system}]"],
    )


class EquivalenceConfig(Model):
    """A number brought down to human size by a declared rule: 214,659 messages are "about 8 per person and working day"."""

    per: Literal["person", "working_day", "person_and_working_day"] = Field(
        description="What the figure is divided by; working days are Monday to Friday of the month.",
        examples=["person_and_working_day"],
    )
    people: Annotated[int, Field(gt=0)] | None = Field(
        default=None,
        description="How many people it is divided among; needed where `per` speaks of persons.",
        examples=["1240"],
    )
    sentence: LocalisedText = Field(
        description="What the result means; the sentence follows the number, or says where with {value}.",
        examples=["{en: unwanted messages per person and working day}"],
    )
    owner: Line = Field(description="The team that answers for the rule.", examples=["Mail team"])
    valid_until: MonthLabel = Field(
        description="The last month in which the rule may be used before somebody looks at it again.",
        examples=['"2027-06"'],
    )


STAFF_SECTIONS = (
    "incidents",
    "did_you_know",
    "numbers",
    "services",
    "requests",
    "wins",
    "spotlight",
    "heard",
    "coming",
    "tip",
    "people",
    "rate",
    "measure",
)
MANAGERS_SECTIONS = ("brief", "ask", "work", "targets", "meet", "pulse", "rate", "measure")


_GOOD_NEWS = frozenset({"did_you_know", "numbers", "wins", "spotlight", "people", "ask", "work"})


def _sections(known: tuple[str, ...], bad_news: str) -> AfterValidator:
    """Known names, none twice; what went wrong and how it was measured can't be left out, and comes first."""

    def check(names: list[str]) -> list[str]:
        for name in names:
            if name not in known:
                raise fault(f'"{name}" is no section of this letter' + did_you_mean(name, known))
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            raise fault(f'"{twice}" is written twice')
        missing = [name for name in (bad_news, "measure") if name not in names]
        if missing:
            raise fault(f"{' and '.join(missing)} must be there: bad news and the source of numbers are always told")
        before = [name for name in names[: names.index(bad_news)] if name in _GOOD_NEWS]
        if before:
            raise fault(f"{before[0]} stands before {bad_news}: bad news comes first")
        return names

    return AfterValidator(check)


class SectionsConfig(Model):
    """Which sections each letter has, in which order. A section without content is never printed."""

    staff: Annotated[list[Line], _sections(STAFF_SECTIONS, "incidents")] = Field(
        default=list(STAFF_SECTIONS),
        description="The sections of the staff letter; leave out what you do not want. `incidents` and `measure` must "
        "stay, and no good news may stand before `incidents`.",
        examples=["[incidents, numbers, services, coming, measure]"],
    )
    managers: Annotated[list[Line], _sections((*MANAGERS_SECTIONS, "incidents"), "brief")] = Field(
        default=list(MANAGERS_SECTIONS),
        description="The sections of the managers' letter; `brief` and `measure` must stay, and `incidents` may be added.",
        examples=["[brief, targets, measure]"],
    )
