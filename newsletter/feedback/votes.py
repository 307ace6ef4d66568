"""What one mail says: an answer to a question of a letter, or something else.

The letter's links prepare the subject, the same for every reader: `[NL 2026-10 staff] useful 4`. Anybody
can write such a subject by hand, so it is held against what was really asked (`Ballot`).
"""

from __future__ import annotations

import email.parser
import email.policy
import re
from collections.abc import Mapping
from datetime import datetime
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from typing import Literal

from msgspec import Struct

from newsletter.mailbox import is_automatic_reply

Kind = Literal["vote", "malformed", "automatic", "other", "unreadable"]

# Mail gateways put marks such as [EXTERNAL] before a subject. "Re:" is none of them: that mail answers another one.
_SUBJECT = re.compile(
    r"(?:\[(?!NL )[^\[\]]{1,20}\] ?)*\[NL (?P<edition>\d{4}-\d{2}) (?P<audience>[\w-]{1,64})\] "
    r"(?P<question>[a-z][a-z0-9-]{0,31}) (?P<answer>[1-5])",
    re.ASCII,
)
_OURS = re.compile(r"\[NL\b")
_SIGNATURE = re.compile(r"^-- ?$", re.MULTILINE)  # RFC 3676, 4.3, and programs that drop the blank
_QUOTED = re.compile(r"^>.*$", re.MULTILINE)
_TAG = re.compile(r"<(style|script|title)\b.*?</\1\s*>|<[^<>]*>|&\w+;", re.IGNORECASE | re.DOTALL)
_MACHINES = frozenset({"mailer-daemon", "postmaster"})


class Vote(Struct, frozen=True, kw_only=True):
    """One sender's answer.

    Args:
        edition: which edition it is about.
        audience: whose letter held the link.
        question: what was asked.
        answer: 1 to 5.
        sender: the address, in small letters; it is hashed and forgotten.
        at: when it was sent (seconds since the epoch); 0 if the mail does not say.
    """

    edition: str
    audience: str
    question: str
    answer: int
    sender: str
    at: int


class Ballot(Struct, frozen=True, kw_only=True):
    """What one edition asked.

    Args:
        questions: by question, the audiences that were asked.
        closed: whether its counting has ended.
        texts: by pulse question, its words.
    """

    questions: Mapping[str, frozenset[str]]
    closed: bool = False
    texts: Mapping[str, str | Mapping[str, str]] = {}


class Judged(Struct, frozen=True, kw_only=True):
    """What a mail is; `words` whether a person wrote something in it."""

    kind: Kind
    vote: Vote | None = None
    words: bool = False


def judge(data: bytes) -> Judged:
    """What the mail `data` says, whatever it is."""
    try:
        return _judge(email.parser.BytesParser(policy=email.policy.compat32).parsebytes(data))
    except Exception:  # noqa: BLE001 - the parsers of hostile mail may fail in any way, RecursionError included
        return Judged(kind="unreadable")


def _judge(message: Message) -> Judged:
    if not message.keys():
        return Judged(kind="unreadable")
    sender = _sender(message)
    if _is_by_a_machine(message, sender):
        return Judged(kind="automatic")
    subject = " ".join(str(make_header(decode_header(str(message.get("Subject", ""))))).split())
    words = _has_words(message)
    found = _SUBJECT.fullmatch(subject)
    if not found:
        begins = _OURS.search(subject) and not re.match(r"\w{1,5}:", subject)
        return Judged(kind="malformed" if begins else "other", words=words)
    if not sender:
        return Judged(kind="malformed", words=words)
    vote = Vote(
        edition=found["edition"],
        audience=found["audience"],
        question=found["question"],
        answer=int(found["answer"]),
        sender=sender,
        at=_sent_at(message),
    )
    return Judged(kind="vote", vote=vote, words=words)


def _sender(message: Message) -> str:
    """The one address that it comes from; "" if there is none or several, as only forged mails have."""
    addresses = getaddresses([str(one) for one in message.get_all("From", [])])
    if len(addresses) != 1 or "@" not in addresses[0][1]:
        return ""
    return addresses[0][1].strip().casefold()


def _is_by_a_machine(message: Message, sender: str) -> bool:
    """Absences, bounces, receipts: RFC 3834 asks programs to say so, and RFC 3464 to send from nowhere."""
    by_itself = str(message.get("Auto-Submitted", "no")).partition(";")[0].strip().lower() != "no"
    from_nowhere = str(message.get("Return-Path", "")).strip() == "<>"
    report = message.get_content_type() == "multipart/report"
    machine = sender.partition("@")[0] in _MACHINES
    return by_itself or from_nowhere or report or machine or is_automatic_reply(message)


def _sent_at(message: Message) -> int:
    try:
        sent: datetime = parsedate_to_datetime(str(message.get("Date", "")))
        return max(0, int(sent.timestamp()))
    except (ValueError, OverflowError, OSError):
        return 0


def _has_words(message: Message) -> bool:
    """Whether anything is written in it beside a signature and what it quotes; it is looked at and forgotten."""
    for part in message.walk():
        if part.get_content_type() not in {"text/plain", "text/html"} or part.get_filename():
            continue
        payload = part.get_payload(decode=True)
        text = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
        if part.get_content_type() == "text/html":
            text = _TAG.sub(" ", text)
        text = _QUOTED.sub("", _SIGNATURE.split(text.replace("\r", ""), maxsplit=1)[0])
        if any(map(str.isalnum, text)):
            return True
    return False
