"""HTTP connections whose requests all end by one instant, however slowly the server drips.

A socket's own timeout starts anew with every byte. Here every read and write waits only for what
is left until the instant that the calling thread has set with `until`: connecting, status line,
headers and body together. Another thread can end them all before that (`Calls`).
"""

from __future__ import annotations

import io
import math
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, cast
from weakref import WeakSet

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection


class Calls:
    """The connections on which threads wait for answers. `over` is set once nobody wants any more."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self._lock = threading.Lock()
        self._sockets: WeakSet[socket.socket] = WeakSet()

    def wait_on(self, sock: socket.socket) -> None:
        """The calling thread is about to.

        Raises:
            TimeoutError: nobody wants the answer.
        """
        with self._lock:
            if self.over.is_set():
                raise TimeoutError("given up")
            self._sockets.add(sock)

    def end(self) -> None:
        """Wake every thread that waits, with an error, and let none wait again."""
        with self._lock:
            self.over.set()
            for sock in self._sockets:
                with suppress(OSError):  # closed already
                    # not the one of TLS, which drops the state that the waiting thread is using
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)


class _Due(threading.local):
    """When the request of this thread must be over, by the monotonic clock, and who may end it before."""

    at: float = math.inf
    calls: Calls | None = None


_due = _Due()


@contextmanager
def until(ends_at: float, calls: Calls) -> Iterator[None]:
    """Let what this thread asks over these connections end by `ends_at` (`time.monotonic()`), or with `calls`."""
    before = _due.at, _due.calls
    _due.at, _due.calls = ends_at, calls
    try:
        yield
    finally:
        _due.at, _due.calls = before


class _DeadlineReader(io.RawIOBase):
    """The receiving side of a socket; each read may take what is left until the deadline.

    It reads through the file that the socket itself makes: only such a file keeps the socket open
    when `http.client` closes it early, as it does where the end of the answer ends the connection.
    """

    def __init__(self, sock: _DeadlineSocket) -> None:
        super().__init__()
        self._sock = sock
        self._file = sock.inner.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.hurry()
        return self._file.readinto(buffer)

    def close(self) -> None:
        self._file.close()
        super().close()


class _DeadlineSocket:
    """A connected socket, plain or TLS, as far as `http.client` and urllib3 use it."""

    def __init__(self, inner: socket.socket) -> None:
        self.inner = inner

    def hurry(self) -> None:
        """Let the next call on the socket wait no longer than the request may still take."""
        left = _due.at - time.monotonic()
        if left <= 0:
            raise TimeoutError("deadline passed")
        if _due.calls:
            _due.calls.wait_on(self.inner)
        self.inner.settimeout(None if left == math.inf else left)

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
        self.sock = cast("socket.socket", _DeadlineSocket(cast("socket.socket", self.sock)))


class _TlsConnection(_PlainConnection, HTTPSConnection):
    """The same over TLS: `connect` above goes on to the one of `HTTPSConnection`."""


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


_POOLS = {"http": _PlainPool, "https": _TlsPool}


class DeadlinePoolManager(PoolManager):
    """urllib3's pools, with connections that know their deadline."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pool_classes_by_scheme = _POOLS


class DeadlineProxyManager(ProxyManager):
    """The same through an HTTP proxy."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pool_classes_by_scheme = _POOLS
