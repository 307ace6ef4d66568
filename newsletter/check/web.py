"""Whether links lead somewhere, asked of the web without ever asking the own network.

Each address is resolved first, and the connection goes to the address that was judged: whatever the
name means a moment later (DNS rebinding), nothing private is reached. Redirects are followed by hand,
each hop judged anew. No proxy of the environment is used, because it would resolve names itself.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from typing import Literal
from urllib.parse import urljoin, urlsplit

import urllib3
from msgspec import Struct, field

from newsletter.hosts import is_private

Resolve = Callable[[str, int], Sequence[str]]
"""A host and a port to its IP addresses; OSError where there are none."""

REDIRECTS = 5
TIMEOUT_S = 10.0
"""For one connection, and for one answer."""
PATIENCE_S = 30.0
"""For one link with all its redirects."""

_AGENT = "newsletter-check (asks once whether a link leads somewhere)"
_GONE = frozenset({404, 410})
_LOGIN = frozenset({401, 403, 407})


class Answer(Struct, frozen=True):
    """How a link is: what is wrong with it as a verb phrase, empty where nothing is."""

    severity: Literal["ok", "hint", "warning", "fault"]
    what: str = ""


def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of a host, as the system knows them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


class Web(Struct, frozen=True, kw_only=True):
    """A cautious reader of links.

    Args:
        resolve: names to addresses.
        refuses: which addresses are never connected to.
        context: whose certificates are believed.
        timeout_s: for one connection and for one answer.
    """

    resolve: Resolve = resolve
    refuses: Callable[[str], bool] = is_private
    context: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    timeout_s: float = TIMEOUT_S

    def look(self, url: str) -> Answer:
        """Whether `url` answers; the answer's body is not read."""
        until = time.monotonic() + PATIENCE_S
        for _ in range(REDIRECTS + 1):
            parts = urlsplit(url)
            if parts.scheme != "https" or not parts.hostname:
                return Answer("fault", f"is sent on to {url[:80]}, which is not https")
            try:
                status, location = self._asked(url, until)
            except _RefusedError as error:
                return Answer("fault", str(error))
            except (OSError, urllib3.exceptions.HTTPError, http.client.HTTPException) as error:
                return _failed(error)
            if not location:
                return _judged(status)
            url = urljoin(url, location)
        return Answer("fault", f"is sent on more than {REDIRECTS} times")

    def _asked(self, url: str, until: float) -> tuple[int, str]:
        """Status and where it is sent on to: by HEAD, and by GET where a server does not like HEAD."""
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 443
        address = self._judged(host, port)
        pool = urllib3.HTTPSConnectionPool(
            address, port, ssl_context=self.context, server_hostname=host, assert_hostname=host, retries=False
        )
        path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
        with pool:
            named = f"{host}:{parts.port}" if parts.port else host
            status, location = self._request(pool, "HEAD", path, named, until)
            if status >= 400 and status not in _LOGIN:
                status, location = self._request(pool, "GET", path, named, until)
        return status, location

    def _judged(self, host: str, port: int) -> str:
        """The address to connect to; all that a name means have to be public."""
        addresses = self.resolve(host, port)
        if not addresses:
            raise socket.gaierror(f"no address of {host}")
        if private := [one for one in addresses if self.refuses(one)]:
            raise _RefusedError(f"leads to {private[0]} ({host}), an address of the own network; it is not asked")
        return addresses[0]

    def _request(
        self, pool: urllib3.HTTPSConnectionPool, method: str, path: str, host: str, until: float
    ) -> tuple[int, str]:
        left = min(self.timeout_s, until - time.monotonic())
        if left <= 0:
            raise TimeoutError
        reply = pool.urlopen(
            method,
            path,
            headers={"Host": host, "User-Agent": _AGENT, "Accept": "*/*"},
            timeout=urllib3.Timeout(connect=left, read=left),
            redirect=False,
            preload_content=False,
        )
        reply.close()
        sent_on = reply.headers.get("Location", "") if 300 <= reply.status < 400 else ""
        return reply.status, sent_on


class _RefusedError(Exception):
    """An address that must not be connected to."""


def _failed(error: Exception) -> Answer:
    if isinstance(error, socket.gaierror):
        return Answer("fault", "names a host that does not exist")
    if isinstance(error, (ssl.SSLError, urllib3.exceptions.SSLError)):
        return Answer("fault", "has a certificate that programs do not believe")
    if isinstance(error, urllib3.exceptions.NewConnectionError):  # which urllib3 counts among its time-outs
        return Answer("warning", "could not be reached")
    if isinstance(error, (TimeoutError, urllib3.exceptions.TimeoutError)):
        return Answer("warning", "gave no answer in time")
    return Answer("warning", "could not be reached")


def _judged(status: int) -> Answer:
    if status in _GONE:
        return Answer("fault", f"leads to a page that does not exist ({status})")
    if status in _LOGIN:
        return Answer("hint", f"asks for a login ({status}); what is behind it was not looked at")
    if status >= 400:
        return Answer("warning", f"answers with an error ({status})")
    return Answer("ok")
