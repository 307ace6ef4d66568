"""What SpamAssassin thinks of letters, where it is installed."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

TIMEOUT_S = 60
"""Reading its rules takes SpamAssassin seconds; a daemon (spamd) answers at once."""

_SHORT = re.compile(rb"^(-?[\d.]+)/([\d.]+)", re.MULTILINE)
_STATUS = re.compile(
    rb"^X-Spam-Status: .*?score=(-?[\d.]+)\s+required=([\d.]+)\s+tests=([\w,\s]*?)\s+\w+=", re.MULTILINE | re.DOTALL
)


class Score(Struct, frozen=True):
    """Points, how many make a mail spam, and the rules that gave some."""

    points: float
    required: float
    rules: tuple[str, ...] = ()


def scores(messages: Sequence[bytes]) -> tuple[Score, ...]:
    """The score of each mail by local rules; empty where SpamAssassin is not installed or gave no answer.

    Asks the daemon if one runs (`spamc`), otherwise the program (`spamassassin -L`, local rules only), once for all
    mails: reading its rules takes it longer than a mail.
    """
    by_daemon = tuple(found for one in messages if (found := _by_daemon(one)))
    judged = by_daemon if len(by_daemon) == len(messages) else _by_program(messages)
    return judged if len(judged) == len(messages) else ()


def _by_daemon(message: bytes) -> Score | None:
    found = _SHORT.search(_output("spamc", "-x", "-c", message=message))
    if not found or float(found[2]) == 0:  # "0/0": no daemon
        return None
    return Score(float(found[1]), float(found[2]))


def _by_program(messages: Sequence[bytes]) -> tuple[Score, ...]:
    with tempfile.TemporaryDirectory(prefix="newsletter-") as folder:
        paths = [Path(folder, f"{number}.eml") for number in range(len(messages))]
        for path, message in zip(paths, messages, strict=True):
            path.write_bytes(message)
        output = _output("spamassassin", "-L", *map(str, paths))
    return tuple(_score(found) for found in _STATUS.finditer(output))


def _score(status: re.Match[bytes]) -> Score:
    names = (name.strip() for name in status[3].decode().split(","))
    return Score(float(status[1]), float(status[2]), tuple(name for name in names if name and name != "none"))


def _output(*command: str, message: bytes = b"") -> bytes:
    if not shutil.which(command[0]):
        return b""
    try:
        done = subprocess.run(command, input=message, capture_output=True, timeout=TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return b""
    return done.stdout
