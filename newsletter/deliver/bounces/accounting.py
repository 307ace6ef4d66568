"""What follows from returned mails: addresses that take none are suppressed, all others are told.

Anybody can write a mail that looks like a bounce. One is believed only if it names a token that this
ledger made for a copy which left: the token is a keyed hash that nobody but the mail servers on the
way and the recipient has seen. An address alone proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Literal

from msgspec import Struct, field

from newsletter.deliver.bounces.verdict import Verdict, judge
from newsletter.deliver.ledger import Bounce, Delivery, Ledger

Account = Literal["suppressed", "counted", "known", "unproved", "no_bounce", "unreadable"]
_BATCH = 500
_LEFT = frozenset({"accepted", "in_doubt", "sending"})


class Told(Struct, frozen=True, kw_only=True):
    """One mail that a person may want to look at."""

    account: Account
    edition: str
    address: str
    status: str
    words: str


class Accounted(Struct):
    """What became of the mails.

    Args:
        counts: mails by account, all of them: `suppressed` the address takes no mail and gets none any
            more; `counted` this copy was lost for another reason; `known` an earlier run or mail told
            the same; `unproved` it names no copy of ours, nothing is done; `no_bounce` absences,
            receipts, delays, other mail; `unreadable`.
        told: those suppressed, counted and unproved.
    """

    counts: dict[Account, int] = field(
        default_factory=lambda: dict.fromkeys(
            ("suppressed", "counted", "known", "unproved", "no_bounce", "unreadable"), 0
        )
    )
    told: list[Told] = field(default_factory=list)


def account(ledger: Ledger, mails: Iterable[bytes]) -> Accounted:
    """Record what returned mails say; the same ones again change nothing.

    Args:
        ledger: where the copies were sent from.
        mails: whole ones, bounces or not.

    Raises:
        ConfigError: the extra `bounces` is not installed.
        LedgerError: the ledger cannot be read or written.
    """
    done = Accounted()
    verdicts = map(judge, mails)
    while batch := list(islice(verdicts, _BATCH)):
        for told in _account(ledger, batch):
            done.counts[told.account] += 1
            if told.account in {"suppressed", "counted", "unproved"}:
                done.told.append(told)
    return done


def _account(ledger: Ledger, batch: list[Verdict]) -> Iterator[Told]:
    lost = [one for one in batch if one.kind in {"hard", "soft"}]
    copies = ledger.by_tokens({token for one in lost for token in one.tokens})
    for one in batch:
        if one.kind in {"unreadable", "none"}:
            yield _told("unreadable" if one.kind == "unreadable" else "no_bounce", one)
        else:
            yield _settle(ledger, one, [copies[token] for token in one.tokens if token in copies])


def _settle(ledger: Ledger, one: Verdict, copies: list[Delivery]) -> Told:
    if len(copies) != 1 or copies[0].state not in _LEFT:
        return _told("unproved", one)
    copy, hard = copies[0], one.kind == "hard"
    bounce = Bounce(id=copy.id, hard=hard, status=one.status, words=one.words, at=datetime.now(UTC))
    if not ledger.bounced(bounce):
        return _told("known", one, copy)
    return _told("suppressed" if hard else "counted", one, copy)


def _told(kind: Account, one: Verdict, copy: Delivery | None = None) -> Told:
    edition = copy.message_id.removeprefix("<").partition(".")[0] if copy else ""
    address = copy.address if copy else ", ".join(one.addresses)
    return Told(account=kind, edition=edition, address=address, status=one.status, words=one.words)
