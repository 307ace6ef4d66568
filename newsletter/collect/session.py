"""The HTTP session the Prometheus client talks through, with the guarantees it lacks.

Queries go out as form bodies; each has one total deadline and a cap on what is read; what is worth
repeating is repeated; every answer that is not complete is refused, and no message holds a secret.
HTTP API: https://prometheus.io/docs/prometheus/latest/querying/api/
"""

from __future__ import annotations

import html
import json
import re
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any, cast
from urllib.parse import unquote, urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import ProxyManager

from newsletter.collect import tls
from newsletter.collect.deadline import DeadlinePoolManager, DeadlineProxyManager, until
from newsletter.errors import SourceError

THREADS = 4  # more only makes a server slower that decodes with two cores
_RETRIED = frozenset({429, 502, 503, 504})
_TRIES = 4
_BACKOFF_S = 0.25
_CHUNK = 1 << 18
_SHOWN = 300  # characters of a server's message in ours
_SEARCHED = 4096  # bytes of a page that is no JSON
_TITLE = re.compile(r"<title>([^<]*)</title>", re.IGNORECASE)
_CREDENTIALS = "Check prometheus.bearer_token, basic_auth or headers."
_QUERY = "Check the selectors of config.yaml, with the query in this message."
_ADVICE = {
    400: _QUERY,
    401: _CREDENTIALS,
    403: _CREDENTIALS,
    422: "Narrow the selector, or raise the limits of that server.",
}


class Adapter(HTTPAdapter):
    """No retries (the session does them), a connection for each thread, one deadline a request, TLS as told.

    Args:
        tls: how to open TLS connections; None where the address is plain HTTP.
    """

    def __init__(self, tls: ssl.SSLContext | None) -> None:
        self._tls = tls
        super().__init__(max_retries=0, pool_connections=1, pool_maxsize=THREADS)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **_: Any) -> None:
        """Direct connections, which keep the deadline of their request."""
        self.poolmanager = DeadlinePoolManager(num_pools=connections, maxsize=maxsize, block=block)

    def proxy_manager_for(self, proxy: str, **_: Any) -> ProxyManager:
        """The same by way of the proxy that the environment names."""
        if proxy not in self.proxy_manager:
            headers = self.proxy_headers(proxy)
            self.proxy_manager[proxy] = DeadlineProxyManager(proxy, proxy_headers=headers, maxsize=THREADS)
        return cast("ProxyManager", self.proxy_manager[proxy])

    def build_connection_pool_key_attributes(self, request: Any, *_: Any) -> tuple[Any, Any]:
        """Where to connect to, and our TLS context in place of the library's choice of authorities."""
        parts = urlsplit(request.url)
        host = {"scheme": parts.scheme.lower(), "host": parts.hostname, "port": parts.port}
        return host, {"ssl_context": self._tls} if self._tls else {}

    def cert_verify(self, *_: Any) -> None:
        """Nothing to add: the context verifies."""


class _Answered(requests.Response):
    """A checked answer, already parsed once."""

    def __init__(self, envelope: Mapping[str, Any]) -> None:
        super().__init__()
        self.status_code = 200
        self._envelope = envelope

    def json(self, **_: Any) -> Any:
        return self._envelope


class _Again(Exception):
    """Try again, after `after` seconds if the server names a time; `reason` if no try is left."""

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after = after


