"""Loopback ports for the demo's own servers."""

from __future__ import annotations

import socket

HOST = "127.0.0.1"
PORTS_TRIED = 3  # a port that was free a moment ago may be taken by the time it is bound


def free_port() -> int:
    """A port that is free at this moment, for a server that cannot be asked to choose one (port 0) and tell it."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
