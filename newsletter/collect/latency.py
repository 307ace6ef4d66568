"""How fast services answered: an upper bound on a quantile of the durations, in few queries.

A prober writes a duration beside every 0/1 sample, also of a test that failed: 0, or its timeout, which
is no answer. To take only those of successful tests would need a subquery or every raw sample. One
`quantile_over_time` of the whole series is enough if it looks a little further up.

Let a series have N durations x_0 <= ... <= x_(N-1), F of them of failed tests, and let s_0 <= ... <= s_(S-1)
be the S = N - F others. Among x_0 ... x_(i+F) at most F are of failed tests, so at least i + 1 are of
successful ones, and s_i <= x_(i+F), whatever the failed ones say. The q-quantile of the S by nearest rank is
s_(k) with k = ceil(q S) - 1: at least q S of them are no greater. So x_(k+F) bounds it from above, and so does
the quantile (k + F) / (N - 1) of the series, or any greater one (Prometheus interpolates between the ranks
floor and ceiling of p (N - 1): https://prometheus.io/docs/prometheus/latest/querying/functions/).
k + F never falls where F grows at the cost of S, so an F that is too great keeps the bound, too.

The greatest bound of a service's series holds for the answers to all of them together: in each, at least
the share q took no longer.

The server sorts what is not a number below everything, and infinities where they do not belong; a service
with such samples is read in full instead.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from newsletter.collect.promql import Selector, batches, one_of
from newsletter.collect.watch import TICK, Watch
from newsletter.model import Evidence, Latency, Period, ServiceMonth

if TYPE_CHECKING:
    from newsletter.collect.prometheus import Prometheus
    from newsletter.collect.series import Series
    from newsletter.config import LatencyConfig

_STEPS = 50  # between the quantile asked for and 1: series that need about the same share a query

_AT_ONCE = 100  # services a query: the server sorts every sample of a month, which must end before its timeout

Labels = tuple[tuple[str, str], ...]


class Latencies(Struct):
    """By service its latency, if anything is known of it, and the evidence."""

    services: dict[str, Latency] = field(default_factory=dict)
    evidence: dict[str, Evidence] = field(default_factory=dict)


class _Counted(Struct):
    """The series of durations of one service.

    Attributes:
        ranks: by series with answers, the quantile to ask for.
        samples: how many durations there are, those of failed tests included.
        spoilt: whether some are no number.
    """

    ranks: dict[Labels, Fraction] = field(default_factory=dict)
    samples: int = 0
    spoilt: bool = False


class _Bound(Struct, frozen=True):
    """What was found for one service: seconds (None if nothing), how to ask again, and what to know of it."""

    seconds: float | None
    query: str
    samples: int
    remark: str = ""


class _Source(Struct, frozen=True):
    """Whom to ask for what: the 0/1 series, the durations beside them, and the quantile of these in the period."""

    prometheus: Prometheus
    watch: Watch
    durations: Selector
    quantile: Fraction
    period: Period

    def of(self, names: Iterable[str]) -> str:
        """The durations of some services in the month."""
        return self.durations.where(one_of(self.watch.service_label, names)).over(self.period.seconds)

    def quantile_of(self, names: Iterable[str], rank: Fraction) -> str:
        """PromQL for a quantile of each of their series."""
        return f"quantile_over_time({float(rank):.10g}, {self.of(names)})"

    def ask(self, query: str) -> Sequence[Series]:
        """What the server says at the end of the month."""
        return self.prometheus.instant(query, self.period.end_s - TICK).series


def measure(
    prometheus: Prometheus,
    watch: Watch,
    config: LatencyConfig,
    period: Period,
    months: Mapping[str, tuple[ServiceMonth, int]],
) -> Latencies:
    """The latency of every service of `months`.

    Args:
        prometheus: asked.
        watch: the 0/1 series that tell which tests succeeded.
        config: where the durations are, and which quantile is wanted.
        period: the month.
        months: by service, its measured month and how many 0/1 samples that has.

    Raises:
        SourceError: no or partial answers.
    """
    durations = replace(watch.selector, metric=config.metric or "")
    source = _Source(prometheus, watch, durations, Fraction(str(config.quantile)), period)
    counted = _counted(source)
    if not counted:
        return Latencies(evidence=_nothing(source))
    bounds = _bounded(source, counted)
    spoilt = sorted(name for name, one in counted.items() if one.spoilt and name in months)
    bounds |= dict(zip(spoilt, prometheus.each(partial(_read, source), spoilt), strict=True))
    found = Latencies()
    for name, (month, due) in months.items():
        bound = bounds.get(name) or _Bound(None, source.of([name]), 0, "no answer with a duration, so it is not told")
        coverage = month.coverage * min(1.0, bound.samples / due) if due else 0.0
        evidence = _evidence(source, f"latency/{name}", bound, coverage)
        found.evidence[evidence.id] = evidence
        latency = _latency(bound, config, evidence.id)
        found.services |= {name: latency} if latency else {}
    return found


def _latency(bound: _Bound, config: LatencyConfig, evidence: str) -> Latency | None:
    """To the millisecond. None where no answer took any time: such a gauge says "none", not "at once"."""
    if bound.seconds is None or bound.seconds <= 0:
        return None
    milliseconds = bound.seconds if config.unit == "milliseconds" else bound.seconds * 1000
    seconds = math.ceil(round(milliseconds, 6)) / 1000  # rounded up, as it is a bound
    return Latency(quantile=config.quantile, seconds=seconds, evidence=evidence, show=config.show)


# --- counting -----------------------------------------------------------------------------


def _counted(source: _Source) -> dict[str, _Counted]:
    """By service its series of durations, with the quantile of each that bounds that of its answers."""
    window = source.durations.over(source.period.seconds)
    # adding nothing makes the count of those no number that hold a sample that is none
    queries = (f"count_over_time({window}) + 0 * sum_over_time({window})", source.watch.amiss(source.period.seconds))
    of_durations, of_tests = source.prometheus.each(source.ask, queries)
    failed = {_labels(series): series for series in of_tests}
    found: dict[str, _Counted] = defaultdict(_Counted)
    for series in of_durations:
        tests = failed.get(_labels(series))
        if tests is None:
            continue  # who knows which of its durations are answers
        one = found[source.watch.service(series.labels)]
        if not (series.values and tests.values):
            one.spoilt = True
            continue
        samples = round(series.values[0])
        one.samples += samples
        rank = rank_of(samples, round(tests.values[0]), source.quantile)
        if rank is not None:
            one.ranks[_labels(series)] = rank
    return found


def rank_of(samples: int, failed: int, quantile: Fraction) -> Fraction | None:
    """The quantile of all `samples` that is no less than the `quantile` of those that did not fail.

    It is rounded up to steps, so that most series have the same one and share a query; a step above, as
    the server computes in binary fractions and must not end up a hair below. None without any answer.
    """
    answers = samples - failed
    if answers < 1:
        return None
    rank = Fraction(failed + math.ceil(quantile * answers) - 1, max(samples - 1, 1))
    step = (1 - quantile) / _STEPS
    return min((rank // step + 1) * step, Fraction(1))


def _labels(series: Series) -> Labels:
    return tuple(sorted((name, value) for name, value in series.labels.items() if name != "__name__"))


# --- asking -------------------------------------------------------------------------------


def _bounded(source: _Source, counted: Mapping[str, _Counted]) -> dict[str, _Bound]:
    """The bounds of all services whose durations are numbers: the greatest of each one's series."""
    wanted: dict[Fraction, set[str]] = defaultdict(set)
    for name, one in counted.items():
        for rank in () if one.spoilt else one.ranks.values():
            wanted[rank].add(name)

    def ask(group: tuple[Fraction, list[str]]) -> list[tuple[str, float, Fraction]]:
        rank, names = group
        found = (
            (source.watch.service(series.labels), series) for series in source.ask(source.quantile_of(names, rank))
        )
        return [
            (name, series.values[0], rank)
            for name, series in found
            if series.values and counted[name].ranks.get(_labels(series)) == rank
        ]

    groups = [(rank, part) for rank in sorted(wanted) for part in _parts(sorted(wanted[rank]))]
    greatest: dict[str, tuple[float, Fraction]] = {}
    for answers in source.prometheus.each(ask, groups):
        for name, seconds, rank in answers:
            greatest[name] = max(greatest.get(name, (seconds, rank)), (seconds, rank))
    return {
        name: _Bound(seconds, source.quantile_of([name], rank), counted[name].samples)
        for name, (seconds, rank) in greatest.items()
    }