class Session(requests.Session):
    """What the client library talks through. Every failure leaves it as one SourceError.

    Args:
        source: the address of the server, without credentials.
        timeout_s: longest time for one query, repeated tries included.
        max_bytes: longest answer, unpacked.
        secrets: what no message may hold.
    """

    def __init__(self, source: str, *, timeout_s: float, max_bytes: int, secrets: Sequence[str]) -> None:
        super().__init__()
        self._source = source
        self._timeout_s = timeout_s
        self._max_bytes = max_bytes
        # the environment's proxies, looked up once instead of for every query
        self.proxies = self.merge_environment_settings(source, {}, None, None, None)["proxies"]
        self.trust_env = False
        self._proxy = urlsplit(requests.utils.select_proxy(source, self.proxies) or "")
        given = {*secrets, self._proxy.password or "", unquote(self._proxy.password or "")}
        self._secrets = sorted(filter(None, given), key=len, reverse=True)
        self.heard = threading.local()  # .infos of the last answer of this thread

    def request(self, method: Any, url: Any, *_: Any, **kwargs: Any) -> requests.Response:
        """Send one query, again where that helps, until it is answered in full or time is up."""
        ends_at = time.monotonic() + self._timeout_s
        kwargs.pop("timeout", None)
        for tried in range(1, _TRIES + 1):
            try:
                return self._once(str(method), str(url), ends_at, kwargs)
            except _Again as again:
                pause = _BACKOFF_S * 2**tried if again.after is None else again.after
                if tried == _TRIES or time.monotonic() + pause >= ends_at:
                    raise self._error(again.reason, f"Check that {self._source} is up, then run again.") from None
                time.sleep(pause)
        raise AssertionError("the last try returns or raises")

    def _once(self, method: str, url: str, ends_at: float, kwargs: dict[str, Any]) -> requests.Response:
        params = kwargs.get("params")
        body = {"data": params, "params": None} if method == "POST" else {}
        left = max(ends_at - time.monotonic(), 0.001)
        options = {**kwargs, **body, "stream": True, "allow_redirects": False, "timeout": left}
        try:
            with until(ends_at), super().request(method, url, **options) as response:
                return self._checked(response, self._read(response))
        except (requests.RequestException, OSError) as error:
            if time.monotonic() >= ends_at - 0.01:
                raise self._late() from None
            raise self._failure(error) from None

    def _late(self) -> SourceError:
        hint = "Raise prometheus.timeout_s, or ask a faster server."
        return self._error(f"did not answer in full within {self._timeout_s:g} s", hint)

    def _failure(self, error: requests.RequestException | OSError) -> SourceError | _Again:
        """What a connection that broke means; only where no answer had begun, the query is sent again."""
        exceptions = requests.exceptions
        if refused := tls.refusal(error):
            return self._error(*refused)
        if isinstance(error, exceptions.ChunkedEncodingError):
            return self._error("cut its answer short", "Look into the log of that server, or of the proxy before it.")
        if isinstance(error, exceptions.ContentDecodingError):
            return self._error("answers with a body that cannot be unpacked", "Check the proxy before that server.")
        if isinstance(error, requests.ConnectionError) and self._proxy.hostname:
            port = f":{self._proxy.port}" if self._proxy.port else ""
            return _Again(f"cannot be reached through the proxy {self._proxy.hostname}{port} ({_cause(error)})")
        if isinstance(error, requests.ConnectionError):
            return _Again(f"cannot be reached ({_cause(error)})")
        return self._error(f"cannot be asked: {error}", "Check prometheus.url.")

    def _read(self, response: requests.Response) -> bytes:
        chunks: list[bytes] = []
        size = 0
        for chunk in response.iter_content(_CHUNK):
            size += len(chunk)
            if size > self._max_bytes:
                raise self._error(
                    f"answers with more than {self._max_bytes / 1e6:g} MB",
                    "Narrow the selector, or raise prometheus.max_response_mb.",
                )
            chunks.append(chunk)
        return b"".join(chunks)

    def _checked(self, response: requests.Response, body: bytes) -> _Answered:
        """The answer, if it is a whole and successful one of the Prometheus API."""
        if response.is_redirect:
            raise self._redirected(response)
        envelope = _parsed(body)
        said = f"answers {response.status_code}: {_said(envelope, response, body)}"
        if response.status_code in _RETRIED:
            raise _Again(said, _retry_after(response.headers.get("Retry-After")))
        if response.status_code != 200:
            raise self._error(said, _advice(response.status_code, said))
        if envelope is None:
            raise self._error(
                f"answers with {_kind(response)} that is not the JSON of Prometheus", "Check prometheus.url."
            )
        if envelope.get("status") != "success":
            raise self._error(f"answers with an error: {_said(envelope, response, body)}")
        if warnings := _texts(envelope.get("warnings")):
            raise self._error(f"gave a partial answer: {'; '.join(warnings)}", "Wait until all of its stores answer.")
        self.heard.infos = _texts(envelope.get("infos"))
        return _Answered(envelope)

    def _redirected(self, response: requests.Response) -> SourceError:
        """A redirect is never followed: the login that it leads to, or the other host, must not get our credentials."""
        target = urlsplit(urljoin(response.url, response.headers["Location"]))
        host = target.netloc.rpartition("@")[2]
        login = "Most likely a login page: set prometheus.bearer_token, basic_auth or headers."
        moved = target.hostname == urlsplit(self._source).hostname and target.scheme != urlsplit(self._source).scheme
        hint = "Write that address into prometheus.url." if moved else login
        return self._error(f"redirects to {target.scheme}://{host} instead of answering", hint)

    def _error(self, what: str, hint: str = "") -> SourceError:
        for secret in self._secrets:
            what = what.replace(secret, "***")
        return SourceError(f"{self._source} {_plain(what)}", hint)


def _parsed(body: bytes) -> dict[str, Any] | None:
    try:
        envelope = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return envelope if isinstance(envelope, dict) else None


def _said(envelope: dict[str, Any] | None, response: requests.Response, body: bytes) -> str:
    """The server's own words: its error, the title of its page, its text, or those of HTTP."""
    said = str(envelope.get("error", "")) if envelope else ""
    if envelope is None:
        text = body[:_SEARCHED].decode("utf-8", "replace")
        title = _TITLE.search(text)
        kind = response.headers.get("Content-Type", "")
        said = html.unescape(title[1]) if title else text if kind.startswith("text/plain") else ""
    return _plain(said) or response.reason or "no reason given"


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(_plain(str(text)) for text in value) if isinstance(value, list) else ()


def _plain(text: str) -> str:
    """Some of `text` as one line that no terminal takes for a command."""
    shown = "".join(character if character.isprintable() else " " for character in text[: 2 * _SHOWN])
    return " ".join(shown.split())[:_SHOWN]


def _kind(response: requests.Response) -> str:
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip()
    return (
        f"{kind} (a login page?)"
        if kind == "text/html"
        else "something"
        if kind == "application/json"
        else kind or "something"
    )


def _advice(status: int, said: str) -> str:
    """What to do about an HTTP status that is no success."""
    if status == 400 and "HTTPS port" in said:  # the words of nginx, as those below
        return "Write prometheus.url with https://."
    if status == 400 and "SSL certificate" in said:
        return "Set prometheus.tls.cert and prometheus.tls.key to a client certificate that it accepts."
    return _ADVICE.get(status, "Check prometheus.url." if status < 500 else "Look into the log of that server.")


def _retry_after(text: str | None) -> float | None:
    """Seconds to wait by a Retry-After header: a number or a date (RFC 9110, 10.2.3)."""
    if not text:
        return None
    if text.strip().isdigit():
        return float(text)
    try:
        return max(parsedate_to_datetime(text).timestamp() - time.time(), 0.0)
    except ValueError:
        return None


def _cause(error: BaseException) -> str:
    """The innermost reason, in the operating system's words if there are any."""
    reason: Any = error.args[0] if error.args else error
    reason = getattr(reason, "reason", reason)
    found = re.search(r"(?:\[Errno -?\d+\] )?([A-Z][^'\"()<>]*?)['\")]*$", str(reason))
    return found[1] if found else type(reason).__name__
