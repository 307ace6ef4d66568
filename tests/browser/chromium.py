"""Mails in the system's Chromium: pages that may load nothing, and pictures of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, Route, sync_playwright

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """The installed Chromium, headless."""
    path = shutil.which("chromium")
    assert path, "there is no chromium on this machine; tests/install-debian.sh installs it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(
    browser: Browser, html: str, *, width: int, dark: bool = False, forced: bool = False
) -> Iterator[tuple[Page, list[str]]]:
    """A page showing `html`, in forced colours if wanted, and what it asked the network for (all of it refused)."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if dark else "light",
        forced_colors="active" if forced else "none",
        java_script_enabled=True,
    )
    asked: list[str] = []
    page = context.new_page()

    def refuse(route: Route) -> None:
        asked.append(route.request.url)
        route.abort()

    page.route("**/*", refuse)
    page.set_content(html, wait_until="load")
    try:
        yield page, asked
    finally:
        context.close()


def screenshots(
    html: str, out: Path, *, widths: Sequence[int] = (640, 375), dark: Sequence[bool] = (False, True)
) -> list[Path]:
    """Whole-page pictures `mail-640.png`, `mail-640-dark.png`, … below `out`; the paths."""
    with chromium() as browser:
        return [picture(browser, html, out, width=width, dark=is_dark) for width in widths for is_dark in dark]


def picture(browser: Browser, html: str, out: Path, *, width: int, dark: bool) -> Path:
    """One whole-page picture below `out`."""
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"mail-{width}{'-dark' if dark else ''}.png"
    with opened(browser, html, width=width, dark=dark) as (page, _):
        page.screenshot(path=path, full_page=True)
    return path
