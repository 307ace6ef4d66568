"""What is measured: services and what they mean, and tickets."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from newsletter import presets
from newsletter.config.faults import Model
from newsletter.config.figures import RatioSource
from newsletter.config.from_preset import PresetMatch, TicketsPresetName, filled_in
from newsletter.config.helpdesk import CsvSource, EnoughAnswers, ResolutionTarget
from newsletter.config.places import Zone
from newsletter.config.refusals import fault
from newsletter.config.rules import exactly_one, instead_of
from newsletter.config.schedule import Hours, Windows
from newsletter.config.texts import HistogramName, LabelName, Line, LocalisedText


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
        default=None,
        description='How many people use it: the more, the likelier a fact about it is told under "Did you know?". Notes '
        "may state the number.",
        examples=["1240"],
    )
    critical: bool = Field(
        default=False,
        description="Whether the organisation stands still without it: among services that did equally badly, "
        "these come first.",
        examples=["true"],
    )
    hours: Hours = Field(
        default=[],
        description="When it is needed: days and times on the clock of its time zone, as one text or a list of them; "
        "`Sa 22:00-02:00` runs over midnight. All other time, and `holidays`, is excluded, and shown. "
        "By default it is needed round the clock.",
        examples=['["Mo-Fr 07:00-19:00", "Sa 08:00-12:00"]'],
    )
    maintenance: Windows = Field(
        default=[],
        description="Planned maintenance on this service: weekly times, or dates with times, on the clock of its time zone. "
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
    """What was counted in the month. Exactly one of `counter` and `difference` says how it is read."""

    counter: Line | None = Field(
        default=None,
        description="A counter: what it gained in the month, restarts included.",
        examples=["tickets_opened_total"],
    )
    difference: Annotated[Line | None, exactly_one("counter", "difference")] = Field(
        default=None,
        validate_default=True,
        description="A gauge that holds a total so far: its value at the end of the month less that at its start.",
        examples=["'helpdesk_tickets{status=\"closed\"}'"],
    )
    by: list[LabelName] = Field(default=[], description="Labels to split the total by.", examples=["[queue, kind]"])


class GaugeSource(Model):
    """A gauge of tickets, read at the end of the month."""

    gauge: Line = Field(description="The name of the gauge.", examples=["tickets_open"])
    by: list[LabelName] = Field(default=[], description="Labels to split the total by.", examples=["[queue]"])


class HistogramSource(ResolutionTarget):
    """A histogram of resolution times in seconds."""

    histogram: HistogramName = Field(
        description="The base name of the histogram, without `_bucket`.", examples=["ticket_resolution_seconds"]
    )
    by: list[LabelName] = Field(default=[], description="Labels to split the distribution by.", examples=["[queue]"])


class SatisfactionSource(RatioSource, EnoughAnswers):
    """Answers of those who asked for help, from two counters: the satisfied ones as part of all."""


class TicketsConfig(Model):
    """The service desk: metrics of it, or a CSV export. Leave out what you do not have."""

    preset: TicketsPresetName | None = Field(
        default=None,
        description="The exporter of the help desk; [presets.md](presets.md) lists them. It decides the parts that "
        "are not written.",
        examples=["otrs"],
    )
    match: PresetMatch = Field(
        default={},
        description="With `preset`: labels that a series must have, with these exact values.",
        examples=["{host: helpdesk}"],
    )
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
        default={},
        description="What readers call a value of the labels in `by`. Only values named here are ever printed.",
        examples=["{desktop: {en: computers and screens}}"],
    )
    proactive: list[Line] = Field(
        default=[],
        description="Values of the labels in `resolved.by` that mean work done before anybody asked.",
        examples=["[change, maintenance]"],
    )
    reactive: list[Line] = Field(
        default=[],
        description="Values of the labels in `resolved.by` that mean work done because something failed or was asked for.",
        examples=["[incident, request]"],
    )
    satisfaction: SatisfactionSource | None = Field(
        default=None,
        description="What those who had asked for help said about it.",
        examples=["{part: 'ticket_ratings_total{rating=\"satisfied\"}', total: ticket_ratings_total}"],
    )
    requesters: GaugeSource | None = Field(
        default=None,
        description="A gauge of the people who asked for help in the month so far, each counted once: its value at the end of the "
        "month, with its department as the only label in `by`. Departments with fewer than ten people are told "
        "together.",
        examples=["{gauge: tickets_requesters, by: [department]}"],
    )
    csv: Annotated[
        CsvSource | None,
        instead_of("csv", "preset", "opened", "resolved", "open", "resolution", "satisfaction", "requesters"),
    ] = Field(
        default=None,
        description="The export of a help desk, instead of all metrics above.",
    )

    @model_validator(mode="before")
    @classmethod
    def _fill_in_preset(cls, given: Any) -> Any:
        return filled_in(given, presets.TicketsPreset, lambda preset: {} if "csv" in given else preset.read)

    @property
    def target(self) -> ResolutionTarget | None:
        """The promise about solving tickets, wherever their times come from."""
        return self.csv or self.resolution

    @property
    def min_answers(self) -> int | None:
        """How many answers are needed; None where nobody is asked."""
        asked = self.csv.satisfaction if self.csv else self.satisfaction
        return asked.min_answers if asked else None
