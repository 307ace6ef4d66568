"""Services that were measured by what was asked of them: words without minutes."""

from __future__ import annotations

from newsletter.compose.context import Context
from newsletter.compose.standing import Standing


def result(context: Context, standing: Standing) -> str:
    """The result in words: "99.98% of requests answered"."""
    return context.text(f"share.{standing.month.basis}", percent=context.formats.percent(standing.ratio))


def unit(context: Context, standing: Standing) -> str:
    """What the percentage is a share of, to stand under it: "of 1,204,331 requests answered"."""
    counts = standing.month.requests
    if counts is None:
        return context.text(f"share.unit_{standing.month.basis}")
    return context.text("share.unit_counted", n=counts.total)


def target(context: Context, standing: Standing) -> str:
    """The promised share."""
    promised = standing.fact.target or 0.0
    return context.formats.ratio(promised, "nearest", like=promised)
