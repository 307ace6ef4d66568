"""What an HTTP answer says: the envelope of the Prometheus API, or in words for people what came instead."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any

import msgspec
from msgspec import Struct

_SHOWN = 300  # characters of a server's message in ours
_SEARCHED = 4096  # bytes of a page that is no JSON
_TITLE = re.compile(r"<title>([^<]*)</title>", re.IGNORECASE)
_CREDENTIALS = "Check prometheus.bearer_token, basic_auth or headers."
_ADVICE = {
    400: "Check the selectors of config.yaml, with the query in this message.",
    401: _CREDENTIALS,
    403: _CREDENTIALS,
    407: "Check the proxy variables of the environment (HTTP_PROXY, HTTPS_PROXY, NO_PROXY).",
    422: "Narrow the selector, or raise the limits of that server.",
}


class Reply(Struct, frozen=True, dict=True):
    """One answer, read to its end."""

    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes

    @cached_property
    def envelope(self) -> dict[str, Any] | None:
        """The JSON object, if it is one."""
        try:
            envelope = msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        return envelope if isinstance(envelope, dict) else None

    @property
    def warnings(self) -> list[str]:
        """Why the answer is only a part: `warnings` of Thanos and Mimir, `isPartial` of VictoriaMetrics' cluster."""
        envelope = self.envelope or {}
        partial = ["some of its storage nodes do not answer"] if envelope.get("isPartial") else []
        return texts(envelope.get("warnings")) + partial

    @property
    def infos(self) -> list[str]:
        """Remarks that leave the answer whole."""
        return texts((self.envelope or {}).get("infos"))

    @property
    def said(self) -> str:
        """The server's own words: its error, the title of its page, its text, or those of HTTP."""
        if self.envelope is not None:
            return str(self.envelope.get("error") or self.reason or "no reason given")
        text = self.body[:_SEARCHED].decode("utf-8", "replace")
        title = _TITLE.search(text)
        page = html.unescape(title[1]) if title else text if self._kind == "text/plain" else ""
        return page if page.strip() else self.reason or "no reason given"

    @property
    def described(self) -> str:
        """What the body is, if it is not the JSON that was asked for."""
        if self._kind == "text/html":
            return "text/html (a login page?)"
        return self._kind if self._kind not in {"", "application/json"} else "something"

    @property
    def _kind(self) -> str:
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    @property
    def advice(self) -> str:
        """What to do about an HTTP status that is no success."""
        if self.status == 400 and "HTTPS port" in self.said:  # the words of nginx, as those below
            return "Write prometheus.url with https://."
        if self.status == 400 and "SSL certificate" in self.said:
            return "Set prometheus.tls.cert and prometheus.tls.key to a client certificate that it accepts."
        otherwise = "Check prometheus.url." if self.status < 500 else "Look into the log of that server."
        return _ADVICE.get(self.status, otherwise)

    @property
    def retry_after_s(self) -> float | None:
        """Seconds to wait by the Retry-After header: a number or a date (RFC 9110, 10.2.3)."""
        text = self.headers.get("Retry-After", "").strip()
        if text.isascii() and text.isdigit():
            return float(text)
        try:
            return max(parsedate_to_datetime(text).timestamp() - time.time(), 0.0)
        except (ValueError, OverflowError, TypeError):
            return None


def texts(value: Any) -> list[str]:
    """A list of remarks, whatever a server has made of it; no remark is lost."""
    if isinstance(value, list):
        return [str(text) for text in value]
    return [str(value)] if value else []


def plain(text: str) -> str:
    """Some of `text` as one line that no terminal takes for a command."""
    shown = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(shown.split())[:_SHOWN]
