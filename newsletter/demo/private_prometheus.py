"""A Prometheus of one's own: recorded samples in, a URL on the loopback interface out.

Needs the binaries `prometheus` and `promtool` (https://prometheus.io/docs/prometheus/latest/storage/#backfilling-from-openmetrics-format).
"""

from __future__ import annotations

import http.client
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from newsletter.demo.ports import HOST, PORTS_TRIED, free_port
from newsletter.errors import SourceError

_START_WITHIN_S = 60.0
_POLL_S = 0.02
_STOP_WITHIN_S = 10.0
_MAX_BLOCK = "1458h"


def prometheus_available() -> bool:
    """Whether both binaries are on the PATH."""
    return all(shutil.which(name) for name in ("prometheus", "promtool"))


@contextmanager
def private_prometheus(
    files: Sequence[Path], *, directory: Path | None = None, max_block: str = _MAX_BLOCK, retention: str = "100y"
) -> Iterator[str]:
    """Back-fill `files` and serve them until the block ends.

    Args:
        files: OpenMetrics text, each ended by `# EOF`, timestamps in seconds; their series may overlap.
        directory: where the database is kept; a temporary one by default, removed afterwards.
        max_block: promtool reads a file once for every block of this length (epoch-aligned, a
            power of three times 2 h); long blocks make it one pass, short ones need less memory.
        retention: how far back the server admits to remember.

    Yields:
        Its URL, such as `http://127.0.0.1:40123`.

    Raises:
        SourceError: a binary is missing, refuses a file, or does not become ready.
    """
    if not prometheus_available():
        raise SourceError("prometheus and promtool are not installed", "Install both, or work from recorded snapshots.")
    with tempfile.TemporaryDirectory(prefix="newsletter-prometheus-") as temporary:
        home = directory or Path(temporary)
        for file in files:
            backfill(file, home / "data", max_block)
        process, url = _start(home, retention)
        try:
            yield url
        finally:
            _stop(process)


def backfill(file: Path, data: Path, max_block: str = _MAX_BLOCK) -> None:
    """Write the samples of one file into the database at `data`, beside what it holds.

    Raises:
        SourceError: promtool refuses the file.
    """
    command = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "-q", f"--max-block-duration={max_block}"]
    done = subprocess.run([*command, str(file), str(data)], capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip() or done.stdout.strip() or "no reason given").splitlines()[-1]
        raise SourceError(f"{file}: promtool refuses it: {reason}", "Mend the OpenMetrics text.")


def _start(home: Path, retention: str) -> tuple[subprocess.Popen[bytes], str]:
    """Start the server on a port that is free, waiting until it answers queries."""
    home.mkdir(parents=True, exist_ok=True)
    config = home / "prometheus.yml"
    config.write_text("scrape_configs: []\n", encoding="utf-8")
    log = home / "prometheus.log"
    for _ in range(PORTS_TRIED):
        address = f"{HOST}:{free_port()}"
        command = [
            "prometheus",
            f"--config.file={config}",
            f"--storage.tsdb.path={home / 'data'}",
            f"--storage.tsdb.retention.time={retention}",
            # equal lengths switch compaction off: nothing competes with the queries
            "--storage.tsdb.min-block-duration=2h",
            "--storage.tsdb.max-block-duration=2h",
            f"--web.listen-address={address}",
        ]
        with log.open("wb") as out:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        try:
            if _wait_ready(process, address):
                return process, f"http://{address}"
        except BaseException:
            _stop(process)
            raise
        _stop(process)
    last_line = (log.read_text(encoding="utf-8", errors="replace").strip() or "no log").splitlines()[-1]
    raise SourceError(f"prometheus does not start: {last_line}", f"Run it by hand on {home}.")


def _wait_ready(process: subprocess.Popen[bytes], address: str) -> bool:
    deadline = time.monotonic() + _START_WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        if _is_ready(address):
            return True
        time.sleep(_POLL_S)
    return False


def _is_ready(address: str) -> bool:
    connection = http.client.HTTPConnection(address, timeout=1)
    try:
        connection.request("GET", "/-/ready")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
