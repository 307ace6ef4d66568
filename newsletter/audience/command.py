"""Recipients from a program that prints them, as CSV or JSON.

No shell takes part, and nothing counts before the program has ended with 0.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from newsletter.audience.csv import CsvFile
from newsletter.audience.json import JsonFile
from newsletter.audience.source import LIST_NAMES, Names, Row
from newsletter.config import SourceConfig
from newsletter.errors import ConfigError, ContentError, SourceError, one_line

_ADDRESS = re.compile(r"[^\s<>\"',;:]+@[^\s<>\"',;]+")
_SAID = 2_000  # bytes read from the end of what it complained about
_SHOWN = 300


class Command:
    """A program and its arguments.

    Args:
        command: the program, and what it is given. A program with a slash is a path that starts from the
            folder of config.yaml, another one is looked for in PATH.
        config: the format, the longest time, the folder.
    """

    names = LIST_NAMES
    lists_anybody = False

    def __init__(self, command: Sequence[str], config: SourceConfig) -> None:
        program = command[0]
        self._command = [str(config.folder / program) if "/" in program else program, *command[1:]]
        self._config = config
        # Arguments may hold what nobody else should read.
        self.label = f"the command {program}"
        self.remarks: list[str] = []

    def rows(self, names: Names) -> Iterator[Row]:
        """See `Source.rows`."""
        with tempfile.TemporaryDirectory(prefix="newsletter-") as folder:
            printed = Path(folder) / "printed"
            self._run(printed)
            if not printed.stat().st_size:
                raise ContentError(f"{self.label} printed nothing", "An empty list must be a mistake: look into it.")
            kind = JsonFile if self._config.format == "json" else CsvFile
            yield from kind(printed, f"what {self.label} printed").rows(names)

    def _run(self, printed: Path) -> None:
        with printed.open("wb") as output, tempfile.TemporaryFile() as complaints:
            process = self._start(output, complaints)
            try:
                code = process.wait(self._config.timeout_s)
            except subprocess.TimeoutExpired:
                hint = "Make it faster, or raise timeout_s."
                raise SourceError(
                    f"{self.label} did not end within {self._config.timeout_s:g} s{_said(complaints)}", hint
                ) from None
            finally:
                _end(process)
            if code:
                how = f"ended with {code}" if code > 0 else f"was ended by signal {-code}"
                raise SourceError(f"{self.label} {how}{_said(complaints)}", "Run it by hand, and mend it.")

    def _start(self, output: IO[bytes], complaints: IO[bytes]) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=complaints,
                cwd=self._config.folder,
                start_new_session=True,  # so that it can be ended with everything it has started
            )
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            hint = "Check recipients.command: the program must be there, and executable."
            raise ConfigError(f"{self.label} cannot be started: {reason}", hint) from error


def _end(process: subprocess.Popen[bytes]) -> None:
    """End whatever is left of it: what it has started may outlive it, and would write on."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # all of it has ended
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _said(complaints: IO[bytes]) -> str:
    """The end of what it wrote to stderr, without addresses: errors are logged, and people are nobody's business."""
    end = complaints.seek(0, os.SEEK_END)
    complaints.seek(max(end - _SAID, 0))
    text = _ADDRESS.sub("(address)", complaints.read().decode("utf-8", "replace"))
    last = one_line(text, _SAID)[-_SHOWN:]
    return f": {last}" if last else ""
