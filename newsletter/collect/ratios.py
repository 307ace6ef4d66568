"""Availability by what was asked of a service: the share of requests that did not fail.

Counters are counted sample by sample. A service without a failed series has no failures, if it has requests;
without requests nobody knows. Rates and ratios that rules have recorded are what they are: averages.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from newsletter import presets
from newsletter.collect import promql
from newsletter.collect.availability import Measured
from newsletter.collect.counter import tally, unnamed, whole
from newsletter.collect.days import Extent, read_days
from newsletter.collect.eventful import counted_samples
from newsletter.collect.promql import Selector
from newsletter.collect.watch import TICK
from newsletter.errors import SourceError
from newsletter.model import Evidence, Requests, ServiceMonth

if TYPE_CHECKING:
    from newsletter.collect.prometheus import Prometheus
    from newsletter.collect.series import Series
    from newsletter.config import AvailabilitySource
    from newsletter.model import Period

_REMARKS: Mapping[presets.Samples, str] = {
    "counters": "a share of requests, not of time",
    "rates": "approximated: recorded rates are added up, sample by sample",
    "ratios": "approximated: the mean of recorded ratios, in which a quiet hour weighs like a busy one",
}


class RatioSource(Struct, frozen=True):
    """An entry of `availability` whose preset counts requests, ready to be asked."""

    preset: presets.RatioPreset
    label: str
    failed: Selector
    total: Selector | None
    target: Selector | None

    @property
    def whole(self) -> Selector:
        """The series that a service has if it can be told at all."""
        return self.total or self.failed

    def among(self, services: Sequence[str]) -> RatioSource:
        """The same of some services."""
        return self._where(promql.one_of(self.label, services))

    def without(self, services: Sequence[str]) -> RatioSource:
        """The same of all other services."""
        return self._where(promql.none_of(self.label, services))

    def _where(self, matcher: str) -> RatioSource:
        return replace(
            self,
            failed=self.failed.where(matcher),
            total=self.total.where(matcher) if self.total else None,
            target=self.target.where(matcher) if self.target else None,
        )


def ratio_source_of(config: AvailabilitySource, only: Sequence[str] | None) -> RatioSource:
    """The series an entry means.

    Args:
        config: an entry whose preset counts requests.
        only: ids of the services to read; None reads all.

    Raises:
        ConfigError: a label is not PromQL.
    """
    preset = presets.load_as(presets.RatioPreset, config.preset or "")
    failed, total, target = (
        promql.narrowed(text, config.match) if text else None for text in (preset.failed, preset.total, preset.target)
    )
    assert failed
    source = RatioSource(preset, promql.label_name(config.service_label), failed, total, target)
    source = source.without(config.leave_out) if config.leave_out else source
    return source if only is None else source.among(only)


def measure_ratios(prometheus: Prometheus, source: RatioSource, period: Period) -> Measured:
    """The month of every service that `source` has series of.

    Raises:
        SourceError: no or partial answers, no series, or series without the service's label.
    """
    read = _counted if source.preset.samples == "counters" else _averaged
    shares = read(prometheus, source, period)
    if not shares:
        raise SourceError(
            f"{prometheus.source}: no series match {source.whole} in {period.label}",
            "Check preset and match of availability in config.yaml.",
        )
    if "" in shares:
        raise SourceError(
            f"{source.whole} matches series without the label {source.label!r}",
            "Set availability.service_label to a label that tells services apart.",
        )
    targets = _targets(prometheus, source, period)
    measured = Measured()
    for name, share in sorted(shares.items()):
        evidence = _evidence(name, source, share, period)
        measured.evidence |= {one.id: one for one in evidence}
        measured.services[name] = _month(name, source, share, targets.get(name), evidence)
    return measured


class _Share(Struct):
    """What failed of what was asked, as read from so many samples; `coverage` is that of the whole."""

    total: float = 0.0
    failed: float = 0.0
    samples: int = 0
    failed_samples: int = 0
    coverage: float = 0.0


def _month(
    name: str, source: RatioSource, share: _Share, target: float | None, evidence: Sequence[Evidence]
) -> ServiceMonth:
    exact = source.preset.samples == "counters"
    return ServiceMonth(
        id=name,
        availability=1 - min(share.failed / share.total, 1.0) if share.total else None,
        up_s=0.0,
        down_s=0.0,
        excluded_s=0.0,
        unknown_s=0.0,
        coverage=share.coverage,
        evidence=tuple(one.id for one in evidence),
        basis=source.preset.basis,
        requests=Requests(
            total=whole(share.total, f"requests of {name}"), failed=whole(share.failed, f"failures of {name}")
        )
        if exact
        else None,
        target=target,
    )


def _evidence(name: str, source: RatioSource, share: _Share, period: Period) -> list[Evidence]:
    """The queries that show the samples: those of the failures, then those of everything that was asked."""
    warning = _REMARKS[source.preset.samples]
    warnings = (warning, *(() if share.total else ("nothing was asked in the month",)))
    of_one = source.among([name])
    parts = [("availability", of_one.failed, share.failed_samples)]
    if of_one.total:
        parts.append(("requests", of_one.total, share.samples))
    return [
        Evidence(
            id=f"{part}/{name}",
            query=selector.over(period.seconds),
            evaluated_at=datetime.fromtimestamp(period.end_s - TICK, UTC),
            samples=samples,
            coverage=share.coverage,
            warnings=warnings,
        )
        for part, selector, samples in parts
    ]


def _targets(prometheus: Prometheus, source: RatioSource, period: Period) -> dict[str, float]:
    """The ratio that the source itself promises for each service, at the end of the month; the highest of several."""
    if source.target is None:
        return {}
    answer = prometheus.instant(f"max by ({source.label}) ({source.target})", period.end_s - TICK)
    found = {series.labels.get(source.label, ""): series.values[0] for series in answer.series if series.values}
    return {name: value for name, value in found.items() if 0 < value <= 1}


def _counted(prometheus: Prometheus, source: RatioSource, period: Period) -> dict[str, _Share]:
    """Counters: the failed series are among all series, so that all are counted once."""
    every = tally(prometheus, source.whole, period)
    failed = counted_samples(prometheus, source.failed, period)
    shares: dict[str, _Share] = defaultdict(lambda: _Share(coverage=every.coverage))
    for labels, gained in every.gained.items():
        share = shares[dict(labels).get(source.label, "")]
        key = unnamed(labels)
        share.total += gained
        share.samples += every.samples[labels]
        if key in failed:
            share.failed += gained
            share.failed_samples += failed[key]
    return dict(shares)


def _averaged(prometheus: Prometheus, source: RatioSource, period: Period) -> dict[str, _Share]:
    """Rates and ratios that rules record: their samples are added up, NaN (nothing was asked) left out."""
    failed = _sums(prometheus, source.failed, source.label, period)
    every = _sums(prometheus, source.total, source.label, period) if source.total else failed
    shares: dict[str, _Share] = {}
    for name, (extent, total) in every.items():
        bad_extent, bad = failed.get(name, (Extent(), 0.0))
        shares[name] = _Share(
            # a mean of ratios: each sample is one of as many
            total=total if source.total else float(extent.samples),
            failed=bad,
            samples=extent.samples,
            failed_samples=bad_extent.samples,
            coverage=extent.coverage(period),
        )
    return shares


def _sums(prometheus: Prometheus, selector: Selector, label: str, period: Period) -> dict[str, tuple[Extent, float]]:
    """By service, the samples that were read and their sum."""

    def reduced(day: Sequence[Series]) -> list[tuple[str, Extent, float]]:
        return [(series.labels.get(label, ""), Extent.of([series]), sum(series.values)) for series in day]

    found: dict[str, tuple[Extent, float]] = {}
    for day in read_days(prometheus, selector, period, reduced):
        for name, extent, total in day:
            known, before = found.get(name, (Extent(), 0.0))
            found[name] = known.and_also(extent), before + total
    return found
