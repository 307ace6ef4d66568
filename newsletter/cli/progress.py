"""Progress on stderr: a bar or a sign of life on a terminal, quiet lines for timers."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from newsletter.cli.options import log

Report = Callable[[Mapping[str, int]], None]

SETTLED = ("accepted", "refused", "in_doubt", "suppressed", "cancelled")
LINE_EVERY_S = 10.0


@contextmanager
def sending_progress(label: str) -> Iterator[Report]:
    """A function to be told the ledger's counts from time to time."""
    if sys.stderr.isatty() and log.isEnabledFor(logging.INFO):
        with _bar(label) as report:
            yield report
    else:
        yield _lines(label)


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """A sign of life on a terminal, gone when it is over."""
    if not sys.stderr.isatty() or not log.isEnabledFor(logging.INFO):
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(what):
        yield


@contextmanager
def _bar(label: str) -> Iterator[Report]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    pace = _Pace()
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(f"Sending {label}", total=None, rate="")

        def report(counts: Mapping[str, int]) -> None:
            settled = _settled(counts)
            rate = f"{pace.per_second(settled):.0f}/s"
            progress.update(task, total=counts["total"], completed=settled, rate=rate)

        yield report


def _lines(label: str) -> Report:
    last = time.monotonic()
    pace = _Pace()

    def report(counts: Mapping[str, int]) -> None:
        nonlocal last
        settled = _settled(counts)
        rate = pace.per_second(settled)
        if time.monotonic() - last >= LINE_EVERY_S:
            last = time.monotonic()
            left = f", about {(counts['total'] - settled) / rate / 60:.0f} min left" if rate else ""
            log.info("%s: %d of %d settled, %.0f a second%s", label, settled, counts["total"], rate, left)

    return report


class _Pace:
    """How fast it goes since the first look."""

    def __init__(self) -> None:
        self._first: tuple[float, int] | None = None

    def per_second(self, settled: int) -> float:
        """Copies a second; 0 at the first look."""
        now = time.monotonic()
        if self._first is None:
            self._first = (now, settled)
        began, before = self._first
        return (settled - before) / (now - began) if now > began else 0.0


def _settled(counts: Mapping[str, int]) -> int:
    return sum(counts.get(state, 0) for state in SETTLED)
