"""Progress on stderr: a bar or a sign of life on a terminal, quiet lines for timers."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from newsletter.cli.options import log

if TYPE_CHECKING:
    from newsletter.collect.step import Step

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
def collecting_progress(label: str) -> Iterator[Callable[[Step], None]]:
    """A function to be told what a collection is doing."""
    if sys.stderr.isatty() and log.isEnabledFor(logging.INFO):
        with _step_bar(label) as report:
            yield report
    else:
        yield _step_lines()


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


@contextmanager
def _step_bar(label: str) -> Iterator[Callable[[Step], None]]:
    """What is done now, and a bar of the service-hours read; gone when it is over."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.table import Column

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False, table_column=Column(ratio=1, no_wrap=True)),
        BarColumn(bar_width=12),
        TextColumn("{task.fields[read]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, redirect_stdout=False, expand=True) as progress:
        task = progress.add_task(label, total=None, read="")

        def report(step: Step) -> None:
            nonlocal task
            if not step.done:  # something new: neither the time it took before nor the speed are its own
                progress.remove_task(task)
                task = progress.add_task(step.what, total=None, read="")
            else:
                progress.update(task, total=step.total, completed=step.done, read=f"{step.done:,}/{step.total:,}")

        yield report


def _step_lines() -> Callable[[Step], None]:
    last = time.monotonic()
    pace = _Pace()

    def report(step: Step) -> None:
        nonlocal last, pace
        if not step.done:
            last, pace = time.monotonic(), _Pace()
            log.info("%s", step.what)
        rate = pace.per_second(step.done)
        if rate and time.monotonic() - last >= LINE_EVERY_S:
            last = time.monotonic()
            left = (step.total - step.done) / rate
            log.info("%s of %s service-hours read, about %.0f s left", f"{step.done:,}", f"{step.total:,}", left)

    return report


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
        """How many a second; 0 at the first look."""
        now = time.monotonic()
        if self._first is None:
            self._first = (now, settled)
        began, before = self._first
        return (settled - before) / (now - began) if now > began else 0.0


def _settled(counts: Mapping[str, int]) -> int:
    return sum(counts.get(state, 0) for state in SETTLED)
