"""Counters read by their eventful hours only: the same figures as by every sample, and what that saves."""

from __future__ import annotations

import math
import random
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, cast

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from newsletter.collect import counter, eventful
from newsletter.collect.counter import Tally, tally
from newsletter.collect.eventful import matchers, stretches, uncertain
from newsletter.collect.prometheus import Prometheus
from newsletter.collect.promql import parse
from newsletter.collect.series import Answer, Series
from newsletter.model import Period

BEGIN = datetime(2026, 10, 1, tzinfo=UTC)
PERIOD = Period(start=BEGIN, end=BEGIN + timedelta(hours=50, minutes=30), timezone="UTC", label="2026-10")
SCRAPE = 600
Samples = list[tuple[float, float]]

_RANGE = re.compile(r"\[(\d+)ms\]")


def _falls(values: list[float]) -> int:
    return sum(after < before for before, after in pairwise(values))


_FUNCTIONS: dict[str, Callable[[list[float]], float]] = {
    "last_over_time": lambda values: values[-1],
    "count_over_time": lambda values: float(len(values)),
    "sum_over_time": sum,
    "resets": _falls,
}


class Server:
    """Answers the queries of a tally the slow way, with the range semantics of Prometheus 2 (closed) or 3 (left-open)."""

    def __init__(self, series: dict[str, Samples], *, left_open: bool = False) -> None:
        self._series = {pod: ([round(t * 1000) for t, _ in samples], samples) for pod, samples in series.items()}
        self._left_open = left_open
        self.returned = 0
        self.asked: list[str] = []

    def _values(self, query: str, at: float) -> Iterator[tuple[str, Samples]]:
        found = _RANGE.search(query)
        assert found
        start, end = round(at * 1000) - int(found[1]), round(at * 1000)
        named = re.search(r'pod=~"([^"]*)"', query)
        for pod, (times, samples) in self._series.items():
            if named and not re.fullmatch(named[1].replace(r"\\", "\\"), pod):
                continue
            first = (bisect_right if self._left_open else bisect_left)(times, start)
            inside = samples[first : bisect_right(times, end)]
            if inside:
                yield pod, inside

    def instant(self, query: str, at: float) -> Answer:
        name = query.partition("(")[0] if "(" in query else ""
        rows = []
        for pod, inside in self._values(query, at):
            points = [(at, _FUNCTIONS[name]([v for _, v in inside]))] if name else inside
            finite = [(t, v) for t, v in points if math.isfinite(v)]
            named = {} if name == "count_over_time" else {"__name__": "x_total"}
            times, values = [t for t, _ in finite], [v for _, v in finite]
            rows.append(Series({**named, "pod": pod}, times, values, len(points) - len(finite)))
        self.returned += 0 if name else sum(len(one.times) for one in rows)
        return Answer(tuple(rows))

    def range(self, query: str, start: float, end: float, step: float) -> Answer:
        self.asked.append(query)
        times = [start + step * k for k in range(round((end - start) / step) + 1)]
        if " unless " in query:
            return Answer(
                tuple(Series({"pod": pod}, at, [1.0] * len(at), 0) for pod, at in self._happening(query, times))
            )
        function = next(name for name in _FUNCTIONS if f"{name}(" in query)
        factor = 0.0 if query.startswith("sum(0 * ") else 1.0
        points = []
        for at in times:
            each = [factor * _FUNCTIONS[function]([v for _, v in inside]) + 1 for _, inside in self._values(query, at)]
            if each and math.isfinite(sum(each)):
                points.append((at, sum(each)))
        return Answer((Series({}, [t for t, _ in points], [v for _, v in points], 0),))

    def _happening(self, query: str, times: Iterable[float]) -> Iterator[tuple[str, list[float]]]:
        """Of `query`, which this spells out: the series of two hours that are not quiet in them."""
        two, one = "x_total[7200000ms]", "x_total[3600000ms]"
        assert query == (
            f"count_over_time({two}) unless (resets({two}) + 0 * sum_over_time({two}) "
            f"+ (count_over_time({two}) <= bool count_over_time({one})) == 0)"
        )
        found: dict[str, list[float]] = {}
        for at in times:
            later = dict(self._values(one, at))
            for pod, both in self._values(two, at):
                values = [v for _, v in both]
                quiet = pod in later and _falls(values) + 0 * sum(values) + (len(both) <= len(later[pod])) == 0
                if not quiet:
                    found.setdefault(pod, []).append(at)
        yield from found.items()

    def each(self, ask: Callable[[Any], Any], items: Iterable[Any]) -> Iterable[Any]:
        return map(ask, items)

    @contextmanager
    def overhear(self) -> Iterator[Collection[str]]:
        yield ()


