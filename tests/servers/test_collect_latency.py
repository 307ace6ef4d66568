"""How fast services answered, on a real Prometheus and a real VictoriaMetrics, against what was made up."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from newsletter.collect import collect
from newsletter.collect.cost import Cost
from newsletter.config import Config
from newsletter.demo.private_prometheus import private_prometheus
from newsletter.model import Snapshot
from newsletter.period import month
from tests.servers.victoria import private_victoria

pytestmark = pytest.mark.servers

OCTOBER = month("2026-10", ZoneInfo("Europe/Rome"))
LATER = datetime.fromtimestamp(OCTOBER.end_s + 86400, UTC)
INTERVAL = 300
TIMEOUT = 9.5
Test = tuple[float, float]  # value and duration
Tests = dict[tuple[str, str], list[Test]]


def probed(rng: random.Random, failing: float, report: Callable[[], float], mean: float) -> list[Test]:
    """The tests of one prober, a share of them failing, in the month and for some hours before and after."""
    count = round(OCTOBER.seconds / INTERVAL) + 48

    def one() -> Test:
        return (0.0, report()) if rng.random() < failing else (1.0, round(rng.lognormvariate(math.log(mean), 0.6), 4))

    return [one() for _ in range(count)]


def made_up() -> Tests:
    rng = random.Random(95)
    spoilt = probed(rng, 0.05, lambda: TIMEOUT, 0.2)
    for at in range(0, len(spoilt), 40):
        spoilt[at] = (spoilt[at][0], rng.choice((math.nan, math.inf)))
    return {
        ("quick", "p1"): probed(rng, 0.002, lambda: 0.0, 0.05),
        ("quick", "p2"): probed(rng, 0.0, lambda: 0.0, 0.08),
        ("timeouts", "p1"): probed(rng, 0.02, lambda: TIMEOUT, 0.3),
        ("timeouts", "p2"): probed(rng, 0.02, lambda: rng.choice((0.0, TIMEOUT)), 0.2),
        ("half-blind", "p1"): probed(rng, 1.0, lambda: TIMEOUT, 0.3),
        ("half-blind", "p2"): probed(rng, 0.0, lambda: 0.0, 0.3),
        ("dead", "p1"): probed(rng, 1.0, lambda: TIMEOUT, 0.3),
        ("spoilt", "p1"): spoilt,
        ("untimed", "p1"): probed(rng, 0.0, lambda: 0.0, 0.3),
    }


def at(number: int) -> float:
    return OCTOBER.start_s - 24 * INTERVAL + number * INTERVAL + 7


def in_month(tests: list[Test]) -> list[Test]:
    return [one for number, one in enumerate(tests) if OCTOBER.start_s <= at(number) < OCTOBER.end_s]


def written(tests: Tests, folder: Path) -> tuple[Path, Path]:
    """The same series as OpenMetrics and as JSON lines; VictoriaMetrics keeps no NaN, and neither does its file."""
    texts, lines = folder / "latency.txt", folder / "latency.jsonl"
    with texts.open("w") as text, lines.open("w") as line:
        for metric, part in (("probe_success", 0), ("probe_duration_seconds", 1)):
            text.write(f"# TYPE {metric} unknown\n")
            for (service, prober), samples in tests.items():
                if metric == "probe_duration_seconds" and service == "untimed":
                    continue
                labels = {"service": service, "prober": prober}
                named = ",".join(f'{name}="{value}"' for name, value in labels.items())
                values = [(at(number), one[part]) for number, one in enumerate(samples)]
                text.writelines(f"{metric}{{{named}}} {value!r} {when:.3f}\n" for when, value in values)
                finite = [(when, value) for when, value in values if math.isfinite(value)]
                times, numbers = [round(when * 1000) for when, _ in finite], [value for _, value in finite]
                row = {"metric": {"__name__": metric, **labels}, "values": numbers, "timestamps": times}
                line.write(json.dumps(row) + "\n")
        text.write("# TYPE monitor_status unknown\n")
        text.writelines(f'monitor_status{{monitor_name="wiki"}} {state} {when:.3f}\n' for when, state, _ in WIKI)
        text.write("# TYPE monitor_response_time unknown\n")
        text.writelines(f'monitor_response_time{{monitor_name="wiki"}} {took} {when:.3f}\n' for when, _, took in WIKI)
        text.write("# EOF\n")
    return texts, lines


def watched() -> list[tuple[float, int, int]]:
    """What Uptime Kuma shows of a monitor: time, state, and milliseconds, -1 for none."""
    rng = random.Random(1003)
    found = []
    for number in range(round(OCTOBER.seconds / INTERVAL)):
        state = 3 if 500 <= number < 550 else rng.choices((1, 0, 2), (98, 1, 1))[0]
        found.append((at(number + 24), state, round(rng.uniform(20, 400)) if state == 1 else -1))
    return found


WIKI = watched()


def config(url: str, preset: str = "blackbox", **latency: Any) -> Config:
    return Config.model_validate(
        {
            "organisation": "Acme",
            "timezone": "Europe/Rome",
            "prometheus": {"url": url},
            "availability": [{"preset": preset, "interval_s": INTERVAL, "latency": latency}],
            "smtp": {"from": "IT <it@acme.example>"},
        }
    )


@pytest.fixture(scope="module")
def tests() -> Tests:
    return made_up()


@pytest.fixture(scope="module")
def urls(tests: Tests, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    texts, lines = written(tests, tmp_path_factory.mktemp("latency"))
    with private_prometheus([texts]) as prometheus, private_victoria([lines]) as victoria:
        yield {"prometheus": prometheus, "victoria": victoria}


@pytest.fixture(scope="module", params=["prometheus", "victoria"])
def snapshot(request: pytest.FixtureRequest, urls: dict[str, str]) -> Snapshot:
    return collect(config(urls[request.param]), OCTOBER, now=LATER)


def answers(tests: Tests, service: str) -> dict[str, list[float]]:
    """The durations of the tests that succeeded, by prober, shortest first; those that are numbers."""
    return {
        prober: sorted(took for up, took in in_month(samples) if up == 1 and math.isfinite(took))
        for (name, prober), samples in tests.items()
        if name == service
    }


def nearest_rank(ordered: list[float], quantile: float) -> float:
    return ordered[math.ceil(quantile * len(ordered)) - 1]


@pytest.mark.parametrize("service", ["quick", "timeouts", "half-blind", "spoilt"])
def test_at_least_so_many_answers_took_no_longer(snapshot: Snapshot, tests: Tests, service: str) -> None:
    latency = snapshot.services[service].latency
    assert latency is not None
    assert latency.quantile == 0.95
    for ordered in answers(tests, service).values():
        if ordered:
            assert sum(took <= latency.seconds for took in ordered) >= 0.95 * len(ordered)


@pytest.mark.parametrize("service", ["quick", "half-blind"])
def test_with_few_failures_the_bound_is_hardly_above_the_truth(snapshot: Snapshot, tests: Tests, service: str) -> None:
    latency = snapshot.services[service].latency
    assert latency is not None
    truth = max(nearest_rank(ordered, 0.953) for ordered in answers(tests, service).values() if ordered)
    assert latency.seconds < truth + 0.001 < 1


def test_timeouts_raise_the_bound_but_are_not_told_as_answers(snapshot: Snapshot, tests: Tests) -> None:
    latency = snapshot.services["timeouts"].latency
    assert latency is not None
    slower = max(nearest_rank(ordered, 0.995) for ordered in answers(tests, "timeouts").values())
    assert latency.seconds < slower + 0.001 < TIMEOUT


def test_durations_that_are_no_number_are_left_out_and_the_rest_is_exact(urls: dict[str, str], tests: Tests) -> None:
    snapshot = collect(config(urls["prometheus"]), OCTOBER, now=LATER)
    latency = snapshot.services["spoilt"].latency
    assert latency is not None
    truth = nearest_rank(answers(tests, "spoilt")["p1"], 0.95)
    assert truth <= latency.seconds < truth + 0.001
    assert "no number" in snapshot.evidence[latency.evidence].warnings[0]


def test_a_service_that_never_answered_has_no_latency(snapshot: Snapshot) -> None:
    assert snapshot.services["dead"].latency is None
    assert snapshot.evidence["latency/dead"].warnings == ("no answer with a duration, so it is not told",)


def test_a_service_without_durations_says_so(snapshot: Snapshot) -> None:
    assert snapshot.services["untimed"].latency is None
    assert snapshot.evidence["latency/untimed"].samples == 0


def test_the_evidence_asks_again_for_one_service(snapshot: Snapshot) -> None:
    evidence = snapshot.evidence["latency/quick"]
    window = round(OCTOBER.seconds * 1000)
    assert evidence.query == f'quantile_over_time(0.95, probe_duration_seconds{{service=~"quick"}}[{window}ms])'
    assert evidence.samples == 2 * round(OCTOBER.seconds / INTERVAL)
    assert evidence.coverage == pytest.approx(1, abs=0.001)
    assert evidence.warnings == ()


def test_durations_beside_none_of_the_tests_give_no_latency_and_a_warning(urls: dict[str, str]) -> None:
    snapshot = collect(config(urls["prometheus"], metric="probe_took_seconds"), OCTOBER, now=LATER)
    assert all(service.latency is None for service in snapshot.services.values())
    (warning,) = snapshot.evidence["latency/probe_took_seconds"].warnings
    assert "no series of probe_took_seconds" in warning


def test_pending_and_maintenance_are_no_answers_either_and_milliseconds_become_seconds(urls: dict[str, str]) -> None:
    kuma = config(urls["prometheus"], "uptime_kuma", quantile=0.9, show=True)
    latency = collect(kuma, OCTOBER, now=LATER).services["wiki"].latency
    assert latency is not None
    assert (latency.quantile, latency.show) == (0.9, True)
    ordered = sorted(took / 1000 for _, state, took in WIKI if state == 1)
    assert nearest_rank(ordered, 0.9) <= latency.seconds <= nearest_rank(ordered, 0.93) + 0.001


def test_few_queries_are_asked(urls: dict[str, str]) -> None:
    costs: list[Cost] = []
    collect(config(urls["prometheus"]), OCTOBER, now=LATER, costs=costs.append)
    asked = [cost.query for cost in costs if "probe_duration_seconds" in cost.query]
    assert sum("quantile_over_time" in query for query in asked) <= 4
    assert sum("quantile_over_time" not in query for query in asked) == 2  # the counts, and what is spoilt in full
