"""The four-state engine against an oracle that looks at every second by itself.

Timelines are short and their clocks are quick (a sample every 20 seconds), so that thousands of
them fit; half of them lie on a change of the clock, forwards or backwards, of an hour or half an hour.
The oracle shares no code with the engine: it knows the wall clock from zoneinfo alone.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from newsletter.collect.calendar import exclusions, timetable_of
from newsletter.collect.judging import open_edges, service_month
from newsletter.collect.timeline import Segment, State, Vote, sweep
from newsletter.config import Config
from newsletter.model import Exclusion, ExclusionReason, Interval, Period, ServiceMonth
from newsletter.period import month

TIMELINES = 200  # for each of the seeds
REACH = 15.0  # three quarters of the 20 seconds between two samples
UP, DOWN, EXCLUDED, UNKNOWN = "up", "down", "excluded", "unknown"
DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")

# Places and instants (UTC) at which a clock changes, or, the last three, nothing does.
CLOCKS = (
    ("Europe/Rome", "2026-03-29T01:00"),
    ("Europe/Rome", "2026-10-25T01:00"),
    ("America/New_York", "2026-03-08T07:00"),
    ("America/New_York", "2026-11-01T06:00"),
    ("Australia/Lord_Howe", "2026-04-04T15:00"),
    ("Australia/Lord_Howe", "2026-10-03T15:30"),
    ("Pacific/Chatham", "2026-09-26T14:00"),
    ("Asia/Kolkata", "2026-02-28T18:30"),
    ("Asia/Kathmandu", "2026-05-31T18:15"),
    ("UTC", "2026-12-31T23:50"),
)


@dataclass
class Case:
    """One service's time, as the generator knows it; all instants are whole seconds."""

    start: int
    end: int
    zone: ZoneInfo
    vote: Vote
    probers: list[dict[int, bool]]  # time -> down
    known: list[tuple[int, int]]
    life: tuple[int, int]
    merge: int
    hours: list[tuple[frozenset[int], int, int]] = field(default_factory=list)  # days, minutes of the day
    weekly: list[tuple[frozenset[int], int, int]] = field(default_factory=list)
    dated: list[tuple[datetime, datetime]] = field(default_factory=list)
    holidays: list[tuple[int, int]] = field(default_factory=list)
    beyond: int = 300

    @property
    def period(self) -> Period:
        start, end = (datetime.fromtimestamp(at, self.zone) for at in (self.start, self.end))
        return Period(start=start, end=end, timezone=self.zone.key, label="2026-10")


# --- making timelines -----------------------------------------------------------------------


def made(rng: random.Random) -> Case:
    zone, text = rng.choice(CLOCKS)
    change = int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())
    start = change - rng.randrange(0, 800)
    end = start + rng.randrange(300, 1200)
    case = Case(
        start=start,
        end=end,
        zone=ZoneInfo(zone),
        vote=rng.choice(("majority", "any", "all")),
        probers=[prober(rng, start - 400, end + 400) for _ in range(rng.randrange(1, 5))],
        known=disjoint(rng, start, end, rng.choice((0, 0, 1, 3))),
        life=(start, end),
        merge=rng.choice((0, 0, 40, 200)),
    )
    if rng.random() < 0.2:
        case.life = (start + rng.randrange(1, 200), end - rng.randrange(0, 90))
    local = datetime.fromtimestamp(rng.randrange(start - 300, end + 300), case.zone)
    if rng.random() < 0.5:
        case.hours = [around(rng, local) for _ in range(rng.randrange(1, 3))]
    if rng.random() < 0.3:
        case.weekly = [around(rng, local)]
    if rng.random() < 0.3:
        begin = local.replace(tzinfo=None, second=0, microsecond=0, fold=0)
        case.dated = [(begin, begin.replace(minute=59))] if begin.minute < 59 else []
    if rng.random() < 0.1:
        case.holidays = [(local.month, local.day)]
    return case


def prober(rng: random.Random, start: int, end: int) -> dict[int, bool]:
    """Samples with losses, gaps and spells of failure, at even seconds: every boundary is a whole second."""
    samples = {}
    at, down, silent = start + 2 * rng.randrange(10), rng.random() < 0.3, False
    while at < end:
        down = not down if rng.random() < 0.08 else down
        silent = not silent if rng.random() < (0.15 if silent else 0.04) else silent
        if not silent:
            samples[at] = down
        at += 20 + rng.choice((0, 0, 0, 2, -2))
    return samples


def disjoint(rng: random.Random, start: int, end: int, count: int) -> list[tuple[int, int]]:
    marks = sorted(rng.sample(range(start, end), 2 * count))
    return list(zip(marks[::2], marks[1::2], strict=True))


def around(rng: random.Random, local: datetime) -> tuple[frozenset[int], int, int]:
    """A weekly window that begins or ends near a local time; it may run over midnight."""
    days = frozenset({local.weekday(), *rng.sample(range(7), rng.randrange(0, 4))})
    minute = local.hour * 60 + local.minute
    other = (minute + rng.randrange(1, 300)) % 1440
    begin, until = (minute, other) if rng.random() < 0.5 else (other, minute)
    return (days, begin, until) if begin != until else (days, 0, 1440)


