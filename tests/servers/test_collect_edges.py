"""Small worlds for what one big month does not show: chaos, young servers, odd zones, odd labels."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from newsletter.collect import collect
from newsletter.collect.timeline import State, Vote, clipped, interruptions, sweep, total
from newsletter.config import Config
from newsletter.demo.private_prometheus import private_prometheus
from newsletter.errors import SourceError
from newsletter.model import Period, Snapshot
from newsletter.period import month

pytestmark = pytest.mark.servers

DAY = 86400.0
OCTOBER = month("2026-10", ZoneInfo("Europe/Rome"))
Samples = list[tuple[float, float]]


def openmetrics(path: Path, series: Mapping[str, Samples]) -> Path:
    with path.open("w", encoding="utf-8") as file:
        for name in sorted({text.partition("{")[0] for text in series}):
            file.write(f"# TYPE {name} unknown\n")
            for text, samples in series.items():
                if text.partition("{")[0] == name:
                    file.writelines(f"{text} {value:g} {at:.3f}\n" for at, value in samples)
        file.write("# EOF\n")
    return path


def config(url: str, zone: str = "Europe/Rome", interval: float = 300, **more: Any) -> Config:
    source = {"selector": "check_ok", "interval_s": interval, **more.pop("source", {})}
    basics = {
        "organisation": "Acme",
        "timezone": zone,
        "prometheus": {"url": url},
        "availability": [source],
        "smtp": {"from": "IT <it@acme.example>"},
    }
    return Config.model_validate(basics | more)


def collected(
    folder: Path, series: Mapping[str, Samples], period: Period = OCTOBER, *, retention: str = "100y", **more: Any
) -> Snapshot:
    file = openmetrics(folder / "samples.txt", series)
    with private_prometheus([file], retention=retention) as url:
        return collect(config(url, period.timezone, **more), period, now=later(period))


def later(period: Period) -> datetime:
    return datetime.fromtimestamp(period.end_s + 2 * DAY, UTC)


def steady(begin: float, end: float, interval: float = 300, down: Iterable[tuple[float, float]] = ()) -> Samples:
    spans = list(down)
    times = (begin + interval * k for k in range(int((end - begin) / interval)))
    return [(at, 0.0 if any(b <= at < e for b, e in spans) else 1.0) for at in times]


# --- nothing is lost between the hours that are not read -------------------------------------


def bursts(rng: random.Random, count: int, mean: float) -> list[tuple[float, float]]:
    begins = (OCTOBER.start_s + rng.random() * OCTOBER.seconds for _ in range(count))
    return [(begin, begin + rng.expovariate(1 / mean)) for begin in begins]


def chaotic(rng: random.Random, probers: int, interval: float, trouble: float) -> dict[str, Samples]:
    """Probers that fail and lose samples alone, together and in bursts; `trouble` is how often (1 = all day long)."""
    common = bursts(rng, round(25 * trouble) + 5, 2000)
    found: dict[str, Samples] = {}
    for prober in range(probers):
        phase = rng.randrange(int(interval * 1000)) / 1000
        gaps = bursts(rng, round(12 * trouble) + 2, 9000)
        samples = steady(OCTOBER.start_s - DAY + phase, OCTOBER.end_s + DAY, interval, common)
        found[f"p{prober}"] = [
            (at, 0.0 if rng.random() < 0.01 * trouble else value)
            for at, value in samples
            if rng.random() > 0.01 * trouble and not any(b <= at < e for b, e in gaps)
        ]
    return found


@pytest.fixture(scope="module")
def chaos() -> dict[str, dict[str, dict[str, Samples]]]:
    """Services by how much trouble they have: where it is rare, doubtful hours stand alone."""
    rng = random.Random(7)
    return {
        "often": {f"often-{n}": chaotic(rng, 1 + n, 120.0, 1.0) for n in range(5)},
        "rarely": {f"rarely-{n}": chaotic(rng, 1 + n % 4, 120.0, 0.03) for n in range(8)},
    }


@pytest.fixture(scope="module")
def chaos_url(
    chaos: dict[str, dict[str, dict[str, Samples]]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    series = {
        f'check_ok{{trouble="{trouble}",service="{service}",prober="{prober}"}}': samples
        for trouble, services in chaos.items()
        for service, probers in services.items()
        for prober, samples in probers.items()
    }
    with private_prometheus([openmetrics(tmp_path_factory.mktemp("chaos") / "samples.txt", series)]) as url:
        yield url


@pytest.mark.parametrize("trouble", ["often", "rarely"])
@pytest.mark.parametrize("vote", ["majority", "any", "all"])
@pytest.mark.parametrize("prober_label", ["prober", "no_such_label"])
def test_reading_only_doubtful_hours_gives_what_reading_everything_gives(
    chaos_url: str, chaos: dict[str, dict[str, dict[str, Samples]]], vote: Vote, prober_label: str, trouble: str
) -> None:
    source = {"vote": vote, "prober_label": prober_label, "match": {"trouble": trouble}}
    found = collect(config(chaos_url, interval=120, source=source), OCTOBER, now=later(OCTOBER))
    start, end = OCTOBER.start_s, OCTOBER.end_s
    assert found.services.keys() == chaos[trouble].keys()
    for service, probers in chaos[trouble].items():
        everything = [[(round(at, 3), not value) for at, value in samples] for samples in probers.values()]
        wanted = clipped(sweep(everything, start - 600, end + 600, 90.0, vote), start, end)
        got = found.services[service]
        assert got.down_s == pytest.approx(total(wanted, State.DOWN), abs=0.01), service
        assert got.unknown_s == pytest.approx(total(wanted, State.UNKNOWN), abs=0.01), service
        assert len(got.outages) == len(interruptions(wanted)), service


def test_samples_that_jitter_cost_no_accuracy_worth_a_scrape(tmp_path: Path) -> None:
    rng = random.Random(3)
    down = [(OCTOBER.start_s + 3600 * 31, OCTOBER.start_s + 3600 * 32 + 100)]
    exact = steady(OCTOBER.start_s - DAY - 0.5, OCTOBER.end_s + DAY, 60, down)
    series = {'check_ok{service="edge",prober="p"}': [(round(at + rng.uniform(-0.3, 0.3), 3), v) for at, v in exact]}
    (edge,) = collected(tmp_path, series, interval=60).services.values()
    assert edge.unknown_s == 0
    assert edge.down_s == pytest.approx(3700, abs=60)
    assert len(edge.outages) == 1


# --- outages over the edges of the month ------------------------------------------------------


def without(samples: Samples, begin: float, end: float) -> Samples:
    return [(at, value) for at, value in samples if not begin <= at < end]


def test_an_outage_that_meets_a_gap_at_the_edge_of_the_month_goes_on(tmp_path: Path) -> None:
    """Down on both sides of the gap is one outage; recovered unseen on the far side, it ended in the month."""
    start, end = OCTOBER.start_s, OCTOBER.end_s
    whole = (start - 4 * DAY, end + 2 * DAY)
    both = without(
        without(
            steady(*whole, down=[(start - 7200, start + 7200), (end - 7200, end + 7200)]), start - 1800, start + 1800
        ),
        end - 1800,
        end + 1800,
    )
    near = without(
        without(steady(*whole, down=[(start, start + 7200), (end - 7200, end)]), start - 1800, start + 1800),
        end - 1800,
        end + 1800,
    )
    series = {'check_ok{service="both"}': both, 'check_ok{service="near"}': near}
    found = collected(tmp_path, series).services
    assert [(o.continues_before, o.continues_after) for o in found["both"].outages] == [(True, False), (False, True)]
    assert [(o.continues_before, o.continues_after) for o in found["near"].outages] == [(False, False)] * 2
    assert found["both"].outages[0].start == pytest.approx(start + 1800, abs=300)


def test_an_outage_over_a_weekend_without_business_hours_goes_on(tmp_path: Path) -> None:
    """The 31st is a Saturday: down on Friday evening and still on Monday morning."""
    start, end = OCTOBER.start_s, OCTOBER.end_s
    friday = end - DAY - 7 * 3600
    down = [(friday, end + 33 * 3600)]
    series = {'check_ok{service="erp"}': steady(start - DAY, end + 2 * DAY, down=down)}
    services = {"erp": {"name": "ERP", "hours": "Mo-Fr 08:00-18:00", "maintenance": "2026-10-14 12:00-13:00"}}
    (erp,) = collected(tmp_path, series, services=services).services.values()
    assert erp.down_s == pytest.approx(3600, abs=300)
    assert [(o.continues_before, o.continues_after) for o in erp.outages] == [(False, True)]
    assert erp.excluded_for("maintenance") == 3600
    assert erp.up_s + erp.down_s + erp.unknown_s == pytest.approx(22 * 36000 - 3600, abs=0.01)


def test_flaps_are_merged_where_the_configuration_says_so(tmp_path: Path) -> None:
    noon = OCTOBER.start_s + 4 * DAY + 12 * 3600
    down = [(noon, noon + 600), (noon + 1200, noon + 1800), (noon + 9000, noon + 9600)]
    series = {'check_ok{service="flaky"}': steady(OCTOBER.start_s - DAY, OCTOBER.end_s + DAY, down=down)}
    (flaky,) = collected(tmp_path, series, source={"merge_within_min": 10}).services.values()
    assert [len(outage.stretches) for outage in flaky.outages] == [2, 0]
    assert [outage.down_s for outage in flaky.outages] == pytest.approx([1200, 600])
    assert flaky.down_s == pytest.approx(1800)


def test_a_selector_of_planned_work_that_finds_nothing_is_warned_of(tmp_path: Path) -> None:
    series = {'check_ok{service="a"}': steady(OCTOBER.start_s - DAY, OCTOBER.end_s + DAY)}
    found = collected(tmp_path, series, source={"maintenance": "maintenence_active"})
    warnings = [warning for one in found.evidence.values() for warning in one.warnings]
    assert warnings == ["no series match maintenence_active in 2026-10, so no planned maintenance was left out"]


# --- beginnings and ends ---------------------------------------------------------------------


def test_a_server_that_is_younger_than_the_month_leaves_the_time_before_unknown(tmp_path: Path) -> None:
    began = OCTOBER.start_s + 9 * DAY
    late = began + 3 * DAY
    series = {
        'check_ok{service="old"}': steady(began, OCTOBER.end_s + DAY),
        'check_ok{service="new"}': steady(late, OCTOBER.end_s + DAY),
    }
    found = collected(tmp_path, series).services
    assert found["old"].unknown_s == pytest.approx(9 * DAY, abs=300)
    assert found["old"].availability is None  # below the gate
    assert found["new"].unknown_s == 0  # born while its source was recording
    assert found["new"].up_s == pytest.approx(OCTOBER.end_s - late, abs=300)


def test_a_server_that_forgets_before_the_month_began_is_told_so(tmp_path: Path) -> None:
    series = {'check_ok{service="a"}': steady(OCTOBER.start_s + 20 * DAY, OCTOBER.end_s + DAY)}
    with pytest.raises(
        SourceError, match=r"holds samples only since 2026-10-21 00:00; 2026-10 began 2026-10-01"
    ) as caught:
        collected(tmp_path, series, retention="15d")
    assert "retention" in caught.value.hint


def test_a_month_that_the_server_has_forgotten_whole_is_told_so(tmp_path: Path) -> None:
    series = {'check_ok{service="a"}': steady(OCTOBER.end_s + 300, OCTOBER.end_s + DAY)}
    with pytest.raises(SourceError, match=r"keeps 1 day of samples and, for check_ok, holds no sample of it"):
        collected(tmp_path, series, retention="1d")


def test_a_gap_over_the_end_of_the_month_is_unknown_and_no_retirement(tmp_path: Path) -> None:
    stop = OCTOBER.end_s - 3 * 3600
    back = OCTOBER.end_s + 3 * 3600
    steady_one = steady(OCTOBER.start_s - DAY, OCTOBER.end_s + DAY)
    paused = steady(OCTOBER.start_s - DAY, stop) + steady(back, OCTOBER.end_s + DAY)
    series = {'check_ok{service="steady"}': steady_one, 'check_ok{service="paused"}': paused}
    found = collected(tmp_path, series).services
    assert found["steady"].unknown_s == 0
    assert found["paused"].unknown_s == pytest.approx(3 * 3600, abs=300)


def test_a_month_that_ends_with_half_an_hour_is_counted_to_its_end(tmp_path: Path) -> None:
    april = month("2026-04", ZoneInfo("Australia/Lord_Howe"))
    assert april.seconds % 3600 == 1800
    down = [(april.end_s - 1200, april.end_s + 600)]
    series = {'check_ok{service="isle"}': steady(april.start_s - DAY + 7, april.end_s + DAY, 60, down)}
    (isle,) = collected(tmp_path, series, april, interval=60).services.values()
    assert isle.up_s + isle.down_s == april.seconds
    assert isle.down_s == pytest.approx(1200, abs=60)
    (outage,) = isle.outages
    assert outage.continues_after
    assert outage.end == april.end_s


# --- labels ----------------------------------------------------------------------------------

HOSTILE = ["x'} or vector(1) #", 'a"b', "back\\slash", "two\nlines", "a|b", ".*", "café 🚀"]


def test_services_of_any_name_are_read_as_themselves(tmp_path: Path) -> None:
    def escaped(text: str) -> str:
        return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")

    down = {name: 3600.0 * (2 + number) for number, name in enumerate(HOSTILE)}
    noon = OCTOBER.start_s + 5 * DAY
    series = {
        f'check_ok{{service="{escaped(name)}"}}': steady(
            OCTOBER.start_s - DAY, OCTOBER.end_s + DAY, down=[(noon, noon + seconds)]
        )
        for name, seconds in down.items()
    }
    found = collected(tmp_path, series, services={"a|b": {"name": "Either"}}).services
    assert {name: service.down_s for name, service in found.items()} == pytest.approx(down, abs=300)


def test_values_that_are_no_number_measure_nothing_and_are_reported(tmp_path: Path) -> None:
    samples = steady(OCTOBER.start_s - DAY, OCTOBER.end_s + DAY)
    nan = [(at, float("nan") if OCTOBER.start_s + DAY <= at < OCTOBER.start_s + 2 * DAY else v) for at, v in samples]
    found = collected(tmp_path, {'check_ok{service="a"}': nan})
    assert found.services["a"].unknown_s == pytest.approx(DAY, abs=600)
    assert found.services["a"].availability == 1
    (warning,) = found.evidence["availability/a"].warnings
    assert warning == "samples that are not a number were found and not counted"


# --- counters --------------------------------------------------------------------------------


def test_a_counter_whose_source_is_new_brings_no_old_tickets_and_says_so(tmp_path: Path) -> None:
    began = OCTOBER.start_s + 2 * DAY
    times = [at for at, _ in steady(began, OCTOBER.end_s)]
    series = {
        'opened_total{queue="a"}': [(at, 1200.0 + k // 100) for k, at in enumerate(times)],
        'opened_total{queue="b"}': [(at, 2.0) for at in times if at > began + DAY],
        'check_ok{service="a"}': steady(OCTOBER.start_s - DAY, OCTOBER.end_s + DAY),
    }
    tickets = {"opened": {"counter": "opened_total", "by": ["queue"]}}
    found = collected(tmp_path, series, tickets=tickets)
    assert found.tickets.opened is not None
    assert dict(found.tickets.opened.by) == {"a": (len(times) - 1) // 100, "b": 2}
    evidence = found.evidence[found.tickets.evidence["opened"]]
    assert evidence.warnings == ("1 series was first recorded in the month with a count; it is not the month's",)
    assert evidence.coverage == pytest.approx(29 / 31, abs=0.01)


def test_a_counter_of_fractions_is_no_count_of_tickets(tmp_path: Path) -> None:
    times = [at for at, _ in steady(OCTOBER.start_s - DAY, OCTOBER.end_s)]
    series = {
        "opened_total": [(at, 0.37 * k) for k, at in enumerate(times)],
        'check_ok{service="a"}': [(at, 1.0) for at in times],
    }
    with pytest.raises(SourceError, match=r"tickets\.opened of all is .* no whole number"):
        collected(tmp_path, series, tickets={"opened": {"counter": "opened_total"}})


def test_tickets_without_series_are_none_and_never_zero(tmp_path: Path) -> None:
    series = {'check_ok{service="a"}': steady(OCTOBER.start_s - DAY, OCTOBER.end_s + DAY)}
    tickets = {
        "opened": {"counter": "opened_total"},
        "open": {"gauge": "tickets_open"},
        "resolution": {"histogram": "took_seconds"},
    }
    found = collected(tmp_path, series, tickets=tickets)
    assert (found.tickets.opened, found.tickets.open_at_end, dict(found.tickets.resolution)) == (None, None, {})
    for part in tickets:
        key = found.tickets.evidence["open_at_end" if part == "open" else part]
        assert "no series match" in found.evidence[key].warnings[0]


def test_changes_count_a_renewal_on_the_edge_of_the_month_once(tmp_path: Path) -> None:
    def expiry(at: float) -> float:
        return 1 + sum(
            at >= turn for turn in (OCTOBER.start_s - 10, OCTOBER.start_s + 10, OCTOBER.end_s - 10, OCTOBER.end_s)
        )

    times = [at + 7 for at, _ in steady(OCTOBER.start_s - DAY, OCTOBER.end_s + DAY)]
    series = {"cert_expiry": [(at, expiry(at)) for at in times], 'check_ok{service="a"}': [(at, 1.0) for at in times]}
    figures = {"renewed": {"changes": "cert_expiry", "noun": "certificates"}}
    # the sample 7 s into the month shows the one before START; the one at END - 10 is only seen after END
    assert collected(tmp_path, series, figures=figures).figures["renewed"].value == 2
