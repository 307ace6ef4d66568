"""The presets: every data file is complete, consistent and known to the configuration."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from newsletter import presets
from newsletter.collect.figures import selector_of, with_matchers
from newsletter.collect.promql import label_name, parse
from newsletter.collect.tickets import matched
from newsletter.config import AvailabilitySource, FigureConfig, TicketsConfig
from newsletter.language import Catalogue
from newsletter.language.catalogue import supported_locales

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
    beside = {"ALERTS_FOR_STATE"}  # read with every selector of ALERTS
    assert [metric for metric in preset.metrics if metric not in read and metric not in beside] == []


@pytest.mark.parametrize("preset", presets.load_all("availability"), ids=lambda preset: preset.name)
def test_an_availability_preset_gives_each_value_one_meaning_and_up_is_1(preset: presets.AvailabilityPreset) -> None:
    values = [value for several in preset.states.values() for value in several]
    assert len(values) == len(set(values))
    assert list(preset.states["up"]) == [1]
    assert preset.states["down"]
    assert label_name(preset.service_label)
    assert label_name(preset.prober_label)


@pytest.mark.parametrize("preset", presets.load_all("figures"), ids=lambda preset: preset.name)
def test_a_figure_needs_no_more_than_its_preset_and_has_words_in_every_language(preset: presets.FigurePreset) -> None:
    figure = FigureConfig.model_validate({"preset": preset.name})
    assert (figure.unit, figure.good) == (preset.unit, preset.good)
    if figure.gauge is None:
        assert str(selector_of(figure))
    for locale in supported_locales():
        catalogue = Catalogue.load(locale)
        for n in (0, 1, 2, 1_000_000):
            assert catalogue.text(f"figure.{preset.words}.noun", n=n)
            assert catalogue.text(f"figure.{preset.words}.sentence", n=n).endswith(".")


def test_no_words_are_left_without_a_preset() -> None:
    used = {preset.words for preset in presets.load_all("figures") if isinstance(preset, presets.FigurePreset)}
    for locale in supported_locales():
        assert {key.split(".")[1] for key in Catalogue.load(locale).messages if key.startswith("figure.")} == used


@pytest.mark.parametrize("preset", presets.load_all("tickets"), ids=lambda preset: preset.name)
def test_a_tickets_preset_fills_in_its_parts_and_gives_way_to_what_is_written(preset: presets.TicketsPreset) -> None:
    tickets = TicketsConfig.model_validate({"preset": preset.name, "open": {"gauge": "own"}})
    assert tickets.opened
    assert tickets.resolved
    assert tickets.open
    assert tickets.open.gauge == "own"


def test_match_narrows_every_selector_of_a_preset() -> None:
    tickets = matched(TicketsConfig.model_validate({"preset": "ticket_contract", "match": {"team": 'a"b'}}))
    assert tickets.opened
    assert tickets.opened.counter == 'tickets_opened_total{team="a\\"b"}'
    assert tickets.resolution
    assert tickets.resolution.histogram == 'ticket_resolution_seconds{team="a\\"b"}'
    figure = FigureConfig.model_validate({"preset": "reboots", "match": {"job": "node"}})
    assert str(selector_of(figure)) == 'node_boot_time_seconds{job="node"}'
    assert with_matchers('sum(a{$match} > b{c="d",$match})', {"job": "x"}) == 'sum(a{job="x"} > b{c="d",job="x"})'


def test_a_form_written_beside_a_preset_takes_its_place() -> None:
    figure = FigureConfig.model_validate({"preset": "borg_backups", "changes": "my_backup_time"})
    assert (figure.advances, figure.changes) == (None, "my_backup_time")


def test_names_are_written_alike() -> None:
    assert [name for name in presets.names() if not re.fullmatch(r"[a-z][a-z0-9_]*", name)] == []


def test_the_names_of_a_kind_are_those_of_its_folder() -> None:
    assert "blackbox" in presets.names("availability")
    assert "blackbox" not in presets.names("ratio", "figures", "tickets")
    assert {"traefik", "sloth"} <= set(presets.names("ratio"))
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


def test_the_page_of_the_ticket_metrics_names_what_the_preset_reads() -> None:
    page = (Path(__file__).parents[2] / "docs/ticket-metrics.md").read_text(encoding="utf-8")
    example = page.partition("## As OpenMetrics")[2]
    for part in presets.load_as(presets.TicketsPreset, "ticket_contract").read.values():
        name = next(part[key] for key in ("counter", "gauge", "histogram", "total") if key in part)
        assert f"| `{name}` |" in page
        assert f"\n{name}" in example
        assert all(f'{label}="' in example for label in part.get("by", ()))
