"""The looks that `check` works out without a browser are those that Chromium computes, for every text of a letter."""

from __future__ import annotations

import re

import pytest
from msgspec.structs import replace

from newsletter.model import Fillable
from newsletter.render import Renderer
from newsletter.render.checks import Letter
from newsletter.render.checks.cascade import SCREENS
from tests.browser.chromium import chromium, opened
from tests.browser.test_mail_page import READ
from tests.golden import editions

pytestmark = pytest.mark.browser

# Rules that no packaged template has, so that the cascade is not only right about what is there.
UNUSUAL = """<style type="text/css">
.odd b { color: #123456 } b { color: #654321 } div.odd > b { color: rgb(1, 2, 3) !important }
.odd .late { font-size: 150% } .late { font-size: 9px } .odd * { color: #222222 }
@media (prefers-color-scheme: dark) { .odd { background: rgba(200, 100, 50, 0.5) } .odd .late { color: #abc !important } }
@media only screen and (max-width: 400px) { .odd small { font-size: 0.75rem; background-color: maroon; color: white } }
</style></head>"""
ODD = (
    '<div class="odd" style="color:#444444;background-color:#fafafa">plain <b>bold</b> <span><b class="late">deep</b></span>'
    '<small>small <sub>lower</sub></small> <i class="late" style="font-size:2em;color:silver">late <a href="https://a.example/">link</a></i>'
    '<table><tr bgcolor="#00ff00"><td class="late" style="color:inherit">cell</td><td bgcolor="navy" style="color:aqua">other</td></tr></table></div>'
    "<h1 "
)


def _letters() -> dict[str, Letter]:
    made = {}
    for edition in (editions.rich(), editions.quiet(), replace(editions.rich(), direction="rtl", locale="ar")):
        made[f"{edition.variant}-{edition.locale}"] = Letter(edition, Renderer().render(edition))
    plain = made["staff.en-en"]
    html = plain.html.replace("</head>", UNUSUAL, 1).replace("<h1 ", ODD, 1)
    made["unusual"] = Letter(plain.edition, replace(plain.rendered, html=Fillable(parts=(html,))))
    return made


LETTERS = _letters()


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


def channels(written: str) -> tuple[float, ...]:
    """The numbers of "rgb(1, 2, 3)" or "rgba(1, 2, 3, 0.5)"."""
    return tuple(float(one) for one in re.findall(r"[\d.]+", written))


@pytest.mark.parametrize("number", range(len(SCREENS)))
@pytest.mark.parametrize("name", LETTERS)
def test_every_text_has_the_colours_and_the_size_that_chromium_computes(browser, name, number):
    """In light and dark, on a wide and a narrow screen; half-transparent grounds are blended by hand."""
    letter, screen = LETTERS[name], SCREENS[number]
    with opened(browser, letter.html, width=screen.width, dark=screen.dark) as (page, _):
        expected = [row for row in page.evaluate(READ) if row[1]]  # letters of 0 px are not seen
    ours = []
    for text in letter.document.texts:
        look = letter.looks[text.parent][number]
        if text.value.strip() and not look.hidden and text.parent.tag != "title":
            ours.append((text.value.strip(), look))
    assert [text for text, _ in ours] == [row[0] for row in expected]
    for (said, look), (_, size, ink, ground) in zip(ours, expected, strict=True):
        assert look.size == pytest.approx(size, abs=0.01), said
        assert look.ink == pytest.approx(channels(ink)[:3], abs=0.6), said
        if len(channels(ground)) == 3:
            assert look.ground == pytest.approx(channels(ground), abs=0.6), said
