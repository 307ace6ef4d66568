"""What readers say about editions: which ones may be rated, and when their counting ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from msgspec import structs

from newsletter import period
from newsletter.config import Config
from newsletter.errors import UsageError
from newsletter.model import USEFUL, Ratings
from newsletter.pipeline.months import RATINGS_NAME, SNAPSHOT_NAME, edition_folder

if TYPE_CHECKING:
    from newsletter.feedback import Ballot, Counted, Store


def import_ratings(config: Config, mails: Iterable[bytes], *, now: datetime) -> tuple[Counted, tuple[Ratings, ...]]:
    """Count the answers in mails; also the editions that were so old that they were closed then.

    Raises:
        ContentError: what editors decided about an edition cannot be read.
        FileError: the mails or the store cannot be read or written.
    """
    from newsletter import feedback

    with feedback.open_store(config.ratings.store) as store:
        done = feedback.count(store, mails, ballots(config, now=now))
        return done, _close(store, config, _overdue(store, config, now), now)


def close_ratings(config: Config, *, month: str | None, now: datetime) -> tuple[Ratings, ...]:
    """End the counting of an edition, or of every open one that is older than the edition being made.

    Raises:
        UsageError: nobody answered the edition `month`, or it is closed.
        FileError: a file cannot be written.
    """
    from newsletter import feedback

    with feedback.open_store(config.ratings.store) as store:
        known = store.editions()
        if month is not None and month not in known:
            raise UsageError(f"no answers to {month} are open", "List them with: newsletter feedback")
        newest = period.last_complete(now, config.timezone).label
        wanted = [one for one in known if one < newest] if month is None else [month]
        return _close(store, config, [*wanted, *_overdue(store, config, now)], now)


def ballots(config: Config, *, now: datetime) -> Callable[[str], Ballot | None]:
    """What an edition asked, by its label; None for one that there is not. Each is looked at once."""

    @cache
    def ballot_of(label: str) -> Ballot | None:
        folder = config.editions / label
        return _ballot(config, label, now) if (folder / SNAPSHOT_NAME).is_file() else None

    return ballot_of


def closed_ratings(config: Config) -> tuple[Ratings, ...]:
    """The answers to all closed editions, oldest first.

    Raises:
        ContentError: a file is at fault.
    """
    from newsletter import feedback

    folders = sorted(path.parent for path in config.editions.glob(f"*/{RATINGS_NAME}"))
    return tuple(read for folder in folders if (read := feedback.read_ratings(folder)))


def open_ratings(config: Config) -> dict[str, int | None]:
    """By open edition, how many answers there are by now; None if they are too few to tell."""
    from newsletter import feedback

    if not config.ratings.store.exists():
        return {}
    least = config.ratings.min_group
    with feedback.open_store(config.ratings.store) as store:
        numbers = {label: sum(one.votes for one in store.groups(label)) for label in store.editions()}
    return {label: number if number >= least else None for label, number in numbers.items()}


def asked(config: Config, label: str) -> Ballot:
    """What an edition asks, as if nothing had been counted yet.

    Raises:
        ContentError: what editors decided about it cannot be read.
    """
    from newsletter import compose, feedback, notes

    month = period.month(label, config.timezone)
    folder = edition_folder(config, month)
    pulse = notes.load_editorial(folder, config=config).pulse
    managers = frozenset(one for one in config.audiences if compose.letter_of(one, config) == "managers")
    questions = {USEFUL: frozenset(config.audiences)} | ({pulse.id: managers} if pulse else {})
    return feedback.Ballot(questions=questions, texts={pulse.id: pulse.question} if pulse else {})


def _ballot(config: Config, label: str, now: datetime) -> Ballot:
    from newsletter import feedback

    counted = feedback.read_ratings(config.editions / label) is not None
    return structs.replace(asked(config, label), closed=counted or _is_old(config, label, now))


def _is_old(config: Config, label: str, now: datetime) -> bool:
    end = period.month(label, config.timezone).end
    return now - end > timedelta(days=config.ratings.close_after_days)


def _overdue(store: Store, config: Config, now: datetime) -> list[str]:
    return [one for one in store.editions() if _is_old(config, one, now)]


def _close(store: Store, config: Config, editions: Iterable[str], now: datetime) -> tuple[Ratings, ...]:
    from newsletter import feedback

    return tuple(
        feedback.close(
            store,
            label,
            config.editions / label,
            min_group=config.ratings.min_group,
            texts=asked(config, label).texts,
            now=now,
        )
        for label in sorted(set(editions))
    )
