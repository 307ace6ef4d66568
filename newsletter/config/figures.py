"""Any other number: how it is read, what it is called, and where it is shown."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from newsletter import presets
from newsletter.config.faults import Model
from newsletter.config.from_preset import FigurePresetName, PresetMatch, filled_in
from newsletter.config.refusals import needed
from newsletter.config.rules import exactly_one, together
from newsletter.config.telling import EquivalenceConfig
from newsletter.config.texts import LabelName, Line, LocalisedText


class RatioSource(Model):
    """A share of a whole, from two counters."""

    part: Line = Field(description="The counter of the part.", examples=["mails_rejected_total"])
    total: Line = Field(description="The counter of the whole.", examples=["mails_received_total"])


def _noun_or_preset(noun: Any, info: ValidationInfo) -> Any:
    if noun is None and info.data.get("preset", "") is None:
        raise needed("is required, but missing")
    return noun


def _whose_work(team: int | None, info: ValidationInfo) -> int | None:
    """A number about the department's own work is one of a team, never of a person."""
    if "show" in info.data and (info.data["show"] == "managers") != (team is not None):
        raise together("show: managers goes with team, the number of people it is about, five or more")
    return team


_FORMS = ("counter", "gauge", "changes", "advances", "falls", "difference", "alerts", "ratio", "by_hand")


class FigureConfig(Model):
    """Any other number. A `preset`, or exactly one of the keys below it, says how it is read."""

    preset: FigurePresetName | None = Field(
        default=None,
        description="A number that is known; [presets.md](presets.md) lists them. It decides how the number is read, "
        "its unit and its words where they are not written.",
        examples=["certificates_renewed"],
    )
    match: PresetMatch = Field(
        default={},
        description="With `preset`: labels that a series must have, with these exact values.",
        examples=["{job: blackbox}"],
    )
    counter: Line | None = Field(
        default=None, description="A counter: its increase over the month.", examples=["logins_total"]
    )
    gauge: Line | None = Field(
        default=None, description="A gauge: its value at the end of the month.", examples=["laptops_in_use"]
    )
    changes: Line | None = Field(
        default=None,
        description="A gauge: how often its value changed in the month.",
        examples=["firmware_version_number"],
    )
    advances: Line | None = Field(
        default=None,
        description="A gauge that holds a time (of the last backup, the last boot, the end of a certificate): how "
        "often it moved forward in the month, by a minute or more.",
        examples=["backup_last_success_timestamp_seconds"],
    )
    falls: Line | None = Field(
        default=None,
        description="A gauge of what waits to be done: all its falls of the month together.",
        examples=["apt_upgrades_pending"],
    )
    difference: Line | None = Field(
        default=None,
        description="A gauge that holds a total so far: its value at the end of the month less that at its start.",
        examples=["'machines_migrated'"],
    )
    alerts: Line | None = Field(
        default=None,
        description="A selector of the series `ALERTS`: how many alerts began to fire in the month.",
        examples=["'ALERTS{severity=\"critical\"}'"],
    )
    ratio: RatioSource | None = Field(
        default=None,
        description="Two counters: the increase of one as a share of the other's.",
        examples=["{part: mails_rejected_total, total: mails_received_total}"],
    )
    by_hand: Annotated[Literal[True] | None, exactly_one(*_FORMS, filled_in_by="preset")] = Field(
        default=None,
        validate_default=True,
        description="A number that no machine counts: a person enters it in `figures.yaml` of the edition, and the "
        "mail says so; see docs/by-hand.md.",
        examples=["true"],
    )
    by: list[LabelName] = Field(
        default=["job", "instance"],
        description="For `advances` and `falls`: the labels that tell one thing (a machine, an address) from another. "
        "Several series of one thing count once in `advances`, and are added up in `falls`.",
        examples=["[instance]"],
    )
    unit: Literal["count", "seconds", "ratio", "bytes"] | None = Field(
        default=None, description="What the number measures; by default what its kind implies.", examples=["seconds"]
    )
    noun: Annotated[LocalisedText | None, AfterValidator(_noun_or_preset)] = Field(
        default=None,
        validate_default=True,
        description="What is counted, as one text or one per locale. Required without `preset`.",
        examples=["{en: sign-ins, it: accessi}"],
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
    show: Literal["tile", "did_you_know", "both", "managers", "none"] = Field(
        default="tile",
        description='Where it is shown: among the numbers (`tile`), as a "Did you know?", there in its turn and else among '
        "the numbers (`both`), beside planned work in the managers' letter alone (`managers`: how the department itself "
        "works), or only in `facts` (`none`).",
        examples=["did_you_know"],
    )
    team: Annotated[Annotated[int, Field(ge=5)] | None, AfterValidator(_whose_work)] = Field(
        default=None,
        validate_default=True,
        description="With `show: managers`: how many people the number is about, all together. A number about fewer than five "
        "would be about single people, and is refused.",
        examples=["14"],
    )

    history: bool = Field(
        default=False,
        description="Whether its tile shows up to 13 months as small bars from zero, their lowest and highest value "
        "beside them. It begins with the first month recorded, and needs six. About 1 KB of the mail. Shares that are never "
        "below 90 % get none, as all bars would look alike.",
        examples=["true"],
    )

    @model_validator(mode="before")
    @classmethod
    def _fill_in_preset(cls, given: Any) -> Any:
        def defaults(preset: presets.FigurePreset) -> dict[str, Any]:
            own = any(form in given for form in _FORMS)
            return {"unit": preset.unit, "good": preset.good, **({} if own else preset.read)}

        return filled_in(given, presets.FigurePreset, defaults)
