"""Takes the pictures in docs/images from the sample company: `make pictures`. Look at each of them.

The mail is shown with the faces that this machine has for its font stacks.
"""

from __future__ import annotations

import queue
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser, Page

from docs.sample_arabic import arabic_workspace
from newsletter import config, pipeline, studio
from newsletter.demo.inbox import receiving
from newsletter.demo.inbox_page import served
from newsletter.demo.workspace import copy_workspace, sample_workspace
from newsletter.model import Rendered
from newsletter.render import fill_html
from tests.browser.chromium import chromium, picture
from tests.serving import mailed, serving, workspace

IMAGES = Path(__file__).parent / "images"
MONTH = "2026-10"

# name -> (variant, width, dark)
MAILS = {
    "mail-desktop": ("staff.en", 600, False),
    "mail-phone": ("staff.en", 375, False),
    "mail-dark": ("staff.en", 600, True),
    "mail-phone-dark": ("staff.it", 375, True),
    "mail-italian": ("staff.it", 600, False),
    "mail-managers": ("managers.en", 600, False),
    "mail-arabic": ("staff.ar", 600, False),
    "mail-arabic-phone": ("staff.ar", 375, False),
}


def mails(browser: Browser, html: Mapping[str, str]) -> None:
    """Every mail as one long picture."""
    for name, (variant, width, dark) in MAILS.items():
        with tempfile.TemporaryDirectory() as folder:
            picture(browser, html[variant], Path(folder), width=width, dark=dark).replace(IMAGES / f"{name}.png")


def arabic() -> dict[str, Rendered]:
    """The letters of the sample with Arabic added."""
    with tempfile.TemporaryDirectory() as folder:
        loaded = config.load(arabic_workspace(Path(folder)))
        month = pipeline.resolve_month(loaded, MONTH, datetime.now(UTC))
        return dict(pipeline.build(loaded, month, now=datetime.now(UTC)).variants)


def page(browser: Browser, url: str, name: str, *, ready: str) -> None:
    """A page of the product, as a window of 1280 x 820."""
    opened = browser.new_page(viewport={"width": 1280, "height": 820})
    opened.goto(url)
    opened.wait_for_selector(ready)
    opened.wait_for_timeout(500)
    opened.screenshot(path=IMAGES / f"{name}.png")
    opened.close()


# name -> (the studio's view, width, height, dark)
STUDIO = {
    "studio-light": ("variant=staff.en&tab=checks", 1440, 900, False),
    "studio-dark": ("variant=staff.en&look=dark&tab=evidence&fact=files.availability", 1440, 900, True),
    "studio-facts": ("variant=staff.en&tab=facts", 1280, 900, False),
    "studio-phone": ("variant=staff.en", 375, 812, False),
}
SLIP = ("We are sorry.", "We are sorry; it will never again stop the whole site.")


def desk(browser: Browser) -> None:
    """The studio over a copy of the sample, one of whose notes promises too much; then with a slip in a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = copy_workspace(Path(folder) / "acme")
        note = path.parent / "editions" / MONTH / "notes" / "shared-files.en.md"
        note.write_text(note.read_text(encoding="utf-8").replace(*SLIP), encoding="utf-8")
        addresses: queue.Queue[str] = queue.Queue()
        serving = {"port": 0, "ready": addresses.put}
        threading.Thread(target=studio.serve, args=(path, MONTH), kwargs=serving, daemon=True).start()
        address = addresses.get(timeout=60)
        for name, (view, width, height, dark) in STUDIO.items():
            with _opened(browser, f"{address}#{view}", width, height, dark=dark) as opened:
                _show(opened)
                opened.screenshot(path=IMAGES / f"{name}.png")
        with _opened(browser, f"{address}#variant=staff.en", 1280, 800, dark=False) as opened:
            path.write_text(path.read_text(encoding="utf-8").replace("  mail:\n", "  mail:\n    tarjet: 99.9\n", 1))
            opened.wait_for_selector("#trouble")
            opened.wait_for_timeout(500)
            opened.screenshot(path=IMAGES / "studio-error.png")


@contextmanager
def _opened(browser: Browser, url: str, width: int, height: int, *, dark: bool) -> Iterator[Page]:
    opened = browser.new_page(
        viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light", device_scale_factor=1
    )
    opened.goto(url)
    opened.wait_for_selector("body[data-drawn]")
    opened.wait_for_timeout(2000)  # until facts and checks are there, too
    yield opened
    opened.close()


def _show(opened: Page) -> None:
    """Bring the finding, or the number whose evidence is told, into view."""
    for one in ("#overlay .hot[aria-pressed=true]", ".finding .link:visible"):
        if opened.locator(one).count():
            opened.locator(one).first.scroll_into_view_if_needed()
            opened.locator(one).first.evaluate(
                "one => one.matches('.link') ? one.click() : one.scrollIntoView({block: 'center'})"
            )
            opened.wait_for_timeout(500)
            return


def public(browser: Browser) -> None:
    """The page to leave the list, light and, right to left, dark on a phone; and the list of editions."""
    with tempfile.TemporaryDirectory() as folder:
        path = workspace(Path(folder) / "acme", locales="[en, it, ar]")
        with serving(path) as pages:
            links = mailed(pages.config, {"maria@acme.example": "staff.en", "reader@acme.example": "staff.ar"})
            english, arabic = links["maria@acme.example"], links["reader@acme.example"]
            views = {
                "public-unsubscribe": (english, 800, 560, False),
                "public-unsubscribe-phone": (arabic, 375, 560, True),
                "public-archive": ("/archive/en", 800, 460, False),
            }
            for name, (address, width, height, dark) in views.items():
                size = {"width": width, "height": height}
                opened = browser.new_page(viewport=size, color_scheme="dark" if dark else "light")  # type: ignore[arg-type]
                opened.goto(pages.address + address.lstrip("/"))
                opened.screenshot(path=IMAGES / f"{name}.png")
                opened.close()


def main() -> None:
    """Build, serve, and take them all."""
    IMAGES.mkdir(exist_ok=True)
    path = sample_workspace() / "config.yaml"
    loaded = config.load(path)
    draft = pipeline.build(loaded, pipeline.resolve_month(loaded, MONTH, datetime.now(UTC)), now=datetime.now(UTC))
    reader = {"address": pipeline.sample_reader(loaded).address, "name": ""}
    html = {name: fill_html(one, reader) for name, one in (arabic() | dict(draft.variants)).items()}
    with chromium() as browser, tempfile.TemporaryDirectory() as folder:
        mails(browser, html)
        desk(browser)
        public(browser)
        with receiving(Path(folder)) as inbox, served(inbox) as url:
            for name, message in pipeline.messages(loaded, draft).items():
                inbox.keep("it@acme.example", [reader["address"]], pipeline.sample_eml(loaded, draft, name, message))
            page(browser, url, "inbox", ready="iframe")


if __name__ == "__main__":
    main()
