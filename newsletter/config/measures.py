"""What is measured: services and what they mean, tickets, and any other figure."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from newsletter.config.faults import Model
from newsletter.config.fields import HistogramName, LabelName, Line, LocalisedText, Zone, fault
from newsletter.config.helpdesk import CsvSource, EnoughAnswers, ResolutionTarget
from newsletter.config.rules import exactly_one, instead_of
from newsletter.config.schedule import Hours, Windows
from newsletter.config.telling import EquivalenceConfig


def _percent(target: float | None) -> float | None:
    if target is not None and target <= 1:
        raise fault(f"is in percent, so {target:g} promises next to nothing: write for example 99.9")
    return target


class ServiceConfig(Model):
    """What a service means to the people who use it. The key is the value of its service label."""

    name: LocalisedText = Field(
        description="What its users call it, as one text or one per locale.",
        examples=["{en: E-mail, it: Posta elettronica}"],
    )
    target: Annotated[Annotated[float, Field(gt=0, le=100)] | None, AfterValidator(_percent)] = Field(
        default=None, description="The promised availability of a month, in percent.", examples=["99.9"]
    )
    users: Annotated[int, Field(ge=0)] | None = Field(
        default=None, description="How many people use it. Recorded; this version does not use it.", examples=["1240"]
    )
    critical: bool = Field(
        default=False,
        description="Whether the organisation stands still without it: among services that did equally badly, "
        "these come first.",
        examples=["true"],
    )
    hours: Hours = Field(
        default_factory=list,
        description="When it is needed: days and times on the clock of its time zone, as one text or a list of them; "
        "`Sa 22:00-02:00` runs over midnight. All other time, and `holidays`, is excluded, and shown. "
        "By default it is needed round the clock.",
        examples=['["Mo-Fr 07:00-19:00", "Sa 08:00-12:00"]'],
    )
    maintenance: Windows = Field(
        default_factory=list,
        description="Planned work on this service: weekly times, or dates with times, on the clock of its time zone. "
        "That time is excluded, and shown; work that takes longer than planned is downtime. An hour that the clock "
        "repeats counts both times, one that it skips does not exist.",
        examples=['["Su 02:00-04:00", "2026-10-12 22:00-24:00", "2026-10-17 20:00-2026-10-18 06:00"]'],
    )
    timezone: Zone | None = Field(
        default=None,
        description="The IANA time zone of its `hours` and `maintenance`; by default that of the organisation.",
        examples=["Asia/Kolkata"],
    )
    outcome: LocalisedText | None = Field(
        default=None,
        description="What works in the business because it works, in its users' words.",
        examples=["{en: orders go out, it: partono gli ordini}"],
    )
    work: LocalisedText | None = Field(
        default=None,
        description="What the department does to keep it so, as one sentence. A service with `outcome` and `work` "
        'takes its turn in "Your department runs on this".',
        examples=["{en: We renew its certificates at night.}"],
    )


class CounterSource(Model):
    """A counter of tickets; what it counted in the month is a difference of samples, aware of resets."""

    counter: Line = Field(description="The name of the counter.", examples=["tickets_opened_total"])
    by: list[LabelName] = Field(
        default_factory=list, description="Labels to split the total by.", examples=["[queue, kind]"]
    )


class GaugeSource(Model):
    """A gauge of tickets, read at the end of the month."""

    gauge: Line = Field(description="The name of the gauge.", examples=["tickets_open"])
    by: list[LabelName] = Field(default_factory=list, description="Labels to split the total by.", examples=["[queue]"])


class HistogramSource(ResolutionTarget):
    """A histogram of resolution times in seconds."""

    histogram: HistogramName = Field(
        description="The base name of the histogram, without `_bucket`.", examples=["ticket_resolution_seconds"]
    )
    by: list[LabelName] = Field(
        default_factory=list, description="Labels to split the distribution by.", examples=["[queue]"]
    )


class RatioSource(Model):
    """A share of a whole, from two counters."""

    part: Line = Field(description="The counter of the part.", examples=["mails_rejected_total"])
    total: Line = Field(description="The counter of the whole.", examples=["mails_received_total"])


class SatisfactionSource(RatioSource, EnoughAnswers):
    """Answers of those who asked for help, from two counters: the satisfied ones as part of all."""


class TicketsConfig(Model):
    """The service desk: metrics of it, or a CSV export. Leave out what you do not have."""

    opened: CounterSource | None = Field(
        default=None, description="Tickets opened.", examples=["{counter: tickets_opened_total, by: [queue, kind]}"]
    )
    resolved: CounterSource | None = Field(
        default=None, description="Tickets resolved.", examples=["{counter: tickets_resolved_total, by: [queue, kind]}"]
    )
    open: GaugeSource | None = Field(
        default=None, description="Tickets open at the end of the month.", examples=["{gauge: tickets_open}"]
    )
    resolution: HistogramSource | None = Field(
        default=None,
        description="How long tickets took.",
        examples=["{histogram: ticket_resolution_seconds, by: [queue]}"],
    )
    names: dict[Line, LocalisedText] = Field(
        default_factory=dict,
        description="What readers call a value of the labels in `by`. Only values named here are ever printed.",
        examples=["{desktop: {en: computers and screens}}"],
    )
    proactive: list[Line] = Field(
        default_factory=list,
        description="Values of the labels in `resolved.by` that mean work done before anybody asked.",
        examples=["[change, maintenance]"],
    )
    reactive: list[Line] = Field(
        default_factory=list,
        description="Values of the labels in `resolved.by` that mean work done because something failed or was asked for.",
        examples=["[incident, request]"],
    )
    satisfaction: SatisfactionSource | None = Field(
        default=None,
        description="What those who had asked for help said about it.",
        examples=["{part: 'ticket_ratings_total{rating=\"satisfied\"}', total: ticket_ratings_total}"],
    )
    csv: Annotated[CsvSource | None, instead_of("csv", "opened", "resolved", "open", "resolution", "satisfaction")] = (
        Field(
            default=None,
            description="The export of a help desk, instead of all metrics above.",
        )
    )

    @property
    def target(self) -> ResolutionTarget | None:
        """The promise about solving tickets, wherever their times come from."""
        return self.csv or self.resolution

    @property
    def min_answers(self) -> int | None:
        """How many answers are needed; None where nobody is asked."""
        asked = self.csv.satisfaction if self.csv else self.satisfaction
        return asked.min_answers if asked else None


class FigureConfig(Model):
    """Any other number. Exactly one of `counter`, `gauge`, `changes`, `ratio` and `by_hand` says how it is read."""

    counter: Line | None = Field(
        default=None, description="A counter: its increase over the month.", examples=["logins_total"]
    )
    gauge: Line | None = Field(
        default=None, description="A gauge: its value at the end of the month.", examples=["laptops_in_use"]
    )
    changes: Line | None = Field(
        default=None,
        description="A gauge: how often its value changed in the month.",
        examples=["backup_last_success_timestamp_seconds"],
    )
    ratio: RatioSource | None = Field(
        default=None,
        description="Two counters: the increase of one as a share of the other's.",
        examples=["{part: mails_rejected_total, total: mails_received_total}"],
    )
    by_hand: Annotated[Literal[True] | None, exactly_one("counter", "gauge", "changes", "ratio", "by_hand")] = Field(
        default=None,
        validate_default=True,
        description="A number that no machine counts: a person enters it in `figures.yaml` of the edition, and the "
        "mail says so; see docs/by-hand.md.",
        examples=["true"],
    )
    unit: Literal["count", "seconds", "ratio", "bytes"] | None = Field(
        default=None, description="What the number measures; by default what its kind implies.", examples=["seconds"]
    )
    noun: LocalisedText = Field(
        description="What is counted, as one text or one per locale.", examples=["{en: sign-ins, it: accessi}"]
    )
    sentence: LocalisedText | None = Field(
        default=None,
        description="What the number means to the reader; the sentence follows the number.",
        examples=["{en: times somebody signed in without waiting, it: accessi senza attesa}"],
    )
    work: LocalisedText | None = Field(
        default=None,
        description="What the department did for it, as one sentence.",
        examples=["{en: The filter took them out before they reached you.}"],
    )
    source: LocalisedText | None = Field(
        default=None, description="Where the number comes from, in words.", examples=["{en: sign-in service}"]
    )
    users: Annotated[int, Field(ge=0)] | None = Field(
        default=None,
        description="How many people it concerns; by default everybody. A fact that concerns more people ranks higher.",
        examples=["1240"],
    )
    equivalence: EquivalenceConfig | None = Field(
        default=None, description="A rule that brings the number down to human size."
    )
    good: Literal["up", "down", "none"] = Field(
        default="none",
        description="Which direction is good news; `none` where more is neither good nor bad.",
        examples=["down"],
    )
    target: float | None = Field(default=None, description="The promised value, in the figure's unit.", examples=["5"])
    show: Literal["tile", "did_you_know", "none"] = Field(
        default="tile",
        description='Where it is shown: among the numbers, as a "Did you know?", or only in `facts`.',
        examples=["did_you_know"],
    )
