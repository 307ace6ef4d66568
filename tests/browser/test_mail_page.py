"""The mail in a real browser: nothing loads, nothing runs, everything fits and can be read."""

from __future__ import annotations

import random
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from msgspec.structs import replace

from newsletter import render
from newsletter.model import Theme
from newsletter.render import Renderer, fill_html
from tests.browser.chromium import chromium, opened, picture
from tests.fuzz.dom import WALK, comparable, difference, of_page
from tests.fuzz.mails import mails
from tests.fuzz.run import drawn
from tests.golden import editions

pytestmark = pytest.mark.browser

WIDTHS = (720, 600, 375, 320)


def html_of(edition) -> str:
    return fill_html(Renderer().render(edition), {"address": "reader@acme.example"})


EDITIONS = {
    edition.variant: html_of(edition)
    for edition in (editions.rich(), editions.quiet(), editions.bad(), editions.one_fact())
}

# Every visible text with its size, its colour and what is painted behind it.
READ = """() => {
  const rows = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim(), parent = walker.currentNode.parentElement;
    if (!text || !parent.checkVisibility() || ['STYLE', 'SCRIPT'].includes(parent.tagName)) continue;
    let behind = parent, background = 'rgba(0, 0, 0, 0)';
    while (behind && background === 'rgba(0, 0, 0, 0)') {
      background = getComputedStyle(behind).backgroundColor; behind = behind.parentElement;
    }
    const style = getComputedStyle(parent);
    rows.push([text, parseFloat(style.fontSize), style.color, background]);
  }
  return rows;
}"""


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


