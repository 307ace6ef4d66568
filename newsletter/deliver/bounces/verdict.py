"""What one returned mail says: which copy it is about, whether that is lost, and why.

Reports as RFC 3464 defines them are read here; what older and stranger systems write is left to
flufl.bounce, which knows hundreds of them.
"""

from __future__ import annotations

import email.parser
import email.policy
import logging
import re
from collections.abc import Iterator
from email.message import Message
from typing import Literal

from msgspec import Struct

from newsletter.deliver.replies import one_line
from newsletter.errors import ConfigError
from newsletter.mailbox import is_automatic_reply

Kind = Literal["hard", "soft", "none", "unreadable"]

# What a Message-ID and an envelope sender of ours hold before the @: the edition and a keyed hash.
_TOKEN = re.compile(rb"(?<![0-9])([0-9]{4}-[01][0-9]\.[0-9a-f]{20})@", re.IGNORECASE)
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
# The address itself: RFC 3463, 3.2 (5.1.7 and 5.1.8 are about ours), a disabled mailbox, a domain that
# does not exist; and 5.0.0, which is all that some systems say about an unknown user.
_ABOUT_THE_ADDRESS = re.compile(r"5\.1\.(?!7$|8$)\d+|5\.2\.1|5\.4\.4|5\.0\.0")
_REPORT = "message/delivery-status"


class Verdict(Struct, frozen=True, kw_only=True):
    """What a mail says.

    Args:
        kind: `hard` the address takes no mail, `soft` this copy is lost, `none` it is no bounce.
        tokens: of the copies of ours that it names.
        status: the enhanced status code (RFC 3463), or nothing.
        words: the other system's own, as one line.
        addresses: whom it is about, as it claims.
    """

    kind: Kind
    tokens: tuple[str, ...] = ()
    status: str = ""
    words: str = ""
    addresses: tuple[str, ...] = ()


def judge(data: bytes) -> Verdict:
    """What the mail `data` says, whatever it is.

    Raises:
        ConfigError: the extra `bounces` is not installed.
    """
    try:
        message = email.parser.BytesParser(policy=email.policy.compat32).parsebytes(data)
        verdict = _judge(message)
        return Verdict(
            kind=verdict.kind,
            tokens=_tokens(data, message),
            status=verdict.status,
            words=one_line(verdict.words),
            addresses=tuple(one_line(one) for one in verdict.addresses),
        )
    except ConfigError:
        raise
    except Exception:  # noqa: BLE001 - the parsers of hostile mail may fail in any way, RecursionError included
        return Verdict(kind="unreadable")


def _judge(message: Message) -> Verdict:
    reported = list(_reported(message))
    if reported:
        return _worst([_by_report(one) for one in reported])
    if message.get_content_type() == "multipart/report" or is_automatic_reply(message):
        return Verdict(kind="none")  # a read receipt, a report without a recipient, an absence
    return _by_flufl(message)


def _reported(message: Message) -> Iterator[Message]:
    """The fields of each recipient in delivery reports; those of the mail as a whole come first and name none."""
    for part in message.walk():
        if part.get_content_type() == _REPORT and part.is_multipart():
            blocks = part.get_payload()
            assert isinstance(blocks, list)
            yield from (one for one in blocks if isinstance(one, Message) and "Action" in one)


def _by_report(fields: Message) -> Verdict:
    action = str(fields["Action"]).strip().lower()
    found = _STATUS.search(str(fields.get("Status", "")))
    status = found[1] if found else ""
    diagnostic = str(fields.get("Diagnostic-Code", "")).partition(";")[2] or str(fields.get("Diagnostic-Code", ""))
    recipient = str(fields.get("Original-Recipient") or fields.get("Final-Recipient", ""))
    kind: Kind = "none"
    if action == "failed":
        kind = "hard" if _ABOUT_THE_ADDRESS.fullmatch(_sharper(status, diagnostic)) else "soft"
    address = recipient.rpartition(";")[2].strip()
    return Verdict(kind=kind, status=status, words=diagnostic, addresses=(address,) if address else ())


def _sharper(status: str, diagnostic: str) -> str:
    """A status that only says "failed" is told more exactly by the other system's own words, if they hold a code."""
    found = _STATUS.search(diagnostic) if status in {"", "5.0.0"} else None
    return found[1] if found else status


def _worst(verdicts: list[Verdict]) -> Verdict:
    order: tuple[Kind, ...] = ("hard", "soft", "none")
    return min(verdicts, key=lambda one: order.index(one.kind))


def _by_flufl(message: Message) -> Verdict:
    try:
        from flufl.bounce import all_failures
    except ImportError as error:
        hint = "Run: pip install 'newsletter[bounces]'"
        raise ConfigError("reading bounces needs the extra bounces", hint) from error
    logging.getLogger("flufl.bounce").disabled = True  # it logs a traceback, with addresses, for each odd mail
    if "From" not in message:
        message["From"] = "<>"  # one of its detectors fails without
    passing, lasting = all_failures(message)
    kind: Kind = "hard" if lasting else "soft" if passing else "none"
    addresses = sorted(one.decode("utf-8", "replace") for one in lasting or passing)
    return Verdict(kind=kind, words=str(message.get("Subject", "")), addresses=tuple(addresses))


def _tokens(data: bytes, message: Message) -> tuple[str, ...]:
    """In the raw mail, and in what its parts hold in another encoding."""
    found = set(_TOKEN.findall(data))
    for part in message.walk():
        if not part.is_multipart() and part.get("Content-Transfer-Encoding", "7bit").lower() in {
            "base64",
            "quoted-printable",
        }:
            payload = part.get_payload(decode=True)
            found.update(_TOKEN.findall(payload if isinstance(payload, bytes) else b""))
    return tuple(sorted({one.decode("ascii").lower() for one in found}))
