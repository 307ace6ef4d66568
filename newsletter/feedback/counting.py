"""Mails become votes: each is told apart by what it is, and only answers to what was really asked count."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Literal, get_args

from msgspec import Struct, field

from newsletter.feedback.store import Store
from newsletter.feedback.votes import Ballot, Judged, Vote, judge

Account = Literal[
    "counted",
    "changed",
    "known",
    "closed",
    "unknown_edition",
    "not_asked",
    "malformed",
    "automatic",
    "other",
    "unreadable",
]
ACCOUNTS: tuple[Account, ...] = get_args(Account)
_BATCH = 500


class Counted(Struct):
    """What became of the mails.

    Args:
        counts: mails by account, all of them: `counted` a sender's first answer, `changed` a later one took its
            place, `known` the same was told before, or a later one is counted; `closed` for an edition whose counting has
            ended; `unknown_edition`; `not_asked` a question or audience that the edition did not have;
            `malformed` a subject like ours that no link of ours prepared, or no single sender; `automatic`
            absences, bounces, receipts; `other` any other mail; `unreadable`.
        with_words: in how many of them, ratings or not, a person wrote something.
    """

    counts: dict[Account, int] = field(default_factory=lambda: dict.fromkeys(ACCOUNTS, 0))
    with_words: int = 0


def count(store: Store, mails: Iterable[bytes], ballot_of: Callable[[str], Ballot | None]) -> Counted:
    """Count the answers in mails; the same ones again change nothing.

    Args:
        store: the votes of open editions.
        mails: whole ones, ratings or not.
        ballot_of: what an edition asked; None if there is no such edition.

    Raises:
        FileError: the store cannot be read or written.
    """
    done = Counted()
    judged = map(judge, mails)
    while batch := list(islice(judged, _BATCH)):
        for account in _settled(store, batch, ballot_of):
            done.counts[account] += 1
        done.with_words += sum(one.words for one in batch)
    return done


def _settled(store: Store, batch: list[Judged], ballot_of: Callable[[str], Ballot | None]) -> Iterator[Account]:
    valid: list[Vote] = []
    for one in batch:
        if one.vote is None:
            yield "malformed" if one.kind == "vote" else one.kind
        elif refused := _refused(one.vote, ballot_of(one.vote.edition)):
            yield refused
        else:
            valid.append(one.vote)
    yield from store.take(valid)


def _refused(vote: Vote, ballot: Ballot | None) -> Account | None:
    if ballot is None:
        return "unknown_edition"
    if vote.audience not in ballot.questions.get(vote.question, frozenset()):
        return "not_asked"
    return "closed" if ballot.closed else None
