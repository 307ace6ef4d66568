"""Takes the pictures in docs/images from the sample company: `make pictures`. Look at each of them.

The mail is shown with the faces that this machine has for its font stacks.
"""

from __future__ import annotations

import queue
import tempfile
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser

from newsletter import config, pipeline, studio
from newsletter.demo.inbox import receiving
from newsletter.demo.inbox_page import served
from newsletter.demo.workspace import sample_workspace
from newsletter.render import fill_html
from tests.browser.chromium import chromium, picture

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
}


def mails(browser: Browser, html: Mapping[str, str]) -> None:
    """Every mail as one long picture."""
    for name, (variant, width, dark) in MAILS.items():
        with tempfile.TemporaryDirectory() as folder:
            picture(browser, html[variant], Path(folder), width=width, dark=dark).replace(IMAGES / f"{name}.png")


def page(browser: Browser, url: str, name: str, *, ready: str) -> None:
    """A page of the product, as a window of 1280 x 820."""
    opened = browser.new_page(viewport={"width": 1280, "height": 820})
    opened.goto(url)
    opened.wait_for_selector(ready)
    opened.wait_for_timeout(500)
    opened.screenshot(path=IMAGES / f"{name}.png")
    opened.close()


def main() -> None:
    """Build, serve, and take them all."""
    IMAGES.mkdir(exist_ok=True)
    path = sample_workspace() / "config.yaml"
    loaded = config.load(path)
    draft = pipeline.build(loaded, pipeline.resolve_month(loaded, MONTH, datetime.now(UTC)), now=datetime.now(UTC))
    reader = {"address": pipeline.sample_reader(loaded).address, "name": ""}
    html = {name: fill_html(one, reader) for name, one in draft.variants.items()}
    addresses: queue.Queue[str] = queue.Queue()
    serving = {"port": 0, "ready": addresses.put}
    threading.Thread(target=studio.serve, args=(path, MONTH), kwargs=serving, daemon=True).start()
    with chromium() as browser, tempfile.TemporaryDirectory() as folder:
        mails(browser, html)
        page(browser, addresses.get(timeout=30), "preview", ready="body[data-drawn]")
        with receiving(Path(folder)) as inbox, served(inbox) as url:
            for name, message in pipeline.messages(loaded, draft).items():
                inbox.keep("it@acme.example", [reader["address"]], pipeline.sample_eml(loaded, draft, name, message))
            page(browser, url, "inbox", ready="iframe")


if __name__ == "__main__":
    main()
