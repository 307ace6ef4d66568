"""The mail where backgrounds go: in the reader's own colours, on paper, and with larger letters."""

from __future__ import annotations

import re
import zlib
from itertools import combinations

import pytest

from newsletter.model import Theme
from newsletter.render import Renderer, fill_html
from tests.browser.chromium import chromium, opened
from tests.golden import editions

pytestmark = pytest.mark.browser

# What the first element of a kind is painted with; the paper is what lies behind the letter.
PAINTED = """kinds => kinds.map(kind => getComputedStyle(document.querySelector(kind)).backgroundColor)"""
# Every text and its lines grow by so much, as with an own size of letters; pictures and widths stay.
LARGER = """times => {
  const all = [...document.querySelectorAll("body *")].map(one => [one, getComputedStyle(one)])
    .map(([one, {fontSize, lineHeight}]) => [one, parseFloat(fontSize), parseFloat(lineHeight)]);
  for (const [one, size, line] of all) if (size > 2) {
    one.style.setProperty("font-size", `${times * size}px`, "important");
    one.style.setProperty("line-height", `${times * line}px`, "important");
  }
  return document.documentElement.scrollWidth;
}"""


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


def html_of(edition) -> str:
    return fill_html(Renderer().render(edition), {"address": "reader@acme.example"})


@pytest.mark.parametrize("dark", [False, True])
def test_in_forced_colours_days_bars_and_rest_are_told_apart(browser, dark):
    """Where a reader's own colours replace all backgrounds, days and bars would be gone."""
    kinds = ["body", ".n-x td:not([class])", ".n-x .n-d", ".n-k"]
    with opened(browser, html_of(editions.rich()), width=640, dark=dark, forced=True) as (page, _):
        painted = page.evaluate(PAINTED, kinds)
        bars = page.evaluate(PAINTED, ["body", ".n-u", ".n-n"])
        hollow = page.evaluate(PAINTED, [".n-x .n-p", ".n-x .n-q"])
        button = page.evaluate("getComputedStyle(document.querySelector('.n-btn td')).borderTopWidth")
    assert all(one != other for one, other in combinations(painted, 2)), dict(zip(kinds, painted, strict=True))
    assert len(set(bars)) == 3
    assert set(hollow) == {painted[0]}
    assert button == "1px"


def fills(pdf: bytes) -> set[tuple[int, ...]]:
    """The colours that areas of a PDF are filled with, 0 to 255 a channel."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    text = b"\n".join(_inflated(one) for one in streams)
    found = re.findall(rb"([\d.]+) ([\d.]+) ([\d.]+) rg", text)
    return {tuple(round(float(channel) * 255) for channel in one) for one in found}


def _inflated(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return b""


def _channels(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour.removeprefix("#")))


def test_on_paper_days_bars_box_and_button_keep_their_colours(browser):
    """Browsers print no backgrounds unless the page asks for it; the paper itself stays white."""
    with opened(browser, html_of(editions.rich()), width=640) as (page, _):
        printed = fills(page.pdf(format="A4", print_background=False))
    light = Theme().light
    assert {_channels(one) for one in (light.cell, light.signal, light.accent, light.track, light.blush)} <= printed
    assert _channels(light.page) not in printed


def test_on_paper_a_service_is_not_cut_in_two(browser):
    """Its two rows stay together, and its column may go on on the next page."""
    with opened(browser, html_of(editions.rich()), width=640) as (page, _):
        page.emulate_media(media="print")
        rows = page.evaluate(
            "[...document.querySelectorAll('tr:has(> .n-l)')].map(row => getComputedStyle(row).breakAfter)"
        )
        columns = page.evaluate(
            "[...document.querySelectorAll('.n-sheet div')].map(one => getComputedStyle(one).display)"
        )
    assert rows
    assert set(rows) == {"avoid"}
    assert set(columns) == {"block"}


@pytest.mark.parametrize(("width", "times"), [(1280, 2), (640, 2), (375, 1.3)])
def test_with_larger_letters_nothing_scrolls_sideways(browser, width, times):
    """Zooming to 200 % is a window of half the width, which other tests have; this is the size of letters alone."""
    for edition in (editions.rich(), editions.bad()):
        with opened(browser, html_of(edition), width=width) as (page, _):
            assert page.evaluate(LARGER, times) <= width, edition.variant
