"""The studio's page in a real browser, over the real server and a copy of the sample company."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from newsletter.demo.inbox import Inbox, receiving
from tests.browser.chromium import chromium
from tests.previewing import Preview, replaced, small_workspace, start

pytestmark = pytest.mark.browser

WIDTHS = (375, 600, 1280)
LIMIT_BYTES = 95_000

Visit = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium."""
    with chromium() as launched:
        yield launched


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inbox]:
    """A relay on this machine that takes every mail."""
    with receiving(tmp_path_factory.mktemp("inbox")) as opened:
        yield opened


@pytest.fixture(scope="module")
def preview(tmp_path_factory: pytest.TempPathFactory, inbox: Inbox) -> Preview:
    """The server over the sample company, whose relay is the inbox."""
    config = small_workspace(tmp_path_factory.mktemp("studio") / "acme")
    replaced(config, "port: 25\n", f"port: {inbox.port}\n")
    return start(config)


@pytest.fixture
def visit(browser: Browser, preview: Preview) -> Iterator[Visit]:
    """Opens the studio; at the end no page may have met an error, a forbidden thing or another machine."""
    contexts = []
    trouble: list[str] = []

    def open_page(view: str = "variant=staff.en", *, width: int = 1280, height: int = 800, dark: bool = False) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            permissions=["clipboard-read", "clipboard-write"],
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on(
            "console",
            lambda line: (
                trouble.append(line.text) if line.type in ("error", "warning") and "404" not in line.text else None
            ),
        )
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on(
            "request", lambda one: None if one.url.startswith(preview.address) else trouble.append(f"asks {one.url}")
        )
        page.goto(f"{preview.address}#{view}")
        page.wait_for_selector("body[data-drawn]")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert trouble == []


@contextmanager
def edited(path: Path, old: str, new: str) -> Iterator[None]:
    """A file with other words in it; as before at the end."""
    before = path.read_text(encoding="utf-8")
    replaced(path, old, new)
    try:
        yield
    finally:
        path.write_text(before, encoding="utf-8")


def mail(page: Page) -> Locator:
    """The body of what the frame shows."""
    return page.frame_locator("#frame").locator("body")


def scrolled(page: Page) -> float:
    """How far the stage is scrolled."""
    return float(page.locator("#sheet").evaluate("stage => stage.scrollTop"))


def distance(page: Page, words: str) -> float:
    """How far below the top of the stage a heading of the mail stands, in pixels."""
    return float(
        page.evaluate(
            """words => { const frame = document.getElementById("frame"), stage = document.getElementById("sheet");
            const one = [...frame.contentDocument.querySelectorAll("h2")].find(h => h.textContent === words);
            return one.getBoundingClientRect().top + frame.getBoundingClientRect().top
                - stage.getBoundingClientRect().top; }""",
            words,
        )
    )


# ---- the letter ----


@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_never_scrolls_itself(visit, width):
    """Only rail, stage and panel do, each by itself."""
    page = visit(width=width)
    size = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    assert size == [width, 800]


@pytest.mark.parametrize("width", WIDTHS)
def test_the_letter_and_its_line_in_the_inbox_are_shown(visit, preview, width):
    """What the recipient would see first, then the mail."""
    page = visit(width=width)
    picture = preview.json("/api/mail/staff.en")
    expect(page.locator("#inbox .subject")).to_have_text(picture["subject"])
    expect(page.locator("#inbox .preheader")).to_have_text(picture["preheader"])
    expect(mail(page)).to_contain_text("Eleven of twelve services met their target")
    assert page.frame_locator("#frame").locator("a[href]").count() == 0


@pytest.mark.parametrize(("name", "pixels"), [("Tablet", 600), ("Phone", 375)])
def test_widths_are_true_pixels(visit, name, pixels):
    """No zoom: the mail is laid out for exactly this width."""
    page = visit()
    page.get_by_role("radio", name=name).check()
    expect(page.locator("#px")).to_have_text(f"{pixels} px")
    assert page.evaluate("document.getElementById('frame').contentWindow.innerWidth") == pixels


COLOURS = """() => { const page = document.getElementById("frame").contentDocument;
    const of = (one, name) => page.defaultView.getComputedStyle(one)[name];
    return [of(page.querySelector("h1"), "color"), of(page.querySelector(".n-sheet"), "backgroundColor")]; }"""


def lightness(page: Page, colour: str) -> float:
    """Mean of the channels, 0 to 255, whatever way the colour is written."""
    return float(
        page.evaluate(
            """colour => { const pad = new OffscreenCanvas(1, 1).getContext("2d");
            pad.fillStyle = colour; pad.fillRect(0, 0, 1, 1);
            const [r, g, b] = pad.getImageData(0, 0, 1, 1).data; return (r + g + b) / 3; }""",
            colour,
        )
    )


