"""How a folder of MJML templates looks by way of ours (`protect` and MRML) and by the reference, pixel by pixel.

Both are shown in Chromium, without scripts or network and with every image replaced by a flat one. The lint,
which knows only what our own templates use, is asked as well and stops nothing. npm packages go into a temporary folder.

    python -m bench.templates FOLDER            the rows
    python -m bench.templates FOLDER --write    also into docs/benchmarks.md
    ... --pictures FOLDER                       also keep the pictures of those that differ
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import tempfile
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from mjml import mjml2html
from playwright.sync_api import Browser, Page, Route

from bench.paired import MJML, Row, install_npm, write_table
from newsletter.errors import ContentError
from newsletter.render.lint import lint
from newsletter.render.mjml import to_html
from tests.browser.chromium import chromium
from tests.images import png

WIDTHS = (600, 375)
FLAT = png(600, 300)
SLIGHT = 0.01  # of the pixels

# Pixels that are not exactly the same, of all that either picture has.
_DIFFERENT = """async pictures => {
  const read = async picture => {
    const bytes = Uint8Array.from(atob(picture), one => one.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
    canvas.drawImage(image, 0, 0);
    return { height: image.height, pixels: new Uint32Array(canvas.getImageData(0, 0, image.width, image.height).data.buffer) };
  };
  const [one, other] = await Promise.all(pictures.map(read));
  const most = Math.max(one.pixels.length, other.pixels.length);
  let different = 0;
  for (let i = 0; i < most; i += 1) different += one.pixels[i] !== other.pixels[i];
  return { share: different / most, taller: other.height - one.height };
}"""


@dataclass(frozen=True, slots=True)
class Difference:
    """One template at one width, beside the reference."""

    name: str
    width: int
    share: float  # of the pixels
    taller: int  # pixels

    def text(self) -> str:
        return f"{self.share:.1%}, {self.taller:+} px of height" if self.share else "none"


def reference(folder: Path, out: Path) -> dict[str, str]:
    """HTML of all templates, by npm's MJML."""
    install_npm(MJML, out / "npm")
    (out / "html").mkdir()
    sources = sorted(str(path) for path in folder.glob("*.mjml"))
    script = out / "npm" / "node_modules" / "mjml" / "bin" / "mjml"
    command = ["node", str(script), *sources, "-o", f"{out / 'html'}/", "--config.beautify", "false"]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted((out / "html").glob("*.html"))}


def shot(browser: Browser, html: str, width: int) -> bytes:
    """The whole page, with one flat image in the place of each and nothing else from anywhere."""
    context = browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=False)

    def answer(route: Route) -> None:
        if route.request.resource_type == "image":
            route.fulfill(body=FLAT, content_type="image/png")
        else:
            route.abort()

    context.route("**/*", answer)
    try:
        page = context.new_page()
        page.set_content(html, wait_until="load")
        return page.screenshot(full_page=True)
    finally:
        context.close()


def _difference(page: Page, one: bytes, other: bytes) -> tuple[float, int]:
    if one == other:
        return 0.0, 0
    found = page.evaluate(_DIFFERENT, [b64encode(picture).decode() for picture in (one, other)])
    return found["share"], found["taller"]


def _rendered(sources: dict[str, str], by: Callable[[str], str]) -> tuple[dict[str, str], dict[str, str]]:
    """HTML by name, and why there is none."""
    made, refused = {}, {}
    for name, source in sources.items():
        try:
            made[name] = by(source)
        except (ContentError, ValueError) as error:
            refused[name] = str(error)
    return made, refused


def compared(
    theirs: dict[str, str], ours: dict[str, dict[str, str]], pictures: Path | None
) -> dict[str, list[Difference]]:
    """Each of our ways beside the reference, at all widths."""
    found: dict[str, list[Difference]] = {way: [] for way in ours}
    with chromium() as browser:
        judge = browser.new_page()
        for name, html in theirs.items():
            for width in WIDTHS:
                expected = shot(browser, html, width)
                for way in (one for one in ours if name in ours[one]):
                    seen = shot(browser, ours[way][name], width)
                    found[way].append(Difference(name, width, *_difference(judge, expected, seen)))
                    if pictures and seen != expected:
                        (pictures / f"{name}-{width}-{way}.png").write_bytes(seen)
                        (pictures / f"{name}-{width}-reference.png").write_bytes(expected)
    return found


def _counted(differences: list[Difference]) -> str:
    same = sum(not one.share for one in differences)
    slight = sum(0 < one.share < SLIGHT for one in differences)
    return f"{same} identical, {slight} under 1 %, {len(differences) - same - slight} differ more"


def rows(folder: Path, pictures: Path | None = None) -> Iterator[Row]:
    """What was compared, the counts, each picture that differs, and what the lint says."""
    sources = {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.mjml"))}
    with tempfile.TemporaryDirectory(prefix="newsletter-bench-") as name:
        theirs = reference(folder, Path(name))
        used = json.loads((Path(name) / "npm" / "node_modules" / "mjml" / "package.json").read_text())["version"]
    guarded, refused = _rendered(sources, to_html)
    alone, refused_alone = _rendered(sources, lambda source: mjml2html(source, fonts={}))
    found = compared(theirs, {"guarded": guarded, "alone": alone}, pictures)
    said = f"{datetime.now(UTC):%Y-%m-%d}: npm mjml {used}, mjml-python {version('mjml-python')}"
    yield Row(f"{len(sources)} templates x {len(WIDTHS)} widths, beside `mjml`", "", (), said)
    yield Row("the guard and MRML", "", (), _counted(found["guarded"]) + _refused(refused))
    yield Row("MRML alone", "", (), _counted(found["alone"]) + _refused(refused_alone))
    bare = {(one.name, one.width): one for one in found["alone"]}
    for one in found["guarded"]:
        other = bare.get((one.name, one.width))
        if one.share or (other and other.share):
            remark = f"{one.text()}; MRML alone: {other.text() if other else 'refused'}"
            yield Row(f"{one.name} at {one.width} px", "", (), remark)
    yield from _linted(sources)


def _refused(refused: dict[str, str]) -> str:
    return "".join(f"; {name} refused: {why}" for name, why in refused.items())


def _linted(sources: dict[str, str]) -> Iterator[Row]:
    faults = {name: {_kind(fault.message) for fault in lint(source)} for name, source in sources.items()}
    refused = sum(map(bool, faults.values()))
    yield Row("refused by the lint, which knows our own templates", "", (), f"{refused} of {len(sources)}")
    kinds = Counter(kind for found in faults.values() for kind in found)
    for kind, count in kinds.most_common(8):
        yield Row(f"lint: {kind}", "", (), f"{count} templates")


def _kind(message: str) -> str:
    """A fault without its own values."""
    return re.sub(r"(['\"]).*?\1", "…", message).replace("<", "`<").replace(">", ">`")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--pictures", type=Path)
    options = parser.parse_args()
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
    found: list[Row] = []
    for row in rows(options.folder, options.pictures):
        print(f"{row.name:<60} {row.text()}", flush=True)
        found.append(row)
    if options.write:
        write_table("templates", found)


if __name__ == "__main__":
    main()
