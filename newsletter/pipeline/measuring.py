"""config -> collect -> snapshot: the numbers of a month, measured and frozen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter import period
from newsletter.config import Config
from newsletter.counting import some_of
from newsletter.errors import ConfigError, ContentError, CoverageError
from newsletter.model import Period, Snapshot

if TYPE_CHECKING:
    from newsletter.collect.cost import Cost
    from newsletter.collect.helpdesk.exposition import Textfile
from newsletter.pipeline.frozen import read_snapshot
from newsletter.pipeline.months import SNAPSHOT_NAME, Progress, edition_folder

_NAMED = 4  # in a line about many numbers
# of a preset for tickets, an exporter may lack these
_OPTIONAL = frozenset(f"tickets/{part}" for part in ("open_at_end", "resolution", "satisfaction", "satisfaction/part"))


def collect_edition(
    config: Config,
    month: Period,
    *,
    now: datetime,
    output: Path | None = None,
    progress: Progress | None = None,
    costs: Callable[[Cost], None] | None = None,
) -> tuple[Path, Snapshot]:
    """Ask Prometheus and freeze the answer in a file.

    Raises:
        SourceError: no answer, or one that must not be trusted; nothing is written.
        CoverageError: some services were measured too little. The file is written all the same, unless it would
            replace the edition's own, in which one of them was measured enough.
    """
    snapshot, thin = measure(config, month, now=now, progress=progress, costs=costs)
    path = output or edition_folder(config, month) / SNAPSHOT_NAME
    if thin and not output and (better := _measured_before(config, path, thin)):
        raise CoverageError(
            measured_too_little(config, snapshot, thin),
            f"{path} is kept, as it has more of {', '.join(better)}. `newsletter doctor` may tell what is amiss; "
            "to replace the file all the same, delete it first.",
        )
    freeze(snapshot, path)
    if thin:
        raise CoverageError(
            measured_too_little(config, snapshot, thin), f"{path} is written, without a percentage for these."
        )
    return path, snapshot


def _measured_before(config: Config, path: Path, thin: Sequence[str]) -> list[str]:
    """Which of `thin` the snapshot at `path` has enough of: a server forgets, and a config can be mistaken."""
    from newsletter import collect
    from newsletter.collect import snapshot as snapshot_file

    try:
        known = snapshot_file.read(path)
    except ContentError:
        return []
    poor = collect.below_gate(known, config.coverage)
    return [name for name in thin if name in known.services and name not in poor]


def measure(
    config: Config,
    month: Period,
    *,
    now: datetime,
    progress: Progress | None = None,
    costs: Callable[[Cost], None] | None = None,
) -> tuple[Snapshot, tuple[str, ...]]:
    """Ask all sources; the month, and its services of which too little was measured.

    Raises:
        SourceError: no answer, or one that must not be trusted.
    """
    from newsletter import collect

    snapshot = collect.collect(config, month, now=now, progress=progress, costs=costs)
    return snapshot, collect.below_gate(snapshot, config.coverage)


def freeze(snapshot: Snapshot, path: Path) -> None:
    """Write a month to its file, as a whole or not at all.

    Raises:
        FileError: the file or its folder cannot be written.
    """
    from newsletter.collect import snapshot as snapshot_file

    snapshot_file.write(snapshot, path)


def write_textfile(config: Config, output: Path, *, export: Path | None, now: datetime) -> Textfile:
    """Count the help desk's export into a file for Prometheus.

    Raises:
        ConfigError: the config names no export.
        UsageError, SourceError, ContentError, FileError: see `exposition.write`.
    """
    from newsletter.collect.helpdesk import exposition

    if config.tickets.csv is None:
        raise ConfigError(f"{config.path}: no tickets.csv, so there is no export to count", "Describe it there.")
    return exposition.write(config.tickets.csv, output, export=export, zone=config.timezone, now=now)


def remarks_on(config: Config, snapshot: Snapshot) -> tuple[str, ...]:
    """What must be known about its numbers, a line each; what many have in common is said once.

    What a preset for tickets reads and the exporter has never had is no news: the letter does without it, and
    `newsletter doctor` lists it. It is told where last month had it.
    """
    about: dict[str, list[str]] = {}
    never_there = _never_there(config, snapshot)
    for evidence in snapshot.evidence.values():
        for text in evidence.warnings if evidence.id not in never_there else ():
            about.setdefault(text, []).append(evidence.id)
    return tuple(f"{some_of(names, _NAMED)}: {text}" for text, names in about.items())


def _never_there(config: Config, snapshot: Snapshot) -> frozenset[str]:
    """Evidence of what is left out, now as a month ago."""
    left_out = {key for key in _OPTIONAL if key in snapshot.evidence and not snapshot.evidence[key].samples}
    if not left_out or config.tickets.preset is None:
        return frozenset()
    try:
        before = read_snapshot(config, period.previous(snapshot.period, config.timezone)).evidence
    except ContentError:
        return frozenset(left_out)
    return frozenset(key for key in left_out if key not in before or not before[key].samples)


def measured_too_little(config: Config, snapshot: Snapshot, thin: Sequence[str]) -> str:
    """Which services, and how much of the month was measured of each."""
    measured = ", ".join(f"{name} ({snapshot.services[name].coverage * 100:.1f}% of the month)" for name in thin)
    return f"measured less than {config.coverage.fail * 100:g}% of {snapshot.edition}: {measured}"
