"""Tickets opened, solved, open at the end, the share solved in time, and satisfaction with enough answers."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from msgspec import Struct

from newsletter.config import ResolutionTarget, TicketsConfig
from newsletter.model import Count, Fact, TicketMonth


def ticket_facts(month: TicketMonth, before: TicketMonth | None, config: TicketsConfig) -> Iterator[Fact]:
    """A fact for every ticket number that the source had."""
    target = config.target
    counts = {
        "opened": month.opened,
        "resolved": month.resolved,
        "open_at_end": month.open_at_end,
        "requesters": month.requesters,
    }
    for part, count in counts.items():
        if count is not None:
            yield _count(part, count, getattr(before, part, None), month)
    edge = _edge(month, target)
    solved = None if edge is None else solved_at(month, edge)
    if edge is not None and solved is not None:
        yield _share(month, solved, solved_at(before, edge) if before else None, edge, target)
    if month.satisfaction is not None:
        yield _satisfied(month, before, config.min_answers)


class Solved(Struct, frozen=True):
    """`within` of `count` solved tickets were solved within the time."""

    within: int
    count: int

    @property
    def share(self) -> Fraction:
        """The exact share, 0 to 1."""
        return Fraction(self.within, self.count)


def _count(part: str, count: Count, before: Count | None, month: TicketMonth) -> Fact:
    return Fact(
        id=f"tickets.{part}",
        type="value",
        subject="tickets",
        value=count.total,
        unit="count",
        previous=before.total if before else None,
        evidence=_evidence(month, part),
        detail=dict(count.by),
    )


def _share(
    month: TicketMonth, solved: Solved, before: Solved | None, edge: float, promise: ResolutionTarget | None
) -> Fact:
    target = promise.target_share if promise and promise.target_s == edge else None
    met = None if target is None else solved.share >= Fraction(str(target))
    return Fact(
        id="tickets.solved_within",
        type="value" if met is None else "target_met" if met else "target_missed",
        subject="tickets",
        value=float(solved.share),
        unit="ratio",
        previous=float(before.share) if before else None,
        target=target,
        met=met,
        level="number" if met is None else "target",
        evidence=_evidence(month, "resolution"),
        detail={"edge_s": edge, "part": solved.within, "whole": solved.count, **_median(month)},
    )


def _satisfied(month: TicketMonth, before: TicketMonth | None, min_answers: int | None) -> Fact:
    """The satisfied among those who answered; no value below the answers that make a number."""

    def share(of: TicketMonth | None) -> float | None:
        given = of.satisfaction if of else None
        enough = given is not None and min_answers is not None and given.answers >= max(min_answers, 1)
        return given.satisfied / given.answers if given and enough else None

    value = share(month)
    given = month.satisfaction if value is not None else None
    return Fact(
        id="tickets.satisfied",
        type="value",
        subject="tickets",
        value=value,
        unit="ratio",
        previous=share(before),
        evidence=_evidence(month, "satisfaction"),
        detail={
            "part": given.satisfied if given else None,
            "whole": given.answers if given else None,
            "resolved": month.resolved.total if month.resolved else None,
        },
    )


def _edge(month: TicketMonth, promise: ResolutionTarget | None) -> float | None:
    """The promised time, or else the first bucket edge within which half of the tickets were solved.

    Only edges of the histogram count: between two edges a share could only be guessed.
    """
    if promise and promise.target_s is not None:
        return promise.target_s
    shares = month.resolution.get("")
    return shares.median_between_s[1] if shares and shares.median_between_s else None


def solved_at(month: TicketMonth, edge: float) -> Solved | None:
    """Tickets solved within `edge` seconds, over all labels; None where a distribution lacks that edge."""
    parts = [month.resolution[""]] if "" in month.resolution else list(month.resolution.values())
    count = sum(part.count for part in parts)
    if count == 0 or any(edge not in part.share_within_s for part in parts):
        return None
    return Solved(within=sum(round(part.share_within_s[edge] * part.count) for part in parts), count=count)


def _median(month: TicketMonth) -> dict[str, float]:
    """The median time to a solution, where it is known and not only between two edges."""
    every = month.resolution.get("")
    return {"median_s": every.median_s} if every and every.median_s is not None else {}


def _evidence(month: TicketMonth, part: str) -> tuple[str, ...]:
    return (month.evidence[part],) if part in month.evidence else ()
