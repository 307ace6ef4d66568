"""The relay: connecting, and one message to one recipient with every stage known.

smtplib raises the same error for a connection lost before the final dot (certainly not sent)
and after it (nobody knows), so the transaction is our own; connecting, TLS and login are its.
"""

from __future__ import annotations

import contextlib
import re
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from newsletter.config import Secret, SmtpConfig
from newsletter.deliver.replies import DroppedError, Reply, Stage, one_line
from newsletter.errors import ConfigError, ContentError, DeliveryError

_CONNECT_TIMEOUT_S = 60.0
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
        refusal = self._envelope(sender, recipient)
        if refusal:
            self._after_refusal(refusal)
            return refusal
        with self._at("body"):
            self._socket.sendall(message)
        self._committed(before_dot)
        with self._at("dot"):
            self._socket.settimeout(2 * self._patience)  # RFC 5321, 4.5.3.2.6: 10 minutes after 5 before
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

    def _envelope(self, sender: str, recipient: str) -> Reply | None:
        """MAIL, RCPT and DATA; None if the body may follow, else the first refusal."""
        wide = not recipient.isascii()
        commands = (
            b"MAIL FROM:<%s>%s\r\n" % (require_path(sender), b" BODY=8BITMIME SMTPUTF8" if wide else b""),
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


def connect(smtp: SmtpConfig) -> Relay | TlsRelay:
    """Connect, secure and log in as the config says.

    TLS is verified against the system's certificates (or SSL_CERT_FILE) and never given up.

    Raises:
        ConfigError: trying again will not help: certificate, missing STARTTLS, login.
        DeliveryError: the relay cannot be reached or does not want mail now.
    """
    where = f"{smtp.host}:{smtp.port}"
    with _faults(where):
        relay = _open(smtp)
        try:
            relay.timeout = smtp.timeout_s
            _prepare(relay, smtp)
        except BaseException:
            relay.close()
            raise
    return relay


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    """What a relay offered before any mail. `tls` is the protocol ("TLSv1.3"), empty in the clear."""

    tls: str
    logged_in: bool


def probe(smtp: SmtpConfig) -> Welcome:
    """Connect, secure and log in like `connect`, then say goodbye; no mail is begun.

    Raises:
        ConfigError: trying again will not help: certificate, missing STARTTLS, login.
        DeliveryError: the relay cannot be reached or does not want mail now.
    """
    relay = connect(smtp)
    try:
        with _faults(f"{smtp.host}:{smtp.port}"):
            code, text = relay.noop()
            if code // 100 != 2:
                raise smtplib.SMTPResponseException(code, text)
        version = relay.sock.version() if isinstance(relay.sock, ssl.SSLSocket) else None
        return Welcome(tls=version or "", logged_in=smtp.user is not None)
    finally:
        relay.leave()


def _open(smtp: SmtpConfig) -> Relay | TlsRelay:
    timeout = min(smtp.timeout_s, _CONNECT_TIMEOUT_S)
    if smtp.security == "tls":
        return TlsRelay(smtp.host, smtp.port, timeout=timeout, context=ssl.create_default_context())
    return Relay(smtp.host, smtp.port, timeout=timeout)


def _prepare(relay: Relay | TlsRelay, smtp: SmtpConfig) -> None:
    assert relay.sock is not None
    relay.sock.settimeout(smtp.timeout_s)
    # The final dot is a packet of its own; Nagle would hold it until the body is acknowledged.
    relay.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if smtp.security == "starttls":
        relay.starttls(context=ssl.create_default_context())
    relay.ehlo_or_helo_if_needed()
    if smtp.user is not None:
        _login(relay, smtp)


def _login(relay: Relay | TlsRelay, smtp: SmtpConfig) -> None:
    assert smtp.user is not None
    user = smtp.user.reveal() if isinstance(smtp.user, Secret) else smtp.user
    password = smtp.password.reveal() if smtp.password else ""
    try:
        relay.login(user, password)
    except UnicodeError:
        # The original error shows a part of the secret.
        raise ConfigError("smtp.user or smtp.password holds letters beyond ASCII", "Choose another one.") from None


@contextmanager
def _faults(where: str) -> Iterator[None]:
    try:
        yield
    except smtplib.SMTPAuthenticationError as error:
        said = f"{error.smtp_code} {one_line(error.smtp_error)}"
        if error.smtp_code // 100 == 4:
            raise DeliveryError(f"{where} cannot log anybody in now: {said}", "Run the same command later.") from error
        raise ConfigError(f"{where} refused smtp.user: {said}", "Check smtp.user and smtp.password.") from error
    except smtplib.SMTPResponseException as error:
        said = f"{error.smtp_code} {one_line(error.smtp_error)}"
        raise DeliveryError(
            f"{where} takes no mail now: {said}", "Ask who runs the relay, then run it again."
        ) from error
    except smtplib.SMTPNotSupportedError as error:
        hint = "Check smtp.security and smtp.user; nothing is sent in the clear instead."
        raise ConfigError(f"{where}: {error}", hint) from error
    except ssl.SSLCertVerificationError as error:
        hint = "Write smtp.host as in its certificate; trust a private authority by SSL_CERT_FILE."
        raise ConfigError(f"{where} shows a certificate that is not trusted: {error.verify_message}", hint) from error
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError) as error:
        raise DeliveryError(f"{where} closed the connection during TLS", "Run the same command later.") from error
    except ssl.SSLError as error:
        raise ConfigError(f"{where}: TLS failed: {error.reason}", "Check smtp.port and smtp.security.") from error
    except OSError as error:
        said = one_line(error.strerror or str(error))
        raise DeliveryError(f"{where} cannot be reached: {said}", "Check smtp.host and smtp.port.") from error


def require_path(address: str) -> bytes:
    """`address` as it stands in a command; sendall() itself would let a line break pass.

    Raises:
        ContentError: it is no address.
    """
    if not _PATH.fullmatch(address):
        raise ContentError(f"{address!r} is not a mail address", "Correct it.")
    return address.encode()
