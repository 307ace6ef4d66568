"""`newsletter send` as a whole process, ledger on, beside what else sends mail, into Postfix's smtp-sink.

    python -m bench.send                 the rows
    python -m bench.send --write         ... and put them into docs/benchmarks.md

Every peer gets the same text and HTML, composes one message a recipient as its manual says, and
keeps its connections. `smtp-source` sends ready-made bytes of the same size to one address.
In each round we run once and every peer once. From 10,000 mails on the peers that compose would
take minutes for what is proportional to the number: theirs is then a run of 2,000, multiplied.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.paired import Cost, Row, install_npm, write_table
from newsletter import config, period, pipeline
from newsletter.demo.workspace import copy_workspace
from newsletter.render import fill_html, fill_text

ROOT = Path(__file__).parents[1]
PEERS = Path(__file__).parent / "peers"
MONTH = "2026-10"
CONNECTIONS = 5
COMPOSED = 2_000  # mails that the peers compose
DELAYED = 20
ROUND_TRIP_S = 0.030


@dataclass(frozen=True, slots=True)
class Stage:
    """Where it happens: the workspace, the bodies, and what the peers need."""

    workspace: Path
    bodies: Path
    packages: Path
    size: int

    def people(self, count: int) -> None:
        for name, numbers in (("managers.csv", range(1)), ("audience.csv", range(1, count))):
            rows = "\n".join(f"p{number}@acme.example,Desk {number},en,all" for number in numbers)
            text = f"email,name,locale,segments\n{rows}\n"
            (self.workspace.parent / name).write_text(text, encoding="utf-8")

    def aim(self, port: int, connections: int) -> list[str]:
        """Begin anew, at this port; the arguments of `newsletter`."""
        text = self.workspace.read_text(encoding="utf-8")
        text = re.sub(r"(?m)^(\s+port:) \d+", rf"\1 {port}", text)
        text = re.sub(r"(?m)^(\s+connections:) \d+", rf"\1 {connections}", text)
        self.workspace.write_text(text, encoding="utf-8")
        for path in self.workspace.parent.glob("newsletter.db*"):
            path.unlink()
        return ["send", "-q", "--yes", "--month", MONTH, "--config", str(self.workspace)]

    def ours(self, port: int, connections: int) -> Cost:
        return run([sys.executable, "-m", "newsletter", *self.aim(port, connections)])

    def peer(self, name: str, port: int, count: int, connections: int) -> Cost:
        arguments = [str(port), str(count), str(connections), str(self.bodies)]
        if name == "nodemailer":
            return run(["node", str(PEERS / "nodemailer_peer.cjs"), *arguments, str(self.packages)])
        return run([sys.executable, str(PEERS / f"{name}_peer.py"), *arguments], PYTHONPATH=str(self.packages))

    def source(self, port: int, count: int, connections: int) -> Cost:
        arguments = ["-d", "-s", str(connections), "-m", str(count), "-l", str(self.size), f"127.0.0.1:{port}"]
        return run([tool("smtp-source"), *arguments])


def run(command: list[str], **environment: str) -> Cost:
    """CPU is user + system of the process alone; the sink is another one."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, env={**kept, **environment}, capture_output=True, text=True, check=False)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, f"{command}: {done.stderr[-2000:]}"
    return Cost(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def tool(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    assert found, f"{name} is missing: sh tests/install-debian.sh"
    return found


@contextmanager
def sink() -> Iterator[int]:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    with subprocess.Popen([tool("smtp-sink"), *user, f"127.0.0.1:{port}", "200"]) as process:
        try:
            _await_port(port)
            yield port
        finally:
            process.terminate()


@contextmanager
def delayed(port: int) -> Iterator[int]:
    arguments = [sys.executable, "-m", "bench.delay", str(port), str(ROUND_TRIP_S / 2)]
    with subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def _await_port(port: int) -> None:
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(port)


@contextmanager
def stage() -> Iterator[Stage]:
    with tempfile.TemporaryDirectory(prefix="newsletter-bench-") as name:
        folder = Path(name)
        workspace = copy_workspace(folder / "acme")
        text = workspace.read_text(encoding="utf-8").replace("approvals: 1", "approvals: 0")
        workspace.write_text(text, encoding="utf-8")
        loaded = config.load(workspace)
        now = period.month("2026-12", loaded.timezone).start
        month = pipeline.resolve_month(loaded, MONTH, now)
        draft = pipeline.build(loaded, month, now=now)
        values = {"address": "@@ADDRESS@@", "name": ""}
        rendered = draft.variants["staff.en"]
        (folder / "body.html").write_text(fill_html(rendered, values), encoding="utf-8")
        (folder / "body.txt").write_text(fill_text(rendered, values), encoding="utf-8")
        message = pipeline.messages(loaded, draft)["staff.en"]
        packages = folder / "packages"
        _install(packages)
        yield Stage(workspace, folder, packages, len(pipeline.sample_eml(loaded, draft, "staff.en", message)))


def _install(packages: Path) -> None:
    """The peers, as the dependency group `bench` and Nodemailer's registry have them."""
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    pip = ["uv", "pip", "install", "-q"] if shutil.which("uv") else [sys.executable, "-m", "pip", "install", "-q"]
    subprocess.run([*pip, "--target", str(packages), *groups["bench"]], check=True)
    install_npm("nodemailer", packages)


def rows(sizes: tuple[int, ...] = (2_000, 20_000), rounds: int = 3) -> Iterator[Row]:
    """Each bar once for CPU and once for wall: our cost over the peer's."""
    with stage() as at, sink() as port:
        at.people(COMPOSED)
        at.ours(port, CONNECTIONS)  # Python compiles its modules, the disk is warm
        costs = [_costs(at, port, sizes) for _ in range(rounds)]
        for size in sizes:
            yield from _beside(at, size, costs)
        if len(sizes) > 1:
            yield _further_mail(sizes[0], sizes[-1], costs)
        yield from _far_away(at, port, rounds)
        yield _memory(at, port)


PEER_BARS = {
    "smtplib": ("smtplib + EmailMessage, 1 connection", 1, "<= 0.04", "<= 0.125"),
    "nodemailer": ("Nodemailer, pool of 5", CONNECTIONS, "<= 0.067", "<= 0.2"),
    "aiosmtplib": ("aiosmtplib, 5 connections", CONNECTIONS, "", ""),
    "django": ("Django send_messages", 1, "", ""),
}
Costs = dict[tuple[str, int], Cost]  # (who, how many mails)


def _costs(at: Stage, port: int, sizes: tuple[int, ...]) -> Costs:
    """One round."""
    found: Costs = {}
    for name, (_, connections, _, _) in PEER_BARS.items():
        found[name, COMPOSED] = at.peer(name, port, COMPOSED, connections)
    for size in sizes:
        at.people(size)
        found["ours", size] = at.ours(port, CONNECTIONS)
        found["smtp-source", size] = at.source(port, size, CONNECTIONS)
        for name in PEER_BARS:
            theirs = found[name, COMPOSED]
            times = size / COMPOSED
            found[name, size] = Cost(theirs.wall * times, theirs.cpu * times)
    return found


def _beside(at: Stage, size: int, costs: list[Costs]) -> Iterator[Row]:
    bars = [(name, title, cpu, wall) for name, (title, _, cpu, wall) in PEER_BARS.items()]
    bars.insert(2, ("smtp-source", f"smtp-source, {CONNECTIONS} connections", "<= 3.5", "<= 1.5"))
    for name, title, cpu_bar, wall_bar in bars:
        pairs = [(one["ours", size], one[name, size]) for one in costs]
        start = f"send {size:,} mails of {at.size // 1024} KB / {title}"
        yield Row(f"{start}, CPU", cpu_bar, tuple(ours.cpu / other.cpu for ours, other in pairs))
        yield Row(f"{start}, wall", wall_bar, tuple(ours.wall / other.wall for ours, other in pairs))


def _further_mail(few: int, many: int, costs: list[Costs]) -> Row:
    """What does not depend on the start and the build."""
    found = tuple((one["ours", many].cpu - one["ours", few].cpu) / (many - few) * 1e6 for one in costs)
    return Row(f"CPU of each further mail, {few:,} to {many:,}, microseconds", "", found)


def _far_away(at: Stage, port: int, rounds: int) -> list[Row]:
    at.people(1_000)
    with delayed(port) as far:
        found = [
            (at.ours(far, DELAYED), at.peer("smtplib", far, 1_000, DELAYED), at.source(far, 1_000, DELAYED))
            for _ in range(rounds)
        ]
    title = f"send 1,000 mails over {ROUND_TRIP_S * 1000:.0f} ms round trip, {DELAYED} connections"
    return [
        Row(f"{title}, seconds", "<= 4", tuple(ours.wall for ours, _, _ in found)),
        Row(f"{title} / smtplib, wall", "<= 0.5", tuple(ours.wall / other.wall for ours, other, _ in found)),
        Row(f"{title} / smtp-source, wall", "", tuple(ours.wall / other.wall for ours, _, other in found)),
    ]


def _memory(at: Stage, port: int) -> Row:
    """Peak memory of the whole process, 100,000 recipients over 2,000."""
    peaks = []
    for size in (2_000, 100_000):
        at.people(size)
        code = (
            "import sys; from newsletter.cli import main; main(standalone_mode=False)\n"
            # Not ru_maxrss: a child inherits that from whoever started it.
            "print(open('/proc/self/status').read().split('VmHWM:')[1].split()[0], file=sys.stderr)"
        )
        arguments = at.aim(port, CONNECTIONS)
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
        )
        peaks.append(int(done.stderr.split()[-1]))
    title = f"peak memory of a send to 100,000 / 2,000 recipients ({peaks[0] // 1024} MiB)"
    return Row(title, "<= 1.1", (peaks[1] / peaks[0],))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[2_000, 20_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    found = []
    for row in rows(tuple(options.sizes), options.rounds):
        print(row.line(), flush=True)
        found.append(row)
    if options.write:
        write_table("send", found)


if __name__ == "__main__":
    main()
