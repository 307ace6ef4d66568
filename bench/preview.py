"""From a saved file to the painted picture: `newsletter preview` in Chromium beside `mjml -w`, save by save.

    python -m bench.preview                     print the rows
    python -m bench.preview --write             ... and put them into docs/benchmarks.md

Ours is timed from the write of the file to the frame of the browser that shows it; `mjml -w`, which
compiles one file and shows nothing, from the write to the new file it leaves. Notes, templates
and the config are saved in turn. What the server computes for a save, as CPU time of its thread, is
measured apart, without a browser: other work on the machine stretches it less than the time of a clock.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page

from bench.paired import Row, install_npm, write_table
from newsletter.demo.workspace import copy_workspace
from newsletter.studio.frame import View
from newsletter.studio.proofs import Proofs
from tests.browser.chromium import chromium
from tests.previewing import MONTH, Preview, start

SAVES = 30
LEAST = 6
PEER = "mjml@4.18.0"
WAIT_S = 20

# Resolves when the frame is done in which the word stands in the mail: the second callback belongs to the one after it.
_PAINTED = """word => {
  window.painted = new Promise(resolve => {
    const mail = document.querySelector("iframe").contentDocument;
    const watching = new MutationObserver(() => {
      if (!mail.body.textContent.includes(word)) return;
      watching.disconnect();
      requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.timeOrigin + performance.now())));
    });
    watching.observe(mail, { childList: true, characterData: true, subtree: true });
  });
}"""


class Saves:
    """The three kinds of files, each saved with a word that no mail has held before."""

    def __init__(self, preview: Preview) -> None:
        self._files = {
            "note": (preview.note("lock-screen.en"), "\n\nAnd {}.\n"),
            "template": (
                preview.folder / "templates" / "sections" / "tip.mjml.j2",
                "<mj-section><mj-column><mj-text>{}</mj-text></mj-column></mj-section>\n",
            ),
            "config": (preview.config, "Acme {}"),
        }
        self._before = {kind: path.read_text(encoding="utf-8") for kind, (path, _) in self._files.items()}

    def save(self, kind: str, word: str) -> float:
        """Save one; the time right before, in milliseconds since the epoch."""
        path, form = self._files[kind]
        text = self._before[kind]
        if kind == "config":
            text = text.replace("department: {en: Acme IT", f"department: {{en: {form.format(word)}")
        else:
            text += form.format(word)
        began = time.time() * 1000
        path.write_text(text, encoding="utf-8")
        return began


def ours(page: Page, saves: Saves, number: int) -> tuple[str, float]:
    """The kind of file, and milliseconds from its save to the painted picture."""
    kind, word = ("note", "template", "config")[number % 3], f"Word{number}x"
    page.evaluate(_PAINTED, word)
    began = saves.save(kind, word)
    return kind, float(page.evaluate("() => window.painted")) - began


def computed(config: Path, count: int) -> tuple[list[float], list[float]]:
    """CPU milliseconds of `count` saves: to read the files and make the letter on show, and then to examine it."""
    proofs, view, saves = Proofs(config, MONTH), View(variant="staff.en"), Saves(Preview("", config))
    shown, examined = [], []
    for number in range(-3, count):  # the first of each kind are a warm-up
        saves.save(("note", "template", "config")[number % 3], f"Word{number + 3}x")
        began = time.thread_time()
        proofs.read()
        proofs.first_picture(view)
        pictured = time.thread_time()
        proofs.picture(view)
        if number >= 0:
            shown.append((pictured - began) * 1000)
            examined.append((time.thread_time() - pictured) * 1000)
    return shown, examined


@contextmanager
def mjml_watching(folder: Path, source: str) -> Iterator[Path]:
    """`mjml -w` on one letter; the file to save. The file it writes has the same name with .html."""
    install_npm(PEER, folder)
    path = folder / "letter.mjml"
    path.write_text(source, encoding="utf-8")
    command = [str(folder / "node_modules" / ".bin" / "mjml"), "-w", path.name, "-o", "letter.html"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _appeared(path.with_suffix(".html"), "</html>")
        time.sleep(1)  # until it watches
        yield path
    finally:
        process.terminate()
        process.wait()


def theirs(path: Path, source: str, number: int) -> float:
    """Milliseconds from the save of the letter to its HTML."""
    word = f"Word{number}x"
    began = time.perf_counter()
    path.write_text(
        source.replace(
            "</mj-body>", f"<mj-section><mj-column><mj-text>{word}</mj-text></mj-column></mj-section></mj-body>"
        ),
        encoding="utf-8",
    )
    _appeared(path.with_suffix(".html"), word)
    return (time.perf_counter() - began) * 1000


def _appeared(path: Path, word: str) -> None:
    until = time.monotonic() + WAIT_S
    while not (path.is_file() and word in path.read_text(encoding="utf-8")):
        if time.monotonic() > until:
            raise TimeoutError(f"{path.name} does not hold {word}")
        time.sleep(0.001)


def rows(count: int = SAVES) -> list[Row]:
    """`count` saves of each, in turn."""
    mine: list[tuple[str, float]] = []
    peer: list[float] = []
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        preview = start(copy_workspace(Path(folder) / "acme"))
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(f"{preview.address}#variant=staff.en")
        page.wait_for_selector("body[data-drawn]")
        source = _source(preview)
        saves = Saves(preview)
        (Path(folder) / "mjml").mkdir()
        with mjml_watching(Path(folder) / "mjml", source) as path:
            for number in range(3):  # warm-up: one save of each kind
                ours(page, saves, number)
                theirs(path, source, number)
            for number in range(3, 3 + count):
                mine.append(ours(page, saves, number))
                time.sleep(0.5)  # until the letters that nobody looks at are made, as between two saves of a person
                peer.append(theirs(path, source, number))
        shown, examined = computed(copy_workspace(Path(folder) / "apart"), count)
    return [
        *_of("", [ms for _, ms in mine], "≤ 100 ms, p95 ≤ 200 ms"),
        *_kinds(mine),
        _of("mjml -w", peer, "")[0],
        _ratio(mine, peer),
        Row("CPU of the server: files read, letter made", "≤ 40 ms", (), said(shown)),
        Row("CPU of the server after that: letter examined", "", (), said(examined)),
    ]


def _source(preview: Preview) -> str:
    """The letter as MJML, from the same files."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-m",
            "newsletter",
            "build",
            "--config",
            str(preview.config),
            "--month",
            "2026-10",
            "--output",
            folder,
            "-q",
        ]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return (Path(folder) / "staff.en.mjml").read_text(encoding="utf-8")


