"""The studio's page in a real browser, over the real server and a copy of the sample company."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from click.testing import CliRunner
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

from newsletter.cli import main
from newsletter.demo.inbox import Inbox, receiving
from tests.browser.chromium import chromium
from tests.previewing import Preview, edited, replaced, small_workspace, start
from tests.servers.listening import free_ports, wait_until_listening

pytestmark = pytest.mark.browser

WIDTHS = (375, 600, 1280)
SCRIPT_BYTES = 71_000
STYLE_BYTES = 28_000

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

    def open_page(
        view: str = "variant=staff.en", *, width: int = 1280, dark: bool = False, allowed: tuple[str, ...] = ()
    ) -> Page:
        def bad(line: ConsoleMessage) -> bool:
            return line.type in ("error", "warning") and not any(code in line.text for code in allowed)

        context = browser.new_context(
            viewport={"width": width, "height": 800},
            color_scheme="dark" if dark else "light",
            permissions=["clipboard-read", "clipboard-write"],
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda line: trouble.append(line.text) if bad(line) else None)
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


# Letters that differ from the one before by random edits, each made into the next; what is not as a fresh parse has it.
MORPHED = """async ([address, html, seed, rounds]) => {
    const { morph } = await import(address);
    const random = below => { seed = (seed * 1664525 + 1013904223) >>> 0; return Math.floor(seed / 2 ** 32 * below); };
    const { DOMParser } = document.getElementById("frame").contentWindow;
    const parse = text => new DOMParser().parseFromString(text, "text/html");
    const pick = list => list[random(list.length)];
    const edits = [
        (one, page) => one.replaceWith(page.createTextNode("words & <signs> " + random(99))),
        (one, page) => one.before(page.createComment("[if mso]><i>" + random(9) + "</i><![endif]")),
        one => one.setAttribute("style", "color: #" + (100 + random(900))),
        one => one.setAttribute("data-" + "abc"[random(3)], random(5)),
        one => one.removeAttribute(one.attributes[random(one.attributes.length)]?.name ?? "id"),
        one => one.remove(),
        one => one.after(one.cloneNode(true)),
        one => one.append(...[...one.childNodes].reverse()),
        (one, page) => { const b = page.createElement(pick(["b", "div", "td"])); b.append(...one.childNodes); one.replaceWith(b); },
        (one, page) => pick([...page.body.querySelectorAll("td, div")]).append(one),
        (one, page) => { page.documentElement.lang = pick(["en", "it", "ar"]); },
    ];
    let now = parse(html), wrong = 0;
    const shown = parse(html);
    for (let round = 0; round < rounds; round += 1) {
        const page = parse(now.documentElement.outerHTML);
        for (let count = random(4); count >= 0; count -= 1) {
            const one = pick([...page.body.querySelectorAll("*")].slice(1));
            try { pick(edits)(one, page); } catch (error) { if (error.name !== "HierarchyRequestError") throw error; }
        }
        const text = page.documentElement.outerHTML;
        now = parse(text);
        morph(shown.documentElement, parse(text).documentElement);
        wrong += shown.documentElement.outerHTML !== now.documentElement.outerHTML;
        if (now.body.textContent.length < 500) now = parse(html);
    }
    return wrong;
}"""


def test_a_letter_mended_in_place_is_the_letter_parsed_anew(visit, preview):
    """To the last attribute, after each of hundreds of random changes to elements, words, comments and their order."""
    page = visit()
    address = page.evaluate("document.querySelector('script').src.replace('studio.js', 'morph.js')")
    html = preview.json("/api/mail/staff.en")["html"]
    for seed in range(4):
        assert page.evaluate(MORPHED, [address, html, seed, 100]) == 0


def test_a_save_touches_only_what_it_changes(visit, preview):
    """One word in a note is one text in the page; images are not fetched again, and nothing is laid out that stayed."""
    page = visit()
    page.evaluate(
        """() => { window.touched = [];
        new MutationObserver(all => touched.push(...all.map(one => `${one.type} ${one.target.nodeName}`)))
            .observe(document.getElementById("frame").contentDocument,
                { childList: true, characterData: true, attributes: true, subtree: true }); }"""
    )
    with edited(preview.note("shared-files.en"), "We are sorry.", "We are very sorry."):
        expect(mail(page)).to_contain_text("We are very sorry.")
        assert page.evaluate("touched") == ["characterData #text"]
    expect(mail(page)).not_to_contain_text("We are very sorry.")


def test_a_letter_as_high_as_its_window_is_shown_whole(visit):
    """Many a mail's style says so of `html` and `body`; a window can only grow with its content then."""
    page = visit()
    high = page.locator("#frame").evaluate(
        """async frame => { const style = frame.contentDocument.createElement("style");
        style.textContent = "html, body { height: 100% }"; frame.contentDocument.head.append(style);
        frame.style.height = "300px";
        (await import(document.querySelector("script").src.replace("studio.js", "mail.js"))).fit();
        return [frame.clientHeight, frame.contentDocument.documentElement.scrollHeight]; }"""
    )
    assert high[0] == high[1] > 3000


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


