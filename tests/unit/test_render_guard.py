"""Text never becomes markup, a template or a crash (guarantee G4), seen from the outside."""

from __future__ import annotations

import re
import time
from html.parser import HTMLParser

import pytest
from markupsafe import Markup
from msgspec.structs import replace

from newsletter.errors import ContentError
from newsletter.model import MinuteRow, NoteRow, Section
from newsletter.render import Renderer, fill_html, fill_text
from newsletter.render.lint import lint
from newsletter.render.printable import printable
from newsletter.render.sandbox import Sandbox
from tests.golden import editions, hostile

RENDERER = Renderer()
ADDRESS = {"address": "reader@acme.example"}

Event = tuple[str, str, tuple[tuple[str, str], ...]]


class Dom(HTMLParser):
    """A document as the flat list of what a browser would see."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.events: list[Event] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.events.append(("start", tag, tuple((name, value or "") for name, value in attrs)))

    def handle_endtag(self, tag):
        self.events.append(("end", tag, ()))

    def handle_data(self, data):
        self.events.append(("text", data, ()))

    def handle_comment(self, data):
        self.events.append(("comment", data, ()))


def html_of(edition) -> str:
    return fill_html(RENDERER.render(edition), ADDRESS)


def text_of(edition) -> str:
    return fill_text(RENDERER.render(edition), ADDRESS)


class Numbered:
    """Marks: q0000q, q0001q, …"""

    count = 0

    def mark(self) -> str:
        self.count += 1
        return f"q{self.count - 1:04}q"


def note(body: str):
    row = NoteRow(key="Key", body_markdown=body, source="Team")
    return replace(editions.rich(), sections=(Section(kind="wins", title="New", notes=(row,)),))


def test_braces_of_a_note_stay_braces():
    assert "{{ 7*7 }} {address}" in html_of(note("{{ 7*7 }} {address}"))
    assert "{{ 7*7 }} {address}" in text_of(note("{{ 7*7 }} {address}"))


def test_raw_html_in_a_note_is_shown_as_text():
    texts = [
        data for kind, data, _ in Dom(html_of(note("<script>alert(1)</script> <b>x</b>"))).events if kind == "text"
    ]
    assert "<script>alert(1)</script> <b>x</b>" in texts


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "http://x.example", "//x.example", "x"]
)
def test_a_link_in_a_note_to_anything_but_https_and_mailto_is_no_link(link):
    html = html_of(note(f"[click]({link})"))
    assert f"[click]({link})" in html
    assert 'href="http://' not in html


def test_twenty_thousand_asterisks_are_an_error_that_names_the_text():
    with pytest.raises(ContentError, match=r"beginning '\*\*\*\*.*nested") as caught:
        RENDERER.render(note("*" * 9_999 + "x" + "*" * 9_999))
    assert caught.value.hint
    with pytest.raises(ContentError, match="40,001 characters"):
        RENDERER.render(note("*" * 20_000 + "x" + "*" * 20_000))


@pytest.mark.parametrize("sign", ["[", "![", "> ", "- ", "`", "<", "&", "_a_", "[a]("])
def test_any_other_sign_repeated_to_the_length_limit_is_rendered(sign):
    assert text_of(note((sign * 20_000)[:19_999]))


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        " javascript:alert(1)",
        "java\nscript:alert(1)",
        "http://x.example",
        "data:text/html,x",
        "",
        "https://",
    ],
)
def test_a_composed_link_to_anything_but_https_and_mailto_is_refused(address):
    edition = replace(editions.rich(), footer_links=(("Read on the web", address),))
    with pytest.raises(ContentError, match=r"footer\.mjml\.j2, line \d+: the link .* is neither https nor mailto"):
        RENDERER.render(edition)


def test_every_text_of_an_edition_is_in_both_parts():
    """Nothing that was composed gets lost in the layout; tooltips and labels are the HTML's own."""
    for base in (editions.rich(), editions.bad(), editions.managers()):
        marks = Numbered()
        edition = hostile.with_texts(base, marks.mark, marks.mark)
        html, text = html_of(edition), text_of(edition)
        unseen = {mark for mark in (f"q{i:04}q" for i in range(marks.count)) if mark not in html}
        drafts = (
            {edition.contents["draft"]} if base.variant != "staff.bad" else set()
        )  # a word for drafts, and no draft
        untold = set() if edition.minute else {edition.minute_title}
        assert unseen == only_in_text(edition) | drafts | untold
        assert {name for name in re.findall(r"q\d{4}q", html) if name not in text} == only_in_html(edition)


def only_in_html(edition) -> set[str]:
    """What describes a picture, or the mail itself."""
    rows = [row for section in edition.sections for row in section.services]
    charts = [section.chart.label for section in edition.sections if section.chart]
    wholes = [section.divided for section in edition.sections if section.divided]  # its label says all parts
    return {
        edition.subject,
        edition.preheader,
        *(row.strip_label for row in rows),
        *(row.title for row in rows),
        *charts,
        *(tile.history.label for section in edition.sections for tile in section.tiles if tile.history),
        *(answer.label for section in edition.sections for answer in section.ratings),
        # a mail in plain text is forwarded as it is
        *(section.button_text for section in edition.sections if section.kind == "brief"),
        *(text for whole in wholes for part in whole.parts for text in (part.number, part.label)),
    } - {""}


def only_in_text(edition) -> set[str]:
    """The chart prints its first and last value, and says the others in its label."""
    charts = [section.chart for section in edition.sections if section.chart]
    return {bar.text for chart in charts for bar in chart.bars[1:-1]} - {""}


def test_text_that_is_equal_to_markup_is_escaped_all_the_same():
    """What was escaped once is remembered, and a Markup is equal to the text that it is not."""
    marked, text = Markup("<i>equal</i>"), "<i>equal</i>"
    printed = [Sandbox.escaped(one) for one in (text, marked, text, marked)]
    assert printed == ["&lt;i&gt;equal&lt;/i&gt;", marked] * 2


def test_no_character_without_a_glyph_gets_past_the_quick_look_at_an_edition():
    """Controls, surrogates and noncharacters, each alone in an edition that is clean."""
    noncharacters = {
        *range(0xFDD0, 0xFDF0),
        *(plane | end for plane in range(0, 0x110000, 0x10000) for end in (0xFFFE, 0xFFFF)),
    }
    controls = {*range(0x20), *range(0x7F, 0xA0)} - set(map(ord, "\t\n\r"))
    for code in sorted(controls | noncharacters | {*range(0xD800, 0xE000)}):
        assert printable(MinuteRow(label=f"a{chr(code)}z", sentence="whole")) == MinuteRow(label="az", sentence="whole")


def test_what_is_clean_is_the_same_edition_again():
    """Nothing is copied."""
    for edition in (editions.rich(), editions.managers()):
        assert printable(edition) is edition


@pytest.mark.parametrize("page", ["<x>", "<!-- a -->", "a<br>", '<td title="x > y"></td>'])
def test_a_document_with_forty_thousand_faults_is_linted_in_seconds(page):
    """A loop in a template that ran away; squared, it would take an hour."""
    begun = time.process_time()
    lint(page * 40_000)
    assert time.process_time() - begun < 20


def test_stacked_classes_are_refused_because_mrml_lets_the_first_win_and_mjml_the_last():
    page = '<mjml><mj-body><mj-section><mj-column><mj-text mj-class="{}">x</mj-text></mj-column></mj-section></mj-body></mjml>'
    assert lint(page.format("rows")) == []
    assert [fault.message for fault in lint(page.format("rows lead"))] == [
        "mj-class='rows lead' names more than one class"
    ]
