"""What is known of the exporters people already run: one TOML file a preset, read without any network.

A preset says which metrics an exporter has, which value means what and how a month is read from
them. The folder that a file lies in is its kind: what it yields, and where config.yaml names it.
"""

from newsletter.presets.kinds import (
    AvailabilityPreset,
    FigurePreset,
    Kind,
    Preset,
    RatioPreset,
    Samples,
    State,
    TicketsPreset,
)
from newsletter.presets.loader import KINDS, kind_of, load, load_all, load_as, names

__all__ = [
    "KINDS",
    "AvailabilityPreset",
    "FigurePreset",
    "Kind",
    "Preset",
    "RatioPreset",
    "Samples",
    "State",
    "TicketsPreset",
    "kind_of",
    "load",
    "load_all",
    "load_as",
    "names",
]
