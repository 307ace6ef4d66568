"""Rows to tickets, and tickets as they stood at any instant.

A row is a stay: from an opening to a resolution, or still open. Rows with the same id are one
ticket, which was opened with its earliest stay and is as its latest one says.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from msgspec import Struct, field
from msgspec.structs import replace

from newsletter.collect.helpdesk.moments import Clock, Unreadable
from newsletter.collect.helpdesk.table import Row, read
from newsletter.counting import counted
from newsletter.errors import ContentError

if TYPE_CHECKING:
    from newsletter.config import CsvSource

_TOLD = 5


class Stay(Struct, frozen=True):
    """One row: a ticket's way from `created` to `resolved` (seconds since the epoch; None = open)."""

    created: float
    resolved: float | None
    queue: str = ""
    kind: str = ""
    satisfied: bool | None = None
    requester: str = ""
    department: str = ""

    @property
    def span(self) -> tuple[float, float]:
        """What orders the stays of a ticket; open ones last."""
        return self.created, math.inf if self.resolved is None else self.resolved


class Export(Struct, frozen=True):
    """All tickets of a file, each as the stays of one id, in their order.

    `repeated` counts rows that stood there before, `skipped` bad ones, `ambiguous` times that the
    clock showed twice.
    """

    path: Path
    sha256: str
    zone: ZoneInfo
    tickets: tuple[tuple[Stay, ...], ...]
    rows: int
    repeated: int
    skipped: int
    ambiguous: int

    def at(self, instant: float) -> Iterator[Stay]:
        """Every ticket opened before `instant`, as it stood then: its first opening and its last resolution."""
        for stays in self.tickets:
            begun = [stay for stay in stays if stay.created < instant]
            if begun:
                last = begun[-1]
                resolved = last.resolved if last.resolved is not None and last.resolved < instant else None
                yield replace(last, created=begun[0].created, resolved=resolved)

    def moments(self) -> list[float]:
        """Every opening and resolution, in order of time."""
        stays = [stay for ticket in self.tickets for stay in ticket]
        return sorted([stay.created for stay in stays] + [stay.resolved for stay in stays if stay.resolved is not None])


class _Reading(Struct):
    """What is known while the rows go by."""

    config: CsvSource
    clock: Clock
    tickets: dict[str, list[Stay]] = field(default_factory=dict)
    rows: int = 0
    repeated: int = 0
    ambiguous: int = 0
    bad: list[str] = field(default_factory=list)

    def take(self, row: Row) -> None:
        """Add a row to its ticket, or remember what is wrong with it."""
        self.rows += 1
        try:
            cells = _whole(row)
            self._add(self._id(row.line, cells), self._stay(cells))
        except Unreadable as why:
            self.bad.append(f"  line {row.line}: {why}")

    def _id(self, line: int, cells: dict[str, str]) -> str:
        column = self.config.columns.id
        if column is None:
            return f"line {line}"
        if not cells[column]:
            raise Unreadable(f"{column}: is empty")
        return cells[column]

    def _stay(self, cells: dict[str, str]) -> Stay:
        columns = self.config.columns
        created, _ = self._moment(cells, columns.created)
        resolved = None
        if cells[columns.resolved]:
            resolved, again = self._moment(cells, columns.resolved)
            resolved = again if again is not None and resolved < created else resolved
            if resolved < created:
                raise Unreadable(f"{columns.resolved}: lies before {columns.created}")
        queue, kind = (cells[name] if name else "" for name in (columns.queue, columns.kind))
        requester, department = (cells[name] if name else "" for name in (columns.requester, columns.department))
        return Stay(created, resolved, queue, kind, self._satisfied(cells), requester.casefold(), department)

    def _moment(self, cells: dict[str, str], column: str) -> tuple[float, float | None]:
        if not cells[column]:
            raise Unreadable(f"{column}: is empty")
        try:
            moment = self.clock.read(cells[column])
        except Unreadable as why:
            raise Unreadable(f"{column}: {why}") from None
        self.ambiguous += moment.later is not None
        return moment.at, moment.later

    def _satisfied(self, cells: dict[str, str]) -> bool | None:
        asked = self.config.satisfaction
        answer = cells[asked.column] if asked else ""
        if not asked or not answer:
            return None
        if answer not in asked.satisfied and answer not in asked.unsatisfied:
            raise Unreadable(f"{asked.column}: is in neither list of tickets.csv.satisfaction")
        return answer in asked.satisfied

    def _add(self, ticket: str, stay: Stay) -> None:
        stays = self.tickets.setdefault(ticket, [])
        if stay in stays:
            self.repeated += 1
        elif any(_contradict(stay, known) for known in stays):
            raise Unreadable("contradicts an earlier row of the same ticket")
        else:
            stays.append(stay)


def _whole(row: Row) -> dict[str, str]:
    if row.cells is None:
        raise Unreadable("has more or fewer cells than the header")
    return row.cells


def _contradict(one: Stay, other: Stay) -> bool:
    """Whether two rows of a ticket cannot both be: the same stay told in two ways, or open and resolved at once."""
    if one.created != other.created:
        return False
    return one.resolved == other.resolved or None in {one.resolved, other.resolved}


def load(config: CsvSource, path: Path, *, zone: ZoneInfo, now: datetime) -> Export:
    """Read all tickets of an export.

    Args:
        config: its form.
        path: the file itself, `{month}` already replaced.
        zone: the edition's time zone, for times without an offset when the export declares none.
        now: aware; nothing can have happened after it.

    Raises:
        SourceError: there is no such file.
        ContentError: it is no such table, or more rows than `max_bad_rows` make no sense.
    """
    table = read(path, config)
    used = config.timezone or zone
    reading = _Reading(config, Clock(config.dates, used, now))
    for row in table.rows:
        reading.take(row)
    if len(reading.bad) > config.max_bad_rows:
        raise _refusal(path, reading.bad, config.max_bad_rows)
    return Export(
        path=path,
        sha256=table.sha256,
        zone=used,
        tickets=tuple(tuple(sorted(stays, key=lambda stay: stay.span)) for stays in reading.tickets.values() if stays),
        rows=reading.rows,
        repeated=reading.repeated,
        skipped=len(reading.bad),
        ambiguous=reading.ambiguous,
    )


def _refusal(path: Path, bad: list[str], allowed: int) -> ContentError:
    told = bad[:_TOLD] + ([f"  and {len(bad) - _TOLD} more"] if len(bad) > _TOLD else [])
    rows = counted(len(bad), "row makes", "rows make")
    limit = f" ({allowed} may be left out)" if allowed else ""
    return ContentError(
        "\n".join([f"{path}: {rows} no sense{limit}", *told]),
        "Mend the export, or set tickets.csv.max_bad_rows to leave that many rows out.",
    )
