"""What must hold within a snapshot beyond the types of its values; a file that was edited by hand seldom keeps to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from zoneinfo import ZoneInfo

from newsletter.collect.node import Misplaced
from newsletter.counting import counted
from newsletter.model import Count, Interval, Outage, Period, ServiceMonth, Snapshot
from newsletter.period import weeks

_ROUNDING_S = 0.01  # of one instant or sum, all written to the millisecond
_RATIO_ROUNDING = 1e-5


def require_consistent(snapshot: Snapshot) -> None:
    """Refuse numbers that contradict one another or that nothing is behind.

    Raises:
        Misplaced: the place of the first contradiction, and what it is.
    """
    for name, service in snapshot.services.items():
        where = f"$.services.{name}"
        if service.basis == "time":
            _states(service, snapshot.period, where)
            _spans(service, snapshot.period, where)
            _outages(service, where)
        _backed(service.availability, service.evidence, snapshot, where)
        if service.latency:
            _known((service.latency.evidence,), snapshot, f"{where}.latency.evidence")
    for name, figure in snapshot.figures.items():
        _backed(figure.value, figure.evidence, snapshot, f"$.figures.{name}")
    for part in ("opened", "resolved"):
        _weeks(getattr(snapshot.tickets, part), snapshot.period, f"$.tickets.{part}.weeks")
    for part, key in snapshot.tickets.evidence.items():
        _known((key,), snapshot, f"$.tickets.evidence.{part}")


def _weeks(count: Count | None, month: Period, where: str) -> None:
    if count is None or not count.weeks:
        return
    known = len(weeks(month, ZoneInfo(month.timezone)))
    if len(count.weeks) != known:
        raise Misplaced(where, f"has {counted(len(count.weeks), 'week')}, the month has {known}")
    added, gaps = sum(week or 0 for week in count.weeks), None in count.weeks
    if added > count.total or (added != count.total and not gaps):
        raise Misplaced(where, f"adds up to {added}, the total is {count.total}")


def _backed(value: float | None, evidence: Sequence[str], snapshot: Snapshot, where: str) -> None:
    if value is not None and not evidence:
        raise Misplaced(f"{where}.evidence", "is empty, but there is a number to prove")
    _known(evidence, snapshot, f"{where}.evidence")


def _known(evidence: Iterable[str], snapshot: Snapshot, where: str) -> None:
    for key in evidence:
        if key not in snapshot.evidence:
            raise Misplaced(where, f"names {key!r}, which is not in $.evidence")


def _states(service: ServiceMonth, period: Period, where: str) -> None:
    """The four states fill the life of the service; without a `lifetime` it may be shorter than the month."""
    whole = service.up_s + service.down_s + service.excluded_s + service.unknown_s
    life = service.lifetime.seconds if service.lifetime else period.seconds
    if whole > life + _ROUNDING_S or (service.lifetime and whole < life - _ROUNDING_S):
        of = "the lifetime" if service.lifetime else "the month"
        raise Misplaced(where, f"has states of {whole:.10g} s together, {of} has {life:.10g} s")
    measured = service.up_s + service.down_s
    if service.availability is not None and (
        not measured or abs(service.availability - service.up_s / measured) > _RATIO_ROUNDING
    ):
        raise Misplaced(f"{where}.availability", "is not up_s / (up_s + down_s)")


def _spans(service: ServiceMonth, period: Period, where: str) -> None:
    """Everything lies in the month, in order and without overlap, and the sums are those told."""
    month = Interval(start=period.start_s, end=period.end_s)
    if service.lifetime:
        _ordered((service.lifetime,), month, f"{where}.lifetime")
    _ordered(service.outages, month, f"{where}.outages")
    sums = (("excluded", service.excluded, service.excluded_s), ("unknown", service.unknown, service.unknown_s))
    for part, spans, told in sums:
        _ordered(spans, month, f"{where}.{part}")
        found = sum(span.seconds for span in spans)
        if abs(found - told) > _ROUNDING_S * (1 + len(spans)):
            raise Misplaced(f"{where}.{part}_s", f"is {told:.10g}, but {part} has {found:.10g} s")


def _ordered(spans: Sequence[Interval | Outage], around: Interval, where: str, what: str = "month") -> None:
    for at, span in enumerate(spans):
        if span.start < around.start - _ROUNDING_S or span.end > around.end + _ROUNDING_S:
            raise Misplaced(f"{where}[{at}]", f"lies outside the {what}")
    for at, (before, after) in enumerate(pairwise(spans), 1):
        if after.start < before.end - _ROUNDING_S:
            raise Misplaced(f"{where}[{at}]", "begins before the one above it ends")


def _outages(service: ServiceMonth, where: str) -> None:
    for at, outage in enumerate(service.outages):
        if outage.down_s > outage.end - outage.start + _ROUNDING_S:
            raise Misplaced(f"{where}.outages[{at}].down_s", "is longer than the outage")
        _ordered(
            outage.stretches, Interval(start=outage.start, end=outage.end), f"{where}.outages[{at}].stretches", "outage"
        )
    found = sum(outage.down_s for outage in service.outages)
    if abs(found - service.down_s) > _ROUNDING_S * (1 + len(service.outages)):
        raise Misplaced(f"{where}.down_s", f"is {service.down_s:.10g}, but outages has {found:.10g} s")
