"""The statistical gate: a change word is printed only of a change that chance does not explain.

Each month's value is first brought to a scale on which chance has the same spread at every level
(variance-stabilising transforms; Anscombe, "The transformation of Poisson, binomial and
negative-binomial data", Biometrika 35, 1948). The ordinary spread is the mean moving range of
the history (Shewhart's chart of individuals: mean |y_t - y_(t-1)| / 1.128), never below what
counting itself must vary by. The new month is compared by a t test of prediction, and over all
comparisons of an edition the false discovery rate is held (Benjamini and Hochberg, JRSS B 57, 1995).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import asin, erfc, log1p, sqrt
from typing import Literal, NamedTuple

from msgspec import Struct

Scale = Literal["count", "ratio", "duration"]

SEASON = 12
"""Months of a year."""
HISTORY = 36
"""At most this many months are looked back on."""
LEAST_HISTORY = 12
"""Fewer months say too little about the ordinary spread."""
LEAST_DURATION_SPREAD = 0.05
"""Spread of log1p(seconds) that is always taken for granted."""

_MOVING_RANGE = 1.128
"""Mean range of two draws from a normal distribution, in standard deviations (d2 for n = 2)."""
_SEASONAL_CORRELATION = 0.3


class Point(NamedTuple):
    """One month of a series: its value, and of a ratio the two counts behind it."""

    value: float
    part: float = 0.0
    whole: float = 0.0


class Comparison(Struct, frozen=True, kw_only=True):
    """A month against its history.

    Args:
        p: two-sided probability of a difference at least this large without any change.
        usual: what the month is compared with, in the unit of the series: the mean of the
            history, or the same month a year ago if the series is seasonal.
        months: how many months of history were used.
        seasonal: whether differences to the year before were compared.
        effect: relative difference; of a ratio that of its rarer side.
        base: the size that `usual` stands on: the count, or the expected count of the rarer side.
        extreme: whether the month lies outside everything in the history.
    """

    p: float
    usual: float
    months: int
    seasonal: bool
    effect: float
    base: float
    extreme: bool


def compare(history: Sequence[Point], now: Point, scale: Scale) -> Comparison | None:
    """Compare a month with the months before it, oldest first; None if they are too few.

    A series is seasonal when two years or more are known and the year before predicts it.
    """
    history = history[-HISTORY:]
    if len(history) < LEAST_HISTORY:
        return None
    levels = _levels(history, scale)
    (level,) = _levels([now], scale)
    seasonal = len(history) >= 2 * SEASON and _lag_correlation(levels, SEASON) > _SEASONAL_CORRELATION
    noise = _least_variances(history, scale)
    (least_now,), least_then = _least_variances([now], scale), _average(noise)
    if seasonal:
        level -= levels[-SEASON]
        levels = [late - early for early, late in zip(levels, levels[SEASON:], strict=False)]
        least_now += noise[-SEASON]
        least_then *= 2
    p = _p_of(level, levels, least_now, least_then)
    before = history[-SEASON] if seasonal else _mean(history, scale)
    values = [point.value for point in history]
    return Comparison(
        p=p,
        usual=before.value,
        months=len(history),
        seasonal=seasonal,
        effect=_effect(before.value, now.value, scale),
        base=_base(before, now, scale),
        extreme=not min(values) <= now.value <= max(values),
    )


def passing(p_values: Sequence[float], rate: float) -> frozenset[int]:
    """The indexes that pass at this false discovery rate (Benjamini-Hochberg step-up)."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    total = len(p_values)
    last = max((rank for rank, index in enumerate(order, 1) if p_values[index] <= rate * rank / total), default=0)
    return frozenset(order[:last])


def t_two_sided(t: float, df: float) -> float:
    """P(|T| >= |t|) of Student's distribution with `df` (>= 4) degrees of freedom.

    G. W. Hill's normal approximation (Algorithm 395, Communications of the ACM 13, 1970); within
    1e-4 of the tables from 4 degrees on.
    """
    a = df - 0.5
    b = 48 * a * a
    z2 = a * log1p(t * t / df)
    z = (((-0.4 * z2 - 3.3) * z2 - 24) * z2 - 85.5) / (0.8 * z2 * z2 + 100 + b) + z2 + 3
    return erfc((z / b + 1) * sqrt(z2 / 2))


def _p_of(level: float, levels: Sequence[float], least_now: float, least_then: float) -> float:
    """A moving-range sigma from n values behaves like one with about 0.62 n degrees of freedom."""
    spread = (_average([abs(late - early) for early, late in pairwise(levels)]) / _MOVING_RANGE) ** 2
    variance = max(spread, least_now) + max(spread, least_then) / len(levels)
    return t_two_sided((level - _average(levels)) / sqrt(variance), 0.62 * len(levels))


def _levels(points: Sequence[Point], scale: Scale) -> list[float]:
    """The values on a scale of even spread."""
    match scale:
        case "count":
            return [2 * sqrt(value + 3 / 8) for value, _, _ in points]
        case "ratio":
            # an angle, not multiplied by sqrt(n): otherwise a busier month alone would look like a change
            return [asin(sqrt(min(1.0, (part + 3 / 8) / (whole + 3 / 4)))) for _, part, whole in points]
        case "duration":
            return [log1p(value) for value, _, _ in points]


def _least_variances(points: Sequence[Point], scale: Scale) -> list[float]:
    """What chance alone makes of them: 1 for the root of a count, 1/(4n) for the angle of a share."""
    match scale:
        case "count":
            return [1.0] * len(points)
        case "ratio":
            return [1 / (4 * whole + 2) for _, _, whole in points]
        case "duration":
            return [LEAST_DURATION_SPREAD**2] * len(points)


def _average(values: Iterable[float]) -> float:
    """Exact enough for three dozen values of one size, and several times faster than `statistics`."""
    listed = list(values)
    return sum(listed) / len(listed)


def _mean(history: Sequence[Point], scale: Scale) -> Point:
    if scale != "ratio":
        return Point(_average(point.value for point in history))
    part, whole = sum(point.part for point in history), sum(point.whole for point in history)
    return Point(part / whole if whole else 0.0, part / len(history), whole / len(history))


def _effect(usual: float, value: float, scale: Scale) -> float:
    """Relative difference. Of a share that of the rarer side: 1 % failing instead of 2 % is half."""
    base = min(usual, 1 - usual) if scale == "ratio" else abs(usual)
    if base <= 0:
        return 0.0 if value == usual else 1.0
    return abs(value - usual) / base


def _base(usual: Point, now: Point, scale: Scale) -> float:
    if scale == "ratio":
        return min(usual.value, 1 - usual.value) * now.whole
    return usual.value


def _lag_correlation(levels: Sequence[float], lag: int) -> float:
    """Autocorrelation at `lag`; 0 for a series that never varies."""
    mean = _average(levels)
    around = [one - mean for one in levels]
    spread = sum([one * one for one in around])
    if spread <= 1e-12 * (1 + mean * mean):
        return 0.0
    return sum([early * late for early, late in zip(around, around[lag:], strict=False)]) / spread


__all__ = [
    "HISTORY",
    "LEAST_HISTORY",
    "SEASON",
    "Comparison",
    "Point",
    "Scale",
    "compare",
    "passing",
    "t_two_sided",
]
