"""Building an edition beside the reference MJML: whole processes, and one letter within a process.

The edition is the sample year with 30 services: 2 locales x 2 audiences, 11 notes in each language, 25 months of
snapshots. npm packages go into a temporary folder. Everything is CPU time, in pairs.

    python -m bench.render             the rows
    python -m bench.render --write     also into docs/benchmarks.md
    python -m bench.render --once N    one letter N times (for the benchmark itself)
    python -m bench.render --html N --mjml FILE    its MJML to HTML N times (for the benchmark itself)
    python -m bench.render --html N --mjml FILE --alone    by MRML alone (for the benchmark itself)
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from mjml import mjml2html

from bench.paired import MJML, Row, install_npm, pairs, process_cost, write_table
from newsletter import config as configuration
from newsletter import pipeline
from newsletter.render import Renderer
from newsletter.render.mjml import to_html

ROOT = Path(__file__).parents[1]
PEER = Path(__file__).parent / "peers" / "mjml_peer.cjs"
SERVICES = 30
MONTH = "2026-10"
LETTER = "staff.en"
COUNT = 3
LIBRARIES = "click, jinja2, msgspec, mjml, babel, markdown_it, nh3, yaml, pydantic"
"""What the design names for a build; a process that only imports them is the floor of every build."""


@dataclass(frozen=True, slots=True)
class Stage:
    """The workspace, the letters built from it, and the reference renderer."""

    folder: Path

    @property
    def build(self) -> list[str]:
        """All letters of the edition, as files."""
        command = [sys.executable, "-m", "newsletter", "build", "-q", "--month", MONTH]
        return [*command, "--config", str(self.folder / "config.yaml"), "--output", str(self.folder / "out")]

    @property
    def letter(self) -> Path:
        """One of them as MJML."""
        return self.folder / "out" / f"{LETTER}.mjml"

    @property
    def reference(self) -> list[str]:
        """The command line of the reference renderer for this letter."""
        script = self.folder / "npm" / "node_modules" / "mjml" / "bin" / "mjml"
        return ["node", str(script), str(self.letter), "-o", str(self.folder / "reference.html")]

    @property
    def environment(self) -> dict[str, str]:
        """As installed: Python may keep what it compiled, here in this folder."""
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        caches = {"PYTHONPYCACHEPREFIX": str(self.folder / "pyc"), "XDG_CACHE_HOME": str(self.folder / "cache")}
        return {**kept, **caches, "PYTHONPATH": str(ROOT)}


@contextmanager
def stage() -> Iterator[Stage]:
    """A workspace of 30 services with its letters built once, and npm's MJML."""
    with tempfile.TemporaryDirectory(prefix="newsletter-bench-") as name:
        at = Stage(Path(name))
        for one in ("config.yaml", "audience.csv", "managers.csv"):
            shutil.copy(ROOT / one, at.folder)
        for one in ("editions", "templates"):
            shutil.copytree(ROOT / one, at.folder / one)
        for path in at.folder.glob("editions/*/snapshot.json"):
            path.write_text(json.dumps(_widened(json.loads(path.read_text(encoding="utf-8")))), encoding="utf-8")
        install_npm(MJML, at.folder / "npm")
        process_cost(at.build, at.environment)
        yield at


def _widened(snapshot: dict[str, object]) -> dict[str, object]:
    """The month with copies of its services under other names, up to 30."""
    services = snapshot["services"]
    assert isinstance(services, dict)
    names = list(services)
    for number in range(SERVICES - len(names)):
        services[f"Branch office {number + 1:02}"] = services[names[number % len(names)]]
    return snapshot


def rows() -> Iterator[Row]:
    """Both bars, and what they come from."""
    with stage() as at:
        built = pairs(
            lambda: process_cost(at.build, at.environment), lambda: process_cost(at.reference, at.environment), COUNT
        )
        letters = len(list((at.folder / "out").glob("*.html")))
        name = f"newsletter build, {letters} letters of {SERVICES} services / one mjml CLI run of one of them, CPU"
        yield Row(name, "<= 0.25", tuple(ours.cpu / theirs.cpu for ours, theirs in built))
        yield Row("newsletter build, seconds of CPU", "", tuple(ours.cpu for ours, _ in built))
        yield Row("one mjml CLI run, seconds of CPU", "", tuple(theirs.cpu for _, theirs in built))
        yield from _floor(at)
        yield from _within(at)


