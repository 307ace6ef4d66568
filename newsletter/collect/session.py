"""The HTTP session the Prometheus client talks through, with the guarantees it lacks.

Queries go out as form bodies; each has one total deadline and a cap on what is read; what is worth
repeating is repeated; every answer that is not complete is refused, and no message holds a secret.
HTTP API: https://prometheus.io/docs/prometheus/latest/querying/api/
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from newsletter.collect.deadline import DeadlinePoolManager
from newsletter.errors import SourceError

THREADS = 4  # more only makes a server slower that decodes with two cores
_RETRIED = frozenset({429, 502, 503, 504})
_TRIES = 4
_BACKOFF_S = 0.25
_CHUNK = 1 << 18
_SHOWN = 300  # characters of a server's message in ours


class Adapter(HTTPAdapter):
    """No retries (the session does them), a connection for each thread, one deadline a request."""

    def __init__(self) -> None:
        super().__init__(max_retries=0, pool_connections=1, pool_maxsize=THREADS)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: Any) -> None:
        """Let connections keep the deadline of their request."""
        self.poolmanager = DeadlinePoolManager(num_pools=connections, maxsize=maxsize, block=block, **options)


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
    """What the client library talks through. Every failure leaves it as one SourceError."""

    def __init__(self, source: str, *, timeout_s: float, max_bytes: int, secrets: Sequence[str]) -> None:
        super().__init__()
        self._source = source
        self._timeout_s = timeout_s
        self._max_bytes = max_bytes
        self._secrets = secrets
        # the environment's proxies and certificates, looked up once instead of for every query
        environment = self.merge_environment_settings(source, {}, None, None, None)
        self.proxies, self.verify = environment["proxies"], environment["verify"]
        self.trust_env = False
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
        left = max(ends_at - time.monotonic(), 0.001)
        params = kwargs.get("params")
        body = {"data": params, "params": None} if method == "POST" else {}
        options = {**kwargs, **body, "stream": True, "allow_redirects": False, "timeout": left}
        try:
            with super().request(method, url, **options) as response:
                return self._checked(response, self._read(response))
        except requests.exceptions.ChunkedEncodingError as error:
            self._refuse_late(ends_at)
            raise self._error(f"cut its answer short ({type(error).__name__})") from None
        except requests.ConnectionError as error:
            self._refuse_late(ends_at)
            if isinstance(error, requests.exceptions.SSLError):
                raise self._error(f"cannot be trusted: {error}", "Check its certificate.") from None
            raise _Again(f"cannot be reached ({_cause(error)})") from None
        except (requests.RequestException, OSError) as error:
            self._refuse_late(ends_at)
            raise self._error(f"cannot be asked: {type(error).__name__}", "Check prometheus.url.") from None

    def _refuse_late(self, ends_at: float) -> None:
        if time.monotonic() >= ends_at - 0.01:
            raise self._error(
                f"did not answer in full within {self._timeout_s:g} s",
                "Raise prometheus.timeout_s, or ask a faster server.",
            )

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
            target = urlsplit(response.headers.get("Location", "")).netloc.rpartition("@")[2]
            raise self._error(
                f"redirects to {target or 'another page'} instead of answering",
                "Most likely a login page: set prometheus.bearer_token, basic_auth or headers.",
            )
        envelope = _parsed(body)
        if response.status_code in _RETRIED:
            reason = f"answers {response.status_code}: {_said(envelope, response)}"
            raise _Again(reason, _retry_after(response.headers.get("Retry-After")))
        if response.status_code != 200:
            raise self._error(
                f"answers {response.status_code}: {_said(envelope, response)}", _advice(response.status_code)
            )
        if envelope is None:
            raise self._error(
                f"answers with {_kind(response)} that is not the JSON of Prometheus", "Check prometheus.url."
            )
        if envelope.get("status") != "success":
            raise self._error(f"answers with an error: {_said(envelope, response)}")
        if warnings := _texts(envelope.get("warnings")):
            raise self._error(f"gave a partial answer: {'; '.join(warnings)}", "Wait until all of its stores answer.")
        self.heard.infos = _texts(envelope.get("infos"))
        return _Answered(envelope)

    def _error(self, what: str, hint: str = "") -> SourceError:
        return SourceError(f"{self._source} {self.redacted(what)}", hint)

    def redacted(self, text: str) -> str:
        """`text` without the secrets this session sends."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text


def _parsed(body: bytes) -> dict[str, Any] | None:
    try:
        envelope = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return envelope if isinstance(envelope, dict) else None


def _said(envelope: dict[str, Any] | None, response: requests.Response) -> str:
    """The server's own words, or those of HTTP."""
    said = str(envelope.get("error", "")) if envelope else ""
    return " ".join((said or response.reason or "no reason given").split())[:_SHOWN]


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(str(text)[:_SHOWN] for text in value) if isinstance(value, list) else ()


def _kind(response: requests.Response) -> str:
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip()
    return (
        f"{kind} (a login page?)"
        if kind == "text/html"
        else "something"
        if kind == "application/json"
        else kind or "something"
    )


def _advice(status: int) -> str:
    if status in {401, 403}:
        return "Check prometheus.bearer_token, basic_auth or headers."
    return "Check prometheus.url." if status == 404 else ""


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
