"""Counters: integers, whatever restarts, gaps and chunks do."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.collect.counter import Labels, inherited, tally, whole
from newsletter.collect.fold import Fold, folded
from newsletter.collect.promql import parse
from newsletter.collect.series import Answer, Series
from newsletter.collect.tickets import count_by, distribution
from newsletter.errors import SourceError
from newsletter.period import month, weeks

if TYPE_CHECKING:
    from newsletter.collect.prometheus import Prometheus

values = st.lists(st.integers(0, 50), min_size=1, max_size=40)


def series(counts: list[int]) -> Series:
    return Series({}, [60.0 * k for k in range(len(counts))], [float(count) for count in counts])


@given(values)
def test_a_fall_is_a_restart_from_zero(counts: list[int]) -> None:
    found = folded(series(counts))
    assert found is not None
    assert found.gained == sum(b - a if b >= a else b for a, b in pairwise(counts))
    assert found.changes == sum(a != b for a, b in pairwise(counts))
    assert found.samples == len(counts)


@given(values, st.data())
def test_a_month_read_in_pieces_counts_the_same(counts: list[int], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(counts)))
    whole_series, first, second = folded(series(counts)), folded(series(counts[:cut])), folded(series(counts[cut:]))
    assert whole_series is not None
    joined = first.then(second) if first and second else first or second
    assert joined is not None
    assert (joined.gained, joined.changes, joined.samples) == (
        whole_series.gained,
        whole_series.changes,
        whole_series.samples,
    )


def test_no_samples_are_no_stretch() -> None:
    assert folded(Series({}, [], [], dropped=3)) is None


def test_counts_are_whole_or_refused() -> None:
    assert whole(42.0000000004, "x") == 42
    with pytest.raises(SourceError, match=r"tickets is 42\.3, no whole number"):
        whole(42.3, "tickets")


def test_parts_are_summed_by_their_labels_and_add_up_to_the_total() -> None:
    counts = {
        (("kind", "a"), ("pod", "1"), ("queue", "x")): 2.0,
        (("kind", "a"), ("pod", "2"), ("queue", "x")): 3.0,
        (("kind", "b"), ("pod", "1")): 4.0,
    }
    found = count_by(counts, ["queue", "kind"], "tickets")
    assert (found.total, found.by) == (9, {"x/a": 5, "/b": 4})
    assert count_by(counts, [], "tickets").by == {}


INF = float("inf")


@pytest.mark.parametrize(
    ("cumulative", "median"),
    [
        ({60.0: 6.0, 120.0: 8.0, INF: 10.0}, (0.0, 60.0)),
        ({60.0: 4.0, 120.0: 8.0, INF: 10.0}, (60.0, 120.0)),
        ({60.0: 1.0, 120.0: 2.0, INF: 10.0}, (120.0, None)),
        ({60.0: 5.0, 120.0: 8.0, INF: 10.0}, (0.0, 60.0)),
    ],
)
def test_the_median_is_told_by_the_edges_around_it(
    cumulative: dict[float, float], median: tuple[float, float | None]
) -> None:
    found = distribution(cumulative, "h")
    assert found.count == 10
    assert found.median_between_s == median
    assert found.share_within_s == {60.0: cumulative[60.0] / 10, 120.0: cumulative[120.0] / 10}


def test_nothing_resolved_has_no_shares_and_no_median() -> None:
    found = distribution({60.0: 0.0, INF: 0.0}, "h")
    assert (found.count, found.share_within_s, found.median_between_s) == (0, {}, None)


def test_a_histogram_without_its_last_bucket_is_refused() -> None:
    with pytest.raises(SourceError, match="has no bucket"):
        distribution({60.0: 1.0}, "h")


# --- counters that move to another instance ----------------------------------------------------

ROME = ZoneInfo("Europe/Rome")
OCTOBER = month("2026-10", ROME)
HOUR = 3600.0


def labels(**given: str) -> Labels:
    return tuple(sorted(given.items()))


def fold(first_at: float, last_at: float, first: float, last: float) -> Fold:
    return Fold(first_at=first_at, last_at=last_at, first=first, last=last, gained=last - first)


@pytest.mark.parametrize(
    ("first_at", "first", "base"),
    [
        (101 * HOUR, 500.0, 500.0),
        (101 * HOUR, 507.0, 500.0),
        (101 * HOUR, 499.0, None),
        (107 * HOUR, 507.0, None),
        (99 * HOUR, 507.0, None),
    ],
    ids=["goes on", "went on unseen", "began anew", "much later", "beside it"],
)
def test_a_born_series_goes_on_from_the_total_of_one_that_just_ended(
    first_at: float, first: float, base: float | None
) -> None:
    old, new = labels(queue="mail", pod="a"), labels(queue="mail", pod="b")
    folds = {old: fold(0, 100 * HOUR, 400, 500), new: fold(first_at, 700 * HOUR, first, 900)}
    assert inherited(folds, {old: 400.0}, (), 0.0).get(new) == base


def test_another_queue_is_no_heir_and_nobody_inherits_twice() -> None:
    old = labels(queue="mail", instance="a")
    born = [labels(queue="mail", instance="b"), labels(queue="mail", instance="c"), labels(queue="wifi", instance="b")]
    folds = {old: fold(0, 100, 4, 5)} | {one: fold(200 + n, 900, 7, 8) for n, one in enumerate(born)}
    assert inherited(folds, {old: 4.0}, (), 0.0) == {born[0]: 5.0}


def test_a_series_that_ended_at_the_edge_of_the_month_has_an_heir_too() -> None:
    old, new = labels(pod="a"), labels(pod="b")
    assert inherited({new: fold(600, 9000, 510, 520)}, {old: 500.0}, (), 0.0) == {new: 500.0}


class Recorded:
    """A server that holds these series and answers as the real one does."""

    def __init__(self, series: dict[Labels, list[tuple[float, float]]]) -> None:
        self._series = series

    def instant(self, query: str, at: float) -> Answer:
        milliseconds = int(query.partition("[")[2].partition("ms]")[0])
        found = []
        for key, samples in self._series.items():
            inside = [(t, v) for t, v in samples if at - milliseconds / 1000 <= t <= at]
            inside = inside[-1:] if query.startswith("last_over_time") else inside
            if inside:
                found.append(Series(dict(key), [t for t, _ in inside], [v for _, v in inside]))
        return Answer(tuple(found))

    @contextmanager
    def overhear(self) -> Iterator[Collection[str]]:
        yield ()

    def each(self, ask: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
        return [ask(item) for item in items]


def counted(**series: list[tuple[float, float]]) -> tuple[float, tuple[str, ...]]:
    """What the pods' samples (hours into the month, value) add up to, and the warnings."""
    held = {labels(pod=pod): [(OCTOBER.start_s + HOUR * at, v) for at, v in s] for pod, s in series.items()}
    found = tally(cast("Prometheus", Recorded(held)), parse("x_total"), OCTOBER)
    return sum(found.gained.values()), found.warnings