# ---- the views of one letter ----

PARTS = {
    "Text": "THE MONTH IN ONE MINUTE",
    "Source": "<!doctype html>",
    "Headers": "List-Unsubscribe",
    "Raw": "Content-Transfer-Encoding",
}


@pytest.mark.parametrize("width", WIDTHS)
def test_text_source_headers_and_raw_are_shown(visit, width):
    """Each view by a click, at each width, without the page scrolling sideways."""
    page = visit(width=width)
    for name, words in PARTS.items():
        page.get_by_role("tab", name=name, exact=True).click()
        expect(page.locator("#part")).to_contain_text(words, ignore_case=True)
        assert page.evaluate("document.documentElement.scrollWidth") == width
    page.get_by_role("tab", name="Mail", exact=True).click()
    expect(mail(page)).to_be_visible()


def test_the_recipients_own_headers_are_told_apart(visit):
    """What differs from copy to copy."""
    page = visit("variant=staff.en&view=headers")
    expect(page.locator("#part tr", has_text="reader@acme.example").first).to_contain_text("the recipient's own")


def test_made_out_to_a_recipient(visit, preview):
    """A real row brings its own letter: the head of sales reads Italian, as a manager."""
    page = visit()
    page.get_by_label("As this recipient").select_option(label="Head of sales")
    expect(mail(page)).to_contain_text("head-of-sales@acme.example")
    assert "variant=managers.it" in page.url
    assert "as=managers-1" in page.url


def test_drafts_are_shown_or_left_out(visit, preview):
    """Shown they can be told from the rest; the size and the digest are those of what is sent."""
    page = visit()
    with edited(preview.note("lock-screen.en"), "kind: tip", "kind: tip\nstatus: draft"):
        expect(page.locator("#rail")).to_contain_text("One tip (draft)")
        expect(mail(page)).to_contain_text("Leaving your desk?")
        digest = page.locator("#foot code").get_attribute("title")
        page.get_by_role("button", name="Drafts").click()
        expect(mail(page)).not_to_contain_text("Leaving your desk?")
        assert page.locator("#foot code").get_attribute("title") == digest


# ---- beside the words: numbers, findings, changes ----


@pytest.mark.parametrize("width", WIDTHS)
def test_a_number_opens_its_evidence(visit, width):
    """A click on the number in the mail: query, window, samples, month, and the number is marked."""
    page = visit(width=width)
    number = page.get_by_role("button", name="99.78%: show the evidence").first
    box, inside = number.bounding_box(), None
    number.locator("i").first.click()
    body = page.locator("#body")
    expect(body).to_contain_text("probe_success")
    for words in ("files.availability", "89,390", "745 hours", "0.9978299776286353", "newsletter explain"):
        expect(body).to_contain_text(words)
    assert body.locator(".days .down").count() == 1
    expect(number).to_have_attribute("aria-pressed", "true")
    inside = page.evaluate(
        """() => { const frame = document.getElementById("frame"), find = document.createNodeIterator(
            frame.contentDocument.body, NodeFilter.SHOW_TEXT, n => n.data.includes("99.78%") ? 1 : 2).nextNode();
        const range = frame.contentDocument.createRange(); range.selectNodeContents(find);
        return range.getBoundingClientRect().width; }"""
    )
    assert box is not None
    assert abs(box["width"] - inside) < 60


def test_numbers_can_be_left_alone(visit):
    """Then nothing lies over the mail and nothing of it is in the order of tabs."""
    page = visit()
    assert page.locator(".hot").count() > 5
    page.locator("#toggle-numbers").click()
    expect(page.locator(".hot")).to_have_count(0)


