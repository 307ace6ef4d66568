"""Prometheus in, snapshot out: the only stage that asks the monitoring."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from newsletter.collect.cost import Cost
    from newsletter.collect.step import Step
    from newsletter.config import Config, CoverageConfig
    from newsletter.model import Finding, Period, Snapshot


def collect(
    config: Config,
    period: Period,
    *,
    now: datetime,
    progress: Callable[[Step], None] | None = None,
    costs: Callable[[Cost], None] | None = None,
) -> Snapshot:
    """Measure everything the configuration asks for in `period`.

    Args:
        config: the sources.
        period: a month that is over.
        now: the present (aware); how far after the month samples can be expected.
        progress: told what is being done, and how far it is.
        costs: told of every query that is answered.

    Returns:
        The month. A service measured for less than `coverage.fail` has no availability: see `below_gate`.

    Raises:
        SourceError: Prometheus gave no answer or a partial one, has no matching series, or has
            already forgotten the month.
        ConfigError: a secret is missing, or a selector is not PromQL.
    """
    from newsletter.collect import collector  # the snapshot alone must not cost the HTTP libraries

    return collector.collect(config, period, now=now, progress=progress, costs=costs)


def examine(config: Config, month: Period, *, now: datetime, uncollected: Sequence[Period]) -> Iterator[Finding]:
    """Whether `collect` would succeed, and what it would miss; see `newsletter.collect.examination`."""
    from newsletter.collect import examination

    return examination.examine(config, month, now=now, uncollected=uncollected)


def below_gate(snapshot: Snapshot, coverage: CoverageConfig) -> tuple[str, ...]:
    """The services of which too little was measured to state a percentage."""
    return tuple(name for name, service in snapshot.services.items() if service.coverage < coverage.fail)
