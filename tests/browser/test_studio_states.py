"""The states of the studio's page that are not the everyday one, in a real browser over the real server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from docs import sample_arabic
from tests import images
from tests.browser.chromium import chromium
from tests.previewing import Preview, edited, small_workspace, start

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium."""
    with chromium() as launched:
        yield launched


@pytest.fixture(scope="module")
def preview(tmp_path_factory: pytest.TempPathFactory) -> Preview:
    """The server over the sample company, which has a logo here."""
    config = small_workspace(tmp_path_factory.mktemp("studio") / "acme")
    (config.parent / "logo.png").write_bytes(images.png(240, 60))
    config.write_text(f"{config.read_text(encoding='utf-8')}theme: {{logo: {{file: logo.png}}}}\n", encoding="utf-8")
    return start(config)


@contextmanager
def shown(browser: Browser, preview: Preview, view: str = "variant=staff.en") -> Iterator[Page]:
    """The page, drawn."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(f"{preview.address}#{view}")
    page.wait_for_selector("body[data-drawn]")
    yield page
    page.close()


# Whether each image of the mail is painted.
PAINTED = """() => [...document.getElementById("frame").contentDocument.images].map(one => one.complete && one.naturalWidth > 0)"""


def test_a_fault_in_a_template_is_told_with_its_line_over_the_last_good_letter(browser, preview):
    """The line itself is among those shown; mended, the card goes by itself."""
    template = preview.folder / "templates" / "hero.mjml.j2"
    with shown(browser, preview) as page:
        card = page.get_by_role("alert")
        with edited(template, "{{ edition.headline }}", "{{ edition.headlime }}"):
            expect(card).to_contain_text("headlime")
            line = template.read_text(encoding="utf-8").splitlines()
            number = next(at for at, words in enumerate(line, 1) if "headlime" in words)
            expect(card).to_contain_text(f"templates/hero.mjml.j2:{number}")
            expect(card.locator("code.hit")).to_contain_text("edition.headlime")
            expect(page.frame_locator("#frame").locator("h1")).to_be_visible()
            assert page.locator("#letter").evaluate("letter => letter.inert")
        expect(card).to_be_hidden()


def test_of_several_faults_the_first_is_told_in_full_and_the_others_are_listed(browser, preview):
    """Nobody mends one only to meet the next."""
    with shown(browser, preview) as page:
        with edited(preview.config, "approvals: 1", "approvals: -1\nno_such_key: 1\nnor_this_one: 2"):
            card = page.get_by_role("alert")
            expect(card.get_by_role("heading")).to_contain_text("approvals")
            expect(card.locator("summary")).to_have_text("2 more")
            listed = card.locator("li")
            expect(listed).to_have_count(2)
            assert ["no_such_key" in listed.nth(0).inner_text(), "nor_this_one" in listed.nth(1).inner_text()] == [
                True
            ] * 2
        expect(card).to_be_hidden()


def test_without_images_none_is_shown_nor_asked_for(browser, preview):
    """What a reader sees whose program blocks them: the logo is gone, its words stay."""
    with shown(browser, preview) as page:
        asked: list[str] = []
        assert page.evaluate(PAINTED) == [True]
        page.on("request", lambda one: asked.append(one.url))
        page.get_by_role("button", name="Images").click()
        expect(page.frame_locator("#frame").locator("img[src]")).to_have_count(0)
        assert page.evaluate(PAINTED) == [False]
        assert page.frame_locator("#frame").locator("img").get_attribute("alt")
        assert [url for url in asked if "/cid/" in url] == []


def test_a_draft_has_a_ribbon_right_above_its_heading(browser, preview):
    """Drawn over the mail, not in it; without drafts there is none."""
    with shown(browser, preview) as page:
        assert page.locator(".ribbon").count() == 0
        with edited(preview.note("lock-screen.en"), "kind: tip", "kind: tip\nstatus: draft"):
            ribbon = page.locator(".ribbon")
            expect(ribbon).to_have_text("Holds a draft, left out of the send")
            title = page.locator("#section-tip .name").inner_text().removesuffix(" (draft)")
            heading = page.frame_locator("#frame").get_by_role("heading", name=title).bounding_box()
            box = ribbon.bounding_box()
            assert heading
            assert box
            assert 0 <= heading["y"] - (box["y"] + box["height"]) <= 12
            page.get_by_role("button", name="Drafts").click()
            expect(ribbon).to_have_count(0)


def test_without_notes_the_page_says_how_to_begin_one(browser, preview):
    """The letter stands on its numbers meanwhile."""
    notes = preview.edition / "notes"
    with shown(browser, preview, "variant=staff.en&tab=notes") as page:
        away = notes.rename(preview.folder / "notes.away")
        try:
            expect(page.locator("#body")).to_contain_text("No notes yet")
            expect(page.locator("#body")).to_contain_text("newsletter note incident --month 2026-10")
            expect(page.frame_locator("#frame").locator("h1")).to_be_visible()
        finally:
            away.rename(notes)
        expect(page.locator("#body")).not_to_contain_text("No notes yet")


def test_an_edition_that_was_sent_is_only_read(browser, preview):
    """Told where the approval stood; nothing can be pinned, muted or chosen."""
    told = preview.edition / "told.json"
    told.write_text('{"edition": "2026-10", "told": []}\n', encoding="utf-8")
    try:
        with shown(browser, preview, "variant=staff.en&tab=facts") as page:
            expect(page.locator("#approval")).to_contain_text("Sent")
            expect(page.locator("#body")).to_contain_text("This edition can only be read.")
            expect(page.locator("[id^='evidence-']").first).to_be_attached()
            assert page.locator("[id^='pin-'], [id^='mute-'], #subjects").count() == 0
    finally:
        told.unlink()


# The numbers over the mail, and what stands in the mail below the middle of each.
BELOW = """() => {
  const frame = document.getElementById("frame"), at = frame.getBoundingClientRect();
  return [...document.querySelectorAll(".hot")].map(one => {
    const box = one.querySelector("i").getBoundingClientRect();
    const hit = frame.contentDocument.elementFromPoint(box.left + box.width / 2 - at.left, box.top + box.height / 2 - at.top);
    return [one.getAttribute("aria-label").replace(": show the evidence", ""), hit ? hit.textContent : ""];
  });
}"""


def test_a_letter_from_the_right_is_shown_with_its_numbers_where_they_stand(browser, tmp_path):
    """The mail runs from the right, the desk around it from the left, and neither scrolls sideways."""
    preview = start(sample_arabic.arabic_workspace(tmp_path / "acme"))
    with shown(browser, preview, "variant=staff.ar") as page:
        assert page.locator("#frame").evaluate("frame => frame.contentDocument.documentElement.dir") == "rtl"
        assert page.evaluate("document.documentElement.dir || 'ltr'") == "ltr"
        assert page.evaluate("document.documentElement.scrollWidth") == 1280
        widths = "frame => [frame.contentDocument.documentElement.scrollWidth, frame.clientWidth]"
        assert len(set(page.locator("#frame").evaluate(widths))) == 1
        squeezed = [(" ".join(words.split()), " ".join(below.split())) for words, below in page.evaluate(BELOW)]
        assert len(squeezed) > 10
        # in the middle may stand an isolated number of the words
        astray = [
            (words, below) for words, below in squeezed if words not in below and (not below or below not in words)
        ]
        assert astray == []
