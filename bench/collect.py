"""Collecting a month beside one count of the same samples, and beside what people write by hand.

All are whole processes on the same back-filled October (see `bench.month`). What a collection of one
service takes is taken off as start-up: what is left is the cost of the other services, in passes over
their samples. CPU is that of the client and of the server together.

    python -m bench.collect                     the rows
    python -m bench.collect --sizes 50          the rows of these sizes only
    python -m bench.collect --growth 50 200     also draw the plot of the growth over these sizes
    python -m bench.collect --write             all sizes, into docs/benchmarks.md, and the plot of the growth
    python -m bench.collect --once URL N        collect N services (for the benchmark itself)
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from bench import month
from bench.paired import Cost, Row, install, process_cost
from bench.plot import Line, plot
from bench.server import Server
from tests.servers import world as made

SIZES = (50, 200, 500)
GROWTH = (50, 200, 500, 1000, 2000)
PEERS_AT = 50
ROUNDS = 5
PEER_ROUNDS = 2
PEERS = Path(__file__).parent / "peers"
DOCS = Path(__file__).parents[1] / "docs"
PAGE, PICTURE = DOCS / "benchmarks.md", DOCS / "images" / "collect-growth.svg"


@dataclass(frozen=True, slots=True)
class Measured:
    """One size: ratios of all rounds, and what it took."""

    size: int
    wall: tuple[float, ...]
    cpu: tuple[float, ...]
    passes_s: float  # median wall of one pass
    ours_s: float  # median wall of ours beyond start-up
    client_mib: float
    server_mib: float


def rows(sizes: Sequence[int] = SIZES, growth: Sequence[int] = ()) -> Iterator[Row]:
    """The table; draws the plot if `growth` names the sizes for it."""
    found: list[Measured] = []
    for size in sorted({*sizes, *growth}):
        with month.month_of(size) as url, tempfile.TemporaryDirectory(prefix="newsletter-bench-") as packages:
            server = Server(url)
            found.append(measured(server, size, ROUNDS if size in sizes else 2))
            if size in sizes:
                yield from _rows(found[-1])
            if size == PEERS_AT:
                install(["pandas"], Path(packages))
                yield from peers(server, size, Path(packages))
    if growth:
        draw(found)


def measured(server: Server, size: int, rounds: int) -> Measured:
    """One size in turn: one service, all of them, one pass; the first round warms the server's cache."""
    walls, cpus, passes, ours = [], [], [], []
    client = grown = 0.0
    for turn in range(rounds + 1):
        one, _ = server.spent(lambda: _ours(server.url, 1))
        everything, growth = server.spent(lambda: _ours(server.url, size))
        counted, _ = server.spent(lambda: _pass(server.url))
        if turn:
            walls.append((everything.wall - one.wall) / counted.wall)
            cpus.append((everything.cpu - one.cpu) / counted.cpu)
            passes.append(counted.wall)
            ours.append(everything.wall - one.wall)
            client, grown = max(client, everything.peak_mib), max(grown, growth)
    middle = statistics.median
    return Measured(size, tuple(walls), tuple(cpus), middle(passes), middle(ours), client, grown)


def _rows(found: Measured) -> list[Row]:
    name = f"collect {found.size} services x 2 probers x 31 days"
    return [
        Row(f"{name} / one count pass, wall", "<= 2.3", found.wall),
        Row(f"{name} / one count pass, CPU", "", found.cpu),
        Row(f"{name}: peak memory of the client", "<= 100 MiB", (), f"{found.client_mib:.0f} MiB"),
        Row(f"{name}: growth of the server's memory", "<= 200 MB", (), f"{found.server_mib * 1.048576:.0f} MB"),
    ]


# --- peers ------------------------------------------------------------------------------------