def test_a_renamed_pod_that_keeps_its_total_counts_once() -> None:
    total, warnings = counted(a=[(-1, 1000), (1, 1001), (100, 1010)], b=[(100.1, 1011), (700, 1020)])
    assert total == 20
    assert warnings == ("1 series goes on counting where one of another instance ended",)


def test_a_renamed_pod_that_begins_anew_counts_from_zero() -> None:
    assert counted(a=[(-1, 1000), (100, 1010)], b=[(100.1, 1), (700, 9)]) == (19, ())


def test_a_retired_counter_keeps_what_it_counted() -> None:
    assert counted(a=[(-1, 10), (100, 30)], b=[(-1, 0), (700, 5)]) == (25, ())


def test_an_old_counter_that_is_first_recorded_in_the_month_is_warned_of() -> None:
    held = {labels(queue="a"): [(OCTOBER.start_s - 60, 1.0)], labels(queue="b"): [(OCTOBER.start_s + 9e5, 5000.0)]}
    found = tally(cast("Prometheus", Recorded(held)), parse("x_total"), OCTOBER)
    assert found.warnings == ("1 series began in the month above 1; the whole count is taken as the month's",)


# --- week by week -------------------------------------------------------------------------------


@given(
    st.lists(
        st.tuples(st.integers(0, 745 * 60 - 1), st.integers(0, 40)),
        min_size=1,
        max_size=60,
        unique_by=lambda one: one[0],
    ),
    st.booleans(),
)
def test_the_weeks_add_up_to_the_month_wherever_samples_and_restarts_lie(
    samples: list[tuple[int, int]], known: bool
) -> None:
    """Minutes into the month and values in any order of size: every fall is a restart."""
    walk = [(OCTOBER.start_s - 60, 7.0)] * known + [(OCTOBER.start_s + 60 * at, float(v)) for at, v in sorted(samples)]
    walk += [(week.start + 60 * side, 0.0) for week in weeks(OCTOBER, ROME)[1:] for side in (-1, 1)]
    walk += [(OCTOBER.start_s, 0.0), (OCTOBER.end_s - 60, 0.0)]
    walk = sorted({at: (at, value) for at, value in walk}.values())
    found = tally(cast("Prometheus", Recorded({labels(queue="a"): walk})), parse("x_total"), OCTOBER)
    told = [week for week in found.weekly if week is not None]
    assert len(told) == 5
    assert sum(told) == sum(found.gained.values())
    assert all(week >= 0 for week in told)