def counting(rng: random.Random, begin: float, end: float, events: int) -> Samples:
    """A counter that rises now and then; at some of its scrapes it starts anew, is gone for a while, or is no number."""
    at = begin + rng.random() * SCRAPE
    value = float(rng.choice([0, 1, 3, 900]))
    happening = {rng.randrange(400): rng.choice(["anew", "gone", "long gone", "nan", "inf"]) for _ in range(events)}
    samples = []
    for number in range(400):
        what = happening.get(number, "")
        at += {"gone": 4.0 * SCRAPE, "long gone": 40.0 * SCRAPE}.get(what, SCRAPE)
        if what == "anew" or (what == "long gone" and rng.random() < 0.5):
            value = float(rng.randrange(3))
        value += rng.choice([0, 0, 1, 7])
        if at >= end:
            break
        samples.append((round(at, 3), {"nan": math.nan, "inf": math.inf}.get(what, value)))
    return samples


def world(seed: int) -> dict[str, Samples]:
    """Some series that are there all along, some that begin or end, at times right at the edges of hours."""
    rng = random.Random(seed)
    found = {}
    for number in range(rng.randrange(1, 7)):
        begin = PERIOD.start_s - rng.choice([7200, 7200, 60, -3600 * rng.randrange(1, 50), -36000 - rng.random() * 9e4])
        end = PERIOD.end_s + rng.choice([900, 900, -3600 * rng.randrange(1, 30), -rng.random() * 9e4])
        samples = counting(rng, begin, end, rng.choice([0, 0, 1, 3]))
        if rng.random() < 0.2:
            samples = [(float(round(t / SCRAPE) * SCRAPE), v) for t, v in samples]
        if rng.random() < 0.2:
            samples = [(t - 0.001, v) for t, v in samples]
        found[f"pod-{number}"] = samples
    return found


def tallied(server: Server, monkeypatch: pytest.MonkeyPatch, *, sparse: bool) -> Tally:
    monkeypatch.setattr(counter, "MANY_SERIES", 0 if sparse else math.inf)
    return tally(cast("Prometheus", server), parse("x_total"), PERIOD)


