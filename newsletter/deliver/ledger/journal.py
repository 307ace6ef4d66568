"""The receipt journal: which final dots one process sent, and what was answered.

The ledger commits in windows of many messages; the journal says, for each of them, how far it
came, at the price of one write(2). A line begun by `S` stands there before the final dot leaves,
one begun by `D` after the reply came:

    boot 5e4c…            the machine's boot id
    S 1017                the dot of row 1017 is about to leave
    D 1017 250 2.0.0 Ok   its reply

After a kill -9 the rows with S and without D are in doubt: at most one per open connection.
Written data survives the death of the process but not a power cut; the boot id tells one from
the other, and after a power cut every row that was being sent is in doubt.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from newsletter.deliver.ledger import locks
from newsletter.errors import LedgerError

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_LINE = re.compile(r"S (?P<sent>\d+)|D (?P<done>\d+) (?P<code>\d{3}) (?P<reply>.*)")


class Receipts(Struct, frozen=True, kw_only=True):
    """What a journal proves.

    Args:
        complete: every dot that left is in it; False after a power cut or damage.
        last: row -> (code, text) of the reply to its last dot, None if there is no reply.
    """

    complete: bool
    last: Mapping[int, tuple[int, str] | None]


NOTHING_PROVED = Receipts(complete=False, last={})


class Journal:
    """The journal of this process; its lock is held while it is open."""

    def __init__(self, path: Path) -> None:
        """Create the file, and its folder if that is missing.

        Raises:
            LedgerError: it cannot be created, or another process holds it.
        """
        self.path = path
        try:
            path.parent.mkdir(mode=0o700, exist_ok=True)
            descriptor = locks.hold(path)
        except OSError as error:
            raise LedgerError(f"{path}: {error.strerror}", "Make its folder writable for this user.") from error
        if descriptor is None:
            raise LedgerError(f"{path} is in use", "Wait for the other process.")
        self._descriptor = descriptor
        self._lock = threading.Lock()
        self._failure: LedgerError | None = None
        self._write(f"boot {boot_id()}")

    def sent(self, row: int) -> None:
        """Note that the final dot of `row` is about to leave; it must not, if this fails."""
        self._write(f"S {row}")

    def done(self, row: int, code: int, reply: str) -> None:
        """Note the reply to the final dot of `row`."""
        self._write(f"D {row} {code:03d} {reply}")

    def close(self) -> None:
        """Close the file and free its lock; it stays on disk until it is settled."""
        os.close(self._descriptor)

    def _write(self, line: str) -> None:
        """One whole line, or no line ever again.

        A full disk may take half a line. Behind it no other thread may write: its line would grow
        together with the half one, and a journal with a line that nobody understands proves nothing.
        """
        data = f"{line}\n".encode("ascii", "replace")
        with self._lock:
            if self._failure is None:
                self._failure = self._failure_of(data)
            if self._failure is not None:
                raise self._failure

    def _failure_of(self, data: bytes) -> LedgerError | None:
        try:
            written = os.write(self._descriptor, data)
        except OSError as error:
            return LedgerError(f"{self.path}: {error.strerror}", "Free space on the disk, then run it again.")
        if written != len(data):
            return LedgerError(f"{self.path}: the disk is full", "Free space on it, then run the command again.")
        return None


def read(path: Path) -> Receipts:
    """What the journal at `path` proves, whatever state it was left in.

    Raises:
        LedgerError: it cannot be read.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise LedgerError(f"{path}: {error.strerror}", "Make it readable for this user.") from error
    # A line without its end was cut by a full disk: the dot that it announces was never sent.
    first, *lines = data.decode("ascii", "replace").split("\n")[:-1] or [""]
    complete = first == f"boot {boot_id()}"
    last: dict[int, tuple[int, str] | None] = {}
    for line in lines:
        match = _LINE.fullmatch(line)
        if match is None:
            complete = False
        elif match["sent"]:
            last[int(match["sent"])] = None  # a second try: the reply to the first one says nothing about it
        else:
            last[int(match["done"])] = (int(match["code"]), match["reply"])
    return Receipts(complete=complete, last=last)


def boot_id() -> str:
    """The machine's boot, or a text that equals none where the system does not tell it."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return f"unknown-{os.urandom(8).hex()}"
