"""Finds and reads the data files beside this module; works from a wheel, too."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any, Final, TypeVar, get_args

from newsletter.presets.kinds import (
    AvailabilityPreset,
    FigurePreset,
    Kind,
    Preset,
    RatioPreset,
    TicketsPreset,
)

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

_CLASSES: Final[dict[Kind, type[Preset]]] = {
    one.kind: one for one in (AvailabilityPreset, RatioPreset, FigurePreset, TicketsPreset)
}


AnyPreset = TypeVar("AnyPreset", bound=Preset)


@cache
def names(*kinds: Kind) -> tuple[str, ...]:
    """The presets of some kinds (of all, if none is given), sorted; without reading their files."""
    wanted = kinds or KINDS
    return tuple(sorted(name for name, kind in _index().items() if kind in wanted))


def kind_of(name: str) -> Kind | None:
    """The kind of the preset `name`; None if there is no such preset."""
    return _index().get(name)


@cache
def load(name: str) -> Preset:
    """The preset `name`.

    Raises:
        LookupError: there is no such preset; config.yaml is checked for that when it is read.
    """
    kind = _index()[name]
    text = resources.files(__package__).joinpath(kind, f"{name}.toml").read_text(encoding="utf-8")
    values: dict[str, Any] = {key: _frozen(value) for key, value in tomllib.loads(text).items()}
    return _CLASSES[kind](name=name, **values)


def load_as(kind: type[AnyPreset], name: str) -> AnyPreset:
    """The preset `name`, known to be of the class `kind`.

    Raises:
        LookupError: there is no such preset of that kind.
    """
    found = load(name)
    if isinstance(found, kind):
        return found
    raise LookupError(f"{name} is no {kind.__name__}")


def load_all(*kinds: Kind) -> tuple[Preset, ...]:
    """All presets of some kinds (of all, if none is given), by name."""
    return tuple(load(name) for name in names(*kinds))


@cache
def _index() -> dict[str, Kind]:
    return {
        file.name.removesuffix(".toml"): kind
        for kind in KINDS
        if (folder := resources.files(__package__).joinpath(kind)).is_dir()
        for file in folder.iterdir()
        if file.name.endswith(".toml")
    }


def _frozen(value: Any) -> Any:
    """Lists at the top of a file as tuples; tables stay as they are written, for config.yaml's models to check."""
    return tuple(value) if isinstance(value, list) else value
