"""HTTP connections that end a request at one instant, however slowly the server drips.

A socket's own timeout starts anew with every byte. Here every read waits only for what is left
of the whole request: status line, headers and body.
"""

from __future__ import annotations

import io
import socket
import time
from typing import Any, cast

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection


class _DeadlineReader(io.RawIOBase):
    """The receiving side of a socket; each read may take what is left until the deadline."""

    def __init__(self, sock: _DeadlineSocket) -> None:
        super().__init__()
        self._sock = sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.hurry()
        return self._sock.inner.recv_into(buffer)


class _DeadlineSocket:
    """A connected socket, plain or TLS, as far as `http.client` and urllib3 use it."""

    def __init__(self, inner: socket.socket) -> None:
        self.inner = inner
        self.ends_at = float("inf")

    def hurry(self) -> None:
        """Let the next call on the socket wait no longer than the request may still take."""
        left = self.ends_at - time.monotonic()
        if left <= 0:
            raise TimeoutError("deadline passed")
        self.inner.settimeout(None if left == float("inf") else left)

    def makefile(self, *_: object, **__: object) -> io.BufferedReader:
        return io.BufferedReader(_DeadlineReader(self))

    def sendall(self, data: Any) -> None:
        self.hurry()
        self.inner.sendall(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class _PlainConnection(HTTPConnection):
    def connect(self) -> None:
        super().connect()
        _guard(self)

    def request(self, *args: Any, **kwargs: Any) -> None:
        _restart(self)
        super().request(*args, **kwargs)


class _TlsConnection(HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        _guard(self)

    def request(self, *args: Any, **kwargs: Any) -> None:
        _restart(self)
        super().request(*args, **kwargs)


def _guard(connection: HTTPConnection) -> None:
    connection.sock = cast("socket.socket", _DeadlineSocket(cast("socket.socket", connection.sock)))
    _restart(connection)


def _restart(connection: HTTPConnection) -> None:
    """Start the clock of the request that `connection` is about to carry."""
    if isinstance(connection.sock, _DeadlineSocket) and connection.timeout is not None:
        connection.sock.ends_at = time.monotonic() + connection.timeout


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class DeadlinePoolManager(PoolManager):
    """urllib3's pools, whose `timeout` bounds the whole of a request instead of each read."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}
