"""Sends as processes of their own: `python -m tests.chaos.sender` forks one for each line of stdin.

A line is a JSON object (see `Order`). For each the process id is printed, then, when it has ended,
its exit code. Importing once and forking makes a run begin within milliseconds, so that many of
them can be killed in little time; each is a process with threads, locks and files of its own.
"""

from __future__ import annotations

import errno
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from newsletter.deliver import InDoubt, freeze, open_ledger, send
from newsletter.deliver.ledger import LedgerPlace, journal
from newsletter.deliver.ledger.postgres import PostgresLedger
from newsletter.errors import NewsletterError
from newsletter.model import Recipient
from tests.servers.deliver_support import EDITION, QUICK, VARIANT, messages, relay
from tests.servers.postgres import ledger_server


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One run.

    Args:
        ledger: the path of a file, or what stands in config.yaml of a server.
        port: of the sink.
        people: how many recipients.
        connections: to the sink.
        words: how long the mail is.
        in_doubt: as of `send`.
        die_at: the kernel kills the process in the write that makes the ledger's log this much longer.
        full_at: the file system takes this many bytes more for the ledger.
        journal_full_at: the journal's disk is full after so many lines.
        clock_jumps: the clock jumps by up to ten days, forth and back.
        patience_s: how long a lost server of the ledger is waited for.
    """

    ledger: str | dict[str, Any]
    port: int
    people: int
    connections: int = 4
    words: int = 200
    in_doubt: InDoubt = "hold"
    die_at: int = 0
    full_at: int = 0
    journal_full_at: int = 0
    clock_jumps: bool = False
    patience_s: float = 60.0

    @property
    def place(self) -> LedgerPlace:
        return Path(self.ledger) if isinstance(self.ledger, str) else ledger_server(self.ledger)


def run(order: Order) -> int:
    """The exit code that the command would end with."""
    planned = [(Recipient(address=f"p{i}@acme.example", name=f"P {i}"), VARIANT) for i in range(order.people)]
    content = messages("Hello " * order.words)
    if order.journal_full_at:
        _fill_journal(order.journal_full_at)
    smtp = relay(order.port, connections=order.connections, timeout_s=30)
    try:
        with open_ledger(order.place) as ledger:
            if isinstance(ledger, PostgresLedger):
                ledger.patience_s = order.patience_s
            freeze(ledger, EDITION, content, planned)
            _limit(order)
            clock = _jumping() if order.clock_jumps else time.time
            report = send(ledger, EDITION, content, smtp, pace=QUICK, in_doubt=order.in_doubt, clock=clock)
    except NewsletterError as error:
        print(error.message, error.hint, file=sys.stderr)
        return error.exit_code
    if report.fault:
        return report.fault.exit_code
    return 75 if report.unsettled else 4 if report.counts["in_doubt"] else 0


def _limit(order: Order) -> None:
    room = order.die_at or order.full_at
    if not room:
        return
    assert isinstance(order.place, Path)
    path = order.place
    if order.die_at:
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # Python ignores it, and write(2) then fails
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    log = Path(f"{path}-wal")
    size = max(path.stat().st_size, log.stat().st_size if log.exists() else 0)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + room, resource.RLIM_INFINITY))


def _fill_journal(lines: int) -> None:
    class Full:
        left = lines

        def __getattr__(self, name: str) -> object:
            return getattr(os, name)

        def write(self, descriptor: int, data: bytes) -> int:
            self.left -= 1
            if self.left > 0:
                return os.write(descriptor, data)
            if self.left == 0:
                return os.write(descriptor, data[:2])  # the last bytes that there was room for
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    vars(journal)["os"] = Full()


def _jumping() -> Callable[[], float]:
    jumps = (0, 86_400, -86_400, 864_000, -864_000, 3600)
    calls = 0

    def clock() -> float:
        nonlocal calls
        calls += 1
        return time.time() + jumps[calls // 7 % len(jumps)]

    return clock


def main() -> None:
    for line in sys.stdin:
        child = os.fork()
        if not child:
            os.setsid()
            os._exit(run(Order(**json.loads(line))))
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