def _kinds(mine: Sequence[tuple[str, float]]) -> Iterator[Row]:
    for kind in ("note", "template", "config"):
        yield from _of(kind, [ms for one, ms in mine if one == kind], "")


def _of(what: str, found: Sequence[float], bar: str) -> list[Row]:
    name = (
        f"`{what}`: save to new file"
        if what == "mjml -w"
        else f"save{f' of a {what}' if what else ''} to painted picture"
    )
    return [Row(name, bar, (), said(found))]


def said(found: Sequence[float]) -> str:
    """Median, 95th percentile and extremes."""
    last = statistics.quantiles(found, n=20, method="inclusive")[-1]
    return f"median {statistics.median(found):.0f} ms, p95 {last:.0f} ms ({min(found):.0f}-{max(found):.0f}, n={len(found)})"


def _ratio(mine: Sequence[tuple[str, float]], peer: Sequence[float]) -> Row:
    return Row(
        "save to picture / `mjml -w` to file",
        "< 1",
        tuple(own / other for (_, own), other in zip(mine, peer, strict=True)),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--saves", type=int, default=SAVES)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    if options.saves < LEAST:
        parser.error(f"--saves: at least {LEAST}, two of each kind of file")
    found = rows(options.saves)
    for row in found:
        print(row.line(), flush=True)
    if options.write:
        write_table("preview", found)


if __name__ == "__main__":
    main()
