"""Logging in: PLAIN, LOGIN or XOAUTH2, and never readable for others on the way.

smtplib's own login knows no XOAUTH2 and no letters beyond ASCII, so the exchange is our own.
"""

from __future__ import annotations

import base64
import ipaddress
import json
import smtplib
import ssl

from newsletter.config import Secret, SmtpConfig
from newsletter.deliver import oauth
from newsletter.deliver.replies import one_line
from newsletter.deliver.smtp.transaction import Relay, TlsRelay
from newsletter.errors import ConfigError

_OK = 235
_GO_ON = 334


def log_in(relay: Relay | TlsRelay, smtp: SmtpConfig) -> None:
    """Log in as `smtp.user`, if there is one.

    Raises:
        ConfigError: the relay offers no way that we know, a secret is missing, or the line is not safe.
        DeliveryError: no token can be had now.
        smtplib.SMTPAuthenticationError: the relay refused.
    """
    if smtp.user is None:
        return
    _require_privacy(relay, smtp)
    offered = frozenset(relay.esmtp_features.get("auth", "").upper().replace("=", " ").split())
    user = smtp.user.reveal() if isinstance(smtp.user, Secret) else smtp.user
    if smtp.oauth is not None:
        _require(offered, ("XOAUTH2",), smtp)
        _xoauth2(relay, user, oauth.token(smtp.oauth, user))
        return
    password = smtp.password.reveal() if smtp.password else ""
    if _require(offered, ("PLAIN", "LOGIN"), smtp) == "PLAIN":
        _expect(*relay.docmd("AUTH", "PLAIN " + _base64(f"\0{user}\0{password}")))  # RFC 4616
    else:
        _login(relay, user, password)


def _require_privacy(relay: Relay | TlsRelay, smtp: SmtpConfig) -> None:
    assert relay.sock is not None
    if isinstance(relay.sock, ssl.SSLSocket):
        return
    peer = str(relay.sock.getpeername()[0]).partition("%")[0]
    if not ipaddress.ip_address(peer).is_loopback:
        raise ConfigError(
            f"smtp: the login for {smtp.host} would be readable for everybody on the way",
            "Set smtp.security to starttls or tls.",
        )


def _require(offered: frozenset[str], known: tuple[str, ...], smtp: SmtpConfig) -> str:
    """The first of `known` ways to log in that is offered."""
    found = next((one for one in known if one in offered), None)
    if found is None:
        ways = f"only {', '.join(sorted(offered))}" if offered else "no way to log in"
        raise ConfigError(
            f"{smtp.host}:{smtp.port} offers {ways}, not {' or '.join(known)}",
            "Check smtp.port and smtp.security; a relay that wants no login needs no smtp.user.",
        )
    return found


def _login(relay: Relay | TlsRelay, user: str, password: str) -> None:
    """The LOGIN way: asked twice, answered twice."""
    code, said = relay.docmd("AUTH", "LOGIN")
    for answer in (user, password):
        if code != _GO_ON:
            break
        code, said = relay.docmd(_base64(answer))
    _expect(code, said)


def _xoauth2(relay: Relay | TlsRelay, user: str, token: str) -> None:
    code, said = relay.docmd("AUTH", "XOAUTH2 " + _base64(f"user={user}\1auth=Bearer {token}\1\1"))
    if code == _GO_ON:
        # The reason, as JSON; an empty answer ends the exchange, and the refusal follows.
        reason = _reason(said)
        code, said = relay.docmd("")
        said = b" ".join((said, reason))
    _expect(code, said)


def _reason(challenge: bytes) -> bytes:
    try:
        told = json.loads(base64.b64decode(challenge))
        return f"({one_line(str(told['status']))})".encode()
    except (ValueError, TypeError, KeyError):
        return b""


def _expect(code: int, said: bytes) -> None:
    if code != _OK:
        raise smtplib.SMTPAuthenticationError(code, said)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")
