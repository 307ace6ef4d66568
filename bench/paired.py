"""Whole processes, run in turn and compared pair by pair."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took, in seconds."""

    wall: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: what was compared, the bar, and the measured ratios."""

    name: str
    bar: str
    ratios: tuple[float, ...]
    remark: str = ""

    def text(self) -> str:
        """The median with its spread."""
        if not self.ratios:
            return self.remark
        middle, low, high = statistics.median(self.ratios), min(self.ratios), max(self.ratios)
        digits = 3 if middle < 0.2 else 2
        return f"{middle:.{digits}f} ({low:.{digits}f}-{high:.{digits}f}, n={len(self.ratios)})"


def process_cost(command: Sequence[str]) -> Cost:
    """Run a command to its end; CPU is user + system of the process and its children."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def pairs(ours: Callable[[], Cost], theirs: Callable[[], Cost], count: int) -> list[tuple[Cost, Cost]]:
    """`count` pairs, the order turned round every other time; one warm-up pair is thrown away."""
    found = []
    for i in range(count + 1):
        pair = (ours(), theirs()) if i % 2 else tuple(reversed((theirs(), ours())))
        found.append(pair)
    return found[1:]  # type: ignore[return-value]  # both branches give (ours, theirs)
