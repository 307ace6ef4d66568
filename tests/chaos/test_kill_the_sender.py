"""kill -9 at random moments, run again: nobody is forgotten and nobody gets two."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.deliver import open_ledger, status
from newsletter.demo.workspace import copy_workspace
from newsletter.errors import LedgerError
from tests.servers.deliver_support import EDITION

pytestmark = [pytest.mark.chaos, pytest.mark.servers]

PEOPLE = 2000
CONNECTIONS = 4
KILLS = 5
SINK = Path(__file__).parents[1] / "servers" / "smtp_sink.py"
ROOT = Path(__file__).parents[2]

_RECIPIENT = re.compile(r"(?m)^X-Rcpt-Args: <([^>]+)>")


def api_command(ledger: Path, port: int) -> list[str]:
    return [sys.executable, "-m", "tests.chaos.sender", str(ledger), str(port), str(PEOPLE), str(CONNECTIONS)]


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """A sink that needs 1 ms for each message: its port and its log."""
    log = tmp_path / "received.log"
    arguments = [sys.executable, str(SINK), str(log), "--delay", "0.001"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield int(process.stdout.readline()), log
        finally:
            process.terminate()


def killed_runs(command: list[str], ledger: Path, chance: random.Random, kills: int) -> int:
    """Start the command and kill its process group, `kills` times, while it is sending; how many hit."""
    hits = 0
    for _ in range(kills):
        with subprocess.Popen(command, cwd=ROOT, start_new_session=True) as process:
            # From the first acceptance of this run on: then the kill falls into the sending.
            before = accepted(ledger)
            while process.poll() is None and accepted(ledger) == before:
                time.sleep(0.005)
            time.sleep(chance.uniform(0.0, 0.25))
            if process.poll() is None:
                hits += 1
                os.killpg(process.pid, signal.SIGKILL)
    return hits


def accepted(ledger: Path) -> int:
    try:
        return status(ledger, EDITION).counts["accepted"]
    except LedgerError:
        return 0


def check(ledger: Path, received: Counter[str], hits: int) -> None:
    """The oracle: the sink's log against the ledger."""
    with open_ledger(ledger, readonly=True) as opened:
        states = {
            state: {row.address for row in opened.deliveries(EDITION, [state])} for state in ("accepted", "in_doubt")
        }
        counts = opened.counts(EDITION)
        ids = {row.address: row.message_id for row in opened.deliveries(EDITION, ["accepted", "in_doubt"])}
    assert counts["total"] == PEOPLE
    assert counts["accepted"] + counts["in_doubt"] == PEOPLE  # so every address is in exactly one state
    assert [address for address, copies in received.items() if copies > 1] == []
    assert states["accepted"] - received.keys() == set()  # none is lost
    assert received.keys() - states["accepted"] <= states["in_doubt"]
    assert counts["in_doubt"] <= hits * CONNECTIONS
    assert len(set(ids.values())) == PEOPLE


@pytest.mark.parametrize("seed", [1, 2])
def test_five_kills_lose_nobody_and_send_nobody_two(tmp_path, sink, seed):
    port, log = sink
    ledger = tmp_path / "ledger.db"
    command = api_command(ledger, port)
    hits = killed_runs(command, ledger, random.Random(seed), KILLS)
    assert hits >= 3, "the kills came too late to prove anything"
    subprocess.run(command, cwd=ROOT, check=True, timeout=120)
    lines = [line.split() for line in log.read_text().splitlines()]
    check(ledger, Counter(recipient for _, recipient in lines), hits)
    with open_ledger(ledger, readonly=True) as opened:
        frozen = {row.address: row.message_id for row in opened.deliveries(EDITION, ["accepted", "in_doubt"])}
    assert all(frozen[recipient] == message_id for message_id, recipient in lines)
    assert [path.name for path in tmp_path.iterdir() if "receipts" in path.name] == []


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """The sample company with a list of its own, ready to send: its config.yaml."""
    config = copy_workspace(tmp_path / "acme")
    rows = [f"p{i}@acme.example,Desk {i},{'it' if i % 2 else 'en'},all" for i in range(PEOPLE)]
    (config.parent / "audience.csv").write_text("email,name,locale,segments\n" + "\n".join(rows), encoding="utf-8")
    text = config.read_text(encoding="utf-8").replace("approvals: 1", "approvals: 0")
    config.write_text(re.sub(r"(?m)^(\s+connections:) \d+", rf"\1 {CONNECTIONS}", text), encoding="utf-8")
    return config


def test_five_kills_of_the_command_against_postfix_smtp_sink(tmp_path, workspace):
    """`newsletter send` as ops runs it, against an independent server, counted from that one's own capture."""
    with tempfile.TemporaryDirectory() as capture, socket.socket() as unused:
        Path(capture).chmod(0o777)
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        unused.close()
        text = workspace.read_text(encoding="utf-8")
        workspace.write_text(re.sub(r"(?m)^(\s+port:) \d+", rf"\1 {port}", text), encoding="utf-8")
        command = [sys.executable, "-m", "newsletter", "send", "--yes", "--month", EDITION, "--config", str(workspace)]
        ledger = workspace.parent / "newsletter.db"
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        sink = shutil.which("smtp-sink", path=f"{os.environ['PATH']}:/usr/sbin") or "smtp-sink"
        # -D appends each transaction to a file when its final dot has come, and drops unfinished ones.
        arguments = [sink, *user, "-D", f"{capture}/mail.", f"127.0.0.1:{port}", "100"]
        with subprocess.Popen(arguments) as process:
            try:
                hits = killed_runs(command, ledger, random.Random(3), KILLS)
                assert hits >= 3
                last = subprocess.run(command, cwd=ROOT, check=False, timeout=120, capture_output=True, text=True)
            finally:
                process.terminate()
        dumps = [path.read_text(errors="replace") for path in Path(capture).iterdir()]
    counts = status(ledger, EDITION).counts
    assert last.returncode == (4 if counts["in_doubt"] else 0), last.stderr
    check(ledger, Counter(found for dump in dumps for found in _RECIPIENT.findall(dump)), hits)