def peers(server: Server, size: int, packages: Path) -> Iterator[Row]:
    """What people write by hand, each beside ours in the same round, and how far the figures are off."""
    truths = {month.name_of(number): month.truth_of(number).down_s for number in range(size)}
    names = {"pandas": "`get_metric_range_data` + pandas", "loop": "one `avg_over_time` a service"}
    ours = theirs = Cost(0, 0)
    for who, name in names.items():
        walls, cpus = [], []
        for turn in range(PEER_ROUNDS + 1):
            ours, _ = server.spent(lambda: _ours(server.url, size))
            theirs, _ = server.spent(partial(_peer, who, server.url, size, packages))
            if turn:
                walls.append(ours.wall / theirs.wall)
                cpus.append(ours.cpu / theirs.cpu)
        yield Row(f"collect {size} services / {name}, wall", "< 1", tuple(walls))
        yield Row(f"collect {size} services / {name}, CPU", "< 1", tuple(cpus))
        yield Row(f"{name}: downtime of a service off by", "", (), _off(theirs, truths))
    yield Row("collect: downtime of a service off by", "", (), _off(ours, truths))


def _off(cost: Cost, truths: dict[str, float]) -> str:
    down = json.loads(cost.said)
    errors = sorted(abs(down[name] - truth) for name, truth in truths.items())
    return f"median {statistics.median(errors):.0f} s, worst {errors[-1]:.0f} s"


def month_of(url: str, services: int) -> dict[str, float]:
    """Seconds of downtime by service, by `newsletter collect`."""
    from newsletter.collect import collect
    from newsletter.config import Config

    config = Config.model_validate(
        {
            "organisation": "Acme",
            "timezone": "Europe/Rome",
            "prometheus": {"url": url},
            "availability": [{"preset": "blackbox", "service_label": "service"}],
            "services": {month.name_of(0): {"name": "Service"}},
            "unlisted_services": "ignore" if services == 1 else "include",
            "smtp": {"from": "IT <it@acme.example>"},
        }
    )
    snapshot = collect(config, made.OCTOBER, now=datetime.fromtimestamp(made.END, UTC) + timedelta(days=2))
    return {name: service.down_s for name, service in snapshot.services.items()}


def _peer(who: str, url: str, services: int, packages: Path) -> Cost:
    names = map(month.name_of, range(services)) if who == "loop" else ()
    command = [sys.executable, str(PEERS / f"{who}_peer.py"), url, str(made.START), str(made.END), *names]
    return process_cost(command, {**os.environ, "PYTHONPATH": str(packages)})


def _ours(url: str, services: int) -> Cost:
    return process_cost([sys.executable, "-m", "bench.collect", "--once", url, str(services)])


def _pass(url: str) -> Cost:
    """One `count_over_time` over every sample of the month: each is decoded once."""
    query = f"sum(count_over_time(probe_success[{round(made.OCTOBER.seconds)}s]))"
    form = urllib.parse.urlencode({"query": query, "time": f"{made.END - 0.001:.3f}"}).encode()
    began = time.perf_counter()
    with urllib.request.urlopen(f"{url}/api/v1/query", form) as answer:
        answer.read()
    return Cost(time.perf_counter() - began, 0.0)


def draw(growth: Sequence[Measured]) -> None:
    """Seconds by number of services, ours beside one pass."""
    lines = [
        Line("newsletter collect", [(one.size, one.ours_s) for one in growth]),
        Line("one count of all samples", [(one.size, one.passes_s) for one in growth]),
    ]
    PICTURE.write_text(plot(lines, "services (2 probers, 31 days, every 60 s)", "seconds"), encoding="utf-8")


def write(found: Sequence[Row]) -> None:
    """Put the table between its marks in docs/benchmarks.md."""
    lines = ["| compared | bar | median (min-max) |", "|---|---|---|"]
    lines += [f"| {row.name} | {row.bar} | {row.text()} |" for row in found]
    text = PAGE.read_text(encoding="utf-8")
    marked = re.sub(
        r"(<!-- bench:collect -->\n).*?(<!-- end -->)",
        lambda match: match[1] + "\n".join(lines) + "\n" + match[2],
        text,
        count=1,
        flags=re.DOTALL,
    )
    PAGE.write_text(marked, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--growth", type=int, nargs="+", default=())
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--once", nargs=2, metavar=("URL", "SERVICES"))
    options = parser.parse_args()
    if options.once:
        print(json.dumps(month_of(options.once[0], int(options.once[1]))))
        return
    found = []
    for row in rows(options.sizes, options.growth or (GROWTH if options.write else ())):
        print(f"{row.name:<85} {row.bar:<10} {row.text()}", flush=True)
        found.append(row)
    if options.write:
        write(found)


if __name__ == "__main__":
    main()
