"""An inbox on this machine: a real SMTP server that keeps every mail as a file.

It listens on the loopback interface only and passes nothing on.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from newsletter.demo.ports import HOST, PORTS_TRIED, free_port
from newsletter.errors import SourceError

if TYPE_CHECKING:
    from aiosmtpd.smtp import SMTP, Envelope, Session


class Mail(Struct, frozen=True, kw_only=True, dict=True):
    """A mail as it came in: the envelope and the very bytes of the message."""

    number: int
    mail_from: str
    rcpt_to: str
    path: Path
    content: bytes

    def __repr__(self) -> str:
        """The envelope."""
        return f"Mail(number={self.number}, mail_from={self.mail_from!r}, rcpt_to={self.rcpt_to!r})"

    @cached_property
    def message(self) -> EmailMessage:
        """The bytes, parsed."""
        return BytesParser(policy=policy.default).parsebytes(self.content)

    def header(self, name: str) -> str:
        """A header as readers see it, or nothing."""
        return str(self.message.get(name, ""))

    @property
    def html(self) -> str:
        """The HTML part, or nothing."""
        return self._part("html")

    @property
    def text(self) -> str:
        """The plain text part, or nothing."""
        return self._part("plain")

    @property
    def images(self) -> dict[str, tuple[str, bytes]]:
        """Media type and bytes of what its HTML names `cid:…`, by that name (RFC 2392)."""
        return {
            str(part["Content-ID"]).strip("<> "): (part.get_content_type(), bytes(part.get_payload(decode=True)))
            for part in self.message.walk()
            if part["Content-ID"] and part.get_content_maintype() == "image"
        }

    def _part(self, subtype: str) -> str:
        part = self.message.get_body(preferencelist=(subtype,))
        return str(part.get_content()) if isinstance(part, EmailMessage) else ""


class Inbox:
    """The mails that came in, oldest first; one for each recipient of a message."""

    def __init__(self, folder: Path) -> None:
        """Keep the mails as `0001.eml` and so on in `folder`."""
        self.folder = folder
        self.port = 0
        self._mails: list[Mail] = []
        self._lock = threading.Lock()

    @property
    def mails(self) -> tuple[Mail, ...]:
        """What has come in so far."""
        with self._lock:
            return tuple(self._mails)

    def keep(self, mail_from: str, recipients: list[str], content: bytes) -> None:
        """Store a message for each of its recipients."""
        with self._lock:
            for rcpt_to in recipients:
                number = len(self._mails) + 1
                path = self.folder / f"{number:04d}.eml"
                path.write_bytes(content)
                self._mails.append(
                    Mail(number=number, mail_from=mail_from, rcpt_to=rcpt_to, path=path, content=content)
                )

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Called by aiosmtpd for each message: the reply to its final dot."""
        content = envelope.original_content or b""
        self.keep(envelope.mail_from or "", list(envelope.rcpt_tos), content)
        return "250 2.0.0 kept in the inbox of the demo"


@contextmanager
def receiving(folder: Path) -> Iterator[Inbox]:
    """An inbox that takes mail on `inbox.port` until the block ends; what came in stays readable.

    Raises:
        SourceError: no port could be opened.
    """
    from aiosmtpd.controller import Controller

    folder.mkdir(parents=True, exist_ok=True)
    inbox = Inbox(folder)
    for _ in range(PORTS_TRIED):
        inbox.port = free_port()
        controller = Controller(inbox, hostname=HOST, port=inbox.port, ready_timeout=30)
        try:
            controller.start()
        except OSError:
            continue
        try:
            yield inbox
        finally:
            controller.stop()
        return
    raise SourceError(f"no port of {HOST} can be opened for the inbox", "Try again.")
