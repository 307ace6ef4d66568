"""How much `newsletter --help` costs beside importing click alone."""

from __future__ import annotations

import sys

from bench.paired import Row, pairs, process_cost


def rows() -> list[Row]:
    """CPU of the two processes, 15 pairs."""
    measured = pairs(
        lambda: process_cost([sys.executable, "-m", "newsletter", "--help"]),
        lambda: process_cost([sys.executable, "-c", "import click"]),
        15,
    )
    ratios = tuple(ours.cpu / theirs.cpu for ours, theirs in measured)
    return [Row("newsletter --help / import click, CPU", "<= 1.3", ratios)]
