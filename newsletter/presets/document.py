"""Writes the reference of the presets from their data files; docs/presets.md is made of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from newsletter.presets.kinds import AvailabilityPreset, FigurePreset, Kind, Preset, RatioPreset, TicketsPreset
from newsletter.presets.loader import KINDS, load_all

_INTRODUCTION = """\
# Presets

What the program knows of the exporters that people already run, generated from the data files in
`newsletter/presets/` (`make docs`). A preset is named in config.yaml, and says there which metric is read, which value
means what, and how a month is counted from it. Keys that you write beside it win. `match` narrows it to series with
exactly these labels.

A server fits a preset when all of its metrics have series. A preset whose metrics have none gives no number and says
so in the evidence: missing data is never 0.
"""

_SECTIONS: Final[Mapping[Kind, tuple[str, str]]] = {
    "availability": (
        "Availability by time",
        "Under `availability`. Every service gets minutes up, down, excluded and not measured, and its interruptions.",
    ),
    "ratio": (
        "Availability by requests",
        (
            "Under `availability`, too. What counts is how many requests failed, not how long: the mail tells "
            '"98.00% of requests answered" and no minutes. `prober_label`, `interval_s`, `vote`, `maintenance` and '
            "`merge_within_min` have no meaning there. Of 200 series and more, samples "
            "are read only where one begins, ends or starts anew: the counts stay exact. A service stands in one entry only: those that a probe measures already go under `leave_out`, as "
            "`newsletter init` writes it."
        ),
    ),
    "figures": (
        "Figures",
        "Under `figures`, by a name of your choice. `noun` and `sentence` beside the preset replace its own words.",
    ),
    "tickets": ("Tickets", "Under `tickets`. Parts that you write beside the preset win."),
}


def render() -> str:
    """The page as Markdown."""
    return _INTRODUCTION + "".join(_section(kind) for kind in KINDS if load_all(kind))


def _section(kind: Kind) -> str:
    title, about = _SECTIONS[kind]
    return f"\n## {title}\n\n{about}\n" + "".join(_entry(preset) for preset in load_all(kind))


def _entry(preset: Preset) -> str:
    project = preset.project if " " in preset.project else f"[{preset.project}](https://github.com/{preset.project})"
    lines = [f"\n### `{preset.name}`\n", f"{preset.doc} For: {preset.exporter}, {project}.\n"]
    lines += [f"- Metrics: {', '.join(f'`{metric}`' for metric in preset.metrics)}"]
    lines += [f"- {line}" for line in _READERS[preset.kind](preset)]
    lines += [f"- {note}" for note in preset.notes]
    return "\n".join(lines) + f"\n\n```yaml\n{_snippet(preset)}\n```\n"


def _availability(preset: Any) -> Iterator[str]:
    assert isinstance(preset, AvailabilityPreset)
    states = (
        f"{' and '.join(f'{value:g}' for value in values)} = {'not measured' if state == 'unknown' else state}"
        for state, values in preset.states.items()
    )
    yield f"Reads `{preset.selector}`: {', '.join(states)}"
    yield f"A service is a value of `{preset.service_label}`; its probers differ in `{preset.prober_label}`"
    if preset.latency:
        unit = f", in {preset.latency['unit']}" if "unit" in preset.latency else ""
        yield f"Durations, if `latency` asks for them: `{preset.latency['metric']}`{unit}"


def _ratio(preset: Any) -> Iterator[str]:
    assert isinstance(preset, RatioPreset)
    whole = f" of `{preset.total}`" if preset.total else ""
    yield f"Failed: `{preset.failed}`{whole}, as {_SAMPLES[preset.samples]}"
    yield f"A service is a value of `{preset.service_label}`"
    if preset.target:
        yield f"Target: `{preset.target}`, where config.yaml names none"


_SAMPLES = {
    "counters": "counters, counted exactly, restarts included",
    "rates": "rates, summed over the month",
    "ratios": "error ratios, of which the mean over the month is taken",
}


def _figure(preset: Any) -> Iterator[str]:
    assert isinstance(preset, FigurePreset)
    yield f"Reads {_keys(preset.read)}; unit `{preset.unit}`" + (
        "" if preset.good == "none" else f", good is `{preset.good}`"
    )


def _tickets(preset: Any) -> Iterator[str]:
    assert isinstance(preset, TicketsPreset)
    for part, read in preset.read.items():
        yield f"`{part}`: {_keys(read)}"


def _keys(read: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} `{_flow(value)}`" for key, value in read.items())


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(inner)}" for key, inner in value.items()) + "}"
    return f"[{', '.join(map(_flow, value))}]" if isinstance(value, list) else str(value).replace("$match", "…")


_READERS: Final[Mapping[Kind, Callable[[Any], Iterator[str]]]] = {
    "availability": _availability,
    "ratio": _ratio,
    "figures": _figure,
    "tickets": _tickets,
}


def _snippet(preset: Preset) -> str:
    match preset.kind:
        case "figures":
            return f"figures:\n  {preset.name}: {{preset: {preset.name}}}"
        case "tickets":
            return f"tickets: {{preset: {preset.name}}}"
        case _:
            return f"availability:\n  - preset: {preset.name}"
