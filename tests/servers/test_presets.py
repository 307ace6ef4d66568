"""Every preset reads the true numbers from a real Prometheus that has what its exporter shows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from newsletter import presets
from newsletter.collect import collect
from newsletter.collect.snapshot import read, write
from newsletter.config import Config
from newsletter.demo.private_prometheus import private_prometheus
from newsletter.errors import SourceError
from newsletter.model import Requests, Satisfaction, Snapshot
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
    for count in (tickets.opened, tickets.resolved):
        assert (len(count.weeks), sum(week or 0 for week in count.weeks)) == (5, count.total)
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
    assert (paused.exempt, paused.coverage) == (True, 1.0)  # in maintenance all month: no lack of measurements
    assert paused.excluded_s == pytest.approx(made.OCTOBER.seconds - gap, abs=2 * made.STEP)
    assert services["odd"].down_s > 0.4 * made.OCTOBER.seconds


def test_gatus_is_read_by_its_endpoints(url: str) -> None:
    site = measured(url, availability=[{"preset": "gatus", "interval_s": made.STEP}]).services["site"]
    assert site.down_s == pytest.approx(3600, abs=made.STEP)


@pytest.mark.parametrize("name", ["ingress_nginx", "traefik", "haproxy"])
def test_a_share_of_requests_is_counted_exactly_and_says_what_it_is(url: str, world: made.World, name: str) -> None:
    snapshot = measured(url, availability=[{"preset": name}])
    assert sorted(snapshot.services) == ["calm", "idle", "shop"]
    for service, month in snapshot.services.items():
        total, failed = (int(world.truth[f"{name}/{service}/{part}"]) for part in ("total", "failed"))
        assert (month.basis, month.requests) == ("requests", Requests(total=total, failed=failed))
        assert month.availability == (1 - failed / total if total else None)
        assert (month.up_s, month.down_s, month.outages) == (0, 0, ())
        assert month.coverage > 0.99
        proof = snapshot.evidence[f"availability/{service}"]
        assert "a share of requests, not of time" in proof.warnings
        assert (proof.samples > 0) == (failed > 0)
        assert snapshot.evidence[f"requests/{service}"].samples > 8000
    assert "nothing was asked in the month" in snapshot.evidence["availability/idle"].warnings


def test_a_snapshot_with_shares_of_requests_is_read_as_it_was_written(url: str, tmp_path: Path) -> None:
    snapshot = measured(url, availability=[{"preset": "haproxy"}, {"preset": "sloth"}])
    write(snapshot, tmp_path / "snapshot.json")
    assert read(tmp_path / "snapshot.json") == snapshot


def test_recorded_indicators_are_averaged_without_the_hours_in_which_nobody_asked(url: str, world: made.World) -> None:
    snapshot = measured(url, availability=[{"preset": "sloth"}, {"preset": "pyrra"}])
    web, api, calm = (snapshot.services[name] for name in ("web-errors", "api", "calm"))
    assert web.availability == pytest.approx(world.truth["sloth"], abs=1e-12)
    assert api.availability == pytest.approx(world.truth["pyrra"], abs=1e-12)
    assert calm.availability == 1
    assert (web.target, api.target, calm.target) == (0.995, 0.99, None)
    assert {one.basis for one in (web, api, calm)} == {"indicator"}
    assert snapshot.evidence["availability/web-errors"].warnings[0].startswith("approximated")


def test_a_preset_of_requests_without_series_is_refused_like_any_other_source(url: str) -> None:
    with pytest.raises(SourceError, match="no series match haproxy_backend_http_responses_total"):
        measured(url, availability=[{"preset": "haproxy", "match": {"job": "nowhere"}}])


def test_a_service_without_requests_of_its_own_is_unmeasured_and_named(url: str) -> None:
    snapshot = measured(url, availability=[{"preset": "haproxy"}], services={"gone": {"name": "Gone"}})
    assert snapshot.services["gone"].availability is None
    assert "haproxy_backend_http_responses_total" in snapshot.evidence["availability/gone"].query
