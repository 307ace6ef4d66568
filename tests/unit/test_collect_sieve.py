"""Reading only the doubtful hours gives what reading everything gives, on thousands of small random months."""

from __future__ import annotations

import itertools
import random
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from newsletter.collect.availability import Source, timeline_of
from newsletter.collect.hours import DOWN, NOTHING, UP, settled
from newsletter.collect.promql import Selector
from newsletter.collect.reading import read_hours
from newsletter.collect.sieve import Survey, survey
from newsletter.collect.timeline import Sample, Segment, State, Vote, sweep, total, verdict
from newsletter.collect.watch import TICK, Watch
from newsletter.model import Period
from tests.unit.promql_model import Labels, Model, Samples

VOTES: tuple[Vote, ...] = ("majority", "any", "all")
INTERVALS = (300, 300, 300, 300, 600, 900, 900, 1000, 1800, 7200)
SHORT_INTERVALS = (7, 15, 30, 60)  # seldom: their many samples take their time
START = datetime(2026, 3, 1, tzinfo=UTC)
HOURS = 9
AROUND = 3 * 3600.0  # recorded before and after the month


@dataclass
class World:
    """A small month of one service, and what its probers recorded."""

    rng: random.Random
    interval: int
    period: Period
    series: dict[Labels, Samples] = field(default_factory=dict)

    def instant(self) -> float:
        """A moment at which something may begin or end: often exactly at an hour, or at an edge of the month."""
        start, end = self.period.start_s, self.period.end_s
        hour = start + 3600.0 * self.rng.randrange(HOURS + 1)
        return self.rng.choice([self.rng.uniform(start - AROUND, end + AROUND), hour, start, end])

    def span(self) -> tuple[float, float]:
        """From a few intervals to a few hours."""
        begin = self.instant()
        long = self.rng.choice([self.rng.uniform(0, 4) * self.interval, self.rng.uniform(0, 5 * 3600), 3600.0, 7200.0])
        return (begin, begin + long)

    def record(self, prober: int, *, jitter: float, slips: int) -> None:
        """All samples of a prober, under one instance or two; see `samples`."""
        labels = {"service": "a", "instance": f"i{prober}"}
        if self.rng.random() < 0.8:
            labels["prober"] = f"p{prober}"
        found = self.samples(jitter, [self.instant() for _ in range(slips)])
        turn = self.instant() if self.rng.random() < 0.25 else 1e12
        for name, part in (("", [s for s in found if s[0] < turn]), ("-new", [s for s in found if s[0] >= turn])):
            if part:
                key = labels | {"instance": labels["instance"] + name}
                self.series[tuple(sorted(key.items()))] = part

    def phase(self, jitter: float) -> float:
        """When in an interval the first sample comes: clear of the hours where samples jitter, at times on one where not."""
        if not jitter:
            return self.rng.choice([0.0, self.interval - TICK, self.rng.uniform(0, self.interval)])
        margin = 1.01 * jitter + 0.002
        return self.rng.uniform(margin, self.interval - margin)

    def samples(self, jitter: float, slips: Iterable[float]) -> Samples:
        """A sample every interval, each up to `jitter` early or late; at `slips` the rhythm begins anew."""
        rng, every = self.rng, self.interval
        hole = [self.span() for _ in range(rng.choice([0, 0, 1, 2]))]
        down = [self.span() for _ in range(rng.choice([0, 0, 1, 2]))]
        life = (self.instant() if rng.random() < 0.2 else 0.0, self.instant() if rng.random() < 0.2 else 1e12)
        lost, false, odd = rng.choice([0, 0.002, 0.05]), rng.choice([0, 0.002, 0.05]), rng.choice([0, 0, 0, 0.002])
        before = every * (AROUND // every)
        at, end, left = self.period.start_s - before + self.phase(jitter), self.period.end_s + AROUND, sorted(slips)
        found: Samples = []
        while at < end:
            if left and at >= left[0]:
                at += rng.uniform(0, every)
                left.pop(0)
            value = 0.0 if rng.random() < false or any(b <= at < e for b, e in down) else 1.0
            value = float("nan") if rng.random() < odd else value
            seen = life[0] <= at < life[1] and not any(b <= at < e for b, e in hole)
            if seen and rng.random() >= lost:
                found.append((round(at + rng.uniform(-jitter, jitter), 3), value))
            at += every
        return found


def world(seed: int, *, jitter: bool = False, slips: int = 0) -> World:
    rng = random.Random(seed)
    interval = rng.choice(INTERVALS if rng.random() < 0.95 else SHORT_INTERVALS)
    period = Period(
        start=START, end=START + timedelta(hours=HOURS + rng.choice([0, 0, 0, 0.5])), timezone="UTC", label="2026-03"
    )
    made = World(rng, interval, period)
    for prober in range(rng.choice([1, 1, 2, 2, 3, 4])):
        made.record(prober, jitter=rng.choice([0.002, 0.02, 0.2]) * interval if jitter else 0.0, slips=slips)
    return made


def watched(made: World) -> Watch:
    return Watch(Selector("check_ok"), "service", "prober", float(made.interval))


def sieved(made: World, vote: Vote, *, left_open: bool) -> tuple[list[Segment], Survey, Model]:
    """What the collector says, by way of the sieve."""
    watch = watched(made)
    model = Model(made.series, left_open=left_open)
    prometheus = cast("Any", model)
    seen = survey(prometheus, watch, vote, made.period)
    doubtful = {hour: {"a"} for hour, verdict in enumerate(seen.verdicts.get("a", ())) if verdict is None}
    voters = read_hours(prometheus, watch, made.period, doubtful, watch.is_down).of("a")
    verdicts = seen.verdicts.get("a", [])
    return timeline_of(verdicts, voters, Source(watch, vote, None), made.period), seen, model


def everything(made: World, vote: Vote) -> list[Segment]:
    """What all raw samples say, all of them read."""
    watch = watched(made)
    voters: Mapping[str, dict[float, bool]] = defaultdict(dict)
    for labels, samples in made.series.items():
        voters[watch.voter(dict(labels))].update({at: not value for at, value in samples if value == value})  # noqa: PLR0124  # not NaN
    everyone: list[list[Sample]] = [sorted(samples.items()) for samples in voters.values()]
    return sweep(everyone, made.period.start_s - TICK, made.period.end_s + TICK, watch.reach, vote)


def in_month(made: World) -> int:
    return sum(made.period.start_s <= at < made.period.end_s for found in made.series.values() for at, _ in found)


@pytest.mark.parametrize("left_open", [False, True])
@pytest.mark.parametrize("jitter", [False, True])
def test_the_sieve_hides_nothing_that_all_samples_show(jitter: bool, left_open: bool) -> None:
    settled_hours = 0
    for seed in range(500):
        made = world(seed, jitter=jitter)
        if not in_month(made):
            continue
        vote = VOTES[seed % 3]
        got, seen, _ = sieved(made, vote, left_open=left_open)
        assert got == everything(made, vote), f"seed {seed}"
        assert seen.samples == {"a": in_month(made)}, f"seed {seed}"
        settled_hours += sum(verdict is not None for verdict in seen.verdicts["a"])
    assert settled_hours > 500  # the sieve does settle hours


def test_a_prober_that_loses_its_rhythm_hides_no_more_than_half_an_interval_each_time() -> None:
    for seed in range(500):
        made = world(seed, jitter=seed % 2 == 0, slips=1 + seed % 3)
        if not in_month(made):
            continue
        vote = VOTES[seed % 3]
        got, seen, _ = sieved(made, vote, left_open=False)
        wanted = everything(made, vote)
        early = sum(
            later - at < made.interval - TICK
            for found in made.series.values()
            for (at, _), (later, _) in itertools.pairwise(found)
        )
        slips = (1 + seed % 3) * len(made.series)
        for state in (State.DOWN, State.UNKNOWN):
            missed = abs(total(wanted, state) - total(got, state))
            assert missed <= 0.7 * made.interval * (slips + (early if seed % 2 == 0 else 0)), f"seed {seed}"
        assert seen.samples == {"a": in_month(made)}, f"seed {seed}"


def test_a_month_without_anything_unusual_is_settled_by_counting() -> None:
    made = world(0)
    made.interval = 60
    first = made.period.start_s - AROUND + 17.25
    made.series = {
        (("prober", prober), ("service", "a")): [(first + 60.0 * k, 1.0) for k in range(60 * (HOURS + 7))]
        for prober in ("p", "q")
    }
    got, seen, model = sieved(made, "majority", left_open=False)
    assert seen.verdicts["a"][:HOURS] == [State.UP] * HOURS
    assert [segment.state for segment in got] == [State.UP]
    assert "raw" not in model.read


OPINIONS = [said for size in (1, 2, 3) for said in itertools.combinations((UP, DOWN, NOTHING), size)]


@pytest.mark.parametrize("vote", VOTES)
def test_an_hour_is_settled_exactly_when_every_way_to_vote_ends_the_same(vote: Vote) -> None:
    for count in (1, 2, 3):
        for voters in itertools.combinations_with_replacement(OPINIONS, count):
            outcomes = {
                verdict(vote, said.count(DOWN), count - said.count(NOTHING)) for said in itertools.product(*voters)
            }
            wanted = outcomes.pop() if len(outcomes) == 1 else None
            assert settled(tuple(map(sum, voters)), vote) is wanted, voters
