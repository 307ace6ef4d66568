"""File locks that the kernel drops when a process dies, however it dies."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

_RETRY_S = 0.02


def hold(path: Path, *, patience_s: float = 0.0) -> int | None:
    """Create `path` if need be and lock it; the open descriptor, or None if somebody else holds it.

    Closing the descriptor (or dying) frees the lock. Only for local disks: network file systems
    may not keep flock(2).

    Args:
        path: the file.
        patience_s: how long to wait for whoever holds it.

    Raises:
        OSError: the file cannot be opened.
    """
    give_up = time.monotonic() + patience_s
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            if time.monotonic() >= give_up:
                return None
            time.sleep(_RETRY_S)
            continue
        if _is_still(path, descriptor):
            return descriptor
        os.close(descriptor)  # somebody removed the file between open and lock: ours has no name


def is_held(path: Path) -> bool:
    """Whether a living process holds the lock of `path`; where the file cannot be opened, nobody."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
