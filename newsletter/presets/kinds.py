"""The values of a preset, one class for each kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from msgspec import Struct, field

Kind = Literal["availability", "ratio", "figures", "tickets"]
State = Literal["up", "down", "excluded", "unknown"]
Samples = Literal["counters", "rates", "ratios"]
Basis = Literal["requests", "indicator"]


class Preset(Struct, frozen=True, kw_only=True):
    """What all kinds share.

    `exporter` is what must run for it, with the project it was read from; `doc` says in one line what is
    measured, `notes` what somebody who relies on the number must know. A server fits the preset when
    every one of `metrics` has series.
    """

    kind: ClassVar[Kind]

    name: str
    exporter: str
    project: str
    doc: str
    metrics: tuple[str, ...]
    notes: tuple[str, ...] = ()


class AvailabilityPreset(Preset, frozen=True, kw_only=True):
    """Availability by time: a gauge whose value is the state of a service.

    `states` maps each state to the values that mean it; a value that is in none of them is an error.
    `latency` are the keys of `latency` in config.yaml that say where durations are; empty if there are none.
    """

    kind: ClassVar[Kind] = "availability"

    selector: str
    service_label: str = "service"
    prober_label: str = "prober"
    states: Mapping[State, tuple[float, ...]] = field(default_factory=lambda: {"up": (1.0,), "down": (0.0,)})
    latency: Mapping[str, str] = field(default_factory=dict)


class RatioPreset(Preset, frozen=True, kw_only=True):
    """Availability by what was asked of a service: the share of requests that did not fail.

    `samples` tells what the selectors are: `counters` of all and of failed requests are counted exactly;
    `rates` (requests per second) are summed over the month; `ratios` are error ratios of which only a
    mean over time can be taken (`total` is None). `target` is a gauge of the promised ratio, if the
    source has one. `basis` decides the words: requests answered, or the source's own indicator.
    """

    kind: ClassVar[Kind] = "ratio"

    failed: str
    total: str | None = None
    samples: Samples = "counters"
    basis: Basis = "requests"
    service_label: str = "service"
    target: str | None = None


class FigurePreset(Preset, frozen=True, kw_only=True):
    """One number: `read` holds the keys of a figure in config.yaml that say how it is read.

    In an expression, `$match` stands where further matchers go. `words` is where its noun and sentence
    stand in the language files, under `figure`.
    """

    kind: ClassVar[Kind] = "figures"

    read: Mapping[str, Any]
    words: str
    unit: Literal["count", "seconds", "ratio", "bytes"] = "count"
    good: Literal["up", "down", "none"] = "none"


class TicketsPreset(Preset, frozen=True, kw_only=True):
    """A service desk: `read` holds the keys of `tickets` in config.yaml."""

    kind: ClassVar[Kind] = "tickets"

    read: Mapping[str, Any]
