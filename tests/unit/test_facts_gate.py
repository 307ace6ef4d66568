"""The gate: its statistics against tables and against chance."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.facts.gate import Point, compare, passing, t_two_sided


@pytest.mark.parametrize(
    ("t", "df", "p"),
    [  # two-sided critical values of Student's table
        *((2.776, 4, 0.05), (4.604, 4, 0.01), (2.228, 10, 0.05), (3.169, 10, 0.01)),
        *((2.086, 20, 0.05), (3.850, 20, 0.001), (1.697, 30, 0.10)),
    ],
)
def test_the_tail_of_students_t_agrees_with_the_tables(t, df, p):
    assert t_two_sided(t, df) == pytest.approx(p, rel=5e-3)
    assert t_two_sided(-t, df) == t_two_sided(t, df)


def test_no_difference_has_probability_one():
    assert t_two_sided(0, 10) == pytest.approx(1, abs=1e-6)


@given(st.lists(st.floats(0, 1), max_size=60), st.floats(0.01, 0.5))
def test_the_step_up_rule_is_the_definition_of_benjamini_and_hochberg(p_values, rate):
    """The largest k with at least k values <= rate * k / m; those values pass."""
    total = len(p_values)
    k = max((k for k in range(1, total + 1) if sum(p <= rate * k / total for p in p_values) >= k), default=0)
    expected = {index for index, p in enumerate(p_values) if k and p <= rate * k / total}
    assert passing(p_values, rate) == expected


def counts(*values: float) -> list[Point]:
    return [Point(value) for value in values]


def test_less_than_a_year_is_no_history():
    assert compare(counts(*[100.0] * 11), Point(500), "count") is None
    assert compare(counts(*[100.0] * 12), Point(500), "count") is not None


def test_a_count_is_never_taken_for_steadier_than_chance():
    steady = counts(*[100.0] * 24)
    inside, outside = compare(steady, Point(115), "count"), compare(steady, Point(200), "count")
    assert inside is not None
    assert outside is not None
    assert inside.p > 0.1  # 1.5 standard deviations of a Poisson count of 100
    assert outside.p < 1e-4
    assert (outside.usual, outside.effect, outside.base, outside.extreme) == (100, 1.0, 100, True)


def test_a_series_with_a_season_is_compared_with_the_year_before():
    rng = random.Random(3)
    year = [200 * (1 + 0.6 * math.sin(2 * math.pi * month / 12)) for month in range(12)]
    history = counts(*(value + rng.gauss(0, math.sqrt(value)) for _ in range(3) for value in year))
    same, doubled = (compare(history, Point(value), "count") for value in (year[0], 2 * year[0]))
    assert same is not None
    assert doubled is not None
    assert same.seasonal
    assert same.p > 0.1
    assert same.usual == history[-12].value
    assert doubled.p < 0.01


def test_a_busier_month_alone_is_no_change_of_a_share():
    shares = [
        Point(0.3, 0.3 * whole, whole) for whole in (400, 900, 500, 1200, 700, 300, 800, 1000, 600, 450, 950, 750)
    ]
    same = compare(shares, Point(0.3, 1500.0, 5000.0), "ratio")
    moved = compare(shares, Point(0.4, 2000.0, 5000.0), "ratio")
    assert same is not None
    assert moved is not None
    assert same.p > 0.9
    assert moved.p < 1e-3


def test_a_share_is_measured_by_its_rarer_side():
    good = [Point(0.99, 990.0, 1000.0)] * 12
    found = compare(good, Point(0.97, 970.0, 1000.0), "ratio")
    assert found is not None
    assert found.effect == pytest.approx(2)  # one failing of a hundred became three
    assert found.base == pytest.approx(10)


@given(
    st.lists(st.floats(0, 1e6), min_size=12, max_size=40),
    st.floats(0, 1e6),
    st.sampled_from(["count", "duration"]),
)
def test_whatever_the_months_were_the_answer_is_a_probability(history, now, scale):
    found = compare([Point(value) for value in history], Point(now), scale)
    assert found is not None
    assert 0 <= found.p <= 1
    assert found.effect >= 0
    assert found.months == min(36, len(history))


def test_months_without_change_make_few_false_claims():
    """A small run of the simulation in bench/gate.py: 48 steady and over-dispersed series, 25 months."""
    rng = random.Random(20261001)
    false_claims = 0
    for _ in range(40):
        compared = []
        for number in range(48):
            level = rng.choice([30, 60, 120, 400])
            noise = 0.25 if number % 2 else 0.0
            months = [
                max(0, rng.gauss(mean := level * rng.lognormvariate(0, noise), math.sqrt(mean))) for _ in range(25)
            ]
            compared.append(compare(counts(*months[:-1]), Point(months[-1]), "count"))
        passed = passing([one.p for one in compared if one], 0.10)
        false_claims += sum(1 for index in passed if (one := compared[index]) and one.effect >= 0.1 and one.base >= 20)
    assert false_claims / 40 <= 0.25
