"""Whole processes, run in turn and compared pair by pair."""

from __future__ import annotations

import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

MJML = "mjml@5.4.1"  # the reference renderer, from npm


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took, in seconds."""

    wall: float
    cpu: float
    peak_mib: float = 0.0
    said: str = ""  # on stdout


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: what was compared, the bar, and the measured ratios."""

    name: str
    bar: str
    ratios: tuple[float, ...]
    remark: str = ""

    def line(self) -> str:
        """It in the table."""
        return f"| {self.name} | {self.bar} | {self.text()} |"

    def text(self) -> str:
        """The median with its spread."""
        if not self.ratios:
            return self.remark
        middle, low, high = statistics.median(self.ratios), min(self.ratios), max(self.ratios)
        digits = 3 if middle < 0.2 else 2
        return f"{middle:.{digits}f} ({low:.{digits}f}-{high:.{digits}f}, n={len(self.ratios)})"


def process_cost(command: Sequence[str], environment: Mapping[str, str] = os.environ) -> Cost:
    """Run a command to its end; CPU is user + system of the process and its children."""
    with tempfile.TemporaryFile() as out:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL, env=environment)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command)
        out.seek(0)
        return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, out.read().decode())


def install(packages: Sequence[str], folder: Path) -> None:
    """Install peers apart from everything else, as the dependency group `bench` names them."""
    groups = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [one for one in groups["dependency-groups"]["bench"] if one.startswith(tuple(packages))]
    pip = ["uv", "pip", "install", "-q"] if shutil.which("uv") else [sys.executable, "-m", "pip", "install", "-q"]
    subprocess.run([*pip, "--target", str(folder), *wanted], check=True)


def install_npm(package: str, folder: Path) -> None:
    """Install a package of npm below `folder`."""
    subprocess.run(
        ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), package], check=True
    )


def pairs(ours: Callable[[], Cost], theirs: Callable[[], Cost], count: int) -> list[tuple[Cost, Cost]]:
    """`count` pairs, the order turned round every other time; one warm-up pair is thrown away."""
    found = []
    for i in range(count + 1):
        pair = (ours(), theirs()) if i % 2 else tuple(reversed((theirs(), ours())))
        found.append(pair)
    return found[1:]  # type: ignore[return-value]  # both branches give (ours, theirs)


def write_table(name: str, rows: Sequence[Row]) -> None:
    """Put the rows between their marks in docs/benchmarks.md."""
    put_table(name, ["| compared | bar | median (min-max) |", "|---|---|---|", *(row.line() for row in rows)])


def put_table(name: str, lines: Sequence[str]) -> None:
    """Put a table in Markdown between its marks in docs/benchmarks.md."""
    page = Path(__file__).parents[1] / "docs" / "benchmarks.md"
    table = "\n".join(lines)
    marks = re.compile(rf"(<!-- bench:{name} -->\n).*?(<!-- end -->)", re.DOTALL)
    text = page.read_text(encoding="utf-8")
    page.write_text(marks.sub(lambda found: f"{found[1]}\n{table}\n\n{found[2]}", text, count=1), encoding="utf-8")
