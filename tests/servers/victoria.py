"""A VictoriaMetrics of one's own: recorded samples in, a URL on the loopback interface out."""

from __future__ import annotations

import http.client
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

_START_WITHIN_S = 60.0


@contextmanager
def private_victoria(files: Sequence[Path], *, retention: str | None = "100y") -> Iterator[str]:
    """Import `files` (JSON lines, one series each) into a new server and serve them until the block ends.

    `retention` None leaves the server its default, a month; older samples are dropped without a word.
    """
    assert shutil.which("victoria-metrics"), "victoria-metrics is not installed: sh tests/install-debian.sh"
    with tempfile.TemporaryDirectory(prefix="newsletter-victoria-") as home, socket.create_server(("", 0)) as probe:
        address = f"127.0.0.1:{probe.getsockname()[1]}"
        probe.close()
        command = [
            "victoria-metrics",
            f"-storageDataPath={home}/data",
            f"-httpListenAddr={address}",
            *([f"-retentionPeriod={retention}"] if retention else []),
            "-loggerLevel=ERROR",
        ]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        try:
            _wait_ready(process, address)
            for file in files:
                _post(address, "/api/v1/import", file.read_bytes())
            _get(address, "/internal/force_flush")  # samples can be asked for only a second later otherwise
            _get(address, "/internal/resetRollupResultCache")
            yield f"http://{address}"
        finally:
            process.terminate()
            process.wait(20)


def _wait_ready(process: subprocess.Popen[bytes], address: str) -> None:
    deadline = time.monotonic() + _START_WITHIN_S
    while True:
        assert process.poll() is None, "victoria-metrics does not start"
        assert time.monotonic() < deadline, "victoria-metrics does not become ready"
        try:
            return _get(address, "/health")
        except OSError:
            time.sleep(0.02)


def _get(address: str, path: str) -> None:
    _send(address, "GET", path, b"")


def _post(address: str, path: str, body: bytes) -> None:
    _send(address, "POST", path, body)


def _send(address: str, method: str, path: str, body: bytes) -> None:
    parts = urlsplit(f"//{address}")
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    try:
        connection.request(method, path, body)
        response = connection.getresponse()
        said = response.read()
        assert response.status in {200, 204}, said
    finally:
        connection.close()