# --- what the product is given --------------------------------------------------------------


def clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def weekly_text(window: tuple[frozenset[int], int, int]) -> str:
    days, begin, until = window
    return f"{','.join(DAYS[day] for day in sorted(days))} {clock(begin)}-{clock(until)}"


def config(case: Case) -> Config:
    dated = [f"{begin:%Y-%m-%d %H:%M}-{until:%H:%M}" for begin, until in case.dated]
    own = {
        "name": "x",
        "hours": [weekly_text(window) for window in case.hours],
        "maintenance": [weekly_text(window) for window in case.weekly] + dated,
        "timezone": case.zone.key,
    }
    return Config.model_validate(
        {
            "organisation": "Acme",
            "timezone": "Europe/Rome",
            "prometheus": {"url": "http://127.0.0.1:9090"},
            "services": {"x": own},
            "holidays": [f"{month:02d}-{day:02d}" for month, day in case.holidays],
            "smtp": {"from": "it@acme.example"},
        }
    )


def judged(case: Case) -> tuple[ServiceMonth, tuple[bool, bool]]:
    begin, until = case.start - case.beyond, case.end + case.beyond
    voters = [sorted((float(at), down) for at, down in samples.items()) for samples in case.probers]
    segments = sweep(voters, begin, until, REACH, case.vote)
    known = [Interval(start=a, end=b) for a, b in case.known]
    excluded = exclusions(timetable_of(config(case), "x"), known, begin, until)
    month = service_month("x", segments, excluded, life=case.life, period=case.period, merge_within_s=case.merge)
    return month, open_edges(sweep(voters, case.start - 1, case.end + 1, REACH, case.vote), excluded, case.period, 0)


# --- the oracle -----------------------------------------------------------------------------


def opinions(samples: dict[int, bool]) -> dict[int, bool]:
    """What the nearest sample says in each second (at its middle) that has one near."""
    nearest: dict[int, tuple[float, bool]] = {}
    for at, down in samples.items():
        for second in range(at - int(REACH), at + int(REACH)):
            distance = abs(second + 0.5 - at)
            if second not in nearest or distance < nearest[second][0]:
                nearest[second] = (distance, down)
    return {second: down for second, (_, down) in nearest.items()}


def inside(window: tuple[frozenset[int], int, int], local: datetime) -> bool:
    days, begin, until = window
    now, today, yesterday = local.hour * 60 + local.minute, local.weekday(), (local.weekday() - 1) % 7
    if begin < until:
        return today in days and begin <= now < until
    return (today in days and now >= begin) or (yesterday in days and now < until)


def reason(case: Case, minute: int) -> str:
    """Why the service need not be up in a minute since the epoch; clocks change at whole minutes."""
    local = datetime.fromtimestamp(60 * minute, case.zone)
    if case.hours:
        holiday = (local.month, local.day) in case.holidays
        if holiday or not any(inside(window, local) for window in case.hours):
            return "hours"
    naive = local.replace(tzinfo=None)
    planned = any(inside(window, local) for window in case.weekly) or any(a <= naive < b for a, b in case.dated)
    return "maintenance" if planned else ""


