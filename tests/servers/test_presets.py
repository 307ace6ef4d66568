"""Every preset reads the true numbers from a real Prometheus that has what its exporter shows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from newsletter import presets
from newsletter.collect import collect
from newsletter.config import Config
from newsletter.demo.private_prometheus import private_prometheus
from newsletter.model import Satisfaction, Snapshot
from tests.servers import preset_world as made

pytestmark = pytest.mark.servers

LATER = datetime.fromtimestamp(made.END, UTC) + timedelta(hours=12)
FIGURES = presets.names("figures")


@pytest.fixture(scope="module")
def world() -> made.World:
    return made.made(seed=20261031)


@pytest.fixture(scope="module")
def url(world: made.World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    file = tmp_path_factory.mktemp("presets") / "all.txt"
    world.write(file)
    with private_prometheus([file]) as address:
        yield address


def measured(url: str, **more: Any) -> Snapshot:
    basics = {
        "organisation": "Acme",
        "timezone": "Europe/Rome",
        "prometheus": {"url": url},
        "smtp": {"from": "IT <it@acme.example>"},
    }
    return collect(Config.model_validate(basics | more), made.OCTOBER, now=LATER)


@pytest.fixture(scope="module")
def snapshot(url: str) -> Snapshot:
    return measured(url, figures={name: {"preset": name} for name in FIGURES})


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_preset_tells_what_really_happened_with_its_evidence(
    snapshot: Snapshot, world: made.World, name: str
) -> None:
    figure = snapshot.figures[name]
    assert figure.value == pytest.approx(world.truth[name], abs=1e-9)
    evidence = snapshot.evidence[f"figures/{name}"]
    assert evidence.samples > 0
    assert evidence.coverage > 0
    preset = presets.load(name)
    assert preset.metrics[0] in evidence.query
    assert evidence.warnings == ()


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_preset_without_series_has_no_value_and_says_so(url: str, name: str) -> None:
    nothing = measured(url, figures={"a": {"preset": name, "match": {"instance": "nowhere"}}})
    assert nothing.figures["a"].value is None
    assert nothing.evidence["figures/a"].coverage == 0
    assert nothing.evidence["figures/a"].warnings


def test_match_narrows_a_preset(url: str) -> None:
    one = measured(url, figures={"a": {"preset": "reboots", "match": {"instance": "m2"}}})
    assert one.figures["a"].value == 2
    assert 'instance="m2"' in one.evidence["figures/a"].query


@pytest.mark.parametrize(
    ("name", "label", "parts"), [("jira", "project_key", ("APP", "WEB")), ("otrs", "queue", ("desk", "net"))]
)
def test_a_help_desk_that_only_shows_what_exists_is_told_by_differences(
    url: str, name: str, label: str, parts: tuple[str, str]
) -> None:
    snapshot = measured(url, tickets={"preset": name})
    tickets = snapshot.tickets
    assert tickets.opened
    assert tickets.resolved
    assert tickets.open_at_end
    assert (tickets.opened.total, tickets.opened.by) == (60, dict.fromkeys(parts, 30))
    assert (tickets.resolved.total, tickets.resolved.by) == (40, dict.fromkeys(parts, 20))
    assert tickets.open_at_end.by == dict.fromkeys(parts, 15)
    assert "2026-09-30T21:59:59.999+00:00" in snapshot.evidence["tickets/opened"].query
    assert label in str(presets.load_as(presets.TicketsPreset, name).read)


def test_the_ticket_contract_is_read_as_documented(url: str) -> None:
    tickets = measured(url, tickets={"preset": "ticket_contract"}).tickets
    assert tickets.opened
    assert tickets.resolved
    assert tickets.open_at_end
    assert tickets.opened.by == {"desk/incident": 33, "net/incident": 33}
    assert tickets.resolved.by == {"desk/incident": 21, "net/incident": 21}
    assert tickets.open_at_end.total == 24
    assert tickets.satisfaction == Satisfaction(satisfied=17, answers=20)
    assert tickets.resolution[""].count == 42
    assert tickets.resolution["desk"].share_within_s == {3600.0: 7 / 21, 14400.0: 14 / 21}


def test_uptime_kuma_tells_all_its_states_apart(url: str) -> None:
    services = measured(url, availability=[{"preset": "uptime_kuma", "interval_s": made.STEP}]).services
    mail = services["mail"]
    assert mail.down_s == pytest.approx(7200, abs=made.STEP)
    assert mail.excluded_s == pytest.approx(14400, abs=made.STEP)
    gap = made.GAP[1] - made.GAP[0]
    assert mail.unknown_s == pytest.approx(1800 + gap, abs=2 * made.STEP)
    assert len(mail.outages) == 1
    paused = services["paused"]
    assert (paused.availability, paused.down_s) == (None, 0)
    assert paused.excluded_s == pytest.approx(made.OCTOBER.seconds - gap, abs=2 * made.STEP)
    assert services["odd"].down_s > 0.4 * made.OCTOBER.seconds


def test_gatus_is_read_by_its_endpoints(url: str) -> None:
    site = measured(url, availability=[{"preset": "gatus", "interval_s": made.STEP}]).services["site"]
    assert site.down_s == pytest.approx(3600, abs=made.STEP)
