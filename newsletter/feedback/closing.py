"""The end of an edition's counting: what may be told is kept, and everything else is deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import get_args

from newsletter.feedback.privacy import NO_ANSWERS, Answers, tellable
from newsletter.feedback.results import write_ratings
from newsletter.feedback.store import Group, Store
from newsletter.model import Channel, Ratings, Tally


def close(
    store: Store,
    edition: str,
    folder: Path,
    *,
    min_group: int,
    texts: Mapping[str, str | Mapping[str, str]],
    now: datetime,
) -> Ratings:
    """Freeze what was said about an edition, then delete its votes, hashes and salt.

    The file is written first: killed in between, the same call finds the same votes again.

    Args:
        store: the votes.
        edition: "2026-10".
        folder: that of the edition.
        min_group: the smallest group that may be told.
        texts: by pulse question, its words.
        now: aware.

    Raises:
        FileError: the file or the store cannot be written.
    """
    groups = store.groups(edition)
    tallies = [one for question, channel in _asked(groups) for one in _tallies(groups, question, channel, min_group)]
    heard = {(one.question, one.audience, one.channel) for one in groups}
    told = {(one.question, one.audience, one.channel) for one in tallies}
    days = store.days(edition)
    ratings = Ratings(
        edition=edition,
        closed_at=now,
        min_group=min_group,
        tallies=tuple(tallies),
        withheld=len(heard - told),
        first=days[0] if days else None,
        last=days[1] if days else None,
        questions={name: texts[name] for name in sorted({one.question for one in tallies} & texts.keys())},
    )
    write_ratings(folder, ratings)
    store.forget(edition)
    return ratings


def _asked(groups: Sequence[Group]) -> list[tuple[str, Channel]]:
    channels: tuple[Channel, ...] = get_args(Channel)
    return [(question, channel) for question in sorted({one.question for one in groups}) for channel in channels]


def _tallies(groups: Sequence[Group], question: str, channel: Channel, least: int) -> list[Tally]:
    by_audience: dict[str, Answers] = {}
    for one in groups:
        if (one.question, one.channel) == (question, channel):
            counts = list(by_audience.get(one.audience, NO_ANSWERS))
            counts[one.answer - 1] += one.votes
            by_audience[one.audience] = (counts[0], counts[1], counts[2], counts[3], counts[4])
    return [
        Tally(question=question, audience=audience, channel=channel, answers=answers)
        for audience, answers in sorted(tellable(by_audience, least).items())
    ]
