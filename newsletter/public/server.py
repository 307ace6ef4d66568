"""Runs the public pages, and beside them what only operators ask for."""

from __future__ import annotations

import logging
import signal
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct

from newsletter.asgi import listening
from newsletter.config import Config
from newsletter.public.app import public_app
from newsletter.public.internal import internal_app
from newsletter.public.metrics import Metrics
from newsletter.public.site import Site

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

log = logging.getLogger("newsletter")

_GRACE_S = 10
_MOST_AT_ONCE = 256
_TAKEN = "Another server may be running; name another address."


class Listening(Struct, frozen=True):
    """An address of this machine, as `host:port`; port 0 takes a free one."""

    host: str
    port: int

    def open(self) -> socket.socket:
        """Take connections from now on.

        Raises:
            UsageError: the port is taken, or the address is none of this machine.
        """
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        return listening(family, self.host, self.port, hint=_TAKEN)


def serve(config: Config, *, pages: Listening, internal: Listening, ready: Callable[[str, str], None]) -> None:
    """Answer until SIGTERM or Ctrl-C; requests that have begun are finished.

    Args:
        config: its `public` block is what is served.
        pages: where your reverse proxy finds the pages.
        internal: where operators find `/metrics` and `/healthz`.
        ready: called with both addresses once connections are taken.

    Raises:
        ConfigError: there is no `public` block, or its secret cannot be used.
        UsageError: a port is taken.
    """
    import uvicorn

    site = Site.of(config)
    site.require_secret()
    metrics = Metrics(site)
    sockets = [pages.open()]
    try:
        sockets.append(internal.open())
        bound = [one.getsockname()[:2] for one in sockets]
        both = Split(public_app(site, metrics.observe, port=bound[0][1]), internal_app(site, metrics), port=bound[1][1])
        settings = uvicorn.Config(
            both,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            lifespan="off",
            ws="none",
            http="h11",
            limit_concurrency=_MOST_AT_ONCE,
            timeout_graceful_shutdown=_GRACE_S,
        )
        logging.getLogger("uvicorn.error").handlers[:] = log.handlers
        logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
        ready(*(f"http://{f'[{host}]' if ':' in host else host}:{port}/" for host, port in bound))
        signal.signal(signal.SIGTERM, lambda *_: None)  # asked for, so the command ends with 0
        uvicorn.Server(settings).run(sockets=sockets)
    finally:
        for one in sockets:
            one.close()


class Split:
    """One server for both addresses: what comes in at the internal port never reaches the pages, nor the other way round."""

    def __init__(self, pages: ASGIApp, internal: ASGIApp, *, port: int) -> None:
        """`port` is the internal one."""
        self._pages = pages
        self._internal = internal
        self._port = port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on to where the connection came in."""
        is_internal = scope["server"][1] == self._port
        await (self._internal if is_internal else self._pages)(scope, receive, send)
