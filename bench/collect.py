"""Collecting a month beside one count of the same samples, and beside what people write by hand.

All are whole processes on the same back-filled October (see `bench.month`). What a collection of one
service takes is taken off as start-up: what is left is the cost of the other services, in passes over
their samples. CPU is that of the client and of the server together.

    python -m bench.collect                     the rows, and the growth over the same sizes
    python -m bench.collect --sizes 50          the rows of these sizes only
    python -m bench.collect --growth 1000 2000  the growth over these sizes, too
    python -m bench.collect --write             all of them, into docs/benchmarks.md, with the plot of the growth
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench import month
from bench.paired import Cost, Row, install, process_cost, put_table, write_table
from bench.plot import Line, plot
from bench.server import Server
from tests.servers import world as made

SIZES = (50, 200, 500)
GROWTH = (50, 200, 500, 1000, 2000)
NAMES = {"pandas": "`get_metric_range_data` + pandas", "loop": "one `avg_over_time` a service"}
PEERS_AT = {50: ("pandas", "loop"), 500: ("loop",)}
ROUNDS = 5
PEER_ROUNDS = 2
GROWTH_ROUNDS = 1  # of the sizes that only the growth is about: half a minute each
_MB = 1.048576  # a MiB
PEERS = Path(__file__).parent / "peers"
PICTURE = Path(__file__).parents[1] / "docs" / "images" / "collect-growth.svg"


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


def rows(
    sizes: Sequence[int] = SIZES, growth: Sequence[int] = (), found: list[Measured] | None = None
) -> Iterator[Row]:
    """The table of `sizes`; what is measured of these and of those of `growth` is added to `found`."""
    found = [] if found is None else found
    for size in sorted({*sizes, *growth}):
        with month.month_of(size) as url:
            server = Server(url)
            found.append(measured(server, size, ROUNDS if size in sizes else GROWTH_ROUNDS))
            if size in sizes:
                yield from _rows(found[-1])
                yield from peers(server, size) if size in PEERS_AT else ()


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
        Row(f"{name}: growth of the server's memory", "<= 200 MB", (), f"{found.server_mib * _MB:.0f} MB"),
    ]


# --- peers ------------------------------------------------------------------------------------


def peers(server: Server, size: int) -> Iterator[Row]:
    """What people write by hand, each beside ours in the same round, and how far the figures are off."""
    truths = {month.name_of(number): month.truth_of(number).down_s for number in range(size)}
    with tempfile.TemporaryDirectory(prefix="newsletter-bench-") as packages:
        if "pandas" in PEERS_AT[size]:
            install(["pandas"], Path(packages))
        pairs: list[tuple[Cost, Cost]] = []
        for who in PEERS_AT[size]:
            pairs = []
            for _ in range(PEER_ROUNDS + 1):
                ours, _ = server.spent(lambda: _ours(server.url, size))
                theirs, _ = server.spent(partial(_peer, who, server.url, size, Path(packages)))
                pairs.append((ours, theirs))
            name = f"collect {size} services / {NAMES[who]}"
            yield Row(f"{name}, wall", "< 1", tuple(ours.wall / theirs.wall for ours, theirs in pairs[1:]))
            yield Row(f"{name}, CPU", "< 1", tuple(ours.cpu / theirs.cpu for ours, theirs in pairs[1:]))
            yield Row(f"{NAMES[who]}: downtime of {size} services off by", "", (), _off(pairs[-1][1], truths))
    yield Row(f"collect: downtime of {size} services off by", "", (), _off(pairs[-1][0], truths))


def _off(cost: Cost, truths: dict[str, float]) -> str:
    down = json.loads(cost.said)
    errors = sorted(abs(down[name] - truth) for name, truth in truths.items())
    return f"median {statistics.median(errors):.0f} s, worst {errors[-1]:.0f} s"


def _peer(who: str, url: str, services: int, packages: Path) -> Cost:
    names = map(month.name_of, range(services)) if who == "loop" else ()
    command = [sys.executable, str(PEERS / f"{who}_peer.py"), url, str(made.START), str(made.END), *names]
    return process_cost(command, {**os.environ, "PYTHONPATH": str(packages)})


def _ours(url: str, services: int) -> Cost:
    only = [month.name_of(0)] if services == 1 else []
    return process_cost([sys.executable, "-m", "bench.once", url, *only])


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


def growth_table(growth: Sequence[Measured]) -> list[str]:
    """The same in numbers, with what a service adds."""
    lines = ["| services | one count pass | collect beyond start-up | a service | client's peak | server's growth |"]
    lines += ["|---|---|---|---|---|---|"]
    lines += [
        f"| {one.size:,} | {one.passes_s:.2f} s | {one.ours_s:.2f} s | {1000 * one.ours_s / one.size:.1f} ms "
        f"| {one.client_mib:.0f} MiB | {one.server_mib * _MB:.0f} MB |"
        for one in growth
    ]
    return lines


def write(found: Sequence[Row], growth: Sequence[Measured]) -> None:
    """Put the tables between their marks in docs/benchmarks.md, and draw the plot."""
    write_table("collect", found)
    put_table("growth", growth_table(growth))
    draw(growth)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES)
    parser.add_argument("--growth", type=int, nargs="*", default=None)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    growth = GROWTH if options.growth is None and options.write else options.growth or ()
    found: list[Row] = []
    measured: list[Measured] = []
    for row in rows(options.sizes, growth, measured):
        print(f"{row.name:<85} {row.bar:<10} {row.text()}", flush=True)
        found.append(row)
    print("\n".join(growth_table(measured)))
    if options.write:
        write(found, measured)


if __name__ == "__main__":
    main()
