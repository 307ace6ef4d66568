"""Recipients from a group of Microsoft Entra ID, by Microsoft Graph.

https://learn.microsoft.com/graph/api/group-list-transitivemembers: the members of groups within
the group count too; the cast to users needs `$count` and `ConsistencyLevel: eventual`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from urllib3.exceptions import HTTPError

from newsletter import entra
from newsletter.audience.source import DIRECTORY_NAMES, Names, Row, Value
from newsletter.bearer import Bearer
from newsletter.config import GraphConfig
from newsletter.errors import ConfigError, NewsletterError, SourceError, one_line

_PAGE = 999  # the most that Graph gives at once
_AGAIN = frozenset({429, 502, 503, 504})
_PIECE = 1 << 16
_LONGEST = 1 << 25  # bytes of a page: 999 people are far below one MB
_PAUSE_S = 1.0  # where the answer names no time
_ENABLED = "accountEnabled"
_KEY = "recipients.graph"
_REFUSED = {
    400: "Check the names under fields: each must be a property of a user.",
    401: "Check tenant, client_id and client_secret of recipients.graph.",
    403: "Give the app the application permissions GroupMember.Read.All and User.Read.All, with admin consent.",
    404: "Check recipients.graph.group: it is the group's object id.",
}


class Group:
    """The people of a group, whatever group within it they belong to.

    Args:
        config: which group, and the app that may read it.
        timeout_s: longest time for a page, waits that Graph asks for included.
    """

    names = DIRECTORY_NAMES
    lists_anybody = True

    def __init__(self, config: GraphConfig, timeout_s: float) -> None:
        self._config = config
        self._timeout_s = timeout_s
        self.label = f"the group {config.group} of Microsoft Entra ID"
        self.remarks: list[str] = []

    def rows(self, names: Names) -> Iterator[Row]:
        """See `Source.rows`."""
        wanted = ("id", _ENABLED, *names.all)
        query = urlencode({"$select": ",".join(dict.fromkeys(wanted)), "$top": _PAGE, "$count": "true"})
        members = f"/v1.0/groups/{self._config.group}/transitiveMembers/microsoft.graph.user"
        url = f"{self._config.endpoint}{members}?{query}"
        disabled = 0
        with requests.Session() as session:
            for user in self._users(session, url):
                if user.get(_ENABLED) is False:
                    disabled += 1
                else:
                    yield _row(user, names)
        if disabled:
            self.remarks.append(f"with a disabled account, so left out: {disabled:,}")

    def _users(self, session: requests.Session, url: str) -> Iterator[Mapping[str, Any]]:
        asked = set()
        while url:
            if url in asked:
                raise self._error("gives the same page again and again")
            asked.add(url)
            page = self._page(session, url)
            users = page.get("value")
            if not isinstance(users, list) or not all(isinstance(user, dict) for user in users):
                raise self._error("answers with a page that is no list of users")
            yield from users
            url = self._next(page.get("@odata.nextLink"))

    def _next(self, link: object) -> str:
        """The address of the next page: it gets the token too, so it must be on the same server."""
        if link is None:
            return ""
        if not isinstance(link, str) or urlsplit(link)[:2] != urlsplit(self._config.endpoint)[:2]:
            raise self._error("refers to another server for its next page, which was not asked")
        return link

    def _page(self, session: requests.Session, url: str) -> Mapping[str, Any]:
        ends_at = time.monotonic() + self._timeout_s
        while True:
            response, body = self._answer(session, url, ends_at)
            if response.status_code not in _AGAIN:
                return self._checked(response.status_code, body)
            pause = _wait_s(response.headers.get("Retry-After", ""))
            if time.monotonic() + pause >= ends_at:
                what = f"answers {response.status_code} and asks to wait {pause:.0f} s"
                raise self._error(what, "Run the same command later, or raise timeout_s.")
            time.sleep(pause)

    def _answer(self, session: requests.Session, url: str, ends_at: float) -> tuple[requests.Response, bytes]:
        config = self._config
        token = entra.token(config, f"{config.endpoint}/.default", key=_KEY, extra="graph", passing=SourceError)
        headers = {"ConsistencyLevel": "eventual", "Accept": "application/json"}
        left = max(ends_at - time.monotonic(), 0.1)
        try:
            # A redirect would carry the token to another server.
            with session.get(
                url, auth=Bearer(token), headers=headers, timeout=left, allow_redirects=False, stream=True
            ) as response:
                return response, self._read(response, ends_at)
        except (requests.RequestException, HTTPError, OSError) as error:
            what = f"cannot be read: {config.endpoint} gives no answer ({type(error).__name__})"
            raise self._error(what, "Check the network and recipients.graph.endpoint.") from error

    def _read(self, response: requests.Response, ends_at: float) -> bytes:
        """The body, in time as a whole: the library only limits the wait for each of its pieces."""
        body = bytearray()
        while piece := response.raw.read1(_PIECE, decode_content=True):
            body += piece
            if time.monotonic() > ends_at or len(body) > _LONGEST:
                raise self._error(
                    f"gives no whole page within {self._timeout_s:g} s and {_LONGEST >> 20} MB", "Raise timeout_s."
                )
        return bytes(body)

    def _checked(self, status: int, content: bytes) -> Mapping[str, Any]:
        try:
            body = json.loads(content)
        except ValueError:
            body = None
        if status != 200:
            raise self._refusal(status, body)
        if not isinstance(body, dict):
            raise self._error("answers with something that is not JSON", "Check recipients.graph.endpoint.")
        return body

    def _refusal(self, status: int, body: object) -> NewsletterError:
        said = body.get("error") if isinstance(body, dict) else None
        words = f"{said.get('code', '')}: {said.get('message', '')}" if isinstance(said, dict) else "without a reason"
        what = f"answers {status}: {one_line(words)}"
        if status in _REFUSED:
            return ConfigError(f"{self.label} {what}", _REFUSED[status])
        return self._error(what)

    def _error(self, what: str, hint: str = "Run the same command later.") -> SourceError:
        return SourceError(f"{self.label} {what}", hint)


def _wait_s(text: str) -> float:
    """The seconds of a Retry-After header (RFC 9110, 10.2.3): a number, or a date."""
    if text.isdecimal():
        return float(text)
    try:
        return max(parsedate_to_datetime(text).timestamp() - time.time(), 0.0)
    except (ValueError, TypeError):
        return _PAUSE_S


def _row(user: Mapping[str, Any], names: Names) -> Row:
    values = {name: _value(user.get(name)) for name in names.all}
    return Row(f"user {one_line(str(user.get('id', '')))}", values)


def _value(value: object) -> Value:
    """A property as the several values that it may have; its text is one of them, whatever it holds."""
    if isinstance(value, list):
        return tuple(str(one) for one in value)
    return () if value is None else (str(value),)
