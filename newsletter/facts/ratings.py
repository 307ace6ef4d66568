"""What readers said about the edition before: how many answered, and how many of them said yes."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.model import Fact, Snapshot, Tally


def rating_facts(snapshot: Snapshot, before: Snapshot | None) -> Iterator[Fact]:
    """A fact for each audience and question that has enough answers; those of all audiences together are in no letter.

    There is no change word for them: who answers is nobody's choice but the readers', and another month others do.
    """
    earlier = {_key(one): one for one in (before.ratings.tallies if before and before.ratings else ())}
    for tally in snapshot.ratings.tallies if snapshot.ratings else ():
        if tally.audience and snapshot.ratings:
            last = earlier.get(_key(tally))
            yield Fact(
                id=tally.fact,
                type="rating",
                subject="feedback",
                value=tally.yes / tally.n,
                unit="ratio",
                previous=last.yes / last.n if last else None,
                evidence=(tally.evidence,),
                detail={"part": tally.yes, "whole": tally.n, "edition": snapshot.ratings.edition},
            )


def _key(tally: Tally) -> tuple[str, str, str]:
    return tally.question, tally.audience, tally.channel
