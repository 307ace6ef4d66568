"""The tickets of an export as counters, gauges and a histogram in Prometheus' text format.

The names are those of the ticket contract (docs/tickets.md). Every run counts the whole export
anew, and a counter never falls: where a ticket was deleted, moved or reopened since the last run,
the old value is held, because Prometheus would take a fall for a restart from 0.

Format: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from newsletter.collect.helpdesk.export import Stay, load
from newsletter.collect.helpdesk.month import cumulative, duration
from newsletter.config.helpdesk import MONTH_MARK
from newsletter.errors import ContentError, FileError, SourceError, UsageError
from newsletter.replacing import replace_file, what_to_do

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from newsletter.config import CsvSource

_HELD_SHARE = 0.01
_HELD_TICKETS = 10

Samples = dict[str, float]  # a series as it is written -> its value


class _Family(Struct, frozen=True):
    """A metric with all its series."""

    name: str
    kind: str
    about: str
    samples: Samples


class Textfile(Struct, frozen=True):
    """What was written: the tickets counted, the series, and how much was held against a fall."""

    path: Path
    tickets: int
    series: int
    newest: float
    held: int


def write(config: CsvSource, output: Path, *, export: Path | None = None, zone: ZoneInfo, now: datetime) -> Textfile:
    """Count all tickets of an export into the file `output`, as a whole or not at all.

    Args:
        config: the form of the export.
        output: for the textfile collector of the node exporter; its last content is taken into account.
        export: the export to read instead of `config.path`.
        zone: the edition's time zone.
        now: aware.

    Raises:
        UsageError: the configured path holds `{month}`: counters need one growing export.
        SourceError: there is no export, it is empty, or it holds much less than was counted before.
        ContentError: the export or the earlier file is at fault.
        FileError: the file cannot be written.
    """
    if export is None and MONTH_MARK in str(config.path):
        raise UsageError(
            f"tickets.csv.path is one file a month ({config.path.name}); counters need one growing export",
            "Name it with --export.",
        )
    found = load(config, export or config.path, zone=zone, now=now)
    tickets = list(found.at(math.inf))
    if not tickets:
        raise SourceError(f"{found.path}: holds no ticket", "Export the tickets again.")
    newest = found.moments()[-1]
    families = _families(tickets, config, newest)
    before = _before(output)
    held = _held(before, families, output)
    kept = [_kept(family, before) for family in families]
    _write(output, "".join(line for family in kept for line in _lines(family)))
    series = sum(len(family.samples) for family in kept)
    return Textfile(path=output, tickets=len(tickets), series=series, newest=newest, held=held)


# --- counting -----------------------------------------------------------------------------


_ABOUT = {
    "tickets_opened_total": ("counter", "Tickets created."),
    "tickets_resolved_total": ("counter", "Tickets resolved, each at its last resolution."),
    "tickets_open": ("gauge", "Tickets created and not resolved."),
    "ticket_resolution_seconds": ("histogram", "Time from the creation of a ticket to its last resolution."),
    "ticket_ratings_total": ("counter", "Answers about resolved tickets."),
    "tickets_export_newest_timestamp_seconds": ("gauge", "Time of the newest creation or resolution in the export."),
}


def _families(tickets: Sequence[Stay], config: CsvSource, newest: float) -> list[_Family]:
    resolved = [one for one in tickets if one.resolved is not None]
    queues = sorted({one.queue for one in tickets})
    still_open = Counter(one.queue for one in tickets if one.resolved is None)
    samples: dict[str, Samples] = {
        "tickets_opened_total": _by_queue_and_kind("tickets_opened_total", tickets, tickets),
        "tickets_resolved_total": _by_queue_and_kind("tickets_resolved_total", tickets, resolved),
        "tickets_open": {_series("tickets_open", queue=queue): still_open[queue] for queue in queues},
        "ticket_resolution_seconds": _histogram(resolved, queues, config),
        "ticket_ratings_total": _ratings(resolved, queues) if config.satisfaction else {},
        "tickets_export_newest_timestamp_seconds": {"tickets_export_newest_timestamp_seconds": newest},
    }
    return [_Family(name, *_ABOUT[name], found) for name, found in samples.items() if found]


def _by_queue_and_kind(name: str, tickets: Iterable[Stay], counted: Iterable[Stay]) -> Samples:
    """Tickets by queue and kind; every pair that occurs is there, were it with 0."""
    pairs = sorted({(one.queue, one.kind) for one in tickets})
    numbers = Counter((one.queue, one.kind) for one in counted)
    return {_series(name, queue=queue, kind=kind): numbers[queue, kind] for queue, kind in pairs}


def _histogram(resolved: Iterable[Stay], queues: Sequence[str], config: CsvSource) -> Samples:
    took: dict[str, list[float]] = defaultdict(list)
    for one in resolved:
        took[one.queue].append(duration(one))
    name, samples = "ticket_resolution_seconds", {}
    for queue in queues:
        for edge, number in cumulative(took[queue], config.edges()).items():
            le = "+Inf" if math.isinf(edge) else f"{edge:g}"
            samples[_series(f"{name}_bucket", queue=queue, le=le)] = float(number)
        samples[_series(f"{name}_sum", queue=queue)] = sum(took[queue])
        samples[_series(f"{name}_count", queue=queue)] = float(len(took[queue]))
    return samples


def _ratings(resolved: Iterable[Stay], queues: Sequence[str]) -> Samples:
    words = {True: "satisfied", False: "unsatisfied"}
    given = Counter((one.queue, words[one.satisfied]) for one in resolved if one.satisfied is not None)
    return {
        _series("ticket_ratings_total", queue=queue, rating=word): given[queue, word]
        for queue in queues
        for word in words.values()
    }


# --- never falling ------------------------------------------------------------------------


def _before(output: Path) -> Samples:
    """The series of the last run; none before the first one."""
    try:
        lines = output.read_bytes().decode().split("\n")  # no universal newlines: a label may hold \r
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise FileError(f"{output} cannot be read: {error}", "Name the file of the last run.") from None
    try:
        pairs = [line.rpartition(" ") for line in lines if line and not line.startswith("#")]
        return {series: float(value) for series, _, value in pairs}
    except ValueError:
        raise ContentError(f"{output} was not written by this command", "Name another file.") from None


def _kept(family: _Family, before: Mapping[str, float]) -> _Family:
    """No counter below its last value, and none that vanishes."""
    if family.kind == "gauge":
        return family
    names = {family.name} | (
        {f"{family.name}_{part}" for part in ("bucket", "sum", "count")} if family.kind == "histogram" else set()
    )
    old = {series: value for series, value in before.items() if series.partition("{")[0] in names}
    merged = {series: max(family.samples.get(series, 0), old.get(series, 0)) for series in (family.samples | old)}
    return _Family(family.name, family.kind, family.about, merged)


def _held(before: Mapping[str, float], families: Sequence[_Family], output: Path) -> int:
    """How many tickets fewer this export holds where it holds fewer than the last one.

    Raises:
        SourceError: too many for deleted or moved tickets: part of an export, or a queue with another name.
    """
    now = families[0].samples
    old = {series: value for series, value in before.items() if series.startswith("tickets_opened_total{")}
    held = round(sum(max(value - now.get(series, 0), 0) for series, value in old.items()))
    if held > max(_HELD_SHARE * sum(old.values()), _HELD_TICKETS):
        worst = max(old, key=lambda series: old[series] - now.get(series, 0))
        raise SourceError(
            f"the export holds {held} tickets fewer than were counted into {output}, most of them in {worst}",
            "Export all tickets. If a queue was renamed or the file should begin anew, delete it; "
            "Prometheus then counts from there.",
        )
    return held


# --- writing ------------------------------------------------------------------------------


def _series(name: str, **labels: str) -> str:
    inside = ",".join(f'{label}="{_escaped(value)}"' for label, value in labels.items())
    return f"{name}{{{inside}}}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _lines(family: _Family) -> Iterator[str]:
    yield f"# HELP {family.name} {family.about}\n# TYPE {family.name} {family.kind}\n"
    for series, value in family.samples.items():
        yield f"{series} {value:.15g}\n"


def _write(output: Path, text: str) -> None:
    try:
        replace_file(output, text.encode())
    except OSError as error:
        raise FileError(
            f"{output}: {error.strerror or error}", what_to_do(error, "Name a file in a folder that you may write to.")
        ) from None
