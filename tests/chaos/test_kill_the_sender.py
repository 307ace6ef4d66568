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
from pathlib import Path

import pytest

from newsletter.deliver import open_ledger, status
from newsletter.demo.workspace import copy_workspace
from tests.chaos.conftest import ROOT, judge
from tests.chaos.sender import Order
from tests.servers.deliver_support import EDITION

pytestmark = [pytest.mark.chaos, pytest.mark.servers]

KILLS = int(os.environ.get("CHAOS_KILLS", "60"))
CONNECTIONS = 4
_RECIPIENT = re.compile(r"(?m)^X-Rcpt-Args: <([^>]+)>")


def killed(order, sink, sender, chance, kills):
    """Start and kill so many runs, each at a random moment after its first copy; how many were hit."""
    hits = 0
    for _ in range(kills):
        sender.start(order)
        sink.until_more(sender)
        time.sleep(chance.uniform(0.0, 0.1))
        sender.signal(signal.SIGKILL)
        hits += sender.wait() == -signal.SIGKILL
    return hits


def test_sixty_kills_lose_nobody_and_send_nobody_two(tmp_path, sink, sender):
    chance = random.Random(1)
    people = 60 * KILLS
    with sink("--delay", "0.001") as running:
        order = Order(ledger=str(tmp_path / "ledger.db"), port=running.port, people=people, connections=CONNECTIONS)
        hits = killed(order, running, sender, chance, KILLS)
        assert hits >= 0.8 * KILLS, "the kills came too late to prove anything"
        code = sender.run(order)
    counts = judge(tmp_path / "ledger.db", running.received(), people=people, in_doubt=hits * CONNECTIONS)
    assert set(counts) <= {"accepted", "in_doubt"}
    assert code == (4 if "in_doubt" in counts else 0)
    with open_ledger(tmp_path / "ledger.db", readonly=True) as ledger:
        frozen = {row.address: row.message_id for row in ledger.deliveries(EDITION, ["accepted", "in_doubt"])}
    arrived = [line.split() for line in running.log.read_text().splitlines()]
    assert all(frozen[recipient] == message_id for message_id, recipient in arrived)
    assert [path.name for path in tmp_path.iterdir() if "receipts" in path.name] == []


def test_if_a_person_has_them_resent_only_copies_in_doubt_can_be_doubled(tmp_path, sink, sender):
    people, kills = 600, 8
    path = tmp_path / "ledger.db"
    with sink("--delay", "0.001") as running:
        order = Order(ledger=str(path), port=running.port, people=people, connections=CONNECTIONS)
        hits = killed(order, running, sender, random.Random(2), kills)
        sender.run(order)
        with open_ledger(path, readonly=True) as ledger:
            doubtful = {row.address for row in ledger.deliveries(EDITION, ["in_doubt"])}
        assert sender.run(Order(ledger=str(path), port=running.port, people=people, in_doubt="resend")) == 0
    received = running.received()
    doubled = {address for address, copies in received.items() if copies > 1}
    assert doubled <= doubtful
    assert len(doubtful) <= hits * CONNECTIONS
    assert len(received) == status(path, EDITION).counts["accepted"] == people


COMMAND_PEOPLE = 1200


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """The sample company with a list of its own, ready to send: its config.yaml."""
    config = copy_workspace(tmp_path / "acme")
    rows = [f"p{i}@acme.example,Desk {i},{'it' if i % 2 else 'en'},all" for i in range(COMMAND_PEOPLE)]
    for name, some in (("managers.csv", rows[:1]), ("audience.csv", rows[1:])):
        (config.parent / name).write_text("email,name,locale,segments\n" + "\n".join(some), encoding="utf-8")
    text = config.read_text(encoding="utf-8").replace("approvals: 1", "approvals: 0")
    config.write_text(re.sub(r"(?m)^(\s+connections:) \d+", rf"\1 {CONNECTIONS}", text), encoding="utf-8")
    return config


def killed_commands(command: list[str], ledger: Path, chance: random.Random) -> int:
    """Start the command and kill its process group, three times, while it is sending; how many hit."""
    hits = 0
    for _ in range(3):
        with subprocess.Popen(command, cwd=ROOT, start_new_session=True) as process:
            before = status(ledger, EDITION).counts["accepted"]
            while process.poll() is None and status(ledger, EDITION).counts["accepted"] == before:
                time.sleep(0.005)
            time.sleep(chance.uniform(0.0, 0.1))
            if process.poll() is None:
                hits += 1
                os.killpg(process.pid, signal.SIGKILL)
    return hits


def test_three_kills_of_the_command_against_postfix_smtp_sink(tmp_path, workspace):
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
                hits = killed_commands(command, ledger, random.Random(3))
                assert hits >= 2
                last = subprocess.run(command, cwd=ROOT, check=False, timeout=120, capture_output=True, text=True)
            finally:
                process.terminate()
        dumps = [path.read_text(errors="replace") for path in Path(capture).iterdir()]
    counts = status(ledger, EDITION).counts
    assert last.returncode == (4 if counts["in_doubt"] else 0), last.stderr
    received = Counter(found for dump in dumps for found in _RECIPIENT.findall(dump))
    judge(ledger, received, people=COMMAND_PEOPLE, in_doubt=hits * CONNECTIONS)