def _parts(names: Sequence[str]) -> Iterator[list[str]]:
    for part in batches(names):
        for begin in range(0, len(part), _AT_ONCE):
            yield part[begin : begin + _AT_ONCE]


def _read(source: _Source, name: str) -> _Bound:
    """The slowest series of a service by nearest rank, of durations that are numbers and of tests that succeeded."""
    query = source.of([name])
    succeeded = {
        _labels(series): {at for at, value in zip(series.times, series.values, strict=True) if value == 1}
        for series in source.ask(source.watch.only([name]).over(source.period.seconds))
    }
    slowest: float | None = None
    samples = 0
    for series in source.ask(query):
        samples += len(series.values)
        known = succeeded.get(_labels(series), set())
        answers = sorted(value for at, value in zip(series.times, series.values, strict=True) if at in known)
        if answers:
            slowest = max(answers[math.ceil(source.quantile * len(answers)) - 1], slowest or 0.0)
    return _Bound(slowest, query, samples, "some durations are no number; the others were read one by one")


# --- evidence -----------------------------------------------------------------------------


def _evidence(source: _Source, key: str, bound: _Bound, coverage: float) -> Evidence:
    return Evidence(
        id=key,
        query=bound.query,
        evaluated_at=datetime.fromtimestamp(source.period.end_s - TICK, UTC),
        samples=bound.samples,
        coverage=coverage,
        warnings=(bound.remark,) if bound.remark else (),
    )


def _nothing(source: _Source) -> dict[str, Evidence]:
    """Evidence that there are no durations at all: is the metric misspelt?"""
    key = f"latency/{source.durations}"
    remark = f"no series of {source.durations} with the labels of a 0/1 series, so no latency is told"
    bound = _Bound(None, source.durations.over(source.period.seconds), 0, remark)
    return {key: _evidence(source, key, bound, 0.0)}
