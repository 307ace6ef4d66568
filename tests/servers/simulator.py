"""A small PromQL engine behind HTTP, for servers that no package offers: left-open ranges, remarks in every answer.

It knows the shapes of query that the collector asks, and evaluates each the slow way.
Range semantics: https://prometheus.io/docs/prometheus/latest/migration/ (left-open since Prometheus 3).
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tests.servers.scripted import Handler, Request, plain
from tests.servers.worlds import Recorded

_LOOKBACK_MS = 300_000
_RANGE = r"(?P<selector>[^\[\]]*)\[(?P<ms>\d+)ms\](?: offset (?P<offset>\d+)ms)?"
_MATCHER = re.compile(r'(\w+)(=~|=)"((?:[^"\\]|\\.)*)"')

Window = Sequence[float]

_ROLLUPS: dict[str, Callable[[Window], float]] = {
    "count_over_time": len,
    "avg_over_time": lambda values: sum(values) / len(values),
    "max_over_time": max,
    "last_over_time": lambda values: values[-1],
}


@dataclass(frozen=True)
class Simulator:
    """Answers for `series`; `infos` come with every answer."""

    series: Sequence[Recorded]
    left_open: bool
    infos: Sequence[str] = ()

    def __call__(self, handler: Handler, request: Request) -> None:
        """Reply to one request of the Prometheus API."""
        form = request.form
        if not request.path.endswith(("/query", "/query_range")):
            plain(b"not here", 404, "text/plain")(handler, request)
            return
        many = request.path.endswith("/query_range")
        start, end, step = (
            (form[key] for key in ("start", "end", "step")) if many else (form["time"], form["time"], "1")
        )
        steps = range(_ms(start), _ms(end) + 1, _ms(step))
        result = self._evaluated(form["query"], steps, many=many)
        kind = "matrix" if many or "values" in (result[0] if result else {}) else "vector"
        answer = {"status": "success", "data": {"resultType": kind, "result": result}, "infos": list(self.infos)}
        plain(json.dumps(answer).encode())(handler, request)

    def _evaluated(self, query: str, steps: range, *, many: bool) -> list[Mapping[str, object]]:
        if query == "count_over_time(vector(0)[1s:1s])":
            return [_row({}, [(steps[0], 1.0 if self.left_open else 2.0)], many=many)]
        if raw := re.fullmatch(_RANGE, query):
            rows = ((one, self._window(one, raw, steps[0])) for one in self._matching(raw["selector"]))
            return [_row(one.labels, points, many=True) for one, points in rows if points]
        if "[" not in query:
            found = ((one, self._latest(one, steps[0])) for one in self._matching(query))
            return [_row(one.labels, points, many=False) for one, points in found if points]
        return self._rolled(query, steps, many=many)

    def _rolled(self, query: str, steps: range, *, many: bool) -> list[Mapping[str, object]]:
        """[max|count by (label) (] rollup(range) [)] [comparison] at every step."""
        shape = re.fullmatch(
            rf"(?P<open>\()?(?:(?P<by>max|count) by \((?P<label>\w+)\) \()?(?P<rollup>\w+)\({_RANGE}\)\)?"
            r"(?: (?P<sign>!=|>) (?P<than>\d+))?(?:\) == bool (?P<bool>\d+))?",
            query,
        )
        assert shape, f"a query that the simulator does not know: {query}"
        groups: dict[tuple[tuple[str, str], ...], dict[int, list[float]]] = {}
        for one in self._matching(shape["selector"]):
            labels = {name: value for name, value in one.labels.items() if name != "__name__"}
            kept = {shape["label"]: labels[shape["label"]]} if shape["by"] else labels
            if shape["rollup"] == "last_over_time" and not shape["by"]:
                kept = one.labels
            by_step = groups.setdefault(tuple(kept.items()), {})
            for step in steps:
                if window := self._window(one, shape, step):
                    by_step.setdefault(step, []).append(_ROLLUPS[shape["rollup"]]([value for _, value in window]))
        rows = []
        for labels_of, values in groups.items():
            together = len if shape["by"] == "count" else max
            points = [
                (step, passed)
                for step, found in values.items()
                if (passed := _compared(shape, together(found))) is not None
            ]
            if points:
                rows.append(_row(dict(labels_of), points, many=many))
        return rows

    def _window(self, one: Recorded, shape: re.Match[str], step: int) -> list[tuple[int, float]]:
        end = step - int(shape["offset"] or 0)
        begin = end - int(shape["ms"])
        first = (bisect_right if self.left_open else bisect_left)(one.times_ms, begin)
        after = bisect_right(one.times_ms, end)
        return list(zip(one.times_ms[first:after], one.values[first:after], strict=True))

    @staticmethod
    def _latest(one: Recorded, at: int) -> list[tuple[int, float]]:
        last = bisect_right(one.times_ms, at) - 1
        return [(at, one.values[last])] if last >= 0 and one.times_ms[last] > at - _LOOKBACK_MS else []

    def _matching(self, selector: str) -> list[Recorded]:
        name, _, inside = selector.partition("{")
        wanted = [(label, sign, json.loads(f'"{text}"')) for label, sign, text in _MATCHER.findall(inside)]
        return [
            one
            for one in self.series
            if one.labels["__name__"] == name
            and all(
                re.fullmatch(text if sign == "=~" else re.escape(text), one.labels.get(label, ""))
                for label, sign, text in wanted
            )
        ]


def _compared(shape: re.Match[str], value: float) -> float | None:
    if shape["sign"] and not (value != float(shape["than"]) if shape["sign"] == "!=" else value > float(shape["than"])):
        return None
    return float(value == float(shape["bool"])) if shape["bool"] else value


def _row(labels: Mapping[str, str], points: Sequence[tuple[int, float]], *, many: bool) -> Mapping[str, object]:
    texts = [[at / 1000, f"{value:g}" if value % 1 else str(int(value))] for at, value in points]
    return {"metric": labels, "values": texts} if many else {"metric": labels, "value": texts[0]}


def _ms(seconds: str) -> int:
    return round(float(seconds) * 1000)
