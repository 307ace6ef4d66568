"""Counters: integers, whatever restarts, gaps and chunks do."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.collect.counter import folded, whole
from newsletter.collect.series import Series
from newsletter.collect.tickets import count_by, distribution
from newsletter.errors import SourceError

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
