"""The HTTP session the Prometheus client talks through, with the guarantees it lacks.

Queries go out as form bodies; each has one total deadline and a cap on what is read; what is worth
repeating is repeated; every answer that is not complete is refused, and no message holds a secret.
HTTP API: https://prometheus.io/docs/prometheus/latest/querying/api/
"""

from __future__ import annotations

import re
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any, cast
from urllib.parse import unquote, urlencode, urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import ProxyManager

from newsletter.collect import tls
from newsletter.collect.deadline import Calls, DeadlinePoolManager, DeadlineProxyManager, until
from newsletter.collect.reply import Reply, plain
from newsletter.errors import SourceError

THREADS = 4  # more only makes a server slower that decodes with two cores
_RETRIED = frozenset({429, 502, 503, 504})
_TRIES = 4
_BACKOFF_S = 0.25
_CHUNK = 1 << 18
_ADDRESS = "Check prometheus.url."
_PROXY = "Check the proxy variables of the environment (HTTP_PROXY, HTTPS_PROXY, NO_PROXY)."


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
    """Try again, after `after` seconds if the server names a time; `reason` and `hint` if no try is left."""

    def __init__(self, reason: str, hint: str = "", after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint
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
        # packing takes the server longer than sending, and most of all where answers are small and many
        self.headers["Accept-Encoding"] = "identity"
        self._source = source
        self._timeout_s = timeout_s
        self._max_bytes = max_bytes
        # the environment's proxies, looked up once instead of for every query
        self.proxies = self.merge_environment_settings(source, {}, None, None, None)["proxies"]
        self.trust_env = False
        self._proxy = urlsplit(requests.utils.select_proxy(source, self.proxies) or "")
        given = {*secrets, self._proxy.password or "", unquote(self._proxy.password or "")}
        self._secrets = sorted(filter(None, given), key=len, reverse=True)
        self._templates: dict[tuple[str, str], requests.PreparedRequest] = {}
        self._calls = Calls()
        self.heard = threading.local()  # .infos, .size and .read of the last answer of this thread

    def request(self, method: Any, url: Any, *_: Any, **kwargs: Any) -> requests.Response:
        """Send one query, again where that helps, until it is answered in full or time is up."""
        ends_at = time.monotonic() + self._timeout_s
        kwargs.pop("timeout", None)
        for tried in range(1, _TRIES + 1):
            try:
                return self._once(str(method), str(url), ends_at, kwargs)
            except _Again as again:
                pause = _BACKOFF_S * 2**tried if again.after is None else again.after
                last = tried == _TRIES or time.monotonic() + pause >= ends_at
                if last or self._calls.over.wait(pause):
                    hint = again.hint or f"Check that {self._source} is up, then run again."
                    raise self._error(again.reason, hint) from None
        raise AssertionError("the last try returns or raises")

    def close(self) -> None:
        """Hang up, also where other threads still wait for answers: they fail at once."""
        self._calls.end()
        super().close()

    def page(self, url: str, **kwargs: Any) -> str:
        """A page beside the API, asked for once; empty where there is none, as nothing depends on it."""
        ends_at = time.monotonic() + self._timeout_s
        options = {**kwargs, "stream": True, "allow_redirects": False, "timeout": self._timeout_s}
        try:
            with until(ends_at, self._calls), super().request("GET", url, **options) as response:
                return self._read(response).decode(errors="replace") if response.status_code == 200 else ""
        except (requests.RequestException, OSError, SourceError):
            return ""

    def get_redirect_target(self, *_: Any) -> None:
        """Nowhere: even to prepare a redirect that it does not follow, the library reads the answer without a cap."""

    def _once(self, method: str, url: str, ends_at: float, kwargs: dict[str, Any]) -> requests.Response:
        if self._calls.over.is_set():
            raise self._error("is asked no more", "An earlier message says why.")
        left = max(ends_at - time.monotonic(), 0.001)
        options: dict[str, Any] = {"stream": True, "allow_redirects": False, "timeout": left, "proxies": self.proxies}
        try:
            prepared = self._prepared(method, url, kwargs)
            with until(ends_at, self._calls), self.send(prepared, **options) as response:
                if response.is_redirect:
                    raise self._redirected(response)
                return self._checked(response, self._read(response))
        except (requests.RequestException, OSError) as error:
            if time.monotonic() >= ends_at - 0.01:
                raise self._late() from None
            raise self._failure(error) from None

    def _prepared(self, method: str, url: str, kwargs: Mapping[str, Any]) -> requests.PreparedRequest:
        """The request; what those to one address have in common, all but the form and cookies, is prepared once."""
        template = self._templates.get((method, url))
        if template is None:
            form = {"Content-Type": "application/x-www-form-urlencoded"} if kwargs.get("params") else {}
            headers = CaseInsensitiveDict({**self.headers, **form})
            headers.update(kwargs.get("headers") or {})
            template = requests.Request(method, url, headers=headers, auth=kwargs.get("auth")).prepare()
            self._templates[method, url] = template
        prepared = template.copy()
        if params := kwargs.get("params"):
            prepared.body = urlencode(params)
            prepared.headers["Content-Length"] = str(len(prepared.body))
        if self.cookies:
            prepared.prepare_cookies(self.cookies)
        return prepared

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
            reason = f"cannot be reached through the proxy {self._proxy.hostname}{port} ({_cause(error)})"
            return _Again(reason, _PROXY)
        if isinstance(error, requests.ConnectionError):
            return _Again(f"cannot be reached ({_cause(error)})")
        return self._error(f"cannot be asked: {error}", _PROXY if self._proxy.scheme else _ADDRESS)

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
        reply = Reply(response.status_code, response.reason or "", response.headers, body)
        if reply.status in _RETRIED:
            raise _Again(f"answers {reply.status}: {reply.said}", after=reply.retry_after_s)
        if reply.status != 200:
            raise self._error(f"answers {reply.status}: {reply.said}", reply.advice)
        if reply.envelope is None:
            raise self._error(f"answers with {reply.described} that is not the JSON of Prometheus", _ADDRESS)
        if reply.envelope.get("status") != "success":
            raise self._error(f"answers with an error: {reply.said}", "Look into the log of that server.")
        if reply.warnings:
            raise self._error(
                f"gave a partial answer: {'; '.join(reply.warnings)}", "Wait until all of its stores answer."
            )
        self.heard.infos = tuple(self._shown(info) for info in reply.infos)
        self.heard.size, self.heard.read = len(body), _samples_read(reply.envelope)
        return _Answered(reply.envelope)

    def _redirected(self, response: requests.Response) -> SourceError:
        """A redirect is never followed: the login that it leads to, or the other host, must not get our credentials."""
        try:
            target = urlsplit(urljoin(response.url, response.headers["Location"]))
            moved = (
                target.hostname == urlsplit(self._source).hostname and target.scheme != urlsplit(self._source).scheme
            )
        except ValueError:  # such as http://[
            return self._error("redirects to something that is no address", _ADDRESS)
        host = target.netloc.rpartition("@")[2]
        login = "Most likely a login page: set prometheus.bearer_token, basic_auth or headers."
        hint = "Write that address into prometheus.url." if moved else login
        return self._error(f"redirects to {target.scheme}://{host} instead of answering", hint)

    def _error(self, what: str, hint: str) -> SourceError:
        return SourceError(f"{self._source} {self._shown(what)}", hint)

    def _shown(self, text: str) -> str:
        """One line of `text`, without secrets; they go first, as half a secret would not be found."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return plain(text)


def _cause(error: BaseException) -> str:
    """The innermost reason, in the operating system's words if there are any."""
    reason: Any = error.args[0] if error.args else error
    reason = getattr(reason, "reason", reason)
    found = re.search(r"(?:\[Errno -?\d+\] )?([A-Z][^'\"()<>]*?)['\")]*$", str(reason))
    return found[1] if found else type(reason).__name__


def _samples_read(envelope: Mapping[str, Any]) -> int | None:
    """The samples that the server looked at, if it was asked for statistics and keeps them."""
    try:
        return int(envelope["data"]["stats"]["samples"]["totalQueryableSamples"])
    except (KeyError, TypeError, ValueError):
        return None
