"""Whom to trust over TLS, who we are there, and what a failed handshake means."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Never

from newsletter.errors import ConfigError

if TYPE_CHECKING:
    from newsletter.config import TlsConfig

# X509_V_ERR_... of OpenSSL's x509_vfy.h -> what to do
_NOT_YET_VALID, _EXPIRED = 9, 10
_SELF_SIGNED, _SELF_SIGNED_ROOT, _NO_ISSUER, _NO_ISSUER_OF_LEAF = 18, 19, 20, 21
_OTHER_HOST, _OTHER_ADDRESS = 62, 64
_CLOCK = "Renew the certificate of the server, or set the clock of this machine right."
_AUTHORITY = "Set prometheus.tls.ca to the certificate of the authority that signed it."
_NAME = "Write prometheus.url with a host name that the certificate holds."
_HINTS = {
    **dict.fromkeys((_NOT_YET_VALID, _EXPIRED), _CLOCK),
    **dict.fromkeys((_SELF_SIGNED, _SELF_SIGNED_ROOT, _NO_ISSUER, _NO_ISSUER_OF_LEAF), _AUTHORITY),
    **dict.fromkeys((_OTHER_HOST, _OTHER_ADDRESS), _NAME),
}


def context(config: TlsConfig | None) -> ssl.SSLContext:
    """How to open a TLS connection: always verified, with the client certificate if there is one.

    Args:
        config: authorities to trust instead of those of the system, and our certificate.

    Raises:
        ConfigError: one of the files cannot be used.
    """
    ca = config.ca if config else None
    try:
        made = ssl.create_default_context(cafile=ca)
    except OSError as error:  # of which ssl.SSLError is one
        _refuse("ca", ca or Path(), error, "certificate")
    if config and config.cert and config.key:
        _identify(made, config.cert, config.key)
    return made


def _identify(made: ssl.SSLContext, cert: Path, key: Path) -> None:
    for name, path in (("cert", cert), ("key", key)):
        try:
            path.read_bytes()
        except OSError as error:
            _refuse(name, path, error, "")
    try:
        made.load_cert_chain(cert, key, password=lambda: _refuse_passphrase(key))
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            message = f"prometheus.tls.key: {key} does not belong to the certificate {cert}"
            raise ConfigError(message, "Name the key that the certificate was made for.") from None
        _refuse("cert", cert, error, f"certificate, or {key} no private key,")


def _refuse(key: str, path: Path, error: OSError, what: str) -> Never:
    reason = f"holds no {what} in PEM form" if isinstance(error, ssl.SSLError) else f"cannot be read ({error.strerror})"
    raise ConfigError(f"prometheus.tls.{key}: the file {path} {reason}", "Name a PEM file that newsletter may read.")


def _refuse_passphrase(key: Path) -> Never:
    message = f"prometheus.tls.key: the file {key} is protected by a passphrase"
    raise ConfigError(message, "Nobody is there to type it: store the key without, readable for newsletter only.")


def refusal(error: BaseException) -> tuple[str, str] | None:
    """What went wrong in a handshake and what to do, if `error` comes from one."""
    cause = _ssl_error(error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        said = cause.verify_message.rstrip(".")
        return f"cannot be trusted: {said[:1].lower()}{said[1:]}", _HINTS.get(cause.verify_code, _AUTHORITY)
    if cause is None:
        return None
    reason = (cause.reason or str(cause)).replace("_", " ").lower()
    if "alert" in reason:
        hint = "Set prometheus.tls.cert and prometheus.tls.key to a client certificate that it accepts."
        return f"refuses this client in the TLS handshake ({reason})", hint
    if "wrong version number" in reason:
        return f"does not speak TLS ({reason})", "Check the scheme (http or https) and port of prometheus.url."
    return f"breaks TLS ({reason})", "Check the port of prometheus.url, and the log of that server."


def _ssl_error(error: BaseException | None) -> ssl.SSLError | None:
    """The error of the `ssl` module that requests and urllib3 have wrapped."""
    while error is not None and not isinstance(error, ssl.SSLError):
        inner = getattr(error, "reason", None) or (error.args[0] if error.args else None)
        error = inner if isinstance(inner, BaseException) else error.__cause__
    return error
