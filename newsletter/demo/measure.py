"""The real collector over the sample company's data, on a Prometheus of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from msgspec.structs import replace

from newsletter import collect
from newsletter.collect.step import Step
from newsletter.config import Config
from newsletter.demo import plan, world
from newsletter.demo.private_prometheus import private_prometheus
from newsletter.model import Period, Snapshot

_COLLECTED_AFTER = timedelta(hours=6)  # the timer of the sample company rings at six on the first


def measure(config: Config, month: Period, *, progress: Callable[[Step], None] | None = None) -> Snapshot:
    """Back-fill the month with a day on each side, collect it, and throw the database away.

    The snapshot names the configured Prometheus as its source, not the private one with its
    random port: the same month measured again is the same bytes.

    Raises:
        SourceError: Prometheus is not installed, or cannot be asked.
    """
    with tempfile.TemporaryDirectory(prefix="newsletter-demo-") as folder:
        samples = world.write_month(month, Path(folder) / "samples.om")
        with private_prometheus([samples], directory=Path(folder) / "prometheus") as url:
            there = _as_of(month, config).model_copy(
                update={"prometheus": config.prometheus.model_copy(update={"url": url})}
            )
            snapshot = collect.collect(there, month, now=month.end + _COLLECTED_AFTER, progress=progress)
    return replace(snapshot, source=config.prometheus.url)


def _as_of(month: Period, config: Config) -> Config:
    """The config as it was in that month: services that did not exist yet were not in it."""
    services = {name: one for name, one in config.services.items() if plan.born(name) < month.end_s}
    return config.model_copy(update={"services": services})
