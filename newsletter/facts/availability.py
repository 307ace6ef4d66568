"""How much of the month each service was up, whether that met its target, how fast it answered, each interruption.

availability = up / (up + down), where excluded and unmeasured time are in neither
(SRE Workbook, ch. 2: good events / valid events). A target allows
(1 - target) * (up + down) seconds of downtime. It is missed when the downtime that was seen is more,
and met when what nobody measured could not have used up the rest; else nobody can judge it.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Literal

from newsletter.config import Config
from newsletter.model import Fact, Outage, ServiceMonth, Snapshot


def availability_facts(snapshot: Snapshot, before: Snapshot | None, config: Config) -> Iterator[Fact]:
    """One availability fact a service, with its latency and one fact an interruption; then the worst service."""
    for service_id in service_order(snapshot, config):
        month = snapshot.services[service_id]
        month_before = before.services.get(service_id) if before else None
        yield _availability(month, month_before, config)
        yield from _latency(month, month_before)
        yield from (_interruption(service_id, number, outage, month) for number, outage in enumerate(month.outages, 1))
    yield from _worst(snapshot, config)


def service_order(snapshot: Snapshot, config: Config) -> tuple[str, ...]:
    """Services as the config lists them, then the unlisted ones by id (unless these are ignored)."""
    listed = [service_id for service_id in config.services if service_id in snapshot.services]
    if config.unlisted_services == "ignore":
        return tuple(listed)
    return (*listed, *sorted(set(snapshot.services) - set(listed)))


def _availability(month: ServiceMonth, before: ServiceMonth | None, config: Config) -> Fact:
    if month.basis != "time":
        return _answered(month, before, config)
    target = _target(month.id, config)
    value = _ratio(month, config.coverage.fail)
    allowed = None if target is None or value is None else (1 - target) * _measured(month)
    met = None if allowed is None else _met(month, allowed)
    previous = _ratio(before, config.coverage.fail) if before else None
    return Fact(
        id=f"{month.id}.availability",
        type=_verdict(met, target),
        subject=month.id,
        value=None if value is None else float(value),
        unit="ratio",
        previous=None if previous is None else float(previous),
        target=None if target is None else float(target),
        met=met,
        level="number" if met is None else "target",
        evidence=month.evidence,
        detail={
            "up_s": month.up_s,
            "down_s": month.down_s,
            "excluded_s": month.excluded_s,
            "unknown_s": month.unknown_s,
            "outside_hours_s": month.excluded_for("hours"),
            "planned_work_s": month.excluded_for("maintenance"),
            "allowed_s": None if allowed is None else float(allowed),
            "left_s": None if allowed is None else float(allowed - Fraction(month.down_s)),
            "outages": sum(not outage.continues_before for outage in month.outages),
            "coverage": month.coverage,
        },
    )


def _answered(month: ServiceMonth, before: ServiceMonth | None, config: Config) -> Fact:
    """The share of what was asked that did not fail; its target is the source's own where the config has none."""
    target = _target(month.id, config)
    if target is None and month.target is not None:
        target = Fraction(str(month.target))
    value, previous = (_ratio(one, config.coverage.fail) if one else None for one in (month, before))
    met = None if value is None or target is None else value >= target
    requests = month.requests
    return Fact(
        id=f"{month.id}.availability",
        type=_verdict(met, target),
        subject=month.id,
        value=None if value is None else float(value),
        unit="ratio",
        previous=None if previous is None or before is None or before.basis != month.basis else float(previous),
        target=None if target is None else float(target),
        met=met,
        level="number" if met is None else "target",
        evidence=month.evidence,
        detail={
            "basis": month.basis,
            "requests": requests.total if requests else None,
            "failed": requests.failed if requests else None,
            "outages": 0,
            "coverage": month.coverage,
        },
    )


def _met(month: ServiceMonth, allowed: Fraction) -> bool | None:
    """Whether the downtime kept to what is `allowed`; None where unmeasured time decides it."""
    if Fraction(month.down_s) > allowed:
        return False
    return True if Fraction(month.down_s) + Fraction(month.unknown_s) <= allowed else None


def _verdict(
    met: bool | None, target: Fraction | None
) -> Literal["value", "target_met", "target_missed", "target_unjudged"]:
    if target is None:
        return "value"
    return "target_unjudged" if met is None else "target_met" if met else "target_missed"


def _latency(month: ServiceMonth, before: ServiceMonth | None) -> Iterator[Fact]:
    """How fast it answered; the month before only where that was the same quantile."""
    now, then = month.latency, before.latency if before else None
    if now:
        yield Fact(
            id=f"{month.id}.latency",
            type="latency",
            subject=month.id,
            value=now.seconds,
            unit="seconds",
            previous=then.seconds if then and then.quantile == now.quantile else None,
            evidence=(now.evidence,),
            detail={
                "quantile": now.quantile,
                "meaning": f"an upper bound: at least {now.quantile * 100:.10g}% of answers took no longer",
            },
        )


def _interruption(service_id: str, number: int, outage: Outage, month: ServiceMonth) -> Fact:
    return Fact(
        id=f"{service_id}.interruption_{number}",
        type="interruption",
        subject=service_id,
        value=outage.down_s,
        unit="seconds",
        evidence=month.evidence,
        detail={
            "start": outage.start,
            "end": outage.end,
            "continues_before": int(outage.continues_before),
            "continues_after": int(outage.continues_after),
            "stretches": len(outage.stretches) or 1,
        },
    )


def _worst(snapshot: Snapshot, config: Config) -> Iterator[Fact]:
    """The service with the lowest availability, if any was down; of equals a critical one, then the first."""
    measured = {
        name: ratio
        for name in service_order(snapshot, config)
        if (ratio := _ratio(snapshot.services[name], config.coverage.fail)) is not None
        and snapshot.services[name].down_s > 0
    }
    if measured:
        worst = min(measured, key=lambda name: (measured[name], not _critical(name, config)))
        yield Fact(
            id="services.worst",
            type="worst",
            subject=worst,
            value=float(measured[worst]),
            unit="ratio",
            evidence=snapshot.services[worst].evidence,
            detail={"service": worst, "down_s": snapshot.services[worst].down_s},
        )


def _critical(service_id: str, config: Config) -> bool:
    """Whether the organisation stands still without it."""
    return service_id in config.services and config.services[service_id].critical


def _target(service_id: str, config: Config) -> Fraction | None:
    """The configured percent as an exact ratio: 99.9 is 999/1000, which no binary float is."""
    service = config.services.get(service_id)
    return None if service is None or service.target is None else Fraction(str(service.target)) / 100


def _measured(month: ServiceMonth) -> Fraction:
    return Fraction(month.up_s) + Fraction(month.down_s)


def _ratio(month: ServiceMonth, gate: float) -> Fraction | None:
    """Up / (up + down) if enough was measured to state it; recomputed, so that no rounding in a file matters."""
    if month.availability is None or month.coverage < gate:
        return None
    if month.basis != "time":
        counts = month.requests
        return 1 - Fraction(counts.failed, counts.total) if counts else Fraction(str(month.availability))
    if _measured(month) == 0:
        return None
    return Fraction(month.up_s) / _measured(month)
