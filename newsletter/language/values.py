"""Values for people who look behind a letter, in plain English: exact, floored, never rounded up."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal


def plain_value(value: float | None, unit: str) -> str:
    """A fact's value with its unit; ratios as percent, floored to three decimals."""
    if value is None:
        return "-"
    if unit == "ratio":
        percent = (Decimal(repr(value)) * 100).quantize(Decimal("0.001"), rounding=ROUND_FLOOR)
        return f"{percent}%"
    number = f"{value:,.0f}" if float(value).is_integer() else f"{value:,.3f}"
    if unit != "seconds":
        return number
    return f"{number} s ({value / 60:,.0f} min)" if value >= 120 else f"{number} s"
