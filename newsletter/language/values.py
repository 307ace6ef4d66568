"""Values for people who look behind a letter, in plain English."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal

_THOUSANDTH = Decimal("0.001")


def plain_value(value: float | None, unit: str) -> str:
    """A fact's value with its unit, floored to three decimals: ratios as percent, long durations also in minutes, to the nearest."""
    if value is None:
        return "-"
    exact = Decimal(repr(value))
    if unit == "ratio":
        return f"{_floored(exact * 100)}%"
    number = f"{exact:,.0f}" if exact == exact.to_integral_value() else f"{_floored(exact):,}"
    if unit != "seconds":
        return number
    return f"{number} s ({value / 60:,.0f} min)" if value >= 120 else f"{number} s"


def _floored(value: Decimal) -> Decimal:
    return value.quantize(_THOUSANDTH, rounding=ROUND_FLOOR)
