"""One message to one recipient, with every stage known.

smtplib raises the same error for a connection lost before the final dot (certainly not sent)
and after it (nobody knows), so the transaction is our own; the connection and its replies are its.
"""

from __future__ import annotations

import contextlib
import functools
import re
import smtplib
import socket
import ssl
from collections.abc import Callable, Sequence

from msgspec import Struct

from newsletter.deliver.headers import require_one_line
from newsletter.deliver.replies import DroppedError, Reply, Stage, one_line
from newsletter.errors import ContentError

DOT_TIMEOUT_S = 600.0
"""The least wait for the reply to the final dot (RFC 5321, 4.5.3.2.6): who waits less makes doubles."""

_GOODBYE_TIMEOUT_S = 5.0
_MOST_GATHERED = 1024  # IOV_MAX of Linux and the BSDs
_PATH = re.compile(r"[^\s<>\x00-\x20\x7f-\x9f]{1,64}@[^\s<>@\x00-\x20\x7f-\x9f]{1,255}")
_EXPECTED: tuple[tuple[Stage, int], ...] = (("mail", 2), ("rcpt", 2), ("data", 3))


class Envelope(Struct, frozen=True):
    """Who writes to whom (`_Transactions.can_address` must be true for it), and how many bytes follow."""

    sender: str
    recipient: str
    size: int


class _Transactions(smtplib.SMTP):
    """The part that sends."""

    _begun: Envelope | None = None  # what was sent behind the last dot; its replies are still to be read

    def transmit(
        self,
        envelope: Envelope,
        message: Sequence[bytes],
        before_dot: Callable[[], None],
        following: Envelope | None = None,
    ) -> Reply:
        """One message to one recipient.

        Where the relay offers PIPELINING, MAIL, RCPT and DATA go out together, and those of the
        next message behind the final dot of this one (RFC 2920, 3.1 and its second example): a
        message then takes one round trip.

        Args:
            envelope: for this message; the one that was `following` before, if there was any.
            message: headers and bodies in pieces, with CRLF, no line beginning with a dot, CRLF at the end.
            before_dot: called when all but the final dot has left. If it raises, the dot never
                leaves and the message is certainly not sent.
            following: the envelope of the next message, if it will certainly be the next; else `abandon`.

        Returns:
            The first refusal, or the reply to the final dot.

        Raises:
            DroppedError: the connection broke; it says at which stage, and is closed.
            ContentError: an address cannot stand in a command.
        """
        refusal = self._address(envelope)
        if refusal:
            self._after_refusal(refusal)
            return refusal
        ahead = b"".join(self._commands(following)) if following and self.has_extn("pipelining") else b""
        self._send_body(message)
        self._committed(before_dot)
        self._socket.settimeout(max(DOT_TIMEOUT_S, self._patience))
        self._send("dot", b".\r\n" + ahead)
        self._begun = following if ahead else None
        reply = self._reply("dot")
        self._socket.settimeout(self._patience)
        if reply.code == 421:
            self.close()
        return reply

    def abandon(self) -> None:
        """Close the connection if a message was announced that does not follow: nothing else is safe after DATA."""
        if self._begun:
            self.close()

    def close(self) -> None:
        """Close the connection."""
        self._begun = None
        super().close()

    def can_address(self, recipient: str) -> bool:
        """Whether this relay takes such an address (RFC 6531 for letters beyond ASCII)."""
        return recipient.isascii() or self.has_extn("smtputf8")

    @property
    def is_open(self) -> bool:
        """Whether another transaction may follow."""
        return self.sock is not None

    def is_alive(self) -> bool:
        """Whether the relay still answers; for a connection that was idle for a while."""
        if self._begun:
            return True  # nothing can be asked in between; the next message will find out
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
        self.abandon()
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

    def _commands(self, envelope: Envelope) -> tuple[bytes, bytes, bytes]:
        options = b" SIZE=%d" % envelope.size if self.has_extn("size") else b""  # RFC 1870: refused before it is sent
        if not envelope.recipient.isascii():
            options += b" BODY=8BITMIME SMTPUTF8"
        return (
            b"MAIL FROM:<%s>%s\r\n" % (require_path(envelope.sender), options),
            b"RCPT TO:<%s>\r\n" % require_path(envelope.recipient),
            b"DATA\r\n",
        )

    def _address(self, envelope: Envelope) -> Reply | None:
        """MAIL, RCPT and DATA; None if the body may follow, else the first refusal."""
        if self.has_extn("pipelining"):
            replies = self._pipelined(envelope)
        else:
            replies = self._one_by_one(self._commands(envelope))
        refused = [reply for reply, (_, kind) in zip(replies, _EXPECTED, strict=False) if reply.code // 100 != kind]
        if not refused:
            return None
        if replies[-1].code // 100 == 3:
            self._withdraw(recipient_accepted=refused[0].stage == "mail" and len(refused) == 1)
        return refused[0]

    def _pipelined(self, envelope: Envelope) -> list[Reply]:
        """All three commands in one packet (RFC 2920); after a 421 the relay says no more."""
        begun, self._begun = self._begun, None
        if begun is None:
            self._send("mail", b"".join(self._commands(envelope)))
        else:
            assert begun == envelope, "another message was announced"
        replies: list[Reply] = []
        for stage, _ in _EXPECTED:
            replies.append(self._reply(stage))
            if replies[-1].code == 421:
                break
        return replies

    def _one_by_one(self, commands: tuple[bytes, ...]) -> list[Reply]:
        replies: list[Reply] = []
        for command, (stage, kind) in zip(commands, _EXPECTED, strict=True):
            self._send(stage, command)
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

    def _send_body(self, pieces: Sequence[bytes]) -> None:
        """Let the kernel gather the pieces: joined here first, every mail would be copied twice."""
        if len(pieces) > _MOST_GATHERED or isinstance(self.sock, ssl.SSLSocket):
            self._send("body", b"".join(pieces))
            return
        try:
            sent = self._socket.sendmsg(pieces)
        except OSError as error:
            raise self._dropped("body", error) from error
        if sent < sum(map(len, pieces)):
            self._send("body", b"".join(pieces)[sent:])

    def _send(self, stage: Stage, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except OSError as error:  # SMTPException and ssl.SSLError are OSErrors
            raise self._dropped(stage, error) from error

    def _reply(self, stage: Stage) -> Reply:
        try:
            code, text = self.getreply()
        except OSError as error:
            raise self._dropped(stage, error) from error
        return _reply_of(stage, code, text)

    def _dropped(self, stage: Stage, error: OSError) -> DroppedError:
        self.close()
        return DroppedError(stage, one_line(error.strerror or str(error)))


class Relay(_Transactions):
    """A connection that begins in the clear."""


class TlsRelay(smtplib.SMTP_SSL, _Transactions):
    """A connection that begins with TLS."""


@functools.lru_cache(maxsize=32)  # a relay answers each mail's MAIL, RCPT and DATA in the same words
def _reply_of(stage: Stage, code: int, text: bytes) -> Reply:
    return Reply(stage=stage, code=code, text=one_line(text))


def require_path(address: str) -> bytes:
    """`address` as it stands in a command; sendall() itself would let a line break pass.

    Raises:
        ContentError: it is no address.
    """
    require_one_line("a mail address", address)
    if not _PATH.fullmatch(address):
        raise ContentError(f"{address!r} is not a mail address", "Correct it.")
    return address.encode()
