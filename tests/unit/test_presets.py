"""The presets: every data file is complete, consistent and known to the configuration."""

from __future__ import annotations

import re

import pytest

from newsletter import presets
from newsletter.collect.promql import label_name, parse
from newsletter.config import AvailabilitySource

EVERY = presets.load_all()


def texts(value: object) -> list[str]:
    """Every text in a value, however deep."""
    if isinstance(value, dict):
        return [text for inner in value.values() for text in texts(inner)]
    if isinstance(value, list | tuple):
        return [text for inner in value for text in texts(inner)]
    return [value] if isinstance(value, str) else []


def read_by(preset: presets.Preset) -> list[str]:
    """The selectors and expressions of a preset."""
    match preset:
        case presets.AvailabilityPreset():
            return [preset.selector]
        case presets.RatioPreset():
            return [one for one in (preset.total, preset.failed, preset.target) if one]
        case presets.FigurePreset() | presets.TicketsPreset():
            return texts(preset.read)
    raise AssertionError(preset)


@pytest.mark.parametrize("preset", EVERY, ids=lambda preset: preset.name)
def test_a_preset_says_what_it_needs_and_reads_it(preset: presets.Preset) -> None:
    assert preset.metrics
    assert all(parse(metric).metric == metric for metric in preset.metrics)
    assert preset.doc.endswith((".", ").")), preset.doc
    assert "/" in preset.project or " " in preset.project
    read = " ".join(read_by(preset))
    assert [metric for metric in preset.metrics if metric.removesuffix("_bucket") not in read] == []


@pytest.mark.parametrize("preset", presets.load_all("availability"), ids=lambda preset: preset.name)
def test_an_availability_preset_gives_each_value_one_meaning_and_up_is_1(preset: presets.AvailabilityPreset) -> None:
    values = [value for several in preset.states.values() for value in several]
    assert len(values) == len(set(values))
    assert list(preset.states["up"]) == [1]
    assert preset.states["down"]
    assert label_name(preset.service_label)
    assert label_name(preset.prober_label)


def test_names_are_written_alike() -> None:
    assert [name for name in presets.names() if not re.fullmatch(r"[a-z][a-z0-9_]*", name)] == []


def test_the_names_of_a_kind_are_those_of_its_folder() -> None:
    assert "blackbox" in presets.names("availability")
    assert "blackbox" not in presets.names("ratio", "figures", "tickets")
    assert presets.kind_of("blackbox") == "availability"
    assert presets.kind_of("../availability/blackbox") is None
    assert sorted(name for kind in presets.KINDS for name in presets.names(kind)) == list(presets.names())


def test_a_preset_is_not_mistaken_for_one_of_another_kind() -> None:
    with pytest.raises(LookupError):
        presets.load_as(presets.TicketsPreset, "blackbox")


def test_a_preset_decides_the_labels_that_are_not_written() -> None:
    bare = AvailabilitySource.model_validate({"preset": "uptime_kuma"})
    assert (bare.service_label, bare.prober_label) == ("monitor_name", "instance")
    own = AvailabilitySource.model_validate({"preset": "uptime_kuma", "service_label": "team"})
    assert (own.service_label, own.prober_label) == ("team", "instance")
    plain = AvailabilitySource.model_validate({"selector": "ok"})
    assert (plain.service_label, plain.prober_label) == ("service", "prober")
