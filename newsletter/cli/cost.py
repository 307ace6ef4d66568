"""The table of `collect --explain-cost`: queries of one shape in one row, and the sum."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from newsletter.collect.cost import Cost

_HEADS = ("query", "requests", "kind", "hours back", "samples read", "returned", "bytes", "seconds")


def cost_table(costs: Sequence[Cost]) -> tuple[Sequence[str], list[Sequence[str]]]:
    """Heads and rows, the dearest first."""
    groups: dict[tuple[str, str], list[Cost]] = defaultdict(list)
    for cost in costs:
        groups[cost.shape, cost.kind].append(cost)
    ordered = sorted(groups.items(), key=lambda group: -sum(cost.seconds for cost in group[1]))
    rows = [_row(shape, kind, group) for (shape, kind), group in ordered]
    return _HEADS, [*rows, _row("sum", "", costs)]


def _row(shape: str, kind: str, costs: Sequence[Cost]) -> tuple[str, ...]:
    windows = sorted({cost.window_s / 3600 for cost in costs if cost.window_s is not None}) if kind else []
    back = "-".join(f"{hours:.4g}" for hours in (windows[:1] + windows[-1:] if len(windows) > 1 else windows))
    read = [cost.read for cost in costs if cost.read is not None]
    return (
        shape,
        str(len(costs)),
        kind,
        back,
        str(sum(read)) if read else "-",
        str(sum(cost.returned for cost in costs)),
        str(sum(cost.size for cost in costs)),
        f"{sum(cost.seconds for cost in costs):.2f}",
    )
