"""What a query costs the server: CPU and memory of its process, from /proc."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from bench.paired import Cost

_TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    """The process that listens at `url` on this machine."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._proc = _listening(urlsplit(url).netloc)

    def spent(self, run: Callable[[], Cost]) -> tuple[Cost, float]:
        """The cost of `run` with the server's CPU added, and by how many MiB the server grew at its peak."""
        (self._proc / "clear_refs").write_text("5", encoding="ascii")  # the peak begins anew (proc(5))
        cpu, memory = self._cpu(), self._memory("VmRSS")
        cost = run()
        return replace(cost, cpu=cost.cpu + self._cpu() - cpu), self._memory("VmHWM") - memory

    def _cpu(self) -> float:
        fields = (self._proc / "stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def _memory(self, what: str) -> float:
        lines = (self._proc / "status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{what}:"))


def _listening(address: str) -> Path:
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().decode(errors="replace")
        except OSError:  # it has just ended
            continue
        if f"--web.listen-address={address}" in command.split("\0"):
            return process
    raise LookupError(f"no process listens at {address}")
