"""What every private server of the tests needs: free ports, and the moment from which it listens."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

START_WITHIN_S = 20.0


def free_ports(count: int) -> list[int]:
    """Loopback ports that nobody listens on, all different."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def wait_until_listening(name: str, process: subprocess.Popen[bytes], ports: Iterable[int], log: Path) -> None:
    """Until `process` takes connections on every port; its log is told if it ends before."""
    deadline = time.monotonic() + START_WITHIN_S
    for port in ports:
        while True:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, f"{name} does not start"
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.02)
