"""A snapshot as the JSON of snapshot.json: fixed order of keys, times in the edition's own zone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import to_builtins

from newsletter import model

SCHEMA = 1

Iso = Callable[[datetime], str]


def snapshot_json(snapshot: model.Snapshot) -> dict[str, Any]:
    """All of `snapshot`; equal snapshots give equal JSON, in equal order."""
    zone = ZoneInfo(snapshot.period.timezone)

    def iso(at: datetime) -> str:
        return at.astimezone(zone).isoformat(timespec="milliseconds" if at.microsecond else "seconds")

    period = snapshot.period
    return {
        "schema": SCHEMA,
        "edition": snapshot.edition,
        "period": {
            "start": iso(period.start),
            "end": iso(period.end),
            "seconds": _number(period.seconds),
            "timezone": period.timezone,
        },
        "source": snapshot.source,
        **({"policy": _policy_json(snapshot.policy)} if snapshot.policy else {}),
        "services": {name: _service_json(snapshot.services[name], iso) for name in sorted(snapshot.services)},
        "tickets": _tickets_json(snapshot.tickets),
        "figures": {name: _figure_json(snapshot.figures[name]) for name in sorted(snapshot.figures)},
        "evidence": {name: _evidence_json(snapshot.evidence[name], iso) for name in sorted(snapshot.evidence)},
    }


def _service_json(service: model.ServiceMonth, iso: Iso) -> dict[str, Any]:
    # Only a service that was born or retired in the month needs to say when it existed.
    lifetime = {"lifetime": _span_json(service.lifetime, iso)} if service.lifetime else {}
    return {
        "availability": service.availability,
        "up_s": _number(service.up_s),
        "down_s": _number(service.down_s),
        "excluded_s": _number(service.excluded_s),
        "unknown_s": _number(service.unknown_s),
        "coverage": service.coverage,
        "outages": [
            {
                **_span_json(outage, iso),
                "down_s": _number(outage.down_s),
                "continues_before": outage.continues_before,
                "continues_after": outage.continues_after,
                # Only an interruption with something inside needs to say when it was seen down.
                **({"stretches": [_span_json(one, iso) for one in outage.stretches]} if outage.stretches else {}),
            }
            for outage in service.outages
        ],
        "excluded": [{**_span_json(one, iso), "reason": one.reason} for one in service.excluded],
        "unknown": [_span_json(interval, iso) for interval in service.unknown],
        "evidence": list(service.evidence),
        **lifetime,
        **_basis_json(service),
        **_known("latency", to_builtins(service.latency)),
    }


def _policy_json(policy: model.Policy) -> dict[str, Any]:
    return {
        "timezone": policy.timezone,
        "rules": [
            {
                "interval_s": _number(rule.interval_s),
                "vote": rule.vote,
                "merge_within_s": _number(rule.merge_within_s),
                "maintenance": rule.maintenance,
            }
            for rule in policy.rules
        ],
        "hours": _times_json(policy.hours),
        "holidays": list(policy.holidays),
        "maintenance": _times_json(policy.maintenance),
        "coverage_fail": policy.coverage_fail,
    }


def _times_json(times: Mapping[str, model.Times]) -> dict[str, Any]:
    return {name: {"times": list(times[name].texts), "timezone": times[name].timezone} for name in sorted(times)}


def _basis_json(service: model.ServiceMonth) -> dict[str, Any]:
    """What only services say whose availability is no share of time."""
    if service.basis == "time":
        return {}
    return {
        "basis": service.basis,
        "requests": to_builtins(service.requests),
        "target": service.target,
    }


def _span_json(span: model.Interval | model.Outage, iso: Iso) -> dict[str, str]:
    return {"start": iso(_instant(span.start)), "end": iso(_instant(span.end))}


def _tickets_json(tickets: model.TicketMonth) -> dict[str, Any]:
    return {
        "opened": _count_json(tickets.opened),
        "resolved": _count_json(tickets.resolved),
        "open_at_end": _count_json(tickets.open_at_end),
        "resolution": {
            key: {
                "count": tickets.resolution[key].count,
                "share_within_s": {
                    f"{_number(edge)}": share for edge, share in sorted(tickets.resolution[key].share_within_s.items())
                },
                "median_between_s": _numbers(tickets.resolution[key].median_between_s),
                **_known("median_s", _number(tickets.resolution[key].median_s)),
            }
            for key in sorted(tickets.resolution)
        },
        **_known("satisfaction", to_builtins(tickets.satisfaction)),
        **_known("requesters", _count_json(tickets.requesters)),
        "evidence": dict(sorted(tickets.evidence.items())),
    }


def _count_json(count: model.Count | None) -> dict[str, Any] | None:
    if count is None:
        return None
    weeks = {"weeks": list(count.weeks)} if count.weeks else {}
    return {"total": count.total, "by": dict(sorted(count.by.items())), **weeks}


def _figure_json(figure: model.Figure) -> dict[str, Any]:
    return {
        "value": _number(figure.value),
        "unit": figure.unit,
        "kind": figure.kind,
        "evidence": list(figure.evidence),
        "numerator": _number(figure.numerator),
        "denominator": _number(figure.denominator),
    }


def _evidence_json(evidence: model.Evidence, iso: Iso) -> dict[str, Any]:
    return {
        "query": evidence.query,
        "evaluated_at": iso(evidence.evaluated_at),
        "samples": evidence.samples,
        "coverage": evidence.coverage,
        "warnings": list(evidence.warnings),
        **({} if evidence.origin == "query" else {"origin": evidence.origin}),
    }


def _known(key: str, value: Any) -> dict[str, Any]:
    """A member that only some sources can tell; left out where they cannot."""
    return {} if value is None else {key: value}


def _number(value: float | None) -> float | int | None:
    """Whole numbers without a decimal point."""
    return int(value) if value is not None and float(value).is_integer() else value


def _numbers(values: Iterable[float | None] | None) -> list[float | int | None] | None:
    return None if values is None else [_number(value) for value in values]


def _instant(at: float) -> datetime:
    return datetime.fromtimestamp(round(at, 3), UTC)
