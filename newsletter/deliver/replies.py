"""What a relay's answer means: for the one recipient, for the connection, for the whole run.

The table follows RFC 5321 (4.2.1, 4.3.2), RFC 3463 (enhanced codes) and what large relays answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from newsletter.deliver.ledger.protocol import State

Stage = Literal["mail", "rcpt", "data", "body", "dot"]
Scope = Literal["recipient", "connection", "busy", "policy", "sender"]

_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")
# About one mailbox: it does not exist, is disabled, full, or takes no mail of this size.
_PERSONAL = re.compile(r"5\.1\.\d+|5\.2\.[123]")
_CLOSING = frozenset({421, 432})  # "closing", and Exchange Online's "too many connections"
_TEXT_LIMIT = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The reply that decided a transaction: the first refusal, or the one to the final dot."""

    stage: Stage
    code: int
    text: str

    def __str__(self) -> str:
        return f"{self.code} {self.text}"

    @property
    def enhanced(self) -> str:
        """The enhanced status code ("5.1.1") at the start of the text, or nothing."""
        found = _ENHANCED.match(self.text)
        return found[0] if found else ""


class DroppedError(Exception):
    """The connection broke or timed out at `stage`; from the final dot on nobody knows more."""

    def __init__(self, stage: Stage, reason: str) -> None:
        super().__init__(f"connection lost at {stage}: {reason}")
        self.stage = stage


@dataclass(frozen=True, slots=True)
class Verdict:
    """The recipient's new state, and how far the cause reaches.

    Scopes: `recipient` only this one; `connection` it must be closed; `busy` the relay puts
    everybody off; `policy` it refuses the content or us, perhaps for everybody; `sender` it
    will refuse every message of this sender.
    """

    state: State
    scope: Scope


def judge(reply: Reply) -> Verdict:
    """What `reply` means."""
    if reply.code in _CLOSING:
        return Verdict("deferred", "connection")
    kind = reply.code // 100
    if kind == 4:
        return Verdict("deferred", "recipient" if reply.stage == "rcpt" else "busy")
    if kind == 5:
        return _refusal(reply)
    if reply.stage == "dot":
        # Anything but 2xx, 4xx and 5xx makes no sense here, so nobody knows what was done.
        return Verdict("accepted", "recipient") if kind == 2 else Verdict("in_doubt", "connection")
    return Verdict("pending", "connection")


def _refusal(reply: Reply) -> Verdict:
    if reply.stage == "mail":
        return Verdict("pending", "sender")
    if _PERSONAL.match(reply.enhanced):
        return Verdict("refused", "recipient")
    if reply.stage == "rcpt" and not _concerns_us(reply):
        return Verdict("refused", "recipient")
    return Verdict("refused", "policy")


def _concerns_us(reply: Reply) -> bool:
    """Whether a refused RCPT is about this client ("relay access denied") rather than the mailbox."""
    return reply.code in {530, 554} or reply.enhanced.startswith("5.7.") or "relay" in reply.text.casefold()


def one_line(text: bytes | str) -> str:
    """A relay's words as one printable line of bounded length."""
    decoded = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    printable = "".join(character if character.isprintable() else " " for character in decoded)
    return " ".join(printable.split())[:_TEXT_LIMIT]
