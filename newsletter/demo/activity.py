"""What people at the sample company did: tickets, sign-ins, mail, pay runs, renewed certificates.

Every counter is a function from an instant to "how many since the beginning", so that any
stretch of time can be written on its own and neighbouring months agree. A year has its shape:
few tickets in August, a busy January, quiet weekends.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache

from msgspec import Struct

from newsletter.demo.plan import SEED, ZONE

Cumulative = Callable[[float], int]
Labels = Mapping[str, str]

RESOLUTION_EDGES_S = (3600, 14_400, 28_800, 86_400, 259_200, 604_800)

_FIRST_DAY = date(2024, 6, 1)  # earlier than the first recorded month: open tickets need a past
_LAST_DAY = date(2026, 11, 30)
_WEEKDAY = (1.25, 1.1, 1.05, 1.0, 0.82, 0.08, 0.05)
_MONTH = (1.04, 0.97, 1.03, 0.95, 0.98, 0.96, 0.9, 0.62, 1.03, 1.0, 1.0, 0.86)

_TICKETS_A_DAY = 54.0
_QUEUES = {"desktop": 0.38, "applications": 0.27, "accounts": 0.22, "network": 0.13}
_QUICK = {"desktop": 0.63, "applications": 0.53, "accounts": 0.79, "network": 0.59}  # share solved within 4 h
_INCIDENTS = {"desktop": 0.55, "applications": 0.6, "accounts": 0.2, "network": 0.8}
_SLOW_MEDIAN_S = 5.5 * 86_400

_DEPARTMENTS = {
    "warehouse": 430,
    "sales": 270,
    "design": 170,
    "finance": 110,
    "purchasing": 90,
    "quality": 80,
    "hr": 50,
    "board": 32,
    "legal": 8,
}  # people, 1,240 in all
_TEAM = 14  # people in IT
_HOURS_A_DAY = 7.6

_SIGN_INS_A_DAY = 3900
_HONEST_MAIL_A_DAY = 18_430
_SPAM_A_DAY = 6_440
_RESETS_A_DAY = 30.0
_HOSTS = ("mail", "files", "erp", "sso", "portal", "intranet")
_CERTIFICATE_VALID_S = 90 * 86_400
_CERTIFICATE_RENEWED_S = 60 * 86_400


class Ticket(Struct, frozen=True, kw_only=True):
    """One request to the service desk, from arrival to solution (seconds since the epoch)."""

    opened: float
    resolved: float
    queue: str
    kind: str


def _dice(*parts: object) -> random.Random:
    return random.Random("/".join([SEED, *map(str, parts)]))  # noqa: S311 - data, not a secret


@cache
def _days() -> tuple[date, ...]:
    return tuple(_FIRST_DAY + timedelta(days=n) for n in range((_LAST_DAY - _FIRST_DAY).days + 1))


@cache
def _midnight(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=ZONE).timestamp()


def _busy(day: date) -> float:
    """How much happens on a day; an ordinary Thursday in October is 1."""
    return _WEEKDAY[day.weekday()] * _MONTH[day.month - 1]


def _years(day: date) -> float:
    return (day - _FIRST_DAY).days / 365.25


# --- the service desk ---------------------------------------------------------------------


@cache
def tickets() -> tuple[Ticket, ...]:
    """Every ticket, in order of arrival."""
    return tuple(sorted((one for day in _days() for one in _tickets_of(day)), key=lambda one: one.opened))


def _tickets_of(day: date) -> list[Ticket]:
    dice = _dice("tickets", day)
    expected = _TICKETS_A_DAY * _busy(day) * (1 + 0.01 * _years(day))
    count = max(0, round(dice.gauss(expected, math.sqrt(expected))))
    return [_ticket(dice, day) for _ in range(count)]


def _ticket(dice: random.Random, day: date) -> Ticket:
    queue = dice.choices(list(_QUEUES), list(_QUEUES.values()))[0]
    asked = "change" if queue == "applications" else "request"  # what is asked of applications is planned work
    kind = "incident" if dice.random() < _INCIDENTS[queue] else asked
    opened = _midnight(day) + (7.5 + 11 * dice.betavariate(2, 2)) * 3600
    if dice.random() < _QUICK[queue]:
        took = 300 + 14_000 * dice.random() ** 1.7
    else:
        took = 14_401 + _SLOW_MEDIAN_S * dice.lognormvariate(0, 0.9)
    return Ticket(opened=round(opened, 3), resolved=round(opened + took, 3), queue=queue, kind=kind)


def ticket_labels() -> tuple[tuple[str, str], ...]:
    """Each (queue, kind) that occurs."""
    return tuple(sorted({(one.queue, one.kind) for one in tickets()}))


def queues() -> tuple[str, ...]:
    """The names of the queues."""
    return tuple(_QUEUES)


def opened(queue: str, kind: str) -> Cumulative:
    """Tickets that arrived."""
    return _count_of([one.opened for one in tickets() if (one.queue, one.kind) == (queue, kind)])


def resolved(queue: str, kind: str) -> Cumulative:
    """Tickets that were solved."""
    return _count_of([one.resolved for one in tickets() if (one.queue, one.kind) == (queue, kind)])


def resolved_within(queue: str, edge_s: float) -> Cumulative:
    """Solved tickets that took at most `edge_s` seconds."""
    mine = (one for one in tickets() if one.queue == queue)
    return _count_of([one.resolved for one in mine if one.resolved - one.opened <= edge_s])


def still_open(queue: str) -> Cumulative:
    """Tickets that have arrived and are not solved."""
    mine = [one for one in tickets() if one.queue == queue]
    arrived, solved = _count_of([one.opened for one in mine]), _count_of([one.resolved for one in mine])
    return lambda at: arrived(at) - solved(at)


def resolution_seconds(queue: str) -> Cumulative:
    """Whole seconds that all solved tickets took together (a histogram's `_sum`)."""
    mine = sorted((one.resolved, one.resolved - one.opened) for one in tickets() if one.queue == queue)
    sums = [0]
    for _, took in mine:
        sums.append(sums[-1] + round(took))
    ends = [end for end, _ in mine]
    return lambda at: sums[bisect_right(ends, at)]


@cache
def requesters() -> tuple[tuple[float, int, str], ...]:
    """Every ticket as (when, who, from which department); some people ask far more often than others."""
    homes = [name for name, people in _DEPARTMENTS.items() for _ in range(people)]
    order = _dice("homes").sample(homes, len(homes))

    def who(ticket: Ticket) -> int:
        return int(len(order) * _dice("requester", ticket.opened, ticket.queue).random() ** 1.4)

    return tuple((one.opened, (person := who(one)), order[person]) for one in tickets())


def departments() -> tuple[str, ...]:
    """Where people work."""
    return tuple(_DEPARTMENTS)


def people_of_the_month(department: str) -> Cumulative:
    """How many people of a department have asked for help since the beginning of the month."""
    first: dict[str, dict[int, float]] = {}
    for at, person, home in requesters():
        if home == department:
            first.setdefault(_month_of(at), {}).setdefault(person, at)
    times = {label: sorted(found.values()) for label, found in first.items()}
    return lambda at: bisect_right(times.get(_month_of(at), []), at)


def _month_of(at: float) -> str:
    return datetime.fromtimestamp(at, ZONE).strftime("%Y-%m")


def _count_of(events: Sequence[float]) -> Cumulative:
    times = sorted(events)
    return lambda at: bisect_right(times, at)


# --- how IT itself works ------------------------------------------------------------------


def working_hours() -> Cumulative:
    """Hours that the team worked, all of them together."""
    return _shifts("work", lambda dice: dice.uniform(0.82, 0.96))


def focus_hours() -> Cumulative:
    """Those of them in which nobody was on call, at the desk or in a meeting."""
    return _shifts("focus", lambda dice: dice.uniform(0.22, 0.36))


def _shifts(name: str, share: Callable[[random.Random], float]) -> Cumulative:
    """Whole hours a working day, told at its end."""
    ends, sums = [], [0]
    for day in _days():
        if day.weekday() < 5:
            ends.append(_midnight(day) + 18.5 * 3600)
            sums.append(sums[-1] + round(_TEAM * _HOURS_A_DAY * share(_dice("shift", name, day))))
    return lambda at: sums[bisect_right(ends, at)]


# --- sign-ins, mail, pay ------------------------------------------------------------------


def sign_ins() -> Cumulative:
    """Sign-ins that worked."""
    return _flow("sign-ins", lambda day: _SIGN_INS_A_DAY * _busy(day))


def spam() -> Cumulative:
    """Messages that the mail filter kept out; spammers work on Sundays too."""
    return _flow("spam", lambda day: _SPAM_A_DAY * (0.85 + 0.15 * _busy(day)) * (1 + 0.05 * _years(day)))


def received() -> Cumulative:
    """All messages sent to the company, spam included."""
    honest, unwanted = _flow("mail", lambda day: _HONEST_MAIL_A_DAY * _busy(day)), spam()
    return lambda at: honest(at) + unwanted(at)


def _flow(name: str, a_day: Callable[[date], float]) -> Cumulative:
    """A counter too busy to list its events: a total for each day, spread over its hours."""
    dice = _dice("flow", name)
    totals = [round(a_day(day) * dice.uniform(0.94, 1.06)) for day in _days()]
    before = [0]
    for total in totals:
        before.append(before[-1] + total)
    starts = [_midnight(day) for day in _days()]

    def at(instant: float) -> int:
        day = bisect_right(starts, instant) - 1
        return before[day] + int(totals[day] * _day_shape((instant - starts[day]) / 3600))

    return at


def _day_shape(hour: float) -> float:
    """The share of a day's traffic that has passed: a little all day, most of it 06:00-20:00."""
    work = min(max((hour - 6) / 14, 0), 1)
    return min(1.0, 0.2 * hour / 25 + 0.8 * work * work * (3 - 2 * work))


def resets(*, self_service: bool) -> Cumulative:
    """Forgotten passwords: all of them, or those mended without a call. The share grows slowly."""
    return _count_of([at for at, alone in _resets() if alone or not self_service])


@cache
def _resets() -> tuple[tuple[float, bool], ...]:
    events = []
    for day in _days():
        dice = _dice("resets", day)
        for _ in range(round(dice.gauss(_RESETS_A_DAY * _busy(day), 2))):
            at = _midnight(day) + (7 + 10 * dice.betavariate(1.5, 2.5)) * 3600
            events.append((at, dice.random() < 0.78 + 0.034 * _years(day)))
    return tuple(events)


def payslips() -> Cumulative:
    """Payslips sent: one for everybody on the 27th, in the 38 minutes after 05:10."""
    runs = [(_midnight(day) + 5 * 3600 + 600, round(1180 + 24.85 * _years(day))) for day in _days() if day.day == 27]

    def at(instant: float) -> int:
        return sum(int(people * min(max((instant - start) / 2280, 0), 1)) for start, people in runs)

    return at


# --- gauges -------------------------------------------------------------------------------


def sign_in_typical_seconds(instant: float) -> float:
    """How long a typical sign-in takes: slower in the morning, a little faster every year."""
    when = datetime.fromtimestamp(instant, ZONE)
    day = _dice("sign-in time", when.date()).uniform(-0.06, 0.06)
    rush = 0.25 * math.exp(-(((when.hour + when.minute / 60) - 8.75) ** 2))
    return round(2.55 - 0.2 * _years(when.date()) + day + rush, 3)


def access_wait_typical_seconds(instant: float) -> float:
    """How long half of the requests for access of the last 30 days waited at most: about a day and a half, falling."""
    when = datetime.fromtimestamp(instant, ZONE)
    month = _dice("access wait", when.strftime("%Y-%m")).uniform(-0.22, 0.22)
    return round(86_400 * (1.9 - 0.24 * _years(when.date()) + month))


def certificate_hosts() -> tuple[str, ...]:
    """The hosts whose certificates are watched."""
    return _HOSTS


def certificate_not_after(host: str) -> Cumulative:
    """When the host's certificate of an instant runs out; it is renewed every 60 days."""
    offset = _midnight(_FIRST_DAY) + _dice("certificate", host).random() * _CERTIFICATE_RENEWED_S

    def at(instant: float) -> int:
        renewals = math.floor((instant - offset) / _CERTIFICATE_RENEWED_S)
        return round(offset + renewals * _CERTIFICATE_RENEWED_S + _CERTIFICATE_VALID_S)

    return at
