"""Very many counters of a real Prometheus: read by their eventful hours, they give what every sample gives."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from newsletter.collect import counter, eventful
from newsletter.collect.counter import Tally, tally
from newsletter.collect.prometheus import Prometheus
from newsletter.collect.promql import Selector
from newsletter.config import PrometheusConfig
from newsletter.demo.private_prometheus import private_prometheus
from newsletter.model import Period
from tests.servers.victoria import private_victoria

pytestmark = pytest.mark.servers

BEGIN = datetime(2026, 10, 1, tzinfo=ZoneInfo("Asia/Kolkata"))  # half an hour off the hours that servers like
PERIOD = Period(start=BEGIN, end=BEGIN + timedelta(days=3), timezone="Asia/Kolkata", label="2026-10")
EVERY = 120
SERIES = eventful.MANY_SERIES + 50
RESTARTS = (PERIOD.start_s + 20.51 * 3600, PERIOD.start_s + 48 * 3600)
REQUESTS = Selector("requests_total")


def samples() -> tuple[dict[str, list[tuple[float, int]]], int]:
    """Series with their samples, and what they gained in the period.

    One in twenty is born in it; all start anew with another pod at the first restart, and those of one
    path start anew without another name at the second.
    """
    rng = random.Random(7)
    found: dict[str, list[tuple[float, int]]] = {}
    gained = 0
    for number in range(SERIES):
        born = PERIOD.start_s + rng.random() * 200_000 if number % 20 == 0 else 0.0
        value, at, pod = 0, PERIOD.start_s - 7200 + rng.random() * EVERY, 0
        while at < PERIOD.end_s + 600:
            again = sum(at - EVERY < one <= at for one in RESTARTS[: 2 if number % 5 == 0 else 1])
            pod += again and at < RESTARTS[1]
            value = 0 if again else value
            more = rng.choice([0, 0, 1, 5])
            if at >= born:
                value += more
                gained += more if PERIOD.start_s <= at < PERIOD.end_s else 0
                found.setdefault(f'requests_total{{path="/{number}",pod="p{pod}"}}', []).append((at, value))
            at += EVERY
    return found, gained


@pytest.fixture(scope="module")
def world() -> tuple[dict[str, list[tuple[float, int]]], int]:
    return samples()


@pytest.fixture(scope="module")
def prometheus(world, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path: Path = tmp_path_factory.mktemp("counters") / "all.om"
    lines = [f"{series} {value} {at:.3f}" for series, every in world[0].items() for at, value in every]
    path.write_text("\n".join(["# TYPE requests_total unknown", *lines, "# EOF\n"]), encoding="utf-8")
    with private_prometheus([path]) as url:
        yield url


def tallied(url: str) -> tuple[Tally, Counter[str]]:
    """The tally, and how many samples were returned for each kind of query."""
    returned: Counter[str] = Counter()
    costs = lambda cost: returned.update({"raw" if cost.query.startswith("requests") else "other": cost.returned})  # noqa: E731
    with Prometheus(PrometheusConfig(url=url), costs) as server:
        return tally(server, REQUESTS, PERIOD), returned


def test_eventful_hours_give_the_truth_with_a_fraction_of_the_samples(prometheus, world, monkeypatch):
    """The truth is what was added while the samples were made."""
    sparse, read_sparsely = tallied(prometheus)
    monkeypatch.setattr(counter, "MANY_SERIES", 10 * SERIES)
    whole, read_whole = tallied(prometheus)
    assert sum(sparse.gained.values()) == world[1]
    assert sparse == whole
    assert read_whole["raw"] == sum(whole.samples.values())
    assert read_sparsely["raw"] < read_whole["raw"] / 3


def test_victoriametrics_tells_the_same(world, tmp_path):
    path = tmp_path / "all.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for series, every in world[0].items():
            metric = {"__name__": "requests_total", **dict(re.findall(r'(\w+)="([^"]*)"', series))}
            times, values = [round(at * 1000) for at, _ in every], [value for _, value in every]
            file.write(json.dumps({"metric": metric, "timestamps": times, "values": values}) + "\n")
    with private_victoria([path]) as url:
        sparse, read = tallied(url)
    assert sum(sparse.gained.values()) == world[1]
    assert read["raw"] < sum(sparse.samples.values()) / 3
