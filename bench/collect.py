"""Collecting a month beside asking the same server once for nothing but a count.

Both are whole processes on the same back-filled October (two probers a service, 60 s scrapes).
What a collection of one service takes is taken off both sides' start-up: what is left is the cost
of the other services, in passes over their samples.

    python -m bench.collect            the rows
    python -m bench.collect URL N      collect N services (for the benchmark itself)
"""

from __future__ import annotations

import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.paired import Cost, Row, process_cost
from newsletter.collect import collect
from newsletter.config import Config
from newsletter.demo.private_prometheus import private_prometheus
from newsletter.model import Snapshot
from tests.servers import world as made

BAR = "<= 2.3"
ROUNDS = 5


def rows(sizes: Sequence[int] = (50,)) -> list[Row]:
    """Wall and client CPU of the availability of each size, in passes."""
    found: list[Row] = []
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="newsletter-bench-") as folder:
            files = plain(size).write(Path(folder))[:1]
            with private_prometheus(files) as url:
                found += _rows(url, size)
    return found


def plain(services: int) -> made.World:
    """The services without the special ones: what a month usually looks like."""
    world = made.october(seed=50, services=services + len(made.special_services()), probers=2)
    kept = {name: service for name, service in world.services.items() if name.startswith("plain")}
    return replace(world, services=kept, tickets={})


def _rows(url: str, size: int) -> list[Row]:
    walls, cpus = [], []
    for turn in range(ROUNDS + 1):
        one, all_of_them, one_pass = _collecting(url, 1), _collecting(url, size), _pass(url)
        if turn:  # the first round warms the server's cache
            walls.append((all_of_them.wall - one.wall) / one_pass)
            cpus.append((all_of_them.cpu - one.cpu) / one_pass)
    name = f"collect {size} services x 2 probers x 31 days / one count pass"
    return [Row(f"{name}, wall", BAR, tuple(walls)), Row(f"{name}, client CPU", "", tuple(cpus))]


def _collecting(url: str, services: int) -> Cost:
    return process_cost([sys.executable, "-m", "bench.collect", url, str(services)])


def _pass(url: str) -> float:
    """Seconds of one `count_over_time` over every sample of the month: each is decoded once."""
    query = f"sum(count_over_time(probe_success[{round(made.OCTOBER.seconds)}s]))"
    form = urllib.parse.urlencode({"query": query, "time": f"{made.END - 0.001:.3f}"}).encode()
    began = time.perf_counter()
    with urllib.request.urlopen(f"{url}/api/v1/query", form) as answer:
        answer.read()
    return time.perf_counter() - began


def month_of(url: str, services: int) -> Snapshot:
    """Collect the availability of the first `services` services."""
    names = {f"plain-{number:02d}": {"name": f"Service {number}"} for number in range(services)}
    config = Config.model_validate(
        {
            "organisation": "Acme",
            "timezone": "Europe/Rome",
            "prometheus": {"url": url},
            "availability": [{"preset": "blackbox"}],
            "services": names,
            "unlisted_services": "ignore" if services == 1 else "include",
            "smtp": {"from": "IT <it@acme.example>"},
        }
    )
    return collect(config, made.OCTOBER, now=datetime.fromtimestamp(made.END, UTC) + timedelta(days=2))


if __name__ == "__main__":
    if len(sys.argv) == 3:
        month_of(sys.argv[1], int(sys.argv[2]))
    else:
        for row in rows((50, 200)):
            print(f"{row.name:<70} {row.bar:<8} {row.text()}", flush=True)