@pytest.mark.parametrize("width", WIDTHS)
def test_findings_stand_in_checks_and_mark_their_letter(visit, preview, width):
    """With the fix and the place in the file, which a click copies."""
    page = visit(width=width)
    with edited(preview.note("shared-files.en"), "We are sorry.", "We are sorry. This will never again happen."):
        count = page.locator("#tab-checks .n")
        expect(count).to_have_text("1")
        if width < 700:
            page.locator("#dock").click()
        card = page.locator(".finding")
        expect(card).to_contain_text("never again")
        expect(card).to_contain_text("Fix:")
        expect(page.locator("#variant-staff\\.en")).to_contain_text("errors")
        page.locator(".finding .link").click()
        expect(page.locator("#overlay .fault.is-error").first).to_be_visible()
        expect(page.locator("#overlay .flag[aria-pressed=true]")).to_be_in_viewport()
        card.locator(".place").click()
        place = page.evaluate("navigator.clipboard.readText()")
        assert place.startswith("editions/2026-10/notes/shared-files.en.md:18")
    expect(count).to_have_count(0)
    expect(page.locator("#body")).to_contain_text("Nothing to mend here")


# ---- facts and notes ----


def test_pin_and_mute_are_written_and_shown(visit, preview):
    """Into the edition's own file, like a note; the letter follows, and a second press takes it back."""
    page = visit("variant=staff.en&tab=facts")
    file = preview.edition / "edition.yaml"
    before = file.read_text(encoding="utf-8")
    try:
        card = page.locator("[id='fact-payslips.count']")
        card.get_by_role("button", name="Pin").click()
        expect(card.get_by_role("button", name="Pinned")).to_have_attribute("aria-pressed", "true")
        assert "payslips.count" in file.read_text(encoding="utf-8")
        assert page.evaluate("document.activeElement.id") == "pin-payslips.count"
        page.keyboard.press("x")
        expect(card.get_by_role("button", name="Muted")).to_be_visible()
        expect(page.locator("#overlay [id^='hot-payslips.count']")).to_have_count(0)
        card.get_by_role("button", name="Muted").click()
        expect(card.get_by_role("button", name="Mute:")).to_have_attribute("aria-pressed", "false")
    finally:
        file.write_text(before, encoding="utf-8")


def test_what_must_be_told_cannot_be_muted(visit):
    """It has neither button, and no score; what was not chosen has its reason."""
    page = visit("variant=staff.en&tab=facts")
    missed = page.locator("[id='fact-files.availability']")
    expect(missed).to_contain_text("always told")
    assert missed.get_by_role("button").count() == 1
    expect(page.locator("[id='fact-tickets.opened.change']")).to_contain_text("p = ")


def test_facts_speak_the_language_of_the_letter_with_the_id_beside(visit):
    page = visit("variant=staff.it&tab=facts")
    card = page.locator("[id='fact-files.availability']")
    expect(card.get_by_role("heading")).to_have_text("File condivisi: disponibilità files.availability")
    expect(card.locator("[lang=it]")).to_have_text("File condivisi: disponibilità")


@pytest.mark.parametrize(
    ("words", "fact"),
    [("September: 65%", "tickets.solved_within"), ("118", "tickets.opened"), ("1,321", "tickets.resolved")],
)
def test_last_month_weeks_and_bars_open_their_evidence(visit, words, fact):
    """With the months before, each followed to the query of its own snapshot."""
    page = visit("variant=staff.en")
    page.get_by_role("button", name=re.compile(rf"^{re.escape(words)}: show")).first.press("Enter")
    body = page.locator("#body")
    expect(body).to_contain_text(fact)
    expect(body).to_contain_text("Earlier months")
    body.get_by_text("Where they come from").click()
    expect(body.locator("#earlier pre")).to_have_count(12)


def test_letter_and_edition_do_not_share_the_word_digest(visit):
    page = visit("variant=staff.en")
    expect(page.locator("#foot")).to_contain_text("Fingerprint")
    expect(page.locator("#foot")).not_to_contain_text("Digest")


