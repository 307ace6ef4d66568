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

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(f"Sending {label}", total=None)

        def report(counts: Mapping[str, int]) -> None:
            progress.update(task, total=counts["total"], completed=_settled(counts))

        yield report


def _lines(label: str) -> Report:
    last = time.monotonic()

    def report(counts: Mapping[str, int]) -> None:
        nonlocal last
        if time.monotonic() - last >= LINE_EVERY_S:
            last = time.monotonic()
            log.info("%s: %d of %d settled", label, _settled(counts), counts["total"])

    return report


def _settled(counts: Mapping[str, int]) -> int:
    return sum(counts.get(state, 0) for state in SETTLED)
