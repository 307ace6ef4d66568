"""Keys that name a preset: checked against the data files, and filled in from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, ValidationInfo

from newsletter import presets
from newsletter.config.refusals import did_you_mean, fault
from newsletter.config.strict_yaml import shown
from newsletter.config.texts import LabelName, Line

AnyPreset = TypeVar("AnyPreset", bound=presets.Preset)

# Where in config.yaml the presets of a kind are named.
_PLACE: Mapping[presets.Kind, str] = {
    "availability": "availability",
    "ratio": "availability",
    "figures": "figures.NAME",
    "tickets": "tickets",
}


def known_preset(*kinds: presets.Kind) -> AfterValidator:
    """A preset of these kinds; docs/presets.md lists them."""

    def check(name: str) -> str:
        kind = presets.kind_of(name)
        if kind is None:
            raise fault(f"{shown(name)} is no preset{did_you_mean(name, presets.names(*kinds))}")
        if kind not in kinds:
            raise fault(f"{shown(name)} is a preset for {_PLACE[kind]}{did_you_mean('', presets.names(*kinds))}")
        return name

    return AfterValidator(check)


ServicePresetName = Annotated[Line, known_preset("availability", "ratio")]
FigurePresetName = Annotated[Line, known_preset("figures")]
TicketsPresetName = Annotated[Line, known_preset("tickets")]


def _with_preset(match: dict[str, str], info: ValidationInfo) -> dict[str, str]:
    if match and info.data.get("preset", "") is None:
        raise fault("goes with preset only: write the matchers into the selectors themselves")
    return match


PresetMatch = Annotated[dict[LabelName, Line], AfterValidator(_with_preset)]


def filled_in(given: Any, kind: type[AnyPreset], defaults: Callable[[AnyPreset], Mapping[str, Any]]) -> Any:
    """`given` with what its preset says of the keys that are not written.

    What is no mapping, or names no preset of that kind, stays as it is: the fields refuse it.
    """
    name = given.get("preset") if isinstance(given, dict) else None
    if not isinstance(name, str) or name.strip() not in presets.names(kind.kind):
        return given
    return {**defaults(presets.load_as(kind, name.strip())), **given}
