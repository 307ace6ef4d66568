"""The few queries of the sieve, evaluated the slow way: range semantics of Prometheus 2 (closed) and 3 (left-open)."""

from __future__ import annotations

import math
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from newsletter.collect.series import Answer, Series

Samples = list[tuple[float, float]]
Labels = tuple[tuple[str, str], ...]

_RANGE = r"(?P<selector>[^\[]*)\[(?P<ms>\d+)ms\]"
_SHAPES = {
    rf"count_over_time\({_RANGE}\) != (?P<due>\d+)": "pairs",
    rf"\(avg_over_time\({_RANGE}\) != 1\) == bool 0": "failing",
    rf"count_over_time\({_RANGE}\)": "count",
    _RANGE: "raw",
}


class Model:
    """Stands in for `Prometheus` over series in memory."""

    def __init__(self, series: Mapping[Labels, Samples], *, left_open: bool) -> None:
        self._series = {
            labels: ([round(at * 1000) for at, _ in found], [value for _, value in found])
            for labels, found in series.items()
        }
        self.left_open = left_open
        self.source = "http://model"
        self.read: list[str] = []

    def each(self, ask: Callable[[Any], Any], items: Iterable[Any]) -> Iterable[Any]:
        return map(ask, items)

    def instant(self, query: str, at: float) -> Answer:
        return self._answer(query, [round(at * 1000)])

    def range(self, query: str, start: float, end: float, step: float) -> Answer:
        first, last, every = (round(seconds * 1000) for seconds in (start, end, step))
        return self._answer(query, list(range(first, last + 1, every)))

    def _answer(self, query: str, steps: list[int]) -> Answer:
        shape, found = next(
            (shape, found) for pattern, shape in _SHAPES.items() if (found := re.fullmatch(pattern, query))
        )
        self.read.append(shape)
        rows = []
        for labels, samples in self._series.items():
            if not self._matches(found["selector"], dict(labels)):
                continue
            points = [
                (at, value)
                for step in steps
                for at, value in self._points(shape, found, samples, step)
                if not math.isnan(value)
            ]
            if points:
                times, values = zip(*points, strict=True)
                rows.append(Series(dict(labels), tuple(at / 1000 for at in times), tuple(values)))
        return Answer(tuple(rows))

    def _points(self, shape: str, found: re.Match[str], samples: tuple[list[int], list[float]], step: int) -> Samples:
        times, everything = samples
        begin = step - int(found["ms"])
        first = (bisect_right if self.left_open else bisect_left)(times, begin)
        after = bisect_right(times, step)
        values = everything[first:after]
        if shape == "raw":
            return list(zip(times[first:after], values, strict=True))
        if not values:
            return []
        if shape == "failing":
            mean = sum(values) / len(values)
            return [] if mean == 1 else [(step, float(mean == 0))]
        return [] if shape == "pairs" and len(values) == int(found["due"]) else [(step, float(len(values)))]

    @staticmethod
    def _matches(selector: str, labels: Mapping[str, str]) -> bool:
        wanted = re.search(r'service=~"([^"]*)"', selector)
        return wanted is None or labels["service"] in wanted[1].split("|")