@given(st.integers(0, 2**32), st.booleans(), st.sampled_from([0, 1, 20]))
@settings(max_examples=200)
def test_what_the_eventful_hours_show_is_what_every_sample_shows(seed, left_open, few):
    """Gains, samples, coverage and warnings, of births, ends, restarts, gaps and samples that are no number."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(eventful, "_FEW_SERIES", few)
        sparse, whole = (tallied(Server(world(seed), left_open=left_open), patch, sparse=one) for one in (True, False))
    assert sparse.gained == whole.gained
    assert sparse.coverage == whole.coverage
    assert sparse.warnings == whole.warnings
    # a sample right at the edge of a day belongs to two ranges of Prometheus 2
    assert sum(sparse.samples.values()) == pytest.approx(sum(whole.samples.values()), abs=12)


@given(st.integers(0, 2**32))
@settings(max_examples=60)
def test_the_eventful_hours_show_the_weeks_as_every_sample_does(seed):
    """Also that they cannot be told, as a series was silent around midnight of the Monday and counted on."""
    sunday = datetime(2026, 10, 4, tzinfo=UTC)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(globals(), "PERIOD", replace(PERIOD, start=sunday, end=sunday + (PERIOD.end - PERIOD.start)))
        sparse, whole = (tallied(Server(world(seed)), patch, sparse=one) for one in (True, False))
    assert sparse.weekly == whole.weekly
    assert len(whole.weekly) in (0, 2)
    known = [week for week in whole.weekly if week is not None]
    assert len(known) < 2 or sum(known) == sum(whole.gained.values())


@given(st.integers(0, 2**32))
@settings(max_examples=50)
def test_a_counter_that_was_always_there_gains_the_sum_of_its_rises(seed):
    """The oracle adds up by hand: a fall counts from 0."""
    rng = random.Random(seed)
    samples = [(t, v) for t, v in counting(rng, PERIOD.start_s - 7200, PERIOD.end_s, 4) if math.isfinite(v)]
    assume(samples[0][0] < PERIOD.start_s)  # one that is first seen within the month is born in it
    expected, last = 0.0, None
    for at, value in samples:
        if at >= PERIOD.start_s and last is not None:
            expected += value - last if value >= last else value
        last = value
    with pytest.MonkeyPatch.context() as patch:
        found = tallied(Server({"a": samples}), patch, sparse=True)
    assert sum(found.gained.values()) == expected


def test_of_counters_to_which_nothing_happens_a_fraction_is_read(monkeypatch):
    rng = random.Random(1)
    held = {f"pod-{n}": counting(rng, PERIOD.start_s - 7200, PERIOD.end_s + 900, 0) for n in range(5)}
    sparse, whole = Server(held), Server(held)
    tallied(sparse, monkeypatch, sparse=True)
    tallied(whole, monkeypatch, sparse=False)
    assert sparse.returned < 0.06 * whole.returned


def test_of_a_series_that_is_born_only_its_own_hours_are_read_besides(monkeypatch):
    rng = random.Random(1)
    held = {f"pod-{n}": counting(rng, PERIOD.start_s - 7200, PERIOD.end_s + 900, 0) for n in range(30)}
    for number in range(20):
        held[f"born-{number}"] = counting(rng, PERIOD.start_s + 7200 * (number + 1), PERIOD.end_s + 900, 0)
    sparse, whole = Server(held), Server(held)
    assert tallied(sparse, monkeypatch, sparse=True) == tallied(whole, monkeypatch, sparse=False)
    assert sparse.returned < 0.12 * whole.returned


def test_a_pair_of_hours_is_certain_only_if_all_three_numbers_are_equal():
    quiet = dict.fromkeys(range(6), 4.0)
    assert uncertain(quiet, quiet, 6) == []
    assert uncertain(quiet, {**quiet, 3: 5.0}, 6) == [3]  # a fall, or one gone and another come
    assert uncertain({**quiet, 5: 3.0}, quiet, 6) == [5]  # one gone
    without = {hour: 4.0 for hour in range(6) if hour != 2}
    assert uncertain(without, quiet, 6) == [2, 3]  # a sample that is no number
    assert uncertain({}, {}, 6) == []  # nothing at all


def test_adjoining_hours_of_the_same_series_are_read_together_up_to_a_size():
    one = frozenset({(("pod", "a"),)})
    assert stretches({0: None, 4: one, 5: one, 6: None}) == [(range(1), None), (range(4, 6), one), (range(6, 7), None)]
    assert stretches(dict.fromkeys(range(8))) == [(range(6), None), (range(6, 8), None)]


def test_series_are_named_only_if_servers_take_a_query_of_that_length():
    short, long = (frozenset({(("pod", letter * size),) for letter in "ab"}) for size in (10, 6_000))
    assert eventful.nameable(short) == short
    assert eventful.nameable(long) is None  # VictoriaMetrics takes 16 KiB
    assert eventful.nameable({(("pod", str(n)),) for n in range(21)}) is None


def test_series_are_named_by_all_their_labels_a_missing_one_too():
    found = [*matchers([(("code", "502"), ("host", "a.b")), (("code", "503"),)])]
    assert found == ['code=~"502|503"', 'host=~"|a\\\\.b"']
