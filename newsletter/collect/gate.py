"""No number from too little: below the coverage gate a value is None, and its evidence says why."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from newsletter.model import Evidence, Figure, ServiceMonth, TicketMonth


def service_or_unknown(service: ServiceMonth, evidence: Mapping[str, Evidence], fail: float) -> ServiceMonth:
    """No percentage for a service of which too little was measured, nor a latency if its durations are too few."""
    latency = service.latency
    return replace(
        service,
        availability=None if service.coverage < fail else service.availability,
        latency=None if latency and _is_thin(evidence[latency.evidence], fail) else latency,
    )


def tickets_or_none(month: TicketMonth, evidence: Mapping[str, Evidence], fail: float) -> TicketMonth:
    """No count of half a month: a reader would take it for the whole."""
    thin = {part for part, key in month.evidence.items() if _is_thin(evidence[key], fail)}
    return replace(
        month,
        opened=None if "opened" in thin else month.opened,
        resolved=None if "resolved" in thin else month.resolved,
        open_at_end=None if "open_at_end" in thin else month.open_at_end,
        resolution={} if "resolution" in thin else month.resolution,
        satisfaction=None if "satisfaction" in thin else month.satisfaction,
        requesters=None if "requesters" in thin else month.requesters,
    )


def figure_or_none(figure: Figure, evidence: Mapping[str, Evidence], fail: float) -> Figure:
    """The same for any other number."""
    if any(_is_thin(evidence[key], fail) for key in figure.evidence):
        return replace(figure, value=None, numerator=None, denominator=None)
    return figure


def explained(evidence: Evidence, fail: float) -> Evidence:
    """Evidence that says why its number is not told."""
    if not _is_thin(evidence, fail):
        return evidence
    why = f"only {evidence.coverage * 100:.1f}% of the month was recorded, so its number is not told"
    return replace(evidence, warnings=(*evidence.warnings, why))


def _is_thin(evidence: Evidence, fail: float) -> bool:
    """Where nothing was recorded at all there is no number anyway."""
    return evidence.samples > 0 and evidence.coverage < fail
