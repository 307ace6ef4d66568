"""A sink whose log is the judge, and senders to be killed."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from newsletter.deliver import open_ledger
from newsletter.deliver.ledger import STATES, LedgerPlace
from tests.chaos.sender import Order
from tests.servers.deliver_support import EDITION

ROOT = Path(__file__).parents[2]
SINK = ROOT / "tests" / "servers" / "smtp_sink.py"


@dataclass(frozen=True, slots=True)
class Sink:
    """A running sink: its port, its log, and its words."""

    port: int
    log: Path
    process: subprocess.Popen[str]

    def received(self) -> Counter[str]:
        """Copies by address: what truly arrived."""
        return Counter(line.split()[1] for line in self.log.read_text().splitlines())

    def until_stalled(self, times: int = 1) -> None:
        """Wait until so many connections stand still."""
        assert self.process.stdout
        for _ in range(times):
            assert self.process.stdout.readline() == "stalled\n"

    def until_more(self, sender: Sender) -> None:
        """Wait until one more copy has arrived, or the sender has ended."""
        before = self.log.stat().st_size
        while self.log.stat().st_size == before and not sender.ended():
            time.sleep(0.001)


class Sender:
    """The process that forks the sends, one at a time."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.pid = 0

    def start(self, order: Order) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{json.dumps(dataclasses.asdict(order))}\n")
        self._process.stdin.flush()
        self.pid = int(self._process.stdout.readline())

    def ended(self) -> bool:
        """Whether it is gone or only waits to be asked for its code."""
        try:
            stat = Path(f"/proc/{self.pid}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return True
        return stat.rpartition(")")[2].split()[0] == "Z"

    def signal(self, number: signal.Signals) -> None:
        if not self.ended():
            os.kill(self.pid, number)

    def wait(self) -> int:
        """Its exit code, negative for a signal."""
        assert self._process.stdout
        return int(self._process.stdout.readline())

    def run(self, order: Order) -> int:
        self.start(order)
        return self.wait()


@contextmanager
def running_sink(log: Path, *arguments: str) -> Iterator[Sink]:
    with subprocess.Popen(
        [sys.executable, str(SINK), str(log), *arguments], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        try:
            yield Sink(int(process.stdout.readline()), log, process)
        finally:
            process.terminate()


@contextmanager
def running_sender() -> Iterator[Sender]:
    command = [sys.executable, "-m", "tests.chaos.sender"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Sender(process)
        assert process.stdin
        process.stdin.close()


@pytest.fixture(scope="module")
def sender() -> Iterator[Sender]:
    with running_sender() as found:
        yield found


@pytest.fixture
def sink(tmp_path: Path) -> Callable[..., object]:
    """Start a sink with these arguments; all of them write to one log."""
    return lambda *arguments: running_sink(tmp_path / "received.log", *arguments)


def judge(place: LedgerPlace, received: Counter[str], *, people: int, in_doubt: int) -> dict[str, int]:
    """The oracle: the sink's log against the ledger, when no run is left. The counts.

    Nobody is lost: who is accepted was received. Nobody got two. Whoever was received is accepted
    or in doubt. The states add up, and at most `in_doubt` are in doubt.
    """
    with open_ledger(place, readonly=True) as opened:
        counts = opened.counts(EDITION)
        rows = opened.deliveries(EDITION, STATES)
    by_state = {state: {row.address for row in rows if row.state == state} for state in STATES}
    assert counts.pop("total") == sum(counts.values()) == len(rows) == people
    assert [address for address, copies in received.items() if copies > 1] == []
    assert by_state["accepted"] - received.keys() == set()
    assert received.keys() <= by_state["accepted"] | by_state["in_doubt"] | by_state["sending"] | by_state["claimed"]
    assert counts["in_doubt"] <= in_doubt
    assert len({row.message_id for row in rows}) == people
    return {state: number for state, number in counts.items() if number}
