"""A generated October of 50 services and 3 probers in a real Prometheus: the collector finds the truth again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from newsletter.collect import below_gate, collect
from newsletter.config import Config, CoverageConfig
from newsletter.demo.private_prometheus import private_prometheus
from newsletter.errors import ConfigError, SourceError
from newsletter.model import Outage, ServiceMonth, Snapshot
from newsletter.period import month
from tests.servers import world as made

pytestmark = pytest.mark.servers

SCRAPE = 60.0
LATER = datetime.fromtimestamp(made.END, UTC) + timedelta(days=2)


def configured(url: str, **more: Any) -> Config:
    basics = {
        "organisation": "Acme",
        "timezone": "Europe/Rome",
        "prometheus": {"url": url},
        "availability": [
            {"preset": "blackbox", "match": {"job": "blackbox"}, "maintenance": 'maintenance_active{job="planner"}'}
        ],
        "smtp": {"from": "IT <it@acme.example>"},
    }
    return Config.model_validate(basics | more)


TICKETS = {
    "opened": {"counter": "tickets_opened_total", "by": ["queue", "kind"]},
    "resolved": {"counter": "tickets_resolved_total", "by": ["queue"]},
    "open": {"gauge": "tickets_open", "by": ["queue"]},
    "resolution": {"histogram": "ticket_resolution_seconds", "by": ["queue"]},
}


@pytest.fixture(scope="module")
def world() -> made.World:
    return made.october(seed=20261001)


@pytest.fixture(scope="module")
def url(world: made.World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    files = world.write(tmp_path_factory.mktemp("october"))
    with private_prometheus(files) as address:
        for file in files:
            file.unlink()
        yield address


@pytest.fixture(scope="module")
def snapshot(url: str) -> Snapshot:
    return collect(configured(url, tickets=TICKETS), made.OCTOBER, now=LATER)


def overlaps(outage: Outage, span: made.Span) -> bool:
    return made.overlap((outage.start, outage.end), span) > 0


def check_service(found: ServiceMonth, true: made.Service, scrape: float) -> None:
    """Availability to one scrape for each thing that changed; every outage found exactly once."""
    period = made.OCTOBER
    tolerance = scrape * true.edges(period)
    assert found.down_s == pytest.approx(true.down_s(period), abs=tolerance), true.name
    assert found.up_s + found.down_s == pytest.approx(true.measurable_s(period), abs=tolerance), true.name
    assert found.availability is not None
    truth = 1 - true.down_s(period) / true.measurable_s(period)
    assert found.availability == pytest.approx(truth, abs=tolerance / true.measurable_s(period)), true.name
    wanted = true.visible_outages(period)
    assert len(found.outages) == len(wanted), true.name
    for outage, span in zip(found.outages, wanted, strict=True):
        assert outage.start == pytest.approx(span[0], abs=scrape), true.name
        assert outage.end == pytest.approx(span[1], abs=scrape), true.name


@pytest.mark.parametrize("name", sorted(made.october(seed=20261001).services))
def test_a_service_has_its_true_availability_and_every_outage_once(
    snapshot: Snapshot, world: made.World, name: str
) -> None:
    check_service(snapshot.services[name], world.services[name], SCRAPE)


def test_exactly_the_services_that_exist_are_reported(snapshot: Snapshot, world: made.World) -> None:
    assert sorted(snapshot.services) == sorted(world.services)


def test_the_four_states_add_up_to_the_life_of_each_service(snapshot: Snapshot, world: made.World) -> None:
    for name, service in snapshot.services.items():
        life = world.services[name].life
        lived = min(life[1], made.END) - max(life[0], made.START)
        states = service.up_s + service.down_s + service.excluded_s + service.unknown_s
        exact = life[0] <= made.START and life[1] >= made.END
        assert states == pytest.approx(lived, abs=0.01 if exact else 2 * SCRAPE), name


def test_an_outage_over_the_edge_of_the_month_says_so(snapshot: Snapshot) -> None:
    def cut(name: str) -> list[tuple[bool, bool]]:
        return [(o.continues_before, o.continues_after) for o in snapshot.services[name].outages]

    assert cut("over-start") == [(True, False)]
    assert cut("over-end") == [(False, True)]
    assert cut("down-all-month") == [(True, True)]
    assert cut("over-clock-change") == [(False, False)]


def test_an_hour_of_the_clock_change_is_an_hour_of_downtime(snapshot: Snapshot) -> None:
    assert snapshot.services["over-clock-change"].down_s == pytest.approx(3600, abs=2 * SCRAPE)
    assert snapshot.services["perfect"].up_s + snapshot.services["perfect"].unknown_s == 745 * 3600


def test_planned_work_is_excluded_and_its_overrun_is_downtime(snapshot: Snapshot) -> None:
    planned, overrun = snapshot.services["maintained"], snapshot.services["overrun"]
    assert (planned.down_s, planned.outages, planned.availability) == (0, (), 1)
    assert planned.excluded_s == pytest.approx(7200, abs=2 * SCRAPE)
    assert overrun.excluded_s == pytest.approx(7200, abs=2 * SCRAPE)
    assert overrun.down_s == pytest.approx(2400, abs=2 * SCRAPE)
    assert len(overrun.excluded) == 1


def test_what_nobody_measured_is_unknown_and_never_up(snapshot: Snapshot) -> None:
    unseen = snapshot.services["unseen"]
    assert unseen.unknown_s == pytest.approx(6 * 3600 + 5400, abs=4 * SCRAPE)
    assert unseen.coverage == pytest.approx(1 - unseen.unknown_s / made.OCTOBER.seconds)
    assert [round(gap.seconds / 3600, 1) for gap in unseen.unknown] == [6.0, 1.5]


def test_an_outage_around_a_gap_is_one_that_tells_what_was_seen_of_it(snapshot: Snapshot) -> None:
    (outage,) = snapshot.services["down-over-gap"].outages
    assert outage.end - outage.start == pytest.approx(1800 + 5400 + 1200, abs=2 * SCRAPE)
    assert outage.down_s == pytest.approx(3000, abs=4 * SCRAPE)


def test_one_prober_that_lies_or_is_away_changes_nothing(snapshot: Snapshot) -> None:
    assert snapshot.services["lied-about"].availability == 1
    assert snapshot.services["one-away"].unknown_s == pytest.approx(5400, abs=2 * SCRAPE)


def test_a_service_born_or_retired_in_the_month_is_judged_by_its_life(snapshot: Snapshot, world: made.World) -> None:
    born, retired = snapshot.services["born"], snapshot.services["retired"]
    assert born.unknown_s == 0
    assert born.up_s + born.down_s == pytest.approx(made.END - world.services["born"].life[0], abs=2 * SCRAPE)
    assert retired.coverage > 0.99
    for name, service in (("born", born), ("retired", retired)):
        assert service.lifetime
        start, end = world.services[name].life
        within = max(start, made.START), min(end, made.END)
        assert (service.lifetime.start, service.lifetime.end) == pytest.approx(within, abs=SCRAPE)
    assert snapshot.services["perfect"].lifetime is None


def test_every_service_tells_where_its_number_comes_from(snapshot: Snapshot) -> None:
    for name, service in snapshot.services.items():
        entries = [snapshot.evidence[key] for key in service.evidence]
        assert f'service=~"{name.replace("-", chr(92) * 2 + "-")}"' in entries[0].query
        assert entries[0].query.endswith("[2682000000ms]")
        assert entries[0].samples > 1000
    assert len(snapshot.services["overrun"].evidence) == 2


def test_the_evidence_of_a_service_can_be_asked_again(snapshot: Snapshot, url: str) -> None:
    from newsletter.collect.prometheus import Prometheus

    entry = snapshot.evidence["availability/down-all-month"]
    with Prometheus(configured(url).prometheus) as prometheus:
        answer = prometheus.instant(entry.query, entry.evaluated_at.timestamp())
    assert sum(len(series.values) for series in answer.series) == entry.samples


# --- tickets ------------------------------------------------------------------------------


def labelled(series: str, label: str) -> str:
    return series.partition(f'{label}="')[2].partition('"')[0]


def counted(world: made.World, metric: str, *labels: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for series, samples in world.tickets.items():
        if series.startswith(metric + "{"):
            key = "/".join(labelled(series, label) for label in labels)
            found[key] = found.get(key, 0) + made.shown(samples)
    return found


@pytest.mark.parametrize(
    ("part", "metric", "labels"),
    [("opened", "tickets_opened_total", ("queue", "kind")), ("resolved", "tickets_resolved_total", ("queue",))],
)
def test_ticket_counts_are_the_integers_the_samples_show(
    snapshot: Snapshot, world: made.World, part: str, metric: str, labels: tuple[str, ...]
) -> None:
    count = getattr(snapshot.tickets, part)
    wanted = counted(world, metric, *labels)
    assert dict(count.by) == wanted
    assert count.total == sum(wanted.values()) > 500


@pytest.mark.parametrize(
    ("part", "metric"), [("opened", "tickets_opened_total"), ("resolved", "tickets_resolved_total")]
)
def test_the_weeks_of_tickets_are_those_of_the_calendar_and_add_up_to_the_month(
    snapshot: Snapshot, world: made.World, part: str, metric: str
) -> None:
    """Each rise, restarts from 0 included, counts in the week of the sample that shows it."""
    risen: dict[tuple[int, int], float] = {}
    for series, samples in world.tickets.items():
        if series.startswith(metric + "{"):
            last = ([0.0] + [value for at, value in samples if at < made.OCTOBER.start_s])[-1]
            for at, value in samples:
                if made.OCTOBER.start_s <= at < made.OCTOBER.end_s:
                    week = datetime.fromtimestamp(at, ZoneInfo("Europe/Rome")).isocalendar()[:2]
                    risen[week] = risen.get(week, 0) + (value - last if value >= last else value)
                    last = value
    count = getattr(snapshot.tickets, part)
    assert count.weeks == tuple(risen[week] for week in sorted(risen))
    assert len(count.weeks) == 5
    assert sum(count.weeks) == count.total


def test_open_tickets_are_those_of_the_last_instant_and_no_series_twice(snapshot: Snapshot) -> None:
    assert snapshot.tickets.open_at_end is not None
    assert dict(snapshot.tickets.open_at_end.by) == {"desktop": 20, "network": 31, "access": 22}
    assert snapshot.tickets.open_at_end.total == 73


def test_resolution_times_are_shares_at_the_edges_of_the_histogram(snapshot: Snapshot, world: made.World) -> None:
    for queue in made.QUEUES:
        counts = {
            float(labelled(series, "le")): made.shown(samples)
            for series, samples in world.tickets.items()
            if series.startswith("ticket_resolution_seconds_bucket") and labelled(series, "queue") == queue
        }
        found = snapshot.tickets.resolution[queue]
        everything = counts.pop(float("inf"))
        assert found.count == everything
        assert found.share_within_s == {edge: count / everything for edge, count in counts.items()}
        low, high = found.median_between_s or (0.0, None)
        assert counts.get(low, 0) * 2 < everything <= 2 * counts[high or 0.0]
    assert snapshot.tickets.resolution[""].count == sum(snapshot.tickets.resolution[q].count for q in made.QUEUES)


# --- other months, other configurations ---------------------------------------------------


def test_every_vote_is_read_by_its_own_rule(url: str, world: made.World) -> None:
    source = {"preset": "blackbox", "match": {"job": "blackbox"}}
    services = {"lied-about": {"name": "A"}, "plain-01": {"name": "B"}}
    found = {
        vote: collect(
            configured(url, availability=[source | {"vote": vote}], services=services, unlisted_services="ignore"),
            made.OCTOBER,
            now=LATER,
        ).services
        for vote in ("any", "majority", "all")
    }
    assert found["any"].keys() == services.keys()
    assert found["any"]["lied-about"].down_s > 6 * 3600 - 2 * SCRAPE
    assert found["majority"]["lied-about"].down_s == found["all"]["lied-about"].down_s == 0
    downs = [found[vote]["plain-01"].down_s for vote in ("all", "majority", "any")]
    assert downs == sorted(downs)
    assert downs[0] > 0


def test_a_configured_service_without_series_is_below_the_gate(url: str) -> None:
    config = configured(url, services={"ghost": {"name": "Ghost"}})
    found = collect(config, made.OCTOBER, now=LATER)
    ghost = found.services["ghost"]
    assert (ghost.availability, ghost.coverage, ghost.unknown_s) == (None, 0, made.OCTOBER.seconds)
    assert found.evidence[ghost.evidence[0]].warnings == ("no series of ghost",)
    assert below_gate(found, config.coverage) == ("ghost",)


def test_below_the_gate_there_is_no_percentage(url: str) -> None:
    gate = {"warn": 1, "fail": 0.995}
    found = collect(configured(url, coverage=gate), made.OCTOBER, now=LATER)
    assert below_gate(found, CoverageConfig(**gate)) == ("unseen",)
    assert found.services["unseen"].availability is None
    assert found.services["unseen"].up_s > 0


def test_a_selector_without_series_is_an_error_and_not_a_perfect_month(url: str) -> None:
    config = configured(url, availability=[{"preset": "up", "match": {"job": "nothing"}}])
    with pytest.raises(SourceError, match="no series match up"):
        collect(config, made.OCTOBER, now=LATER)


def test_a_month_without_samples_is_an_error(url: str) -> None:
    with pytest.raises(SourceError, match=r"no series match .* in 2026-06"):
        collect(configured(url), month("2026-06", ZoneInfo("Europe/Rome")), now=LATER)


def test_series_without_the_label_of_the_service_are_an_error(url: str) -> None:
    config = configured(url, availability=[{"preset": "blackbox", "service_label": "team"}])
    with pytest.raises(SourceError, match="without the label 'team'"):
        collect(config, made.OCTOBER, now=LATER)


def test_a_wrong_scrape_interval_in_the_configuration_is_told(url: str) -> None:
    config = configured(url, availability=[{"preset": "blackbox", "interval_s": 300}])
    with pytest.raises(ConfigError, match=r"come every 60.* s, availability\.interval_s says 300"):
        collect(config, made.OCTOBER, now=LATER)


def test_a_series_that_is_not_zero_or_one_is_refused(url: str) -> None:
    config = configured(url, availability=[{"selector": "tickets_open", "service_label": "queue", "interval_s": 300}])
    with pytest.raises(SourceError, match="has the value 2"):
        collect(config, made.OCTOBER, now=LATER)


def test_two_entries_may_not_claim_the_same_service(url: str) -> None:
    entry = {"preset": "blackbox", "match": {"job": "blackbox"}}
    with pytest.raises(ConfigError, match="is in more than one entry"):
        collect(configured(url, availability=[entry, entry]), made.OCTOBER, now=LATER)


def test_figures_are_read_by_their_kind(url: str, world: made.World) -> None:
    opened = counted(world, "tickets_opened_total")[""]
    resolved = counted(world, "tickets_resolved_total")[""]
    noun = {"noun": "tickets"}
    figures = {
        "opened": {"counter": "tickets_opened_total", **noun},
        "open": {"gauge": "sum(tickets_open)", **noun},
        "steps": {"changes": 'ticket_resolution_seconds_bucket{queue="access",le="+Inf"}', **noun},
        "share": {"ratio": {"part": "tickets_resolved_total", "total": "tickets_opened_total"}, **noun},
        "missing": {"counter": "no_such_total", **noun},
        "missing_part": {"ratio": {"part": "no_such_total", "total": "tickets_opened_total"}, **noun},
    }
    services = {"availability": [], "figures": figures}
    found = collect(configured(url, **services), made.OCTOBER, now=LATER)
    values = {name: figure.value for name, figure in found.figures.items()}
    steps = made.shown(world.tickets['ticket_resolution_seconds_bucket{queue="access",le="+Inf"}'])
    assert values == {
        "opened": opened,
        "open": 73,
        "steps": steps,
        "share": resolved / opened,
        "missing": None,
        "missing_part": None,
    }
    assert (found.figures["share"].numerator, found.figures["share"].denominator) == (resolved, opened)
    assert found.evidence["figures/missing"].warnings == ("no series match no_such_total",)


def test_the_same_month_is_collected_the_same(url: str, snapshot: Snapshot) -> None:
    assert collect(configured(url, tickets=TICKETS), made.OCTOBER, now=LATER) == snapshot