@pytest.mark.parametrize("look", ["Dark", "Inverted"])
def test_dark_looks_turn_the_letter(visit, look):
    """Authored dark as the template says; inverted as a mail client computes it."""
    page = visit()
    ink, sheet = (lightness(page, one) for one in page.evaluate(COLOURS))
    assert ink < 60
    assert sheet > 200
    page.get_by_role("radio", name=look).check()
    page.wait_for_selector(f"#frame[data-shown^={look.lower()}]")
    ink, sheet = (lightness(page, one) for one in page.evaluate(COLOURS))
    assert ink > 180
    assert sheet < 60


def test_variants_tell_audience_locale_and_what_is_on_show(visit):
    """One click shows another letter; the address bar holds it."""
    page = visit()
    row = page.locator("#rail").get_by_role("button", name="Italian").last
    row.click()
    expect(mail(page)).to_contain_text("Undici")
    assert "variant=staff.it" in page.url
    expect(row).to_have_attribute("aria-current", "true")
    assert page.locator("#frame").get_attribute("title") == "The mail, Staff, Italian"


def test_the_address_holds_the_whole_view(visit):
    """Loaded again, everything is as it was, the place in the letter too."""
    page = visit("variant=staff.it&width=phone&look=dark&tab=notes&numbers=off")
    page.locator("#sheet").evaluate("stage => stage.scrollTop = 900")
    page.reload()
    page.wait_for_selector("body[data-drawn]")
    assert page.get_by_role("radio", name="Phone").is_checked()
    assert page.get_by_role("radio", name="Dark").is_checked()
    assert page.get_by_role("tab", name="Notes").get_attribute("aria-selected") == "true"
    assert page.locator(".hot").count() == 0
    assert scrolled(page) == 900


def test_a_section_is_jumped_to(visit):
    """From the outline, with its words."""
    page = visit()
    page.locator("#rail").get_by_role("button", name="Service by service").click()
    assert 0 <= distance(page, "Service by service") < 40


# ---- a save ----


def test_a_save_redraws_and_keeps_place_and_focus(visit, preview):
    """The section being read stays where it is, though the letter above it grows."""
    page = visit()
    page.locator("#rail").get_by_role("button", name="Coming up").click()
    before = distance(page, "Coming up")
    page.locator("#toggle-images").focus()
    with edited(preview.note("shared-files.en"), "We are sorry.", "We are sorry.\n\nA new line.\n\nAnd another one."):
        expect(mail(page)).to_contain_text("And another one.")
        assert abs(distance(page, "Coming up") - before) <= 1
        assert page.evaluate("document.activeElement.id") == "toggle-images"
        expect(page.locator("#said")).to_contain_text("Picture updated")
    expect(mail(page)).not_to_contain_text("And another one.")


def test_an_error_in_a_template_lies_over_the_last_good_picture(visit, preview):
    """In words, as text and never as markup, with the lines; it goes by itself when mended."""
    page = visit()
    folder = preview.folder / "templates"
    config = preview.config
    with edited(config, "organisation: Acme\n", "organisation: Acme\nnonsense: <b>1</b>\n"):
        card = page.get_by_role("alert")
        expect(card).to_contain_text("nonsense")
        expect(card).to_contain_text("config.yaml")
        assert card.locator("b").all_inner_texts() in ([], ["Fix:"], ["Fix: "])
        expect(mail(page)).to_contain_text("Eleven of twelve")
        assert page.locator("#letter").evaluate("letter => letter.inert")
        expect(page.locator("#foot")).to_contain_text("Waiting for a good save")
    expect(card).to_be_hidden()
    expect(page.locator("#foot")).to_contain_text("Live")
    assert folder.is_dir()


def test_an_error_in_a_note_never_blanks_the_letter(visit, preview):
    """The letter is drawn without that note; the finding is in Checks."""
    page = visit()
    with edited(preview.note("lock-screen.en"), "kind: tip", "kind: nonsense"):
        expect(page.locator("#body")).to_contain_text("lock-screen.en.md")
        expect(mail(page)).to_contain_text("Eleven of twelve")
        assert page.get_by_role("alert").count() == 0
    expect(page.locator("#body")).not_to_contain_text("lock-screen.en.md")


# ---- size ----


def test_the_page_stays_small():
    """Style, script and page together, as they are served."""
    files = [one for one in resources.files("newsletter.studio").joinpath("static").iterdir() if one.is_file()]
    assert sum(len(one.read_bytes()) for one in files) <= LIMIT_BYTES
