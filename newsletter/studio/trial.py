"""Test mails from the page: the letter as it would be sent, to few people, by the relay of the config.

They never touch the ledger, so nobody counts as having had a copy.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from newsletter import pipeline
from newsletter.config import Config
from newsletter.deliver import CompiledMessage
from newsletter.errors import ContentError, NewsletterError, UsageError
from newsletter.model import Recipient, Rendered
from newsletter.pipeline import Draft

MOST_ADDRESSES = 5
MOST_A_MINUTE = 10
MARK = "[TEST] "


class TooManyError(UsageError):
    """More test mails than a person who looks at each of them would send."""


class Wanted(Struct, frozen=True, kw_only=True):
    """What the page asked for.

    Args:
        to: addresses.
        variants: which letters.
        reader: whom they are made out to.
        mark: whether the subject says that it is a test.
    """

    to: tuple[str, ...]
    variants: tuple[str, ...]
    reader: Recipient
    mark: bool


class Trial:
    """Lets test mails pass, and remembers for a minute how many."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._sent: deque[float] = deque()

    def require_allowed(self, wanted: Wanted, config: Config) -> None:
        """Refuse what may not be sent.

        Raises:
            TooManyError: too many addresses, or too many mails within a minute.
            ContentError: an address is none, or not of a domain that test mails may go to.
        """
        if len(wanted.to) > MOST_ADDRESSES:
            raise TooManyError(f"a test mail goes to {MOST_ADDRESSES} addresses at most", "Take some of them out.")
        domains = allowed_domains(config)
        for address in wanted.to:
            if address.rpartition("@")[2].casefold() not in domains:
                raise ContentError(
                    f"{address} is not of {' or '.join(sorted(domains))}",
                    "Name it under preview.test_domains in config.yaml, or use: newsletter send --to",
                )
        now = self._clock()
        while self._sent and now - self._sent[0] >= 60:
            self._sent.popleft()
        mails = len(wanted.to) * len(wanted.variants)
        if len(self._sent) + mails > MOST_A_MINUTE:
            raise TooManyError(f"at most {MOST_A_MINUTE} test mails leave in a minute", "Wait a minute, or send fewer.")
        self._sent.extend([now] * mails)


def send(wanted: Wanted, draft: Draft, config: Config) -> list[dict[str, Any]]:
    """Send what `Trial.require_allowed` let pass; the relay's answer for each mail.

    Raises:
        NewsletterError: an address cannot be mailed, or the config's relay cannot be used.
    """
    messages = pipeline.messages(config, _marked(draft, wanted))
    copies = pipeline.deliver_test(config, messages, wanted.to, name=wanted.reader.name)
    return [
        {
            "to": one.address,
            "variant": one.variant,
            "accepted": one.accepted,
            "reply": f"{one.code} {one.reply}" if one.code else f"no answer: {one.reply}",
        }
        for one in copies
    ]


def refused_all(wanted: Wanted, error: NewsletterError) -> list[dict[str, Any]]:
    """The same answer for every mail: the relay could not be asked at all."""
    reply = " ".join(filter(None, [error.message, error.hint]))
    return [
        {"to": address, "variant": variant, "accepted": False, "reply": reply}
        for address in wanted.to
        for variant in wanted.variants
    ]


def allowed_domains(config: Config) -> frozenset[str]:
    """Where test mails may go: the configured domains, or the sender's own."""
    own = config.smtp.sender.rpartition("@")[2].rstrip("> ")
    return frozenset(one.casefold() for one in config.preview.test_domains or [own])


def _marked(draft: Draft, wanted: Wanted) -> Draft:
    letters: Mapping[str, Rendered] = {name: draft.variants[name] for name in wanted.variants}
    if wanted.mark:
        letters = {name: replace(one, subject=f"{MARK}{one.subject}") for name, one in letters.items()}
    return replace(draft, variants=letters)


def messages_of(draft: Draft, config: Config, names: Sequence[str]) -> Mapping[str, CompiledMessage]:
    """Some letters as messages."""
    return pipeline.messages(config, replace(draft, variants={name: draft.variants[name] for name in names}))
