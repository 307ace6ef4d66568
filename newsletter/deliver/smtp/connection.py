"""Connecting to the relay: TLS that is verified and never given up, and every refusal in plain words."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from msgspec import Struct

from newsletter.config import SmtpConfig
from newsletter.deliver.replies import one_line
from newsletter.deliver.smtp.login import log_in
from newsletter.deliver.smtp.transaction import Relay, TlsRelay
from newsletter.errors import ConfigError, DeliveryError

_CONNECT_TIMEOUT_S = 60.0
_LATER = "Run the same command later."
_CROWDED = frozenset({421, 432})


def connect(smtp: SmtpConfig) -> Relay | TlsRelay:
    """Connect, secure and log in as the config says.

    Raises:
        ConfigError: trying again will not help: certificate, missing STARTTLS, login.
        DeliveryError: the relay cannot be reached or does not want mail now.
    """
    where = f"{smtp.host}:{smtp.port}"
    context = None if smtp.security == "none" else _tls(smtp)
    with _faults(where):
        relay = _open(smtp, context)
        try:
            _prepare(relay, smtp, context)
            log_in(relay, smtp)
        except BaseException:
            relay.close()
            raise
    return relay


class Welcome(Struct, frozen=True, kw_only=True):
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


def is_crowded(error: DeliveryError) -> bool:
    """Whether the relay refused a connection because there are too many."""
    return getattr(error.__cause__, "smtp_code", 0) in _CROWDED


def _tls(smtp: SmtpConfig) -> ssl.SSLContext:
    """What the relay's certificate is checked against: smtp.ca_file alone, or the system's authorities.

    Raises:
        ConfigError: smtp.ca_file cannot be read or holds no certificate.
    """
    try:
        return ssl.create_default_context(cafile=smtp.ca_file)
    except ssl.SSLError as error:
        raise ConfigError(f"smtp.ca_file: {smtp.ca_file} holds no certificate (PEM)", "Correct the file.") from error
    except OSError as error:
        raise ConfigError(
            f"smtp.ca_file: {smtp.ca_file} cannot be read: {error.strerror}", "Correct the path or its permissions."
        ) from error


def _open(smtp: SmtpConfig, context: ssl.SSLContext | None) -> Relay | TlsRelay:
    timeout = min(smtp.timeout_s, _CONNECT_TIMEOUT_S)
    if smtp.security == "tls":
        return TlsRelay(smtp.host, smtp.port, timeout=timeout, context=context)
    return Relay(smtp.host, smtp.port, timeout=timeout)


def _prepare(relay: Relay | TlsRelay, smtp: SmtpConfig, context: ssl.SSLContext | None) -> None:
    assert relay.sock is not None
    relay.timeout = smtp.timeout_s
    relay.sock.settimeout(smtp.timeout_s)
    # The final dot is a packet of its own; Nagle would hold it until the body is acknowledged.
    relay.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if smtp.security == "starttls":
        _upgrade(relay, context)
    relay.ehlo_or_helo_if_needed()


def _upgrade(relay: Relay | TlsRelay, context: ssl.SSLContext | None) -> None:
    try:
        relay.starttls(context=context)
    except smtplib.SMTPHeloError:
        raise
    except smtplib.SMTPResponseException as error:
        if error.smtp_code // 100 == 5:
            said = f"{error.smtp_code} {one_line(error.smtp_error)}"
            raise ConfigError(
                f"the relay refused STARTTLS: {said}",
                "Check smtp.security and smtp.port; nothing is sent in the clear.",
            ) from error
        raise


@contextmanager
def _faults(where: str) -> Iterator[None]:
    try:
        yield
    except smtplib.SMTPAuthenticationError as error:
        said = f"{error.smtp_code} {one_line(error.smtp_error)}"
        if error.smtp_code // 100 != 5:
            raise DeliveryError(f"{where} cannot log anybody in now: {said}", _LATER) from error
        raise ConfigError(f"{where} refused smtp.user: {said}", "Check smtp.user and how it logs in.") from error
    except smtplib.SMTPResponseException as error:
        said = f"{error.smtp_code} {one_line(error.smtp_error)}"
        raise DeliveryError(
            f"{where} takes no mail now: {said}", "Ask who runs the relay, then run it again."
        ) from error
    except smtplib.SMTPNotSupportedError as error:
        hint = "Check smtp.security and smtp.user; nothing is sent in the clear instead."
        raise ConfigError(f"{where}: {error}", hint) from error
    except OSError as error:
        raise _broken(where, error) from error


def _broken(where: str, error: OSError) -> ConfigError | DeliveryError:
    """A connection or TLS that failed without a reply."""
    if isinstance(error, ssl.SSLCertVerificationError):
        hint = "Write smtp.host as in its certificate; name a private authority in smtp.ca_file."
        return ConfigError(f"{where} shows a certificate that is not trusted: {error.verify_message}", hint)
    if isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        return DeliveryError(f"{where} closed the connection during TLS", _LATER)
    if isinstance(error, ssl.SSLError):
        return ConfigError(f"{where}: TLS failed: {error.reason}", "Check smtp.port and smtp.security.")
    said = one_line(error.strerror or str(error))
    return DeliveryError(f"{where} cannot be reached: {said}", "Check smtp.host and smtp.port.")