def reasons(case: Case) -> dict[int, str]:
    """Why the service need not be up, for every second for which there is a reason."""
    begin, until = case.start - case.beyond, case.end + case.beyond
    by_minute = {minute: reason(case, minute) for minute in range(begin // 60, until // 60 + 1)}
    found = {second: why for second in range(begin, until) if (why := by_minute[second // 60])}
    for start, end in case.known:
        for second in range(start, end):
            found.setdefault(second, "maintenance")
    return found


def states(case: Case) -> dict[int, str]:
    """The state of every second, the minutes beyond the edges included."""
    votes = [opinions(samples) for samples in case.probers]
    found = {}
    for second in range(case.start - case.beyond, case.end + case.beyond):
        said = [one[second] for one in votes if second in one]
        bad = said.count(True)
        rules = {"majority": bad > len(said) - bad, "any": bad > 0, "all": bad == len(said)}
        found[second] = UNKNOWN if not said else DOWN if rules[case.vote] else UP
    return found | dict.fromkeys(reasons(case), EXCLUDED)


def incidents(case: Case, seconds: dict[int, str]) -> list[list[int]]:
    """The interruptions as lists of the seconds that were down, over the life and beyond the month's edges."""
    first, last = case.life[0] == case.start, case.life[1] == case.end
    groups: list[list[int]] = []
    recovered = True
    for second, state in seconds.items():
        if (second < case.life[0] and not first) or (second >= case.life[1] and not last):
            continue
        if state == UP:
            recovered = True
        elif state == DOWN:
            if groups and (not recovered or second - (groups[-1][-1] + 1) <= case.merge):
                groups[-1].append(second)
            else:
                groups.append([second])
            recovered = False
    return groups


def spans(seconds: Sequence[int]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for second in seconds:
        if found and found[-1][1] == second:
            found[-1] = (found[-1][0], second + 1)
        else:
            found.append((second, second + 1))
    return found


@pytest.mark.parametrize("seed", range(10))
def test_the_engine_says_of_every_second_what_the_oracle_says(seed: int) -> None:
    rng = random.Random(seed)
    for number in range(TIMELINES):
        check(made(rng), f"seed {seed}, timeline {number}")


def check(case: Case, which: str) -> None:
    month, _ = judged(case)
    everything = states(case)
    lived = {second: state for second, state in everything.items() if case.life[0] <= second < case.life[1]}
    counted = {state: sum(one == state for one in lived.values()) for state in (UP, DOWN, EXCLUDED, UNKNOWN)}
    assert (month.up_s, month.down_s, month.excluded_s, month.unknown_s) == tuple(counted.values()), which
    assert month.up_s + month.down_s + month.excluded_s + month.unknown_s == case.life[1] - case.life[0], which
    why = reasons(case)
    for kind in ("hours", "maintenance"):
        mine = spans([second for second in lived if why.get(second) == kind])
        assert [(one.start, one.end) for one in month.excluded if one.reason == kind] == mine, which
    assert [(one.start, one.end) for one in month.unknown] == spans([s for s in lived if lived[s] == UNKNOWN]), which
    wanted = [group for group in incidents(case, everything) if any(case.start <= one < case.end for one in group)]
    assert len(month.outages) == len(wanted), which
    for outage, group in zip(month.outages, wanted, strict=True):
        within = [one for one in group if case.start <= one < case.end]
        assert (outage.start, outage.end, outage.down_s) == (within[0], within[-1] + 1, len(within)), which
        assert outage.continues_before is (group[0] < case.start), which
        assert outage.continues_after is (group[-1] >= case.end), which
        stretches = [(one.start, one.end) for one in outage.stretches] or [(outage.start, outage.end)]
        assert stretches == spans(within), which


@pytest.mark.parametrize("seed", range(100, 102))
def test_beyond_an_edge_only_that_is_read_which_can_change_the_story(seed: int) -> None:
    rng = random.Random(seed)
    for number in range(TIMELINES):
        case = made(rng)
        case.life, case.merge = (case.start, case.end), 0
        month, (before, after) = judged(case)
        whole = states(case)
        at_edges = (whole[case.start - 1], whole[case.end])
        for outage in month.outages:
            which = f"seed {seed}, timeline {number}"
            assert not outage.continues_before or before or at_edges[0] == DOWN, which
            assert not outage.continues_after or after or at_edges[1] == DOWN, which


# --- months in which next to nothing was to be measured ---------------------------------------

MONTH = month("2026-10", ZoneInfo("Europe/Rome"))
HOUR = 3600.0


def month_of(*states: tuple[State, float], reason: ExclusionReason = "maintenance") -> ServiceMonth:
    """A month of hours in these states, from its start; the rest of it is excluded."""
    at, segments = MONTH.start_s, []
    for state, hours in states:
        segments.append(Segment(at, at + hours * HOUR, state))
        at += hours * HOUR
    excluded = [Exclusion(start=at, end=MONTH.end_s, reason=reason)] if at < MONTH.end_s else []
    segments.append(Segment(at, MONTH.end_s, State.UNKNOWN))
    return service_month("mail", segments, excluded, life=(MONTH.start_s, MONTH.end_s), period=MONTH)


@pytest.mark.parametrize("states", [(), ((State.UNKNOWN, 1),), ((State.UP, 5), (State.DOWN, 2)), ((State.DOWN, 7.4),)])
def test_a_month_of_maintenance_is_neither_a_percentage_nor_a_lack_of_measurements(states: tuple[Any, ...]) -> None:
    found = month_of(*states)
    assert found.exempt
    assert (found.availability, found.coverage) == (None, 1.0)
    assert found.down_s == sum(hours * HOUR for state, hours in states if state is State.DOWN)
    assert bool(found.outages) == bool(found.down_s)


def test_a_day_between_two_weeks_of_maintenance_is_judged() -> None:
    found = month_of((State.UP, 23), (State.UNKNOWN, 1))
    assert (found.exempt, found.availability) == (False, 1.0)
    assert found.coverage == pytest.approx(23 / 24)


def test_a_service_needed_for_few_hours_is_judged_by_these() -> None:
    found = month_of((State.UP, 3), (State.DOWN, 1), reason="hours")
    assert (found.exempt, found.availability) == (False, 0.75)
    assert month_of((State.UNKNOWN, 4), reason="hours").coverage == 0
    assert month_of(reason="hours").exempt


def test_a_month_that_nobody_measured_is_not_excused() -> None:
    found = month_of((State.UNKNOWN, 745))
    assert (found.exempt, found.coverage) == (False, 0.0)
