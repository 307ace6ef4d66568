"""Whether mail could leave: the relay and the ledger, looked at without sending or writing anything."""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from newsletter.config import DkimConfig, LedgerServer, MetricsConfig, Secret, SmtpConfig
from newsletter.config.placeholders import is_placeholder
from newsletter.deliver import headers
from newsletter.deliver import smtp as relay
from newsletter.deliver.dkim import load_signer
from newsletter.deliver.ledger import LedgerPlace, examine_server, open_ledger
from newsletter.errors import ConfigError, LedgerError, NewsletterError
from newsletter.model import Finding
from newsletter.model.finding import fault, ok, warning

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_SOUND_BITS = 2048  # RFC 8301, 3.2
_TIGHT_BYTES = 100e6  # an edition for 20,000 people takes about 10 MB of ledger


def examine_relay(smtp: SmtpConfig) -> Iterator[Finding]:
    """Connect, secure, log in and leave; no mail is begun. Placeholders are never connected to."""
    if is_placeholder(smtp.sender):
        error = ConfigError(
            f"{smtp.sender} is a placeholder that nobody can answer", "Write your address in smtp.from."
        )
        yield fault("smtp.from", error)
    try:
        require_relay(smtp)
    except ConfigError as error:
        yield fault("smtp", error)
        return
    if smtp.security == "none" and smtp.host not in _LOOPBACK:
        what = "mail and addresses travel readable for everybody on the way"
        yield warning("smtp.security", what, "Write starttls or tls, if the relay can.")
    yield _welcome(smtp)
    if smtp.dkim:
        yield from _signing(smtp, smtp.dkim)


def require_relay(smtp: SmtpConfig) -> None:
    """Refuse a relay that stands for one yet to be filled in, before anything is written for it.

    Raises:
        ConfigError: its host lies in a domain reserved for examples.
    """
    if is_placeholder(smtp.host):
        raise ConfigError(f"{smtp.host} is a placeholder, so nothing can be sent", "Write your relay in smtp.host.")


def _signing(smtp: SmtpConfig, dkim: DkimConfig) -> Iterator[Finding]:
    """The key, who may read it, and whether DMARC would count the signature. DNS is not asked."""
    try:
        signer = load_signer(dkim)
    except NewsletterError as error:
        yield fault("smtp.dkim", error)
        return
    path, bits = dkim.key.path, signer.bits
    if path and stat.S_IMODE(path.stat().st_mode) & 0o077:
        yield warning("smtp.dkim.key", f"others may read {path}", f"Run: chmod 600 {path}")
    if bits and bits < _SOUND_BITS:
        yield warning("smtp.dkim.key", f"{bits} bits are weak today", "Make one: openssl genrsa -out dkim.pem 2048")
    domain = headers.split_mailbox(smtp.sender)[1].rpartition("@")[2].lower()
    if domain != dkim.domain and not domain.endswith(f".{dkim.domain}"):
        what = f"{dkim.domain} signs mail from {domain}, which DMARC may not count"
        yield warning("smtp.dkim.domain", what, f"Write {domain} or a domain above it.")
    name = f"{dkim.selector}._domainkey.{dkim.domain}"
    yield ok("smtp.dkim", f"signs by {signer.algorithm} as {name}; `newsletter dkim` prints the record to publish")


def _welcome(smtp: SmtpConfig) -> Finding:
    began = time.monotonic()
    try:
        for secret in (smtp.user, smtp.password):
            if isinstance(secret, Secret):
                secret.reveal()
        welcome = relay.probe(smtp)
    except NewsletterError as error:
        return fault("smtp", error)
    parts = (
        f"{smtp.host}:{smtp.port} takes mail",
        f"over {welcome.tls}" if welcome.tls else "unencrypted",
        *(("logged in",) if welcome.logged_in else ()),
        f"answered in {(time.monotonic() - began) * 1000:.0f} ms",
    )
    return ok("smtp", ", ".join(parts))


def examine_metrics(metrics: MetricsConfig) -> Iterator[Finding]:
    """Whether the textfile could be written. The Pushgateway is not asked."""
    if metrics.textfile is None:
        return
    folder = metrics.textfile.absolute().parent
    if os.access(folder, os.W_OK | os.X_OK):
        yield ok("metrics.textfile", f"{metrics.textfile.name} can be written")
    else:
        what = f"{folder} is missing or cannot be written, so nobody is told when the newsletter does not go out"
        yield warning("metrics.textfile", what, "Create it for the account that sends.")


def examine_ledger(place: LedgerPlace) -> Iterator[Finding]:
    """Whether the ledger can be read and written, by whom, and what room is left on its disk."""
    if isinstance(place, LedgerServer):
        yield from examine_server(place)
        return
    path = Path(place)
    folder = path.absolute().parent
    try:
        yield from _file(path, folder)
        free = shutil.disk_usage(folder).free
    except NewsletterError as error:
        yield fault("ledger", error)
        return
    except OSError as error:
        yield fault("ledger", LedgerError(f"{folder}: {error.strerror}", "Check the path and its rights."))
        return
    if free < _TIGHT_BYTES:
        yield warning("disk", f"{free / 1e6:.0f} MB are left in {folder}", "Make room before you send.")


def _file(path: Path, folder: Path) -> Iterator[Finding]:
    if not os.access(folder, os.W_OK | os.X_OK):
        raise LedgerError(f"{folder} is missing or cannot be written", "Create it for the account that sends.")
    if not path.exists():
        yield ok("ledger", f"{path.name} will be created by the first send")
        return
    with open_ledger(path, readonly=True):
        pass
    if not os.access(path, os.W_OK):
        raise LedgerError(f"{path} cannot be written by this account", "Run as the account that sends.")
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        yield warning("ledger", f"{path.name} holds addresses, and others may read it", f"Run: chmod 600 {path}")
    else:
        yield ok("ledger", f"{path.name} can be read and written, by this account only")
