"""One message to one recipient, with every stage known.

smtplib raises the same error for a connection lost before the final dot (certainly not sent)
and after it (nobody knows), so the transaction is our own; the connection and its replies are its.
"""

from __future__ import annotations

import contextlib
import re
import smtplib
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from newsletter.deliver.headers import require_one_line
from newsletter.deliver.replies import DroppedError, Reply, Stage, one_line
from newsletter.errors import ContentError

DOT_TIMEOUT_S = 600.0
"""The least wait for the reply to the final dot (RFC 5321, 4.5.3.2.6): who waits less makes doubles."""

_GOODBYE_TIMEOUT_S = 5.0
_PATH = re.compile(r"[^\s<>\x00-\x20\x7f-\x9f]{1,64}@[^\s<>@\x00-\x20\x7f-\x9f]{1,255}")
_EXPECTED: tuple[tuple[Stage, int], ...] = (("mail", 2), ("rcpt", 2), ("data", 3))


class _Transactions(smtplib.SMTP):
    """The part that sends."""

    def transmit(self, sender: str, recipient: str, message: bytes, before_dot: Callable[[], None]) -> Reply:
        """One message to one recipient.

        Args:
            sender: envelope sender.
            recipient: envelope recipient; `can_address` must be true for it.
            message: headers and bodies with CRLF, no line beginning with a dot, CRLF at the end.
            before_dot: called when all but the final dot has left. If it raises, the dot never
                leaves and the message is certainly not sent.

        Returns:
            The first refusal, or the reply to the final dot.

        Raises:
            DroppedError: the connection broke; it says at which stage, and is closed.
            ContentError: an address cannot stand in a command.
        """
        refusal = self._envelope(sender, recipient, len(message))
        if refusal:
            self._after_refusal(refusal)
            return refusal
        with self._at("body"):
            self._socket.sendall(message)
        self._committed(before_dot)
        with self._at("dot"):
            self._socket.settimeout(max(DOT_TIMEOUT_S, self._patience))
            self._socket.sendall(b".\r\n")
            reply = self._reply("dot")
            self._socket.settimeout(self._patience)
        if reply.code == 421:
            self.close()
        return reply

    def can_address(self, recipient: str) -> bool:
        """Whether this relay takes such an address (RFC 6531 for letters beyond ASCII)."""
        return recipient.isascii() or self.has_extn("smtputf8")

    @property
    def is_open(self) -> bool:
        """Whether another transaction may follow."""
        return self.sock is not None

    def is_alive(self) -> bool:
        """Whether the relay still answers; for a connection that was idle for a while."""
        try:
            return self.noop()[0] // 100 == 2
        except OSError:
            self.close()
            return False

    def ehlo_or_helo_if_needed(self) -> None:
        """Introduce ourselves; HELO only to a relay that does not know EHLO.

        Raises:
            smtplib.SMTPHeloError: the relay refused both, or put us off.
        """
        if self.ehlo_resp is not None or self.helo_resp is not None:
            return
        code, said = self.ehlo()
        if code // 100 == 5:
            code, said = self.helo()
        if code // 100 != 2:
            raise smtplib.SMTPHeloError(code, said)

    def leave(self) -> None:
        """Say goodbye, and close in any case."""
        with contextlib.suppress(OSError):
            self._socket.settimeout(_GOODBYE_TIMEOUT_S)
            self.quit()
        self.close()

    @property
    def _socket(self) -> socket.socket:
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("not connected")
        return self.sock

    @property
    def _patience(self) -> float:
        return float(self.timeout)

    def _envelope(self, sender: str, recipient: str, size: int) -> Reply | None:
        """MAIL, RCPT and DATA; None if the body may follow, else the first refusal."""
        options = b" SIZE=%d" % size if self.has_extn("size") else b""  # RFC 1870: refused before it is sent
        if not recipient.isascii():
            options += b" BODY=8BITMIME SMTPUTF8"
        commands = (
            b"MAIL FROM:<%s>%s\r\n" % (require_path(sender), options),
            b"RCPT TO:<%s>\r\n" % require_path(recipient),
            b"DATA\r\n",
        )
        pipelining = self.has_extn("pipelining")
        replies = self._pipelined(b"".join(commands)) if pipelining else self._one_by_one(commands)
        refused = [reply for reply, (_, kind) in zip(replies, _EXPECTED, strict=False) if reply.code // 100 != kind]
        if not refused:
            return None
        if replies[-1].code // 100 == 3:
            self._withdraw(recipient_accepted=refused[0].stage == "mail" and len(refused) == 1)
        return refused[0]

    def _pipelined(self, commands: bytes) -> list[Reply]:
        """All three commands in one packet (RFC 2920); after a 421 the relay says no more."""
        replies: list[Reply] = []
        with self._at("mail"):
            self._socket.sendall(commands)
        for stage, _ in _EXPECTED:
            with self._at(stage):
                replies.append(self._reply(stage))
            if replies[-1].code == 421:
                break
        return replies

    def _one_by_one(self, commands: tuple[bytes, ...]) -> list[Reply]:
        replies: list[Reply] = []
        for command, (stage, kind) in zip(commands, _EXPECTED, strict=True):
            with self._at(stage):
                self._socket.sendall(command)
                replies.append(self._reply(stage))
            if replies[-1].code // 100 != kind:
                break
        return replies

    def _withdraw(self, *, recipient_accepted: bool) -> None:
        """Leave a data phase that a relay opened although it had refused (RFC 2920, section 3.1)."""
        if recipient_accepted:
            self.close()  # a lone dot would deliver an empty message
            return
        with contextlib.suppress(OSError):
            self._socket.sendall(b".\r\n")
            self.getreply()

    def _after_refusal(self, refusal: Reply) -> None:
        """Without RSET the next MAIL would be answered 503; a 421 has ended the connection."""
        if refusal.code == 421:
            self.close()
        elif self.is_open:
            try:
                if self.rset()[0] // 100 != 2:
                    self.close()
            except OSError:
                self.close()

    def _committed(self, before_dot: Callable[[], None]) -> None:
        try:
            before_dot()
        except BaseException:
            self.close()  # the relay drops what has no final dot
            raise

    def _reply(self, stage: Stage) -> Reply:
        code, text = self.getreply()
        return Reply(stage=stage, code=code, text=one_line(text))

    @contextmanager
    def _at(self, stage: Stage) -> Iterator[None]:
        try:
            yield
        except OSError as error:  # SMTPException and ssl.SSLError are OSErrors
            self.close()
            raise DroppedError(stage, one_line(error.strerror or str(error))) from error


class Relay(_Transactions):
    """A connection that begins in the clear."""


class TlsRelay(smtplib.SMTP_SSL, _Transactions):
    """A connection that begins with TLS."""


def require_path(address: str) -> bytes:
    """`address` as it stands in a command; sendall() itself would let a line break pass.

    Raises:
        ContentError: it is no address.
    """
    require_one_line("a mail address", address)
    if not _PATH.fullmatch(address):
        raise ContentError(f"{address!r} is not a mail address", "Correct it.")
    return address.encode()
