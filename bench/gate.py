"""The gate for change words against the rules that people use: false claims, and what each still finds.

Months are drawn without any real change (or, for the power, with a shift in the newest one), an
edition at a time: 48 series of counts (steady, over-dispersed, seasonal), durations and shares.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import fmean

from bench.paired import Row
from newsletter.facts.gate import Comparison, Point, Scale, compare, passing

MONTHS = 25
EDITIONS = 200
KINDS: Mapping[str, tuple[int, Scale]] = {
    "steady count": (12, "count"),
    "over-dispersed count": (12, "count"),
    "seasonal count": (8, "count"),
    "duration": (6, "duration"),
    "share": (5, "ratio"),
    "uneven share": (5, "ratio"),
}
SERIES = [kind for kind, (number, _) in KINDS.items() for _ in range(number)]

Rule = Callable[[Sequence[float], float], bool]
NAIVE: Mapping[str, Rule] = {
    "10 % away from last month": lambda past, now: abs(now - past[-1]) >= 0.1 * abs(past[-1]),
    "highest or lowest of the year": lambda past, now: not min(past[-12:]) <= now <= max(past[-12:]),
    "2 standard deviations from the mean": lambda past, now: abs(now - fmean(past)) > 2 * _deviation(past),
    "Poisson p < 0.05 against last month": lambda past, now: (
        abs(now - past[-1]) > 1.96 * math.sqrt(now + past[-1] + 1e-9)
    ),
}


def _deviation(values: Sequence[float]) -> float:
    mean = fmean(values)
    return math.sqrt(sum((one - mean) ** 2 for one in values) / (len(values) - 1))


def _poisson(rng: random.Random, mean: float) -> int:
    """Exact for small means, normal beyond."""
    if mean > 200:
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    limit, product, number = math.exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        number += 1
    return number


def months(rng: random.Random, kind: str, shift: float = 1.0) -> list[Point]:
    """A series of 25 months, the newest multiplied by `shift`."""
    level = rng.choice([30, 60, 120, 400, 1300])
    return [_month(rng, kind, level, number, shift if number == MONTHS - 1 else 1.0) for number in range(MONTHS)]


def _month(rng: random.Random, kind: str, level: float, number: int, shift: float) -> Point:
    match kind:
        case "steady count":
            return Point(_poisson(rng, level * shift))
        case "over-dispersed count":
            return Point(_poisson(rng, level * shift * rng.lognormvariate(0, 0.25)))
        case "seasonal count":
            return Point(_poisson(rng, level * shift * (1 + 0.4 * math.sin(2 * math.pi * number / 12))))
        case "duration":
            return Point(2 * shift * rng.lognormvariate(0, 0.1))
        case _:
            uneven = kind == "uneven share"
            whole = _poisson(rng, 600 * (rng.lognormvariate(0, 0.3) if uneven else 1))
            chance = min(0.98, 0.3 * shift * (rng.lognormvariate(0, 0.15) if uneven else 1))
            part = sum(rng.random() < chance for _ in range(whole))
            return Point(part / whole, part, whole)


def edition(rng: random.Random, shifts: Mapping[int, float]) -> tuple[list[list[Point]], set[int]]:
    """One edition's series, and the indexes of which the gate lets a change word be said."""
    series = [months(rng, kind, shifts.get(index, 1.0)) for index, kind in enumerate(SERIES)]
    compared = [compare(one[:-1], one[-1], KINDS[kind][1]) for one, kind in zip(series, SERIES, strict=True)]
    known = [one for one in compared if one is not None]
    passed = passing([one.p for one in known], 0.10)
    return series, {index for index in passed if _large_enough(known[index], KINDS[SERIES[index]][1])}


def _large_enough(one: Comparison, scale: Scale) -> bool:
    return one.effect >= 0.10 and (scale == "duration" or one.base >= 20)


def rows() -> Iterator[Row]:
    """The table: false claims an edition, then what is found of a real change."""
    rng = random.Random(20261001)
    claims: dict[str, list[float]] = {name: [] for name in ("our gate", *NAIVE)}
    for _ in range(EDITIONS):
        series, said = edition(rng, {})
        claims["our gate"].append(len(said))
        for name, rule in NAIVE.items():
            hits = sum(rule([point.value for point in one[:-1]], one[-1].value) for one in series)
            claims[name].append(hits)
    for name, counts in claims.items():
        bar = "≤ 0.25" if name == "our gate" else ""
        yield Row(f"false change claims an edition of {len(SERIES)} series, {name}", bar, (), f"{fmean(counts):.2f}")
    yield from _power(rng)


def _power(rng: random.Random) -> Iterator[Row]:
    """One series of each kind really changes: how often the gate says so, and what it says wrongly beside."""
    chosen = {kind: SERIES.index(kind) for kind in KINDS}
    for shift in (1.3, 1.5, 2.0, 0.7, 0.5):
        found = dict.fromkeys(KINDS, 0)
        wrong = 0
        for _ in range(EDITIONS // 2):
            _, said = edition(rng, dict.fromkeys(chosen.values(), shift))
            wrong += len(said - set(chosen.values()))
            for kind, index in chosen.items():
                found[kind] += index in said
        shares = ", ".join(f"{kind} {count * 200 // EDITIONS} %" for kind, count in found.items())
        change = f"{shift - 1:+.0%}".replace("%", " %")
        yield Row(
            f"found of a real change of {change}", "", (), f"{shares}; false beside them {wrong * 2 / EDITIONS:.2f}"
        )
