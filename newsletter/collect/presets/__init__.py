"""Well-known sources of availability, one TOML file each."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True, slots=True)
class Preset:
    """`metric` is the 0/1 series (1 = up)."""

    metric: str


def load(name: str) -> Preset:
    """The preset `name`; the configuration has already checked that it exists."""
    text = resources.files(__name__).joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return Preset(**tomllib.loads(text))
