"""What a relay's answer means: for the one recipient, for the connection, for the whole run.

The table follows RFC 5321 (4.2.1, 4.3.2), RFC 3463 (enhanced codes) and what large relays answer.
"""

from __future__ import annotations

import re
from typing import Literal

from msgspec import Struct

from newsletter import errors
from newsletter.deliver.ledger.protocol import State

Stage = Literal["mail", "rcpt", "data", "body", "dot"]
Scope = Literal["recipient", "connection", "busy", "policy", "sender", "login", "quota", "size"]

_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")
# About one mailbox: it does not exist, is disabled, full, or takes no mail of this size.
_PERSONAL = re.compile(r"5\.1\.\d+|5\.2\.[123]")
# About us. Exchange Online tells 5.7.57, 5.7.60 and 5.2.252 after the dot, Postfix a bad sender at RCPT.
_SENDER = re.compile(r"5\.1\.[78]|5\.2\.252|5\.7\.57|5\.7\.60")
_SENDER_TEXT = re.compile(r"sender address rejected|send as this sender", re.IGNORECASE)
# Exchange Online: "STOREDRV.Submission.Exception:SubmissionQuotaExceededException"; Gmail: 5.4.5 and
# "daily user sending limit exceeded".
_QUOTA_TEXT = re.compile(r"STOREDRV\.Submission|submission quota|(?:daily|sending|relay) [a-z ]*limit", re.IGNORECASE)
_LOGIN = frozenset({530, 534, 535, 538})  # RFC 4954, section 6
_CLOSING = frozenset({421, 432})  # "closing", and Exchange Online's "too many connections"
_WAIT = re.compile(r"(\d{1,5})\s*(seconds?|secs?|minutes?|mins?|hours?)\b", re.IGNORECASE)
_WAIT_UNIT_S = {"s": 1.0, "m": 60.0, "h": 3600.0}
_WAIT_MARGIN_S = 10.0
_WAIT_LIMIT_S = 24 * 3600.0


class Reply(Struct, frozen=True, kw_only=True):
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

    @property
    def retry_after_s(self) -> float | None:
        """How long the relay asks to wait ("try again in 5 minutes"), with ten seconds to spare; None if it does not.

        A wait of more than a day is none: the number then means something else.
        """
        found = _WAIT.search(self.text) if self.code // 100 == 4 else None
        seconds = float(found[1]) * _WAIT_UNIT_S[found[2][0].lower()] if found else 0.0
        return seconds + _WAIT_MARGIN_S if 0 < seconds <= _WAIT_LIMIT_S else None


class DroppedError(Exception):
    """The connection broke or timed out at `stage`; from the final dot on nobody knows more."""

    def __init__(self, stage: Stage, reason: str) -> None:
        super().__init__(f"connection lost at {stage}: {reason}")
        self.stage = stage


class Verdict(Struct, frozen=True):
    """The recipient's new state, and how far the cause reaches.

    Scopes: `recipient` only this one; `connection` it must be closed; `busy` the relay puts
    everybody off; `policy` it refuses the content or us, perhaps for everybody. The rest concern
    every mail of the run for certain: `sender` the address we send from, `login` what we log in
    with, `quota` how many we may send, `size` how large a mail may be.
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
        ours = _about_us(reply)
        return Verdict("pending", ours) if ours else Verdict("refused", _reach(reply))
    if reply.stage == "dot":
        # Anything but 2xx, 4xx and 5xx makes no sense here, so nobody knows what was done.
        return Verdict("accepted", "recipient") if kind == 2 else Verdict("in_doubt", "connection")
    return Verdict("pending", "connection")


def _about_us(reply: Reply) -> Scope | None:
    """What of ours a 5xx refuses, if it is certainly not about the recipient."""
    if reply.code in _LOGIN:
        return "login"
    if reply.enhanced == "5.3.4":  # RFC 3463, 3.4: message too big for the system
        return "size"
    if _SENDER.fullmatch(reply.enhanced) or _SENDER_TEXT.search(reply.text):
        return "sender"
    if reply.enhanced == "5.4.5" or (not _PERSONAL.match(reply.enhanced) and _QUOTA_TEXT.search(reply.text)):
        return "quota"
    if reply.stage == "mail":
        return "quota" if reply.enhanced.startswith("5.2.") else "size" if reply.code == 552 else "sender"
    return None


def _reach(refusal: Reply) -> Scope:
    if _PERSONAL.match(refusal.enhanced):
        return "recipient"
    return "recipient" if refusal.stage == "rcpt" and not _concerns_us(refusal) else "policy"


def _concerns_us(reply: Reply) -> bool:
    """Whether a refused RCPT is about this client ("relay access denied") rather than the mailbox."""
    return reply.code == 554 or reply.enhanced.startswith("5.7.") or "relay" in reply.text.casefold()


def one_line(text: bytes | str) -> str:
    """A relay's words as one printable line of bounded length."""
    return errors.one_line(text.decode("utf-8", "replace") if isinstance(text, bytes) else text)
