"""The quantile of all durations that bounds the one of the answers, against every way that tests can fail."""

from __future__ import annotations

import math
import random
from fractions import Fraction

import pytest

from newsletter.collect.latency import rank_of


def quantile_over_time(rank: float, values: list[float]) -> float:
    """As Prometheus computes it, in binary fractions."""
    ordered = sorted(values)
    at = rank * (len(ordered) - 1)
    lower = max(0, math.floor(at))
    upper = min(len(ordered) - 1, lower + 1)
    weight = at - math.floor(at)
    return ordered[lower] * (1 - weight) + ordered[upper] * weight


def as_sent(rank: Fraction) -> float:
    return float(f"{float(rank):.10g}")


def durations(rng: random.Random, count: int) -> list[float]:
    kinds = (lambda: rng.expovariate(5), lambda: rng.choice((0.1, 0.2, 10.0)), lambda: rng.paretovariate(1.1))
    kind = rng.choice(kinds)
    return [kind() for _ in range(count)]


FAILED = (lambda _: 0.0, lambda _: 10.0, lambda rng: rng.choice((0.0, 10.0)), lambda rng: rng.expovariate(1))


@pytest.mark.parametrize("seed", range(4))
def test_the_bound_holds_whatever_failed_tests_report(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(1500):
        answers = durations(rng, rng.choice((1, 2, 3, 19, 20, 21, 40, 100, 400)))
        report = rng.choice(FAILED)
        failed = [report(rng) for _ in range(rng.choice((0, 0, 1, 2, 7, 50)))]
        quantile = Fraction(rng.choice(("0.5", "0.9", "0.95", "0.99", "0.999")))
        rank = rank_of(len(answers) + len(failed), len(failed), quantile)
        assert rank is not None
        bound = quantile_over_time(as_sent(rank), answers + failed)
        within = sum(value <= bound * (1 + 1e-12) for value in answers)
        assert within >= quantile * len(answers)


def test_counting_too_many_failures_keeps_the_bound() -> None:
    rng = random.Random(11)
    for _ in range(1500):
        answers, failed = durations(rng, rng.randint(2, 60)), [0.0] * rng.randint(0, 20)
        counted = len(failed) + rng.randint(0, len(answers) - 1)
        rank = rank_of(len(answers) + len(failed), counted, Fraction("0.95"))
        assert rank is not None
        bound = quantile_over_time(as_sent(rank), answers + failed)
        assert sum(value <= bound * (1 + 1e-12) for value in answers) >= Fraction("0.95") * len(answers)


def test_the_bound_is_tight_where_few_tests_failed() -> None:
    answers = [number / 44000 for number in range(44000)]
    rank = rank_of(44010, 10, Fraction("0.95"))
    assert rank == Fraction("0.951")
    assert quantile_over_time(as_sent(rank), [*answers, *([0.0] * 10)]) == pytest.approx(0.951, abs=0.0003)


def test_series_alike_share_their_rank() -> None:
    ranks = {rank_of(44640, failed, Fraction("0.95")) for failed in range(800)}
    assert len(ranks) == 2


def test_without_an_answer_there_is_no_bound() -> None:
    assert rank_of(10, 10, Fraction("0.95")) is None
