"""Filling the months before now with what the sources still have: one after the other, oldest first.

The oldest one is the next to be forgotten by a server with a retention.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Literal

from msgspec import Struct

from newsletter import period, pipeline
from newsletter.collect import below_gate
from newsletter.config import Config
from newsletter.errors import ContentError, HistoryError, UsageError
from newsletter.model import Period, Snapshot

Outcome = Literal["kept", "written", "incomplete", "not there"]


class PastMonth(Struct, frozen=True, kw_only=True):
    """What became of one month.

    `kept`: a snapshot was there and is as it was. `written`: it is there now, every service
    measured enough. `incomplete`: some were not, now or in the snapshot that was there; `path` is
    None where nothing was worth writing.
    `not there`: the sources have nothing of it, as `remark` says.
    """

    label: str
    outcome: Outcome
    path: Path | None = None
    remark: str = ""
    warnings: tuple[str, ...] = ()


def months(config: Config, since: str, last: Period) -> list[Period]:
    """Every month from `since` ("2024-10") to `last`.

    Raises:
        UsageError: `since` is no month, or a later one than `last`.
    """
    first = period.month(since, config.timezone)
    if first.start > last.start:
        raise UsageError(f"--since {since} is later than {last.label}", "Name an earlier month.")
    found = [last]
    while found[-1].label != first.label:
        found.append(period.previous(found[-1], config.timezone))
    return found[::-1]


def fill(
    config: Config,
    wanted: list[Period],
    *,
    now: datetime,
    overwrite: bool = False,
    again: bool = False,
    progress: pipeline.Progress | None = None,
) -> Iterator[PastMonth]:
    """Collect each month that has no snapshot yet; a run that was interrupted goes on at the next one.

    Args:
        config: the sources.
        wanted: months that are over.
        now: aware.
        overwrite: collect months with a snapshot again. What is incomplete never replaces a snapshot.
        again: also those of editions that were approved or mailed.
        progress: told what is being done.

    Raises:
        SourceError: a source does not answer; the months before are done.
        ContentError: an export or snapshot file is at fault.
    """
    for month in wanted:
        path = pipeline.edition_folder(config, month) / pipeline.SNAPSHOT_NAME
        if path.exists() and not overwrite:
            yield _kept(config, month, path)
            continue
        if not again and (reason := pipeline.settled(config, month)):
            told = (f"{reason}: its numbers stay; --again replaces them, too",)
            yield PastMonth(label=month.label, outcome="kept", path=path, warnings=told)
            continue
        try:
            snapshot, thin = pipeline.measure(config, month, now=now, progress=progress)
        except HistoryError as error:
            yield PastMonth(label=month.label, outcome="kept" if path.exists() else "not there", remark=error.message)
        else:
            yield _frozen(snapshot, thin, path, config)


def _kept(config: Config, month: Period, path: Path) -> PastMonth:
    """A month that is there; what an earlier run found incomplete is not whole by being asked for again."""
    try:
        snapshot = pipeline.read_snapshot(config, month)
    except ContentError as error:
        return PastMonth(label=month.label, outcome="kept", path=path, remark=error.message)
    thin = below_gate(snapshot, config.coverage)
    if not thin:
        return PastMonth(label=month.label, outcome="kept", path=path)
    remark = f"kept as it is: {pipeline.measured_too_little(config, snapshot, thin)}"
    return PastMonth(label=month.label, outcome="incomplete", path=path, remark=remark)


def _frozen(snapshot: Snapshot, thin: tuple[str, ...], path: Path, config: Config) -> PastMonth:
    warnings = pipeline.remarks_on(config, snapshot)
    label = snapshot.edition
    remark = pipeline.measured_too_little(config, snapshot, thin) if thin else ""
    if thin and path.exists():
        return PastMonth(label=label, outcome="kept", path=path, remark=f"now only part of it is there: {remark}")
    if thin and len(thin) == len(snapshot.services):
        return PastMonth(label=label, outcome="incomplete", remark=f"not written: {remark}")
    pipeline.freeze(snapshot, path)
    outcome: Outcome = "incomplete" if thin else "written"
    return PastMonth(label=label, outcome=outcome, path=path, remark=remark, warnings=warnings)
