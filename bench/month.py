"""A month of many plain services with known truth, back-filled fast and kept between runs.

Each service has two probers that ask every 60 s, now and then fail alone or lose a sample, a few
outages that both see, and one gap of 90 minutes in which nothing was measured.
"""

from __future__ import annotations

import math
import random
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.renamed import copy_block
from newsletter.demo.private_prometheus import backfill, private_prometheus
from tests.servers import world as made

SCRAPE_S = 60
PROBERS = ("p1", "p2")
VERSION = 1  # of what is written below; another number makes kept data anew
HOME = Path(tempfile.gettempdir()) / f"newsletter-bench-{VERSION}"
WRITTEN = 500  # services that are back-filled one by one
_MERGED_WITHIN_S = 900
_BATCH = 100  # services in one file, so that neither the text nor promtool grows with the month
_COUNT = int((made.OCTOBER.seconds + 2 * made.DAY) / SCRAPE_S)
_FIRST = made.START - made.DAY


@dataclass(frozen=True, slots=True)
class Truth:
    """What really happened to one service."""

    down: tuple[made.Span, ...]

    @property
    def down_s(self) -> float:
        """Seconds of October in which it was down and somebody could have measured it."""
        seen = made.without([(made.START, made.END)], [made.GLOBAL_GAP])
        return sum(made.overlap(down, part) for down in self.down for part in seen)

    @property
    def measured_s(self) -> float:
        """Seconds of October in which somebody could have measured it."""
        return made.OCTOBER.seconds - (made.GLOBAL_GAP[1] - made.GLOBAL_GAP[0])


def name_of(number: int) -> str:
    """The id of a service."""
    return f"plain-{number:04d}"


def truth_of(number: int) -> Truth:
    """The truth of a service: the same in every size."""
    return Truth(tuple(made.random_outages(random.Random(f"bench/{number}"))))


@contextmanager
def month_of(services: int) -> Iterator[str]:
    """A Prometheus with the month of so many services, beyond `WRITTEN` a multiple; its data is kept in `HOME`."""
    home = HOME / str(services)
    if not (home / "complete").exists():
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        (_copy if services > WRITTEN else _back_fill)(services, home)
        with private_prometheus([], directory=home):
            _wait_until_one_block(home / "data")
        (home / "complete").touch()
    with private_prometheus([], directory=home) as url:
        yield url


def _back_fill(services: int, home: Path) -> None:
    for first in range(0, services, _BATCH):
        file = home / "samples.txt"
        _write(file, range(first, min(first + _BATCH, services)))
        backfill(file, home / "data")
        file.unlink()


def _copy(services: int, home: Path) -> None:
    """Services beyond the first `WRITTEN` are these again, under other names."""
    with month_of(WRITTEN):
        pass
    (meta,) = (HOME / str(WRITTEN) / "data").glob("*/meta.json")
    for add in range(0, services, WRITTEN):
        copy_block(meta.parent, home / "data", add)


def _wait_until_one_block(data: Path) -> None:
    """Wait for the server to merge what it was given in parts, lest it do so while it is measured."""
    deadline = time.monotonic() + _MERGED_WITHIN_S
    while len(list(data.glob("*/meta.json"))) > 1:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{data} is still in several blocks after {_MERGED_WITHIN_S} s")
        time.sleep(1)


def _write(file: Path, numbers: range) -> None:
    with file.open("w", encoding="utf-8") as out:
        out.write("# TYPE probe_success gauge\n")
        for number in numbers:
            rng = random.Random(f"bench/samples/{number}")
            for prober in PROBERS:
                labels = f'job="blackbox",service="{name_of(number)}",prober="{prober}",instance="{prober}:9115"'
                out.write(_series(f"probe_success{{{labels}}}", truth_of(number), rng))
        out.write("# EOF\n")


def _series(name: str, truth: Truth, rng: random.Random) -> str:
    phase_ms = rng.randrange(SCRAPE_S * 1000)
    seconds, fraction = divmod(phase_ms, 1000)
    first = int(_FIRST) + seconds
    begin = first + fraction / 1000
    lines = [f" 1 {at}.{fraction:03d}\n" for at in range(first, first + _COUNT * SCRAPE_S, SCRAPE_S)]

    def failing(k: int) -> None:
        lines[k] = " 0" + lines[k][2:]

    def during(span: made.Span) -> range:
        return range(*(math.ceil(min(max((at - begin) / SCRAPE_S, 0), _COUNT)) for at in span))

    for k in rng.sample(range(_COUNT), round(_COUNT * made.FALSE_FAILURES)):
        failing(k)
    for down in truth.down:
        for k in during(down):
            failing(k)
    lost = {*rng.sample(range(_COUNT), round(_COUNT * made.LOST)), *during(made.GLOBAL_GAP)}
    return name + name.join(line for k, line in enumerate(lines) if k not in lost)
