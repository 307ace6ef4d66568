"""What truly happened at the sample company Acme: the plan that its monitoring data is made from.

October 2026 is written by hand, so that the sample edition has a story; the months before it
follow from a seed, with a few remembered days. Instants are seconds since the epoch, and
intervals are half open. Nothing here knows how the data is collected: tests compare the two.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from msgspec import Struct

from newsletter import period
from newsletter.model import Interval, Period

SEED = "acme"
ZONE = ZoneInfo("Europe/Rome")
LAST_MONTH = "2026-10"
RECORDED_MONTHS = 25

SERVICES = (
    "mail", "files", "erp", "sso", "portal", "wifi", "meetings", "vpn", "time", "intranet", "payroll", "telephony",
)  # fmt: skip
_BORN = {"portal": "2025-03-17 00:00:00"}


class Happening(Struct, frozen=True, kw_only=True):
    """Something that befell one service; an empty `service` means all of them."""

    service: str
    start: float
    end: float

    def concerns(self, service: str) -> bool:
        """Whether it befell `service`."""
        return self.service in ("", service)

    @property
    def interval(self) -> Interval:
        """When."""
        return Interval(start=self.start, end=self.end)


def local(text: str) -> float:
    """An instant written as clock time in Rome ("2026-10-14 09:12:00")."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp()


def _told(rows: dict[str, list[tuple[str, float]]]) -> tuple[Happening, ...]:
    """Hand-written rows: service, then (local start, minutes)."""
    return tuple(
        Happening(service=service, start=local(start), end=local(start) + minutes * 60)
        for service, times in rows.items()
        for start, minutes in times
    )


_STORY = _told({
    "files": [("2026-10-14 09:11:45", 97.5)],
    "mail": [("2026-10-06 16:20:30", 30), ("2026-10-18 06:20:00", 50)],  # the second inside planned work
    "wifi": [("2026-10-02 11:05:20", 24), ("2026-10-19 14:41:10", 42)],
    "erp": [("2026-10-21 20:33:40", 12)],
    "sso": [("2026-10-12 08:47:15", 6)],
    "portal": [("2026-10-17 22:10:25", 9)],
    "meetings": [("2026-10-08 10:02:35", 18), ("2026-10-27 15:30:50", 23)],
    "vpn": [("2026-10-22 19:15:05", 18)],
})  # fmt: skip

# Days people remember: each missed target of the two years, an outage over the edge of a month,
# and the 47 minutes that the October edition corrects.
_REMEMBERED = _told({
    "files": [("2024-11-12 08:40:12", 61)],
    "vpn": [("2025-01-20 07:31:40", 312)],
    "wifi": [("2025-06-30 23:38:20", 53)],
    "mail": [("2025-09-18 14:05:33", 52)],
    "sso": [("2025-12-09 09:10:05", 27)],
    "portal": [("2026-02-13 16:52:48", 58)],
    "erp": [("2026-05-19 10:25:16", 49)],
    "meetings": [("2026-09-17 10:20:30", 47)],
})  # fmt: skip

# No sample of any prober: the monitoring itself was away, or could not reach the service.
BLIND = _told({
    "": [("2025-03-22 22:00:00", 90), ("2026-06-14 03:10:00", 90)],
    "time": [("2026-10-25 10:00:00", 180)],
    "payroll": [("2025-08-03 01:00:00", 420)],
})  # fmt: skip

_PLANNED = _told({"mail": [("2026-10-18 06:00:00", 120)], "erp": [("2025-10-11 20:00:00", 180)]})
_ALLOWED_MINUTES = {"sso": 20, "wifi": 200, "meetings": 200, "vpn": 200, "intranet": 200, "payroll": 200, "time": 200}
_MAINTAINED = ("erp", "files", "portal", "intranet", "time", "mail")


def months() -> tuple[Period, ...]:
    """The recorded months, oldest first."""
    last = period.month(LAST_MONTH, ZONE)
    return tuple(period.previous(last, ZONE, back) for back in reversed(range(RECORDED_MONTHS)))


def born(service: str) -> float:
    """When the service went live."""
    return local(_BORN.get(service, "2024-01-01 00:00:00"))


@cache
def outages() -> tuple[Happening, ...]:
    """Every true interruption, those inside planned work included, oldest first."""
    seeded = [one for month in _world_months() if month.label != LAST_MONTH for one in _seeded_outages(month)]
    return tuple(sorted([*_STORY, *_REMEMBERED, *seeded], key=lambda one: (one.start, one.service)))


@cache
def planned_work() -> tuple[Happening, ...]:
    """Every announced maintenance window, oldest first."""
    seeded = (_seeded_window(month) for month in _world_months() if month.label != LAST_MONTH)
    return tuple(sorted([*_PLANNED, *seeded], key=lambda one: (one.start, one.service)))


def down(service: str, start: float, end: float) -> list[Interval]:
    """Each stretch in [start, end) in which the service was down and no work was planned."""
    windows = [one for one in planned_work() if one.concerns(service)]
    parts = [one.interval for one in outages() if one.concerns(service)]
    for window in windows:
        parts = [left for part in parts for left in _without(part, window.interval)]
    clipped = (Interval(start=max(one.start, start), end=min(one.end, end)) for one in parts)
    return [one for one in clipped if one.seconds > 0]


def _without(part: Interval, hole: Interval) -> Iterator[Interval]:
    """What is left of `part` outside `hole`."""
    before = Interval(start=part.start, end=min(part.end, hole.start))
    after = Interval(start=max(part.start, hole.end), end=part.end)
    yield from (one for one in (before, after) if one.seconds > 0)


def _world_months() -> tuple[Period, ...]:
    """The recorded months and one more on either side: their edges are collected too."""
    inner = months()
    following = (inner[-1].end + timedelta(days=1)).strftime("%Y-%m")
    return (period.previous(inner[0], ZONE), *inner, period.month(following, ZONE))


def _seeded_outages(month: Period) -> Iterator[Happening]:
    """Small interruptions that keep every target: about half of the services have one a month."""
    remembered = {one.service for one in _REMEMBERED if month.start_s <= one.start < month.end_s}
    for service in SERVICES:
        dice = random.Random(f"{SEED}/outage/{service}/{month.label}")  # noqa: S311 - data, not a secret
        minutes = min(3 + dice.expovariate(1 / 9), _ALLOWED_MINUTES.get(service, 38))
        start = month.start_s + 86_400 + dice.random() * (month.seconds - 3 * 86_400)
        quiet = dice.random() > 0.55
        if not quiet and service not in remembered and start > born(service):
            yield Happening(service=service, start=round(start, 3), end=round(start + minutes * 60, 3))


def _seeded_window(month: Period) -> Happening:
    """The maintenance window of a month: its second Sunday, 06:00 to 08:00, one service in turn."""
    sunday = 8 + (6 - date(month.start.year, month.start.month, 8).weekday()) % 7
    service = _MAINTAINED[month.start.month % len(_MAINTAINED)]
    start = datetime(month.start.year, month.start.month, sunday, 6, tzinfo=ZONE).astimezone(UTC).timestamp()
    return Happening(service=service, start=start, end=start + 7200)
