"""The preview's page in a real browser."""

from __future__ import annotations

import queue
import threading

import pytest
from playwright.sync_api import Page

from newsletter import studio
from newsletter.errors import ContentError
from tests.browser.chromium import chromium

pytestmark = pytest.mark.browser


def tall(words: str) -> str:
    """A mail higher than any screen, with a script and a link that must stay dead."""
    paragraphs = "".join(f"<p>{words} {i}</p>" for i in range(200))
    return f"<html lang='en'><title>m</title><style>p {{ margin-top: 7px }}</style><body><h1 style='color: rgb(1, 2, 3)'>h</h1><script>document.title='ran'</script><a href='https://x.example'>go</a>{paragraphs}</body></html>"


@pytest.fixture(scope="module")
def browser():
    """The system's Chromium."""
    with chromium() as launched:
        yield launched


@pytest.fixture
def page(browser):
    """A page that fails the test on any script error of its own."""
    opened = browser.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    opened.close()
    assert errors == []


@pytest.fixture
def note(tmp_path):
    """The one file of a tiny edition."""
    path = tmp_path / "note.md"
    path.write_text("first", encoding="utf-8")
    return path


@pytest.fixture
def address(note):
    """A preview of that file."""

    def build() -> studio.Letters:
        words = note.read_text(encoding="utf-8")
        if "broken" in words:
            raise ContentError("notes/note.md:1: broken <b>on</b> purpose", "Mend line 1.")
        letters = {
            f"staff.{locale}": studio.Letter(
                variant=f"staff.{locale}",
                locale=locale,
                subject=f"Subject {locale}",
                preheader="What it is about",
                sender="IT <it@acme.example>",
                html=tall(f"{words} {locale}"),
                text=f"text of {words} {locale}",
                digest="0" * 64,
            )
            for locale in ("en", "it")
        }
        return studio.Letters(month="2026-10", title="Acme, October 2026", approval="not approved", variants=letters)

    addresses: queue.Queue[str] = queue.Queue()
    kwargs = {"folders": [note.parent], "files": [], "port": 0, "ready": addresses.put}
    threading.Thread(target=studio.serve, args=(build,), kwargs=kwargs, daemon=True).start()
    return addresses.get(timeout=20)


def mail_text(page: Page) -> str:
    """What the frame shows."""
    return page.frame_locator("#frame").locator("body").inner_text()


def wait_for_mail(page: Page, words: str) -> None:
    """Until the frame shows these words."""
    page.frame_locator("#frame").get_by_text(words, exact=True).wait_for(timeout=10_000)


def test_a_save_redraws_the_mail_and_keeps_the_place(page, address, note):
    """The reader stays where they were."""
    page.goto(address)
    wait_for_mail(page, "first en 150")
    page.eval_on_selector("#stage", "stage => stage.scrollTop = 2000")
    note.write_text("second", encoding="utf-8")
    wait_for_mail(page, "second en 150")
    assert page.eval_on_selector("#stage", "stage => stage.scrollTop") == 2000


def test_variant_view_width_and_look_can_be_chosen(page, address):
    """Each control does what it says."""
    page.goto(address)
    wait_for_mail(page, "first en 0")
    page.select_option("#variant", "staff.it")
    wait_for_mail(page, "first it 0")
    assert page.locator("#subject").inner_text() == "Subject it"
    page.get_by_role("radio", name="Phone").check()
    assert page.locator("#frame").bounding_box()["width"] == 375
    page.get_by_role("radio", name="Text").check()
    page.get_by_text("text of first it", exact=True).wait_for()


def test_the_mail_keeps_its_own_styles(page, address, note):
    """Inline ones and its style sheet, before and after a redraw, though the page itself allows none."""
    page.goto(address)
    wait_for_mail(page, "first en 0")
    note.write_text("second", encoding="utf-8")
    wait_for_mail(page, "second en 0")
    frame = page.frame_locator("#frame")
    assert frame.locator("h1").evaluate("one => getComputedStyle(one).color") == "rgb(1, 2, 3)"
    assert frame.locator("p").first.evaluate("one => getComputedStyle(one).marginTop") == "7px"


def test_an_error_lies_over_the_last_good_picture(page, address, note):
    """In words, as text and never as markup; it goes when mended."""
    page.goto(address)
    wait_for_mail(page, "first en 0")
    note.write_text("broken", encoding="utf-8")
    page.get_by_role("alert").wait_for()
    assert "broken <b>on</b> purpose" in page.locator("#error-message").inner_text()
    assert "first en 0" in mail_text(page)
    note.write_text("mended", encoding="utf-8")
    page.get_by_role("alert").wait_for(state="hidden")
    wait_for_mail(page, "mended en 0")


def test_nothing_in_the_mail_runs_or_leads_away(page, address):
    """Scripts are dead and links have no target in the preview."""
    page.goto(address)
    wait_for_mail(page, "first en 0")
    frame = page.frame_locator("#frame")
    assert frame.locator("a[href]").count() == 0
    assert page.evaluate("document.getElementById('frame').contentDocument.title") == "m"


@pytest.mark.parametrize("width", [375, 600, 1280])
def test_the_page_itself_never_scrolls_sideways(page, address, width):
    """At phone, tablet and desktop width."""
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(address)
    wait_for_mail(page, "first en 0")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
