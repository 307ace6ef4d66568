"""`newsletter send` as a whole process, ledger on, beside what else sends mail, into Postfix's smtp-sink.

    python -m bench.send                 the rows, each as soon as it is known; four to six minutes
    python -m bench.send --write         ... and put them into docs/benchmarks.md
    python -m bench.send --sizes         without the long runs

Every peer gets the same text and HTML, composes one message a recipient as its manual says, and
keeps its connections. `smtp-source` sends ready-made bytes of the same size to one address.
We run once before each run of a peer; a slow peer runs less often. Beyond 2,000 mails the peers that
compose would take minutes for what is proportional to the number: theirs is then a run of 2,000, multiplied.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import shutil
import socket
import statistics
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


@dataclass(frozen=True, slots=True)
class Peer:
    """Who else sends: over how many connections, how often it is measured, and by how much we mean to be better."""

    title: str
    connections: int
    rounds: int
    cpu_bar: str = ""
    wall_bar: str = ""


SOURCE = Peer(f"smtp-source, {CONNECTIONS} connections", CONNECTIONS, 5, "<= 3.5", "<= 1.5")
COMPOSING = {
    "nodemailer": Peer("Nodemailer, pool of 5", CONNECTIONS, 3, "<= 0.067", "<= 0.2"),
    "smtplib": Peer("smtplib + EmailMessage, 1 connection", 1, 2, "<= 0.04", "<= 0.125"),
    "aiosmtplib": Peer("aiosmtplib, 5 connections", CONNECTIONS, 1),
    "django": Peer("Django send_messages", 1, 1),
}
LONG_ROUNDS = 2  # of what takes long: many mails, and a far relay
Pairs = list[tuple[Cost, Cost]]  # ours and theirs, run one after the other


def rows(sizes: tuple[int, ...] = (20_000,)) -> Iterator[Row]:
    """Each bar once for CPU and once for wall, our cost over the peer's: for 2,000 mails, and for each of `sizes`."""
    with stage() as at, sink() as port:
        at.people(COMPOSED)
        at.ours(port, CONNECTIONS)  # Python compiles its modules, the disk is warm
        ours = {COMPOSED: (pairs := _beside_source(at, port, COMPOSED, SOURCE.rounds))}
        yield from _rows(at, COMPOSED, SOURCE, pairs)
        composed = {}
        for name, peer in COMPOSING.items():
            composed[name] = [_beside(at, port, name, peer) for _ in range(peer.rounds)]
            yield from _rows(at, COMPOSED, peer, composed[name])
        yield from _far_away(at, port)
        for size in sizes:
            ours[size] = _beside_source(at, port, size, LONG_ROUNDS)
            yield from _rows(at, size, SOURCE, ours[size])
            for name, peer in COMPOSING.items():
                yield from _rows(at, size, peer, _multiplied(ours[size], composed[name], size))
            yield _further_mail(size, ours)
        for size in sizes:
            yield _memory(at, port, COMPOSED, size)


def _beside_source(at: Stage, port: int, size: int, rounds: int) -> Pairs:
    at.people(size)
    return [(at.ours(port, CONNECTIONS), at.source(port, size, CONNECTIONS)) for _ in range(rounds)]


def _beside(at: Stage, port: int, name: str, peer: Peer) -> tuple[Cost, Cost]:
    at.people(COMPOSED)
    return at.ours(port, CONNECTIONS), at.peer(name, port, COMPOSED, peer.connections)


def _multiplied(ours: Pairs, composed: Pairs, size: int) -> Pairs:
    """Each of our runs of `size` mails beside each run of a peer that composed fewer."""
    times = size / COMPOSED
    return [(one, Cost(other.wall * times, other.cpu * times)) for one, _ in ours for _, other in composed]


def _rows(at: Stage, size: int, peer: Peer, pairs: Pairs) -> list[Row]:
    name = f"send {size:,} mails of {at.size // 1024} KB / {peer.title}"
    return [
        Row(f"{name}, CPU", peer.cpu_bar, tuple(ours.cpu / other.cpu for ours, other in pairs)),
        Row(f"{name}, wall", peer.wall_bar, tuple(ours.wall / other.wall for ours, other in pairs)),
    ]


def _further_mail(size: int, ours: dict[int, Pairs]) -> Row:
    """What does not depend on the start and the build."""
    few = statistics.median(one.cpu for one, _ in ours[COMPOSED])
    found = tuple((one.cpu - few) / (size - COMPOSED) * 1e6 for one, _ in ours[size])
    return Row(f"CPU of each further mail, {COMPOSED:,} to {size:,}, microseconds", "", found)


def _far_away(at: Stage, port: int) -> list[Row]:
    at.people(1_000)
    with delayed(port) as far:
        found = [
            (at.ours(far, DELAYED), at.peer("smtplib", far, 1_000, DELAYED), at.source(far, 1_000, DELAYED))
            for _ in range(LONG_ROUNDS)
        ]
    title = f"send 1,000 mails over {ROUND_TRIP_S * 1000:.0f} ms round trip, {DELAYED} connections"
    return [
        Row(f"{title}, seconds", "<= 4", tuple(ours.wall for ours, _, _ in found)),
        Row(f"{title} / smtplib, wall", "<= 0.5", tuple(ours.wall / other.wall for ours, other, _ in found)),
        Row(f"{title} / smtp-source, wall", "", tuple(ours.wall / other.wall for ours, _, other in found)),
    ]


def _memory(at: Stage, port: int, few: int, many: int) -> Row:
    """Peak memory of the whole process, many recipients over few."""
    peaks = []
    for size in (few, many):
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
    title = f"peak memory of a send to {many:,} / {few:,} recipients ({peaks[0] // 1024} MiB)"
    return Row(title, "<= 1.1", (peaks[1] / peaks[0],))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="*", default=[20_000], help="beyond 2,000 mails")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    found = []
    for row in rows(tuple(options.sizes)):
        print(row.line(), flush=True)
        found.append(row)
    if options.write:
        write_table("send", found)


if __name__ == "__main__":
    main()
