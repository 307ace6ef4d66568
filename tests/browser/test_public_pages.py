"""The public pages in a real browser: readable, usable without a mouse and without scripts, in every language and look."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from newsletter import feedback
from newsletter.deliver import Suppression, open_ledger
from tests.browser.chromium import chromium
from tests.serving import MONTH, Pages, mailed, serving, workspace

pytestmark = pytest.mark.browser

LOCALES = ("en", "it", "de", "fr", "ar")
PEOPLE = {f"{locale}.reader@acme.example": f"staff.{locale}" for locale in LOCALES}
SIZES = ((375, False), (1280, False), (375, True), (1280, True))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium."""
    with chromium() as launched:
        yield launched


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Pages in five languages, and the path of each reader's link."""
    folder = tmp_path_factory.mktemp("public") / "acme"
    path = workspace(folder, locales="[en, it, de, fr, ar]")
    with path.open("a") as config:
        config.write("\nratings: {links: web, close_after_days: 366}\n")
    with serving(path) as pages:
        yield pages, mailed(pages.config, PEOPLE | {"held@acme.example": "staff.en"})


def _visit(browser: Browser, url: str, *, width: int, dark: bool = False, scripts: bool = True) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if dark else "light",
        java_script_enabled=scripts,
        bypass_csp=scripts,  # axe is a script; the pages themselves are shown without any
    )
    page = context.new_page()
    page.goto(url)
    return page


def _rating(locale: str, answer: int = 4) -> str:
    """The page that an answer under a letter opens."""
    return f"rate/{MONTH}/staff.{locale}/useful/{answer}"


def _faults(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found]


@pytest.mark.parametrize(("width", "dark"), SIZES)
def test_axe_finds_nothing_on_any_page_and_nothing_scrolls_sideways(browser, served, width, dark):
    """Each kind of page, and the one with the button in every language."""
    pages, links = served
    with open_ledger(pages.config.ledger) as ledger:
        bounced = Suppression(
            address="held@acme.example", reason="bounced: 5.1.1", since=ledger.editions()[0].frozen_at
        )
        ledger.suppress([bounced])
    own = [links[address] for address in PEOPLE]
    rating = [_rating(locale) for locale in LOCALES]
    paths = [
        *own,
        *rating,
        f"{rating[0]}?counted",
        links["held@acme.example"],
        "u/sample",
        "u/forged",
        "archive/en",
        "archive/ar",
        "nothing",
    ]
    page = _visit(browser, pages.address, width=width, dark=dark)
    for path in paths[:: 4 if dark else 1]:  # colours are the same on all
        page.goto(pages.address + path.lstrip("/"))
        assert _faults(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
    page.context.close()


@pytest.mark.parametrize("locale", LOCALES)
def test_the_page_runs_in_the_direction_of_its_language_with_the_letters_colours(browser, served, locale):
    """Right to left in Arabic; the address stays readable in it; the button has the accent of the theme."""
    pages, links = served
    page = _visit(browser, pages.address + links[f"{locale}.reader@acme.example"].lstrip("/"), width=375)
    html = page.locator("html")
    assert (html.get_attribute("lang"), html.get_attribute("dir")) == (locale, "rtl" if locale == "ar" else "ltr")
    assert page.locator("bdi").first.inner_text() == f"{locale[0]}…r@acme.example"
    button = page.get_by_role("button")
    assert button.evaluate("one => getComputedStyle(one).backgroundColor") == "rgb(11, 90, 87)"
    assert button.bounding_box()["height"] >= 44  # type: ignore[index]  # a finger's width
    page.context.close()


def test_leaving_and_coming_back_work_with_the_keyboard_and_without_scripts(browser, served):
    """Two keys for each; the page says what became of it, and a reload changes nothing."""
    pages, links = served
    page = _visit(browser, pages.address + links["de.reader@acme.example"].lstrip("/"), width=375, scripts=False)
    for title, here in (("Sie sind abgemeldet", True), ("Abmelden", False)):
        page.keyboard.press("Tab")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert page.get_by_role("heading").inner_text() == title
        page.reload()
        assert ("de.reader@acme.example" in pages.suppressed()) is here
    assert "bleibt auf der Liste" in page.get_by_role("status").inner_text()
    page.context.close()


@pytest.mark.parametrize(
    ("locale", "question", "thanks"),
    [
        ("en", "Was this useful?", "Thank you. Your answer is counted."),
        ("it", "Vi è stato utile?", "Grazie. La risposta è stata contata."),
        ("ar", "هل أفادكم هذا؟", "شكرًا. حُسبت إجابتكم."),
    ],
)
def test_an_answer_is_given_with_the_keyboard_and_without_scripts(browser, served, locale, question, thanks):
    """The answer of the link comes first; another one is as many keys further as it is listed; a reload counts none."""
    pages, _ = served
    page = _visit(browser, pages.address + _rating(locale), width=375, scripts=False)
    assert page.get_by_role("heading").inner_text() == question
    buttons = page.get_by_role("button")
    assert [one.get_attribute("value") for one in buttons.all()] == ["4", "1", "2", "3", "5"]
    assert all(box and box["height"] >= 44 for box in (one.bounding_box() for one in buttons.all()))
    before = _votes(pages)
    page.reload()
    assert _votes(pages) == before
    for _ in range(5):
        page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.get_by_role("status").inner_text() == thanks
    page.reload()
    assert _votes(pages) == {**before, 5: before.get(5, 0) + 1}
    page.context.close()


def _votes(pages: Pages) -> dict[int, int]:
    with feedback.open_store(pages.config.ratings.store) as store:
        return {one.answer: one.votes for one in store.groups(MONTH)}


def test_the_pages_load_nothing_from_elsewhere_and_obey_their_own_policy(browser, served):
    """What the browser's console complains of would be a style or image that the policy refuses."""
    pages, links = served
    context = browser.new_context()
    page, asked, complaints = context.new_page(), list[str](), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    for path in (links["en.reader@acme.example"], _rating("en"), "archive/en", f"archive/{MONTH}/staff.en"):
        page.goto(pages.address + path.lstrip("/"))
    assert {one.partition("/u/")[0].split("/")[2] for one in asked} == {pages.address.split("/")[2]}
    assert complaints == []
    assert context.cookies() == []
    context.close()