def test_on_paper_only_the_letter_is_left(visit):
    """Whole, not only what is in sight, and without the marks that lie over it."""
    page = visit("variant=staff.en")
    page.emulate_media(media="print")
    for around in ("#head", "#rail", "#panel", "#foot", "#bars", "#overlay"):
        expect(page.locator(around)).to_be_hidden()
    expect(page.locator("#frame")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollHeight > document.querySelector('#frame').clientHeight")


def test_notes_tell_their_state(visit):
    """Kind, owner, languages and files of each."""
    page = visit("variant=staff.en&tab=notes")
    card = page.locator("[id='note-shared-files']")
    for words in ("Shared files", "incident", "storage team", "en, it", "ready", "notes/shared-files.it.md"):
        expect(card).to_contain_text(words)


# ---- approval, subject, test mail ----


def test_approval_is_told_and_cannot_be_given_here(visit):
    """Only the command is offered."""
    page = visit()
    page.locator("#approval").click()
    about = page.locator("#about")
    expect(about).to_contain_text("newsletter approve --month 2026-10 --by NAME")
    about.get_by_role("button", name="Copy").click()
    assert page.evaluate("navigator.clipboard.readText()") == "newsletter approve --month 2026-10 --by NAME"
    page.keyboard.press("Escape")
    expect(about).to_be_hidden()
    assert page.evaluate("document.activeElement.id") == "approval"


def test_changes_since_the_approval_are_marked(visit, preview):
    """In the letter, and as a comparison of the text parts."""
    page = visit()
    run = CliRunner().invoke(
        main, ["approve", "--config", str(preview.config), "--month", "2026-10", "--by", "The editor"]
    )
    assert run.exit_code == 0, run.output
    try:
        expect(page.locator("#approval")).to_contain_text("Approved")
        with edited(preview.note("shared-files.en"), "We are sorry.", "We apologise."):
            expect(page.locator("#approval")).to_contain_text("Approval void")
            page.locator("#approval").click()
            expect(page.locator("#about")).to_contain_text("staff.en")
            page.get_by_role("button", name="Mark them in the mail").click()
            expect(page.locator("#overlay .changed").first).to_be_attached()
            page.locator("#approval").click()
            page.get_by_role("button", name="Compare the text parts").click()
            expect(page.locator("#part .plus")).to_contain_text(["We apologise."])
    finally:
        for made in preview.edition.glob("approv*"):
            made.unlink()
    expect(page.locator("#approval")).to_contain_text("Not approved")


def test_a_subject_is_chosen(visit, preview):
    """From those that the edition offers; written to the edition's file."""
    page = visit()
    file = preview.edition / "edition.yaml"
    before = file.read_text(encoding="utf-8")
    try:
        page.get_by_text("2 subjects to choose from").click()
        page.get_by_role("radio", name="Shared files").check()
        expect(page.locator("#inbox .subject")).to_contain_text("Shared files")
        assert "subject" in file.read_text(encoding="utf-8")
    finally:
        file.write_text(before, encoding="utf-8")
    expect(page.locator("#inbox .subject")).to_contain_text("October 2026")


@pytest.mark.parametrize("width", WIDTHS)
def test_a_test_mail_arrives(visit, inbox, width):
    """Marked as a test, at the relay of the config, whose answer is shown."""
    page = visit(width=width)
    had = len(inbox.mails)
    page.get_by_role("button", name="Send a test").click()
    page.get_by_label("To", exact=True).fill(f"editor{width}@acme.example")
    page.get_by_role("button", name="Send the test").click()
    expect(page.locator("#test-said")).to_contain_text("Accepted by the relay")
    expect(page.locator("#test-said")).to_contain_text("250")
    arrived = inbox.mails[had:]
    assert [one.rcpt_to for one in arrived] == [f"editor{width}@acme.example"]
    assert arrived[0].header("Subject").startswith("[TEST]")
    assert "Eleven of twelve services" in arrived[0].html


def test_a_test_mail_elsewhere_is_refused(visit, inbox):
    """In the dialog, in words; nothing is sent."""
    page = visit(allowed=("422",))
    had = len(inbox.mails)
    page.keyboard.press("t")
    page.get_by_label("To", exact=True).fill("someone@elsewhere.example")
    page.get_by_role("button", name="Send the test").click()
    expect(page.locator("#test-said")).to_contain_text("elsewhere.example")
    assert len(inbox.mails) == had


# ---- keyboard ----


def focus(page: Page) -> str:
    """The id of the element in focus."""
    return str(page.evaluate("document.activeElement.id"))


def tab_to(page: Page, wanted: str, *, most: int = 80) -> None:
    """Press Tab until an element whose id begins so is in focus."""
    for _ in range(most):
        if focus(page).startswith(wanted):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not come to {wanted}")


def test_the_whole_desk_by_keyboard(visit, inbox):
    """Skip link, letters, views, looks, numbers, panel, sheet and test mail without a pointer."""
    page = visit()
    key = page.keyboard.press
    key("Tab")
    key("Enter")
    assert focus(page) == "sheet"
    for pressed, words in zip("2345", PARTS.values(), strict=True):
        key(pressed)
        expect(page.locator("#part")).to_contain_text(words, ignore_case=True)
    key("1")
    key("j")
    expect(mail(page)).to_contain_text("Undici")
    key("k")
    expect(mail(page)).to_contain_text("Eleven")
    tab_to(page, "hot-files.availability")
    key("Enter")
    expect(page.locator("#body")).to_contain_text("probe_success")
    assert focus(page).startswith("hot-files.availability")
    for pressed, tab in zip("cfoe", ("checks", "facts", "notes", "evidence"), strict=True):
        key(pressed)
        assert focus(page) == f"tab-{tab}"
    key("ArrowRight")
    assert focus(page) == "tab-checks"
    key("End")
    assert focus(page) == "tab-evidence"
    key("w")
    expect(page.locator("#px")).to_have_text("600 px")
    key("l")
    page.wait_for_selector("#frame[data-shown^=dark]")
    key("n")
    expect(page.locator(".hot")).to_have_count(0)
    key("i")
    expect(page.get_by_role("button", name="Images")).to_have_attribute("aria-pressed", "false")
    key("d")
    expect(page.get_by_role("button", name="Drafts")).to_have_attribute("aria-pressed", "false")
    key("?")
    expect(page.locator("#keys")).to_be_visible()
    page.get_by_label("Single-key shortcuts").press("Space")
    key("Escape")
    key("2")
    expect(page.get_by_role("tab", name="Mail", exact=True)).to_have_attribute("aria-selected", "true")
    tab_to(page, "help")
    key("Enter")
    page.get_by_label("Single-key shortcuts").press("Space")
    key("Escape")
    key("t")
    page.keyboard.type("editor@acme.example")
    key("Enter")
    expect(page.locator("#test-said")).to_contain_text("Accepted by the relay")
    key("Escape")
    expect(page.locator("#test")).to_be_hidden()


def test_a_finding_is_reached_and_shown_by_key(visit, preview):
    """`]` goes to the next one: its card is in focus and marked."""
    page = visit("variant=staff.en&tab=notes")
    with edited(preview.note("shared-files.en"), "We are sorry.", "We are sorry. This will never again happen."):
        expect(page.locator("#tab-checks .n")).to_have_text("1")
        page.keyboard.press("]")
        expect(page.locator(".finding.chosen")).to_contain_text("never again")
        assert focus(page).startswith("finding-")
    expect(page.locator(".finding")).to_have_count(0)
    assert focus(page) == "body"


def test_the_drawer_takes_and_returns_the_focus(visit):
    """On a narrow screen the rail lies over the rest, which is out of reach meanwhile."""
    page = visit(width=600)
    page.get_by_role("button", name="Variants and sections").click()
    assert focus(page) == "rail-close"
    assert page.locator("#stage").evaluate("stage => stage.inert")
    page.keyboard.press("Escape")
    assert focus(page) == "rail-button"


# ---- accessibility ----

VIEWS = (
    "tab=checks&open=approval",
    "tab=facts&view=text",
    "tab=notes&view=source",
    "tab=evidence&fact=files.availability&view=headers",
    "tab=checks&view=raw",
    "open=test",
    "open=keys",
    "look=dark&width=phone",
)

NARROW = ("tab=facts", "tab=checks&view=text")

# Rules of axe that are known not to be met, with the reason.
EXCEPTIONS: dict[str, str] = {}


def faults(page: Page) -> list[str]:
    """What axe finds serious or critical, in the page but not in its frame, which runs no script."""
    found = Axe().run(page, options={"iframes": False, "resultTypes": ["violations"]}).response["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:200]}"
        for one in found
        if one["impact"] in ("serious", "critical") and one["id"] not in EXCEPTIONS
    ]


@pytest.mark.parametrize(
    ("width", "dark", "views"),
    [(1280, False, VIEWS), (1280, True, VIEWS), (600, False, NARROW), (375, True, NARROW)],
    ids=["wide", "wide-dark", "tablet", "phone-dark"],
)
def test_axe_finds_nothing_serious_in_the_studio(visit, width, dark, views):
    """In each view, panel and dialog."""
    page = visit(width=width, dark=dark)
    for view in views:
        if page.locator("dialog[open]").count():
            page.keyboard.press("Escape")
            page.wait_for_function("() => !location.hash.includes('open=')")  # its closing is told by an event, later
        page.evaluate("view => { location.hash = `variant=staff.en&${view}`; }", view)
        wait_for_view(page, view)
        assert faults(page) == [], view


def wait_for_view(page: Page, view: str) -> None:
    """Until what the address asks for is on show."""
    asked = {"tab": "checks", "view": "mail"} | dict(part.split("=") for part in view.split("&"))
    shown = {"approval": "#about", "test": "#test[open]", "keys": "#keys[open]"}
    page.locator(shown.get(asked.get("open", ""), "#head")).wait_for()
    page.locator(f"#tab-{asked['tab']}[aria-selected=true]").wait_for()
    page.locator("#letter" if asked["view"] == "mail" else "#part > *").wait_for()
    if "fact" in asked:
        expect(page.locator("#body")).to_contain_text(asked["fact"])


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize("variant", ["staff.en", "managers.it"])
def test_axe_finds_nothing_serious_in_the_mail(browser, preview, variant, look):
    """The letter by itself, as a mail program opens it."""
    page = browser.new_page()
    page.set_content(preview.get(f"/mail/{variant}?look={look}")[1])
    found = faults(page)
    page.close()
    assert found == []


def test_controls_are_large_enough(visit):
    """At least 24 by 24 pixels, whatever the width."""
    small = """() => [...document.querySelectorAll("button, select, summary, label:has(input), input[type=text]")]
        .filter(one => one.checkVisibility() && !one.closest("#overlay")).map(one => [one.outerHTML.slice(0, 90),
        one.getBoundingClientRect()]).filter(([, box]) => box.width < 24 || box.height < 24).map(([html]) => html)"""
    for width in WIDTHS:
        page = visit("variant=staff.en&tab=facts", width=width)
        expect(page.locator(".fact").first).to_be_attached()
        assert page.evaluate(small) == []


def test_without_a_snapshot_the_page_says_what_to_do(browser, tmp_path):
    """And the letter appears by itself once it is there."""
    config = small_workspace(tmp_path / "acme")
    snapshot = config.parent / "editions" / "2026-10" / "snapshot.json"
    away = snapshot.rename(config.parent / "snapshot.away")
    preview = start(config)
    page = browser.new_page()
    page.goto(preview.address)
    expect(page.get_by_text("newsletter collect --month 2026-10")).to_be_visible()
    expect(page.locator("#letter")).to_be_hidden()
    expect(page.get_by_text("Letters are checked as soon as there are numbers.")).to_be_visible()
    expect(page.locator("#send")).to_have_attribute("aria-disabled", "true")
    away.rename(snapshot)
    expect(page.locator("#letter")).to_be_visible(timeout=15_000)
    page.close()


# ---- the server ends and comes back ----


def test_a_lost_server_is_told_and_found_again(browser, preview, tmp_path):
    """What is on show stays; the page goes on by itself, with the new token, when the server is back."""
    port = free_ports(1)[0]
    page = browser.new_page()
    with served(preview.folder, port, tmp_path / "first.log"):
        page.goto(f"http://127.0.0.1:{port}/#variant=staff.en&tab=facts")
        page.wait_for_selector("body[data-drawn]")
    expect(page.locator("#foot")).to_contain_text("Not connected, trying again", timeout=15_000)
    expect(mail(page)).to_contain_text("Eleven of twelve")
    file = preview.edition / "edition.yaml"
    before = file.read_text(encoding="utf-8")
    with served(preview.folder, port, tmp_path / "second.log"):
        expect(page.locator("#foot")).to_contain_text("Live", timeout=20_000)
        try:
            page.locator("[id='pin-payslips.count']").click()
            expect(page.locator("[id='pin-payslips.count']")).to_have_attribute("aria-pressed", "true")
        finally:
            file.write_text(before, encoding="utf-8")
    page.close()


@contextmanager
def served(folder: Path, port: int, log: Path) -> Iterator[None]:
    """The command itself, as a process of its own."""
    command = [sys.executable, "-m", "newsletter", "preview", "--month", "2026-10", "--no-browser", "--port", str(port)]
    with log.open("wb") as out, subprocess.Popen(command, cwd=folder, stdout=out, stderr=out) as process:
        try:
            wait_until_listening("preview", process, [port], log)
            yield
        finally:
            process.terminate()


# ---- size ----


def test_the_page_stays_small():
    """As it is served, without compression: the page with its script, and the style."""
    files = {
        one.name: len(one.read_bytes()) for one in resources.files("newsletter.studio").joinpath("static").iterdir()
    }
    style = sum(size for name, size in files.items() if name.endswith(".css"))
    assert style <= STYLE_BYTES
    assert sum(files.values()) - style <= SCRIPT_BYTES
