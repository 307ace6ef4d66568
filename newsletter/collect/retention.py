"""How long a server keeps samples, as servers tell it. Pure."""

from __future__ import annotations

import re

_UNITS = {"y": 365 * 86400.0, "w": 7 * 86400.0, "d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_MONTH = 31 * 86400.0  # what VictoriaMetrics means by a number without a unit
_FLAG = re.compile(r'^flag\{name="retentionPeriod", *value="([^"]*)"', re.MULTILINE)


def told_by_prometheus(text: str) -> float | None:
    """The seconds of "15d", "1y2w" or "30d or 10GiB"; None where only a size limits them."""
    for part in text.split(" or "):
        if re.fullmatch(r"(?:\d+(?:ms|[ywdhms]))+", part):
            return sum(float(count) * _UNITS[unit] for count, unit in re.findall(r"(\d+)(ms|[ywdhms])", part))
    return None


def told_by_victoria_metrics(page: str) -> float | None:
    """The seconds of the flag -retentionPeriod on the page /metrics, which names it also where nobody set it.

    https://docs.victoriametrics.com/single-server-victoriametrics/#retention
    """
    found = _FLAG.search(page)
    parts = re.fullmatch(r"(\d+(?:\.\d+)?)([ywdh]?)", found[1]) if found else None
    return float(parts[1]) * _UNITS.get(parts[2], _MONTH) if parts else None


def advice(days: int) -> str:
    """How to make a server keep so many days."""
    return f"--storage.tsdb.retention.time={days}d (VictoriaMetrics: -retentionPeriod={days}d)"
