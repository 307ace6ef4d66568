"""A token in a request (RFC 6750, 2.1), for every source that asks by requests."""

from __future__ import annotations

from typing import Any, cast

import requests


class Bearer(requests.auth.AuthBase):
    """The token, given as `auth`: without one, requests puts a login of .netrc in the place of the header."""

    def __init__(self, token: str) -> None:
        """`token` as it was issued."""
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """The request with the token."""
        request.headers["Authorization"] = cast("Any", f"Bearer {self._token}".encode())
        return request