MONDAYS = (96, 264, 432, 601)  # hours into October 2026, which begins on a Thursday and has one of 25


def told_by_week(**walks: list[tuple[int, float]]) -> tuple[float | None, ...]:
    """Hours into the month and values, by series."""
    held = {labels(queue=name): [(OCTOBER.start_s + HOUR * at, v) for at, v in walk] for name, walk in walks.items()}
    return tally(cast("Prometheus", Recorded(held)), parse("x_total"), OCTOBER).weekly


def test_a_gap_over_the_end_of_a_week_leaves_both_weeks_unknown() -> None:
    """Whether it rose on Sunday or on Monday is in no sample; a night's gap elsewhere does no harm."""
    every = [(hour, 10.0 + hour) for hour in range(-1, 745)]
    assert told_by_week(a=every) == (96, 168, 168, 169, 144)
    for gap, known in (
        (range(96 - 4, 96 + 4), (None, None, 168, 169, 144)),
        (range(96 - 2, 96 + 2), (94, 170, 168, 169, 144)),
        (range(20, 40), (96, 168, 168, 169, 144)),
        (range(90, 440), (None, None, None, None, 144)),
    ):
        assert told_by_week(a=[one for one in every if one[0] not in gap]) == known


def test_a_series_that_was_silent_over_the_end_of_a_week_hides_only_what_it_gained() -> None:
    """The others are recorded all the time; one that did not go on hides nothing."""
    busy = [(hour, 10.0 + hour) for hour in range(-1, 745)]
    silent = [(at, 5.0) for at in range(-1, 200)] + [(at, 9.0) for at in range(300, 745)]
    same = [(at, 5.0) for at in range(-1, 200)] + [(at, 5.0) for at in range(300, 745)]
    alone = told_by_week(a=busy)
    assert told_by_week(a=busy, b=silent) == (alone[0], None, None, *alone[3:])
    assert told_by_week(a=busy, b=same) == alone


def test_a_series_that_is_born_late_counts_in_the_week_of_its_birth() -> None:
    """A queue's first ticket; unless everything was silent before it."""
    busy = [(hour, 10.0) for hour in range(-1, 745)]
    assert told_by_week(a=busy, b=[(at, 3.0) for at in range(300, 745)]) == (0, 0, 3, 0, 0)
    broken = [one for one in busy if not 250 <= one[0] < 300]
    assert told_by_week(a=broken, b=[(at, 3.0) for at in range(300, 745)]) == (0, None, None, 0, 0)
    assert told_by_week(a=broken, b=[(at, 3.0) for at in range(301, 745)]) == (0, 0, 3, 0, 0)


def test_weeks_before_the_first_recording_and_after_the_last_one_are_not_nothing() -> None:
    assert told_by_week(a=[(at, 100.0 + at) for at in range(200, 745)]) == (None, None, 168, 169, 144)
    assert told_by_week(a=[(at, 100.0 + at) for at in range(-1, 500)])[-2:] == (None, None)
    assert told_by_week(a=[(at, 100.0 + at) for at in range(700, 745)])[:-1] == ()


@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 745 * 4 - 1), st.integers(0, 9)), max_size=12, unique_by=lambda one: one[0]),
        min_size=1,
        max_size=3,
    )
)
def test_a_gain_counts_in_a_week_that_samples_tell_or_in_none(walks: list[list[tuple[int, int]]]) -> None:
    """By hand: each step of each series, between two samples (quarters of an hour into the month)."""
    expected, unknown = [0.0] * 5, set()
    held = {}
    for number, walk in enumerate(walks):
        samples = [(-1, 7), *sorted(walk), (745 * 4 - 1, 7)]
        held[labels(queue=str(number))] = [(OCTOBER.start_s + 900.0 * at, float(v)) for at, v in samples]
        for (at, value), (later, now) in pairwise(samples):
            first, last = (sum(hour <= quarter / 4 for hour in MONDAYS) for quarter in (at, later))
            gain = now - value if now >= value else now
            expected[last] += gain
            if gain and first != last and later - max(at, 0) > 6 * 4:
                unknown |= set(range(first, last + 1))
    found = tally(cast("Prometheus", Recorded(held)), parse("x_total"), OCTOBER).weekly
    known = tuple(None if week in unknown else gain for week, gain in enumerate(expected))
    assert found == (known if len(unknown) < 5 else ())
