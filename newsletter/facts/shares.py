"""Shares of the tickets: what most of them are about, and how much work came before anybody asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from math import sqrt

from newsletter.config import Config
from newsletter.model import Fact

LEAST_CATEGORIES = 5
LEAST_TICKETS = 50
LEAST_LABELLED = 10
MOST_UNLABELLED = 0.20


def top_share(facts: Sequence[Fact], config: Config) -> Iterator[Fact | tuple[str, str]]:
    """The queue with the most tickets, where it stands out: 40 % of all, or half as many again as the next."""
    opened = next((fact for fact in facts if fact.id == "tickets.opened"), None)
    if opened is None:
        return
    claim = "tickets.opened.top_share"
    sums: Counter[str] = Counter()
    for key, count in opened.detail.items():
        sums[key.partition("/")[0]] += int(count or 0)
    total = sum(sums.values())
    if len(sums) < LEAST_CATEGORIES or total < LEAST_TICKETS:
        yield claim, f"needs {LEAST_CATEGORIES} kinds and {LEAST_TICKETS} tickets, there are {len(sums)} and {total}"
        return
    (label, most), (_, second) = sums.most_common(2)
    if most < 0.4 * total and most < 1.5 * second:
        yield claim, "no kind of ticket stands out"
    elif label not in config.tickets.names:
        yield claim, f"tickets.names has no name for {label!r}"
    else:
        yield Fact(
            id=claim,
            type="top_share",
            subject="tickets",
            value=most / total,
            unit="ratio",
            evidence=opened.evidence,
            detail={"label": label, "part": most, "whole": total},
        )


def proactive_share(facts: Sequence[Fact], config: Config) -> Iterator[Fact | tuple[str, str]]:
    """Work done before anybody asked, as a share of the labelled work; nothing if too little is labelled."""
    resolved = next((fact for fact in facts if fact.id == "tickets.resolved"), None)
    if resolved is None or not config.tickets.proactive or not config.tickets.reactive:
        return
    claim = "tickets.proactive_share"
    proactive, reactive = (
        sum(int(count or 0) for key, count in resolved.detail.items() if not words.isdisjoint(key.split("/")))
        for words in (frozenset(config.tickets.proactive), frozenset(config.tickets.reactive))
    )
    labelled, total = proactive + reactive, int(resolved.value or 0)
    unlabelled = 1 - labelled / total if total else 1.0
    if labelled < LEAST_LABELLED:
        yield claim, f"only {labelled} solved tickets say which kind of work they were"
    elif unlabelled > MOST_UNLABELLED:
        yield claim, f"{unlabelled:.0%} of the solved tickets do not say which kind of work they were"
    else:
        yield Fact(
            id=claim,
            type="proactive_share",
            subject="tickets",
            value=proactive / labelled,
            unit="ratio",
            evidence=resolved.evidence,
            detail={"part": proactive, "whole": labelled, "unlabelled": total - labelled},
        )


def wilson_interval(fact: Fact) -> tuple[float, float] | None:
    """The 95 % interval of a share k/n, which tells how much a handful of cases can say; None if it is no share.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22, 1927.
    """
    part, whole = fact.detail.get("part"), fact.detail.get("whole")
    if fact.unit != "ratio" or part is None or not whole:
        return None
    k, n, z = float(part), float(whole), 1.959964
    center = (k + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * sqrt(k * (n - k) / n + z * z / 4)
    return max(0.0, center - half), min(1.0, center + half)
