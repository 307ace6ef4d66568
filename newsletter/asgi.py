"""What every server of ours shares: the headers of its answers, a cap on bodies, and a port that is taken or free."""

from __future__ import annotations

import errno
import socket
from typing import TYPE_CHECKING, Any

from newsletter.errors import UsageError

if TYPE_CHECKING:
    from starlette.types import Message, Receive


def policy_headers(policy: str, **more: Any) -> dict[str, str]:
    """The headers of every answer: `policy` for the content, and nothing shared with any other site."""
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    } | {name.replace("_", "-"): str(value) for name, value in more.items()}


def capped(receive: Receive, most: int) -> Receive:
    """A body without an announced length ends after `most` bytes, as if the client had gone."""
    left = most

    async def receive_some() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        return message if left >= 0 else {"type": "http.disconnect"}

    return receive_some


def listening(family: socket.AddressFamily, host: str, port: int, *, hint: str) -> socket.socket:
    """A socket that takes connections from now on.

    Args:
        family: of `host`.
        host: an address of this machine.
        port: 0 takes a free one.
        hint: what to do if the port is taken.

    Raises:
        UsageError: the port is taken, or the address is none of this machine.
    """
    taken = socket.socket(family, socket.SOCK_STREAM)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((host, port))
        taken.listen(128)  # so that a second server on this port is refused, not silently beside us
    except OSError as error:
        taken.close()
        is_taken = error.errno in (errno.EADDRINUSE, errno.EACCES)
        what = f"port {port} is taken" if is_taken else f"{host}:{port} is no address to listen on"
        raise UsageError(f"{what} ({error.strerror})", hint) from error
    return taken
