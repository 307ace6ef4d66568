"""The sample company's letters in Arabic, in a real browser: everything runs from the right, fits, and passes `check`."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from docs import sample_arabic
from newsletter import config, period, pipeline
from newsletter.cli import main
from newsletter.render import fill_html, fill_text
from tests.browser.chromium import chromium, opened

pytestmark = pytest.mark.browser

LETTERS = ("staff.ar", "managers.ar")
WIDTHS = (640, 375, 320)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return sample_arabic.arabic_workspace(tmp_path_factory.mktemp("arabic") / "acme")


@pytest.fixture(scope="module")
def rendered(workspace):
    loaded = config.load(workspace)
    month = period.month(sample_arabic.MONTH, loaded.timezone)
    return pipeline.build(loaded, month, now=sample_arabic.NOW).variants


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


def html_of(rendered, name):
    return fill_html(rendered[name], {"address": "reader@acme.example"})


@pytest.fixture(params=LETTERS)
def html(rendered, request):
    return html_of(rendered, request.param)


# What runs out of a letter from the right does so at the left, where a browser does not scroll.
LEFTMOST = "() => Math.min(...[...document.querySelectorAll('td')].map(one => one.getBoundingClientRect().left))"

# Every heading, how far its text is from the right edge of its place, and its direction.
HEADINGS = """() => [...document.querySelectorAll('h1, h2, h3')].map(one => {
  const range = document.createRange();
  range.selectNodeContents(one);
  const text = range.getBoundingClientRect(), box = one.getBoundingClientRect();
  return [one.textContent.trim(), box.right - text.right, getComputedStyle(one).direction];
})"""

# Every percentage: whether its first digit stands left of its sign.
PERCENTAGES = """() => {
  const rows = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const left = (node, at) => {
    const range = document.createRange();
    range.setStart(node, at);
    range.setEnd(node, at + 1);
    return range.getBoundingClientRect().left;
  };
  while (walker.nextNode()) {
    const node = walker.currentNode;
    for (const one of node.textContent.matchAll(/\\d[\\d.]*%/g))
      rows.push([one[0], left(node, one.index) < left(node, one.index + one[0].length - 1)]);
  }
  return rows;
}"""

# Where the first and the last part of each drawing stand.
FIRST_AND_LAST = """selector => [...document.querySelectorAll(selector)].map(row => {
  const cells = [...row.children].filter(one => one.getBoundingClientRect().width);
  return [cells[0], cells[cells.length - 1]].map(one => one.getBoundingClientRect().left);
})"""


def test_check_passes_the_letters_and_notes_of_all_three_languages(workspace):
    told = CliRunner().invoke(main, ["check", "--config", str(workspace), "--month", sample_arabic.MONTH])
    assert told.exit_code == 0, told.output
    assert "error" not in told.stdout


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_scrolls_sideways(browser, html, width):
    with opened(browser, html, width=width) as (page, asked):
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(LEFTMOST) >= 0
        assert asked == []


@pytest.mark.parametrize("width", WIDTHS)
def test_the_letter_runs_from_the_right_and_so_does_every_heading(browser, html, width):
    with opened(browser, html, width=width) as (page, _):
        root = page.locator("html")
        assert (root.get_attribute("dir"), root.get_attribute("lang")) == ("rtl", "ar")
        headings = page.evaluate(HEADINGS)
    assert len(headings) > 5
    assert [one for one in headings if one[1] > 2 or one[2] != "rtl"] == []


def test_the_sign_of_every_percentage_stands_right_of_its_digits(browser, html):
    """Those of notes and of the config's sentences, too."""
    with opened(browser, html, width=640) as (page, _):
        found = page.evaluate(PERCENTAGES)
    assert len(found) > 3
    assert [text for text, right in found if not right] == []


@pytest.mark.parametrize("width", WIDTHS)
def test_the_days_of_a_strip_begin_at_the_right(browser, rendered, width):
    with opened(browser, html_of(rendered, "staff.ar"), width=width) as (page, _):
        ends = page.evaluate(FIRST_AND_LAST, ".n-x")
    assert len(ends) > 5
    assert [one for one in ends if one[0] <= one[1]] == []


def test_arrows_point_left_and_signs_between_words_are_arabic(browser, rendered):
    with opened(browser, html_of(rendered, "staff.ar"), width=640) as (page, _):
        seen = page.evaluate("document.body.innerText")
    for told in (seen, fill_text(rendered["staff.ar"], {"address": "reader@acme.example", "name": ""})):
        assert "← مخطط له." in told.replace("\u00a0", " ")
        assert "→" not in told
        assert "؟." not in told
        assert ";" not in told