def _floor(at: Stage) -> Iterator[Row]:
    """What no build with these libraries can undercut."""
    bare = [sys.executable, "-c", f"import {LIBRARIES}"]
    found = pairs(lambda: process_cost(bare, at.environment), lambda: process_cost(at.reference, at.environment), COUNT)
    name = "the floor: Python that imports the libraries of a build and ends / one mjml CLI run, CPU"
    yield Row(name, "", tuple(ours.cpu / theirs.cpu for ours, theirs in found))
    yield Row("the floor, seconds of CPU", "", tuple(ours.cpu for ours, _ in found))


def _within(at: Stage) -> Iterator[Row]:
    """One letter again and again: ours from the composed edition to HTML and text, theirs from MJML to HTML."""
    ours = [sys.executable, "-m", "bench.render", "--once", "40", "--config", str(at.folder / "config.yaml")]
    theirs = ["node", str(PEER), str(at.letter), "15", str(at.folder / "npm")]
    found = pairs(lambda: process_cost(ours, at.environment), lambda: process_cost(theirs, at.environment), COUNT)
    milliseconds = [(float(one.said), float(other.said)) for one, other in found]
    name = "one letter in process: mjml in Node / ours (templates, checks, HTML and text), CPU"
    yield Row(name, ">= 20", tuple(other / one for one, other in milliseconds))
    yield from _same_work(at)
    yield Row("one letter, ours, milliseconds of CPU", "", tuple(one for one, _ in milliseconds))
    yield Row("one letter, mjml in Node, milliseconds of CPU", "", tuple(other for _, other in milliseconds))


def _same_work(at: Stage) -> Iterator[Row]:
    """The same MJML to HTML by both, ours with its guard; and by MRML alone, which no guard can undercut."""
    command = [sys.executable, "-m", "bench.render", "--html", "200", "--mjml", str(at.letter)]
    theirs = ["node", str(PEER), str(at.letter), "15", str(at.folder / "npm")]
    for words, name, ours in (("ours with its guard", "ours", command), ("MRML alone", "MRML", [*command, "--alone"])):
        found = pairs(partial(process_cost, ours, at.environment), partial(process_cost, theirs, at.environment), COUNT)
        milliseconds = [(float(one.said), float(other.said)) for one, other in found]
        row = f"the same MJML to HTML in process: mjml in Node / {words}, CPU"
        yield Row(row, "", tuple(other / one for one, other in milliseconds))
        yield Row(f"the same MJML to HTML, {name}, milliseconds of CPU", "", tuple(one for one, _ in milliseconds))


def html_once(path: Path, count: int, *, alone: bool) -> float:
    """Milliseconds of CPU from MJML to HTML, after one to warm up."""
    mjml = path.read_text(encoding="utf-8")
    render = partial(mjml2html, fonts={}) if alone else to_html
    render(mjml)
    began = time.process_time()
    for _ in range(count):
        render(mjml)
    return 1000 * (time.process_time() - began) / count


def once(path: Path, count: int) -> float:
    """Milliseconds of CPU of one letter, after one to warm up."""
    config = configuration.load(path)
    month = pipeline.resolve_month(config, MONTH, datetime.now(UTC))
    edition = pipeline.build(config, month, now=datetime.now(UTC)).editions[LETTER]
    renderer = Renderer(config.templates, config.theme.settled())
    renderer.render(edition)
    began = time.process_time()
    for _ in range(count):
        renderer.render(edition)
    return 1000 * (time.process_time() - began) / count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--once", type=int, metavar="N")
    parser.add_argument("--html", type=int, metavar="N")
    parser.add_argument("--mjml", type=Path)
    parser.add_argument("--alone", action="store_true")
    parser.add_argument("--config", type=Path, default=ROOT / "config.yaml")
    options = parser.parse_args()
    if options.once:
        print(once(options.config, options.once))
        return
    if options.html:
        print(html_once(options.mjml, options.html, alone=options.alone))
        return
    found: list[Row] = []
    for row in rows():
        print(f"{row.name:<100} {row.bar:<10} {row.text()}", flush=True)
        found.append(row)
    if options.write:
        write_table("render", found)


if __name__ == "__main__":
    main()
