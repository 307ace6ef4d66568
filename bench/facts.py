"""How long the facts of an edition take: 48 and 800 series with 36 months of history, in process."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from statistics import median
from zoneinfo import ZoneInfo

from bench.paired import Row
from newsletter import period
from newsletter.config import Config
from newsletter.facts import tell
from newsletter.model import Evidence, Figure, Snapshot, TicketMonth

ROME = ZoneInfo("Europe/Rome")
HISTORY = 36
RUNS = 15


def rows() -> Iterator[Row]:
    """Median and spread in milliseconds."""
    for series, bar in ((48, 25), (800, 400)):
        config = _config(series)
        *past, now = _months(series)
        taken = []
        for _ in range(RUNS + 1):
            began = time.perf_counter()
            tell(now, past=past, config=config)
            taken.append(1000 * (time.perf_counter() - began))
        shown = sorted(taken[1:])
        text = f"{median(shown):.1f} ms ({shown[0]:.1f}-{shown[-1]:.1f}, n={RUNS})"
        yield Row(f"facts of an edition, {series} series of {HISTORY} months", f"≤ {bar} ms", (), text)


def _config(series: int) -> Config:
    words = {"noun": "x", "sentence": "x", "work": "y", "source": "z", "show": "did_you_know"}
    document = {
        "organisation": "Acme",
        "timezone": "Europe/Rome",
        "prometheus": {"url": "http://127.0.0.1:9090"},
        "figures": {f"f{number}": {"counter": "c", **words} for number in range(series)},
        "smtp": {"from": "it@acme.example"},
    }
    return Config.model_validate(document)


def _months(series: int) -> Iterator[Snapshot]:
    rng = random.Random(20261001)
    evidence = Evidence(id="x", query="c", evaluated_at=datetime(2026, 11, 1, tzinfo=UTC), samples=1, coverage=1)
    month = period.month("2026-10", ROME)
    for back in range(HISTORY, -1, -1):
        label = period.previous(month, ROME, back).label if back else "2026-10"
        figures = {
            f"f{number}": Figure(
                id=f"f{number}", value=rng.randint(80, 120), unit="count", kind="count", evidence=("x",)
            )
            for number in range(series)
        }
        yield Snapshot(
            edition=label,
            period=period.month(label, ROME),
            source="http://127.0.0.1:9090",
            services={},
            tickets=TicketMonth(),
            figures=figures,
            evidence={"x": evidence},
        )
