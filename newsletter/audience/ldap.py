"""Recipients from a directory: Active Directory, OpenLDAP and others (LDAPv3, RFC 4511).

python-ldap speaks through the system's OpenLDAP library. Its options are set here one by one, as
ldap.conf and LDAP... variables could switch verification off. Entries come page by page (RFC 2696).
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from newsletter.audience.source import DIRECTORY_NAMES, Names, Row
from newsletter.config import LdapConfig
from newsletter.errors import ConfigError, NewsletterError, SourceError, one_line

if TYPE_CHECKING:
    from ldap.ldapobject import LDAPObject  # type: ignore[import-untyped]

_PLACE = re.compile(r"\{([^{}]*)\}")
# Every domain of Active Directory refers to these parts of itself, which hold no people.
_NO_PEOPLE = re.compile(r"/(?:CN=Configuration|DC=(?:Domain|Forest)DnsZones),", re.IGNORECASE)
_PASSWORD = "Check bind_dn and password."  # noqa: S105 - this is none
_TRUST = "Check its certificate, ldap.ca_file, and that ldap.url has the host name that the certificate holds."
# What LDAP calls it (RFC 4511, A.2) -> what is wrong, what to do. These need another config; all others may pass.
_REFUSED = {
    "INVALID_CREDENTIALS": ("refuses the login", _PASSWORD),
    "INVALID_DN_SYNTAX": ("does not take base or bind_dn for a distinguished name", "Correct them."),
    "NO_SUCH_OBJECT": ("has no such base", "Correct ldap.base, or let the account of bind_dn see it."),
    "FILTER_ERROR": ("cannot be asked: the filter is not an LDAP filter", "Correct ldap.filter."),
    "INSUFFICIENT_ACCESS": ("does not let this account read", "Give it the right, or use another one."),
    "INAPPROPRIATE_AUTH": ("refuses this kind of login", _PASSWORD),
    "STRONG_AUTH_REQUIRED": ("asks for a login or encryption", "Use ldaps:// or starttls, and set bind_dn."),
    "CONFIDENTIALITY_REQUIRED": ("asks for encryption", "Use ldaps://, or leave starttls true."),
    "OPERATIONS_ERROR": ("answers with an operations error", "Active Directory means a login is missing: set bind_dn."),
    "UNAVAILABLE_CRITICAL_EXTENSION": ("cannot give its entries in pages", "Ask its administrator for RFC 2696."),
    "PROTOCOL_ERROR": ("does not know what it is asked for, most likely STARTTLS", "Use ldaps://."),
    "REFERRAL": ("does not hold that base and refers to another server", "Write that server into ldap.url."),
}
_PASSING = {
    "SIZELIMIT_EXCEEDED": (
        "gives no more entries to this account (size limit exceeded)",
        "Raise the limit of bind_dn there (OpenLDAP: limits ... size.prtotal=unlimited), or narrow base or filter.",
    ),
    "ADMINLIMIT_EXCEEDED": ("gives no more entries (administrative limit)", "Lower page_size, or raise the limit."),
    "TIMELIMIT_EXCEEDED": ("took too long (its own time limit)", "Narrow base or filter, or index the attributes."),
    "TIMEOUT": ("did not answer in time", "Try again, or raise timeout_s."),
    "BUSY": ("is busy", "Run the same command later."),
    "UNAVAILABLE": ("is shutting down or starting", "Run the same command later."),
}


class Directory:
    """The entries below a base that a filter finds.

    Args:
        config: where, as whom, and what to search for.
        timeout_s: longest wait for a connection, a login or a page.
    """

    names = DIRECTORY_NAMES
    lists_anybody = True

    def __init__(self, config: LdapConfig, timeout_s: float) -> None:
        self._config = config
        self._timeout_s = timeout_s
        self.label = f"the directory {config.url}"
        self.remarks: list[str] = []

    def rows(self, names: Names) -> Iterator[Row]:
        """See `Source.rows`."""
        try:
            import ldap  # type: ignore[import-untyped]
        except ImportError as error:
            hint = "Install it: pip install 'newsletter[ldap]' (needs libldap2-dev, libsasl2-dev and a C compiler)"
            raise ConfigError("recipients.ldap needs a library that is not installed", hint) from error
        others: list[str] = []
        try:
            connection = self._connected(ldap)
            try:
                for dn, attributes in self._entries(ldap, connection, names):
                    if dn is None:  # a reference to another server (RFC 4511, 4.5.3)
                        others += [url for url in _texts(attributes) if not _NO_PEOPLE.search(url)]
                    else:
                        yield _row(dn, attributes, names)
            finally:
                connection.unbind_ext()
        except ldap.LDAPError as error:
            raise self._error(error) from error
        if others:
            self.remarks.append(f"refers to other servers, which were not asked: {one_line(', '.join(others))}")

    def _connected(self, ldap: Any) -> LDAPObject:
        config = self._config
        connection = ldap.initialize(config.url)
        connection.set_option(ldap.OPT_PROTOCOL_VERSION, ldap.VERSION3)
        connection.set_option(ldap.OPT_REFERRALS, 0)  # the password is for this server only
        connection.set_option(ldap.OPT_NETWORK_TIMEOUT, self._timeout_s)
        connection.set_option(ldap.OPT_TIMEOUT, self._timeout_s)
        connection.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_DEMAND)
        if config.ca_file:
            _require_certificates(config.ca_file)
            connection.set_option(ldap.OPT_X_TLS_CACERTFILE, str(config.ca_file))
        connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)  # the last one: it puts the others into force
        try:
            if config.starttls and config.url.startswith("ldap:"):
                connection.start_tls_s()
            # Also without a login, so that what is wrong with the connection is told before the search.
            password = config.password.reveal() if config.password else ""
            connection.simple_bind_s(config.bind_dn or "", password)
        except BaseException:
            connection.unbind_ext()
            raise
        return connection

    def _entries(self, ldap: Any, connection: LDAPObject, names: Names) -> Iterator[tuple[str | None, Any]]:
        from ldap.controls import SimplePagedResultsControl  # type: ignore[import-untyped]

        config = self._config
        wanted = _substituted(config.filter, config.values)
        page = SimplePagedResultsControl(True, size=config.page_size, cookie="")
        while True:
            message = connection.search_ext(
                config.base, ldap.SCOPE_SUBTREE, wanted, list(names.all), serverctrls=[page]
            )
            _, found, _, controls = connection.result3(message, timeout=self._timeout_s)
            yield from found
            cookies = [one.cookie for one in controls if one.controlType == SimplePagedResultsControl.controlType]
            if not any(cookies):
                return
            page.cookie = cookies[0]

    def _error(self, error: Exception) -> NewsletterError:
        kind = type(error).__name__
        told = error.args[0] if error.args and isinstance(error.args[0], Mapping) else {}
        info = one_line(str(told.get("info", "")))
        if kind in ("SERVER_DOWN", "CONNECT_ERROR"):
            return self._unreachable(kind, "" if "unknown" in info else info)
        if kind in _REFUSED:
            what, hint = _REFUSED[kind]
            return ConfigError(f"{self.label} {what}{_in_brackets(self._detail(kind), info)}", hint)
        what, hint = _PASSING.get(kind, (f"answers: {told.get('desc', kind)}", "Look into the log of that server."))
        return SourceError(f"{self.label} {what}{_in_brackets(info)}", hint)

    def _detail(self, kind: str) -> str:
        """The value of the config that an error is about."""
        about = {"INVALID_CREDENTIALS": self._config.bind_dn, "NO_SUCH_OBJECT": self._config.base}
        return about.get(kind) or ""

    def _unreachable(self, kind: str, info: str) -> SourceError:
        url = urlsplit(self._config.url)
        refused = "" if url.scheme == "ldap" else self._handshake_fault(url.hostname or "", url.port or 636)
        if kind == "CONNECT_ERROR" or refused:
            return SourceError(f"{self.label} cannot be trusted{_in_brackets(refused)}", _TRUST)
        hint = "Check that it is up, and that ldap.url has its name and port."
        return SourceError(f"{self.label} cannot be reached{_in_brackets(info)}", hint)

    def _handshake_fault(self, host: str, port: int) -> str:
        """What is wrong with the certificate: the LDAP library says no more than that it has no connection."""
        context = ssl.create_default_context(cafile=self._config.ca_file)
        try:
            with (
                socket.create_connection((host, port), timeout=self._timeout_s) as plain,
                context.wrap_socket(plain, server_hostname=host),
            ):
                return ""
        except ssl.SSLCertVerificationError as error:
            return error.verify_message
        except ssl.SSLError:
            return "it does not speak TLS on that port"
        except OSError:
            return ""


def _require_certificates(path: Path) -> None:
    """Tell a file that cannot be used: the LDAP library would only have no connection."""
    try:
        ssl.create_default_context(cafile=path)
    except OSError as error:  # of which ssl.SSLError is one
        held = isinstance(error, ssl.SSLError)
        reason = "holds no certificate in PEM form" if held else f"cannot be read ({error.strerror})"
        hint = "Name a PEM file that newsletter may read."
        raise ConfigError(f"ldap.ca_file: {path} {reason}", hint) from None


def _substituted(text: str, values: Mapping[str, str]) -> str:
    """The filter with its places filled in, each value escaped (RFC 4515, 3)."""
    from ldap.filter import escape_filter_chars  # type: ignore[import-untyped]

    return _PLACE.sub(lambda place: escape_filter_chars(values[place[1]]), text)


def _row(dn: str, attributes: Mapping[str, list[bytes]], names: Names) -> Row:
    """An entry as a row; names of attributes are alike in any case (RFC 4512, 2.5)."""
    place = f"entry {one_line(dn)}"
    given = {name.casefold(): values for name, values in attributes.items()}
    try:
        return Row(place, {name: tuple(_texts(given.get(name.casefold(), ()))) for name in names.all})
    except UnicodeDecodeError:
        return Row(place, {names.email: "?"}, "holds a value that is not UTF-8")


def _texts(values: Any) -> list[str]:
    return [value.decode() if isinstance(value, bytes) else str(value) for value in values]


def _in_brackets(*texts: str) -> str:
    told = "; ".join(filter(None, texts))
    return f" ({told})" if told else ""