def luminance(colour: str) -> float:
    """Relative luminance of "rgb(1, 2, 3)" (WCAG 2.2)."""
    channels = [int(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    darker, lighter = sorted((luminance(first), luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


def test_the_contrast_formula_is_that_of_wcag():
    assert contrast("rgb(0, 0, 0)", "rgb(255, 255, 255)") == pytest.approx(21)
    assert contrast("rgb(119, 119, 119)", "rgb(255, 255, 255)") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("variant", EDITIONS)
def test_nothing_scrolls_sideways_and_nothing_is_loaded(browser, variant, width):
    with opened(browser, EDITIONS[variant], width=width) as (page, asked):
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert asked == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("variant", EDITIONS)
def test_every_text_has_13_pixels_and_a_contrast_of_four_and_a_half(browser, variant, dark):
    with opened(browser, EDITIONS[variant], width=375, dark=dark) as (page, _):
        texts = [row for row in page.evaluate(READ) if row[0] not in editions.rich().preheader]
    assert len(texts) > 10
    assert [row for row in texts if row[1] < 13] == []
    assert [(row, round(contrast(row[2], row[3]), 2)) for row in texts if contrast(row[2], row[3]) < 4.5] == []


def test_the_dark_scheme_changes_paper_and_ink(browser):
    seen = []
    for dark in (False, True):
        with opened(browser, EDITIONS["staff.en"], width=600, dark=dark) as (page, _):
            seen.append({tuple(row[2:]) for row in page.evaluate(READ)})
    assert len(seen[0] & seen[1]) == 0
    assert ("rgb(27, 35, 40)", "rgb(253, 252, 249)") in seen[0]
    assert ("rgb(233, 231, 226)", "rgb(26, 33, 36)") in seen[1]


def test_strips_and_charts_are_one_sentence_each_to_a_screen_reader(browser):
    with opened(browser, EDITIONS["staff.en"], width=600) as (page, _):
        images = page.get_by_role("img").all()
        labels = [image.get_attribute("aria-label") for image in images]
    histories = [tile.history.label for tile in editions.TILES if tile.history]
    assert histories
    assert labels == [*histories, *(row.strip_label for row in editions.SERVICES), editions.CHART.label]


def test_the_document_has_a_language_a_title_and_an_outline_without_gaps(browser):
    with opened(browser, EDITIONS["staff.en"], width=600) as (page, _):
        assert page.locator("html").get_attribute("lang") == "en"
        assert page.title() == f"Acme IT, {editions.rich().subject}"
        levels = [int(tag[1]) for tag in page.locator("h1, h2, h3").evaluate_all("all => all.map(one => one.tagName)")]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(following <= before + 1 for before, following in pairwise(levels))


def test_layout_tables_are_marked_as_such():
    class Tables(HTMLParser):
        bare = 0

        def handle_starttag(self, tag, attrs):
            self.bare += tag == "table" and dict(attrs).get("role") not in {"presentation", "img", None}

    tables = Tables()
    tables.feed(EDITIONS["staff.en"])
    assert tables.bare == 0


@pytest.mark.parametrize("mail", mails(), ids=lambda mail: mail.name)
def test_in_a_browser_hostile_text_is_text_runs_nothing_and_loads_nothing(browser, mail):
    """The browser's own document, for some 800 values: the harmless one with the values in their places."""
    values = drawn(mail, random.Random(mail.name))
    with opened(browser, mail.html(values), width=600) as (page, asked):
        page.wait_for_timeout(100)
        found = comparable(of_page(page.evaluate(WALK)))
        assert page.evaluate("window.ran") is None
        assert asked == []
        assert page.locator("script, img, iframe, mj-include").count() == 0
    assert difference(mail.expected(values), found) is None


def test_pictures_are_named_by_width_and_scheme(browser, tmp_path):
    paths = [
        picture(browser, EDITIONS["staff.quiet"], tmp_path / "pictures", width=375, dark=dark) for dark in (False, True)
    ]
    assert [path.name for path in paths] == ["mail-375.png", "mail-375-dark.png"]
    light, dark = (path.read_bytes() for path in paths)
    assert light[:8] == dark[:8] == b"\x89PNG\r\n\x1a\n"
    assert light != dark


def test_sections_that_share_a_frame_look_as_they_did_apart(browser, tmp_path, monkeypatch):
    """Not one pixel moves, on a screen and on a phone."""
    shared = EDITIONS["staff.en"]
    monkeypatch.setattr(render, "joined", lambda mjml: mjml)
    apart = html_of(editions.rich())
    assert len(shared) < len(apart) - 8_000
    for width in (640, 320):
        pictures = [
            picture(browser, html, tmp_path / name, width=width, dark=False).read_bytes()
            for name, html in (("shared", shared), ("apart", apart))
        ]
        assert pictures[0] == pictures[1]


@pytest.mark.parametrize("name", EDITIONS)
def test_no_frame_is_higher_than_a_page_of_word(browser, name):
    """Word breaks a cell that is higher, and leaves a gap in the middle of the letter."""
    with opened(browser, EDITIONS[name], width=640) as (page, _):
        heights = page.evaluate("() => [...document.querySelectorAll('.n-sheet')].map(one => one.offsetHeight)")
    assert max(heights) < 1750


# Texts that begin with a number and fit a line of their own, and on how many lines they stand.
NUMBERS = """() => {
  const rows = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim();
    if (!/^[0-9][0-9.,]*( of [0-9,]+ min| ?%| s)?$/.test(text)) continue;
    const range = document.createRange();
    range.selectNodeContents(walker.currentNode);
    rows.push([text, new Set([...range.getClientRects()].filter(one => one.width).map(one => one.top)).size]);
  }
  return rows;
}"""


@pytest.mark.parametrize("width", [375, 320])
@pytest.mark.parametrize("edition", [editions.rich(), editions.bad(), editions.managers()], ids=lambda one: one.variant)
def test_no_number_is_cut_in_two_on_a_phone(browser, edition, width):
    with opened(browser, html_of(edition), width=width) as (page, _):
        lines = page.evaluate(NUMBERS)
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    assert len(lines) > 10
    assert [text for text, count in lines if count > 1] == []


@pytest.mark.parametrize("window", [720, 600])
@pytest.mark.parametrize("sheet", [600, 720])
def test_a_narrow_and_a_wide_sheet_fit_and_cut_no_number(browser, sheet, window):
    rendered = Renderer(theme=Theme(width=sheet)).render(editions.rich())
    with opened(browser, fill_html(rendered, {"address": "reader@acme.example"}), width=window) as (page, _):
        lines = page.evaluate(NUMBERS)
        assert page.evaluate("() => document.documentElement.scrollWidth") <= window
    assert [text for text, count in lines if count > 1] == []


@pytest.mark.parametrize("count", [28, 29, 30, 31])
def test_the_days_of_a_strip_are_equally_wide_in_months_of_every_length(browser, count):
    quiet = editions.quiet()
    service = replace(editions.SERVICES[1], days=editions.days(count, down=(6,), planned=(18,), unknown=(20,)))
    edition = replace(quiet, sections=(replace(editions.SECTIONS["services"], services=(service,)),))
    for width, cell in ((640, 10), (375, 5), (320, 4)):
        with opened(browser, html_of(edition), width=width) as (page, _):
            cells = "() => [...document.querySelectorAll('.n-x td')].map(one => one.getBoundingClientRect().width)"
            assert page.evaluate(cells) == pytest.approx([cell] * count, abs=0.5)


# Of the table of weeks: where the words of each head end at the right, and those of the numbers below it.
RIGHT_EDGES = """() => {
  const table = [...document.querySelectorAll('th')].find(one => one.textContent === 'Opened').closest('table');
  const right = cell => { const range = document.createRange(); range.selectNodeContents(cell); return range.getBoundingClientRect().right; };
  const rows = [...table.rows].map(row => [...row.cells]);
  return [1, 3].map(column => rows.map(cells => right(cells[column])));
}"""


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
@pytest.mark.parametrize("width", [640, 320])
def test_the_heads_of_the_weeks_stand_over_their_numbers(browser, direction, width):
    edition = replace(editions.quiet(), direction=direction, sections=(editions.SECTIONS["requests"],))
    with opened(browser, html_of(edition), width=width) as (page, _):
        for edges in page.evaluate(RIGHT_EDGES):
            assert edges == pytest.approx([edges[0]] * len(edges), abs=1)


@pytest.mark.parametrize("width", [375, 320])
def test_no_head_of_the_weeks_is_cut_on_a_phone(browser, width):
    weeks = replace(editions.WEEKS, heads=("Semaine", "Eröffnet", "Résolus"))
    edition = replace(editions.quiet(), sections=(replace(editions.SECTIONS["requests"], weeks=weeks),))
    with opened(browser, html_of(edition), width=width) as (page, _):
        heights = page.evaluate("[...document.querySelectorAll('th')].map(one => one.getBoundingClientRect().height)")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert max(heights) < 30  # one line
