"""A help desk whose truth is known: tickets decided from a seed, then written as an export of any form.

The truth is counted from the decisions, second by second in UTC; nothing here asks the collector.
"""

from __future__ import annotations

import csv
import io
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from newsletter.model import Period
from newsletter.period import month

ROME = ZoneInfo("Europe/Rome")
OCTOBER = month("2026-10", ROME)  # the clock goes back in it
QUEUES = ("access", "desktop", 'über "all"; und, mehr')
KINDS = ("incident", "request")
DAY = 86400


@dataclass(frozen=True)
class Ticket:
    """What really happened to one ticket; times in seconds since the epoch."""

    id: str
    created: int
    resolved: int | None
    queue: str
    kind: str
    rating: str = ""


def tickets(seed: int, count: int = 900, period: Period = OCTOBER) -> list[Ticket]:
    """Tickets opened from 40 days before the month until 3 days after it; one in eight stays open."""
    rng = random.Random(seed)
    first, last = int(period.start_s) - 40 * DAY, int(period.end_s) + 3 * DAY
    found = []
    for number in range(count):
        created = rng.randrange(first, last)
        took = int(rng.lognormvariate(9.2, 1.6))  # half within about 2 h 45 min
        resolved = created + took if rng.random() > 0.125 and created + took < last else None
        rating = rng.choice(["", "", "1", "3", "4", "5", "5"]) if resolved else ""
        found.append(Ticket(f"T-{number:05}", created, resolved, rng.choice(QUEUES), rng.choice(KINDS), rating))
    return found


def local(at: int, zone: ZoneInfo = ROME, form: str = "%Y-%m-%dT%H:%M:%S%z") -> str:
    return datetime.fromtimestamp(at, zone).strftime(form)


def written(
    found: Sequence[Ticket], *, delimiter: str = ",", when: Callable[[int], str] = local, columns: Sequence[str] = ()
) -> str:
    """The export as a help desk would write it, with a column of customer text that nobody may read."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(columns or ["Ticket", "Subject", "Opened", "Closed", "Group", "Type", "Rating"])
    for one in found:
        closed = "" if one.resolved is None else when(one.resolved)
        subject = f"SECRET of customer {one.id}\nsecond line; with, everything"
        writer.writerow([one.id, subject, when(one.created), closed, one.queue, one.kind, one.rating])
    return out.getvalue()


def truth(
    found: Sequence[Ticket], period: Period = OCTOBER, edges: Sequence[int] = (3600, 14400, 86400)
) -> dict[str, Any]:
    """The numbers of the month, by plain counting."""
    start, end = int(period.start_s), int(period.end_s)
    opened = [t for t in found if start <= t.created < end]
    solved = [t for t in found if t.resolved is not None and start <= t.resolved < end]
    left = [t for t in found if t.created < end and (t.resolved is None or t.resolved >= end)]
    took = [t.resolved - t.created for t in solved if t.resolved is not None]
    rated = [t for t in solved if t.rating]
    return {
        "opened": Counter(f"{t.queue}/{t.kind}" for t in opened),
        "resolved": Counter(f"{t.queue}/{t.kind}" for t in solved),
        "open_at_end": Counter(t.queue for t in left),
        "within": {edge: sum(one <= edge for one in took) for edge in edges},
        "median": median(took),
        "satisfied": sum(t.rating in "45" for t in rated),
        "answers": len(rated),
        "by_week": [by_week([t.created for t in opened], period), by_week([t.resolved or 0 for t in solved], period)],
    }


def by_week(moments: Sequence[float], period: Period, zone: ZoneInfo = ROME) -> tuple[int, ...]:
    """How many moments fall into each ISO week that the month touches, as calendars number them."""
    days = [period.start.date() + timedelta(days=n) for n in range(round(period.seconds / 86400))]
    found = Counter(datetime.fromtimestamp(at, zone).isocalendar()[:2] for at in moments)
    return tuple(found[week] for week in dict.fromkeys(day.isocalendar()[:2] for day in days))


def instant(text: str) -> int:
    """Seconds since the epoch of an instant written in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def later(period: Period, days: float = 4) -> datetime:
    """A present in which the month is over."""
    return period.end + timedelta(days=days)
