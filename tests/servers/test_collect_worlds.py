"""Ten generated months on Prometheus and on VictoriaMetrics: the truth to one scrape for each edge, and the same on both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from newsletter.collect import collect
from newsletter.config import Config
from newsletter.demo.private_prometheus import private_prometheus
from newsletter.errors import HistoryError
from newsletter.model import Outage, Snapshot
from newsletter.period import month
from tests.servers import worlds as made
from tests.servers.scripted import scripted
from tests.servers.simulator import Simulator
from tests.servers.victoria import private_victoria
from tests.servers.world import Service, Span, overlap, shown
from tests.servers.worlds import Recorded, World

pytestmark = pytest.mark.servers

NAMES = [shape.name for shape in made.SHAPES]
SERVERS = ["prometheus", "victoria"]

Collected = Callable[[str, str], Snapshot]


@pytest.fixture(scope="module")
def worlds() -> dict[str, World]:
    """Filled by `urls`."""
    return {}


@pytest.fixture(scope="module")
def urls(worlds: dict[str, World], tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    folder = tmp_path_factory.mktemp("worlds")
    texts, lines = [], []
    for shape in made.SHAPES:
        worlds[shape.name], text, line = made.written(shape, folder)
        texts.append(text)
        lines.append(line)
    with private_victoria(lines) as victoria, private_prometheus(texts, max_block="4374h") as prometheus:
        for file in (*texts, *lines):
            file.unlink()
        yield {"prometheus": prometheus, "victoria": victoria}


@pytest.fixture(scope="module")
def collected(urls: dict[str, str], worlds: dict[str, World]) -> Collected:
    """The snapshot of a world on a server."""

    @cache
    def ask(server: str, name: str) -> Snapshot:
        world = worlds[name]
        now = datetime.fromtimestamp(world.period.end_s + 2 * 86400, UTC)
        return collect(configured(urls[server], world), world.period, now=now)

    return ask


def configured(url: str, world: World) -> Config:
    only = f'{{world="{world.shape.name}"}}'
    settings: dict[str, Any] = {
        "organisation": "Acme",
        "timezone": world.shape.zone,
        "prometheus": {"url": url},
        "availability": [
            {
                "preset": "blackbox",
                "match": {"world": world.shape.name},
                "interval_s": world.shape.interval,
                "maintenance": f"maintenance_active{only}",
            }
        ],
        "tickets": {
            "opened": {"counter": f"tickets_opened_total{only}", "by": ["queue", "kind"]},
            "resolved": {"counter": f"tickets_resolved_total{only}", "by": ["queue"]},
            "open": {"gauge": f"tickets_open{only}", "by": ["queue"]},
            "resolution": {"histogram": f"ticket_resolution_seconds{only}"},
        },
        "smtp": {"from": "IT <it@acme.example>"},
    }
    return Config.model_validate(settings)


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest) -> str:
    return str(request.param)


# --- availability -------------------------------------------------------------------------


def test_every_service_has_its_true_seconds(
    collected: Collected, worlds: dict[str, World], server: str, name: str
) -> None:
    snapshot, world = collected(server, name), worlds[name]
    assert snapshot.services.keys() == world.services.keys()
    for service, found in snapshot.services.items():
        true = world.services[service]
        tolerance = world.edges_s(true)
        down, measurable = true.down_s(world.period), true.measurable_s(world.period)
        assert found.down_s == pytest.approx(down, abs=tolerance), service
        assert found.up_s + found.down_s == pytest.approx(measurable, abs=tolerance), service
        assert found.availability == pytest.approx(1 - down / measurable, abs=tolerance / measurable), service
        planned = sum(end - begin for begin, end in true.planned)
        assert found.excluded_s == pytest.approx(planned, abs=tolerance), service
        life = found.up_s + found.down_s + found.excluded_s + found.unknown_s
        begin, end = max(true.life[0], world.period.start_s), min(true.life[1], world.period.end_s)
        assert life == pytest.approx(end - begin, abs=2 * world.tolerance(true, begin)), service
        if end - begin == world.period.seconds:
            assert life == pytest.approx(world.period.seconds, abs=0.01), service


def test_every_outage_of_two_scrapes_is_found_and_none_twice(
    collected: Collected, worlds: dict[str, World], server: str, name: str
) -> None:
    snapshot, world = collected(server, name), worlds[name]
    for service, found in snapshot.services.items():
        check_outages(world, world.services[service], list(found.outages))


def check_outages(world: World, true: Service, found: list[Outage]) -> None:
    """Every outage that happened has its one outage, to a scrape at both ends; only shorter ones may be missing."""
    scrape = world.shape.interval
    for span in true.visible_outages(world.period):
        wide = (span[0] - scrape, span[1] + scrape)
        matching = [outage for outage in found if overlap((outage.start, outage.end), wide)]
        if not matching:
            assert span[1] - span[0] < 2 * scrape or hidden(world, true, span), (true.name, span)
            continue
        (outage,) = matching
        found.remove(outage)
        assert outage.start == pytest.approx(span[0], abs=world.tolerance(true, span[0])), true.name
        assert outage.end == pytest.approx(span[1], abs=world.tolerance(true, span[1])), true.name
        assert outage.continues_before == any(
            b < world.period.start_s < e for b, e in true.down if overlap((b, e), span)
        )
        assert outage.continues_after == any(b < world.period.end_s < e for b, e in true.down if overlap((b, e), span))
    assert found == [], true.name


def hidden(world: World, true: Service, span: Span) -> bool:
    """Whether the sample that would have shown a short outage was lost."""
    return any(span[0] <= at < span[1] for at in world.lost[true.name]) and span[1] - span[0] < 3 * world.shape.interval


# --- tickets ------------------------------------------------------------------------------


def test_tickets_are_the_integers_that_the_samples_show(
    collected: Collected, worlds: dict[str, World], server: str, name: str
) -> None:
    snapshot, world = collected(server, name), worlds[name]
    opened, resolved = snapshot.tickets.opened, snapshot.tickets.resolved
    assert opened
    assert resolved
    assert dict(opened.by) == counted(world, "tickets_opened_total", "queue", "kind")
    assert dict(resolved.by) == counted(world, "tickets_resolved_total", "queue")
    assert opened.total > 300
    below = counted(world, "ticket_resolution_seconds_bucket", "le")
    everything = below.pop("+Inf")
    resolution = snapshot.tickets.resolution[""]
    assert resolution.count == everything > 100
    assert resolution.share_within_s == {float(edge): count / everything for edge, count in below.items()}


def counted(world: World, metric: str, *labels: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for series in world.tickets:
        if series.labels["__name__"] == metric:
            key = "/".join(series.labels[label] for label in labels)
            found[key] = found.get(key, 0) + shown(series.samples, world.period)
    return found


def test_open_tickets_are_those_of_the_last_instant(
    collected: Collected, worlds: dict[str, World], server: str, name: str
) -> None:
    open_at_end, world = collected(server, name).tickets.open_at_end, worlds[name]
    last = {
        series.labels["queue"]: [value for at, value in series.samples if at < world.period.end_s][-1]
        for series in world.tickets
        if series.labels["__name__"] == "tickets_open"
    }
    assert open_at_end is not None
    assert dict(open_at_end.by) == last


# --- servers that no package offers -------------------------------------------------------


@pytest.mark.parametrize("name", ["w08", "w09"], indirect=True)
def test_left_open_ranges_of_prometheus_3_give_the_month_of_closed_ones(name: str) -> None:
    shape = next(shape for shape in made.SHAPES if shape.name == name)
    on_the_edge = replace(shape, jitter_ms=0)  # every scrape falls on the edges of hours, days and month
    world, series = made.recorded(on_the_edge)
    moved = [aligned(one, world) for one in series]
    now = datetime.fromtimestamp(world.period.end_s + 2 * 86400, UTC)
    found = []
    for left_open in (False, True):
        with scripted(Simulator(moved, left_open=left_open)) as script:
            month = collect(configured(script.url, world), world.period, now=now)
            found.append(structs.replace(month, source="the same"))
    assert found[0] == found[1]
    assert found[0].tickets.opened
    assert dict(found[0].tickets.opened.by) == counted(
        replace(world, tickets=moved), "tickets_opened_total", "queue", "kind"
    )
    assert sum(len(service.outages) for service in found[0].services.values()) > 20


def aligned(one: Recorded, world: World) -> Recorded:
    """The series with its scrapes on whole minutes of the month."""
    step = world.shape.interval * 1000 if one.labels["__name__"] in {"probe_success", "maintenance_active"} else 240_000
    start = round(world.period.start_s * 1000)
    return replace(one, times_ms=[start + (at - start) // step * step for at in one.times_ms])


def test_remarks_of_the_server_stand_with_every_number() -> None:
    world, series = made.recorded(made.SHAPES[8])
    config = configured("http://x", world)
    gauge = f'tickets_open{{world="{world.shape.name}"}}'
    counter = f'tickets_opened_total{{world="{world.shape.name}"}}'
    figures = {"open": {"gauge": gauge, "noun": "a"}, "new": {"counter": counter, "noun": "a"}}
    with scripted(Simulator(series, left_open=True, infos=["is it a counter?"])) as script:
        settings = config.model_dump(by_alias=True) | {"prometheus": {"url": script.url}, "figures": figures}
        settings |= {"timezone": world.shape.zone}
        now = datetime.fromtimestamp(world.period.end_s + 2 * 86400, UTC)
        month = collect(Config.model_validate(settings), world.period, now=now)
    assert len(month.evidence) > 15
    assert {key.partition("/")[0] for key in month.evidence} == {"availability", "maintenance", "tickets", "figures"}
    for key, entry in month.evidence.items():
        assert list(entry.warnings).count("is it a counter?") == 1, key


def test_hundreds_of_long_names_fit_into_the_queries_of_victoria(tmp_path: Path) -> None:
    period = made.SHAPES[0].period
    times = [round((period.start_s - 86400 + 1800 + 3600 * k) * 1000) for k in range(24 * 30)]
    down = times[300:303]
    file = tmp_path / "series.jsonl"
    names = [f"service-with-a-rather-long-name.of-the-house-{number:03d}.acme.example" for number in range(400)]
    with file.open("w") as lines:
        for name in names:
            labels = {"__name__": "probe_success", "service": name}
            lines.write(Recorded(labels, times, [int(at not in down) for at in times]).json_line())
    settings: dict[str, Any] = {
        "organisation": "Acme",
        "timezone": "Europe/Rome",
        "smtp": {"from": "IT <it@acme.example>"},
    }
    settings["availability"] = [{"preset": "blackbox", "interval_s": 3600}]
    with private_victoria([file]) as url:
        config = Config.model_validate(settings | {"prometheus": {"url": url}})
        month = collect(config, period, now=datetime.fromtimestamp(period.end_s + 2 * 86400, UTC))
    assert list(month.services) == names
    assert {round(service.down_s) for service in month.services.values()} == {3 * 3600}


# --- both ---------------------------------------------------------------------------------


def test_both_servers_give_the_same_month(collected: Collected, worlds: dict[str, World], name: str) -> None:
    one, other = (collected(server, name) for server in SERVERS)
    assert one.tickets == other.tickets
    assert one.services.keys() == other.services.keys()
    scrape = worlds[name].shape.interval
    for service, found in one.services.items():
        twin = other.services[service]
        assert len(found.outages) == len(twin.outages)
        for mine, theirs in zip(found.outages, twin.outages, strict=True):
            assert (mine.start, mine.end) == pytest.approx((theirs.start, theirs.end), abs=scrape)
        edges = worlds[name].services[service].edges(worlds[name].period)
        sums = [(m.up_s, m.down_s, m.excluded_s, m.unknown_s) for m in (found, twin)]
        assert sums[0] == pytest.approx(sums[1], abs=scrape * edges)


@pytest.mark.parametrize(("retention", "days"), [(None, 31), ("35d", 35), ("2", 62)])
def test_victoria_metrics_tells_what_it_has_forgotten(retention: str | None, days: int) -> None:
    now = datetime(2026, 12, 15, tzinfo=UTC)
    with private_victoria([], retention=retention) as url:
        config = configured(url, made.decided(made.SHAPES[0])[0])
        with pytest.raises(HistoryError, match=f"keeps {days} days") as caught:
            collect(config, month("2026-10", config.timezone), now=now)
    assert "-retentionPeriod=40d" in caught.value.hint
