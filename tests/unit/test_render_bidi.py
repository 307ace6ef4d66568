"""A right-to-left letter: its direction is set, and what runs the other way stays in its place."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest

from newsletter.language import supported_locales
from newsletter.language.bidi import ISOLATE, POP
from newsletter.model import Rendered
from newsletter.render import Renderer
from newsletter.render.bidi import to_markup
from tests.unit.edition_samples import edition, note, outage, service, snapshot, tickets

LOCALES = list(supported_locales())


def rendered(locale: str, audience: str = "staff") -> Rendered:
    """A month with one missed target; the names of its services are English."""
    month = snapshot(
        service("files", outage("2026-10-14 09:12", 97)),
        service("mail", outage("2026-10-06 08:00", 30)),
        service("wifi"),
        tickets=tickets(),
    )
    notes = [
        note("heard", "Screens take ages.", locale=locale, department="Sales", answer="done"),
        note("win", "Loading bay", locale=locale),
    ]
    return Renderer().render(
        edition(month, *notes, locale=locale, audience=audience, locales=LOCALES, feedback="it@acme.example")
    )


@pytest.mark.parametrize("audience", ["staff", "managers"])
def test_html_of_a_right_to_left_letter_has_bdi_and_no_isolates(audience):
    mail = rendered("ar", audience)
    html = "".join(mail.html.parts)
    assert re.search(r'<html[^>]* dir="rtl"', html)
    assert re.search(r'<html[^>]* lang="ar"', html)
    assert not re.search(f"[{ISOLATE}{POP}]", html)
    assert html.count("<bdi>") == html.count("</bdi>") > 3
    assert "<bdi>Shared files</bdi>" in html


def test_no_part_of_a_right_to_left_letter_runs_from_left_to_right():
    html = "".join(rendered("ar").html.parts)
    # Outlook's own tables carry no text direction; everything a reader's program lays out does
    assert re.findall(r"direction: ?ltr", html) == []
    assert 'dir="ltr"' not in html


@pytest.mark.parametrize("audience", ["staff", "managers"])
def test_subject_title_preview_and_links_of_a_right_to_left_letter_have_no_isolates(audience):
    mail = rendered("ar", audience)
    marks = re.compile(f"[{ISOLATE}{POP}]|bdi")
    html = "".join(mail.html.parts)
    title = re.search(r"<title>(.*?)</title>", html, re.DOTALL)
    assert title
    assert [text for text in (mail.subject, mail.preheader, title.group(1)) if marks.search(text)] == []
    links = [unquote(link) for link in re.findall(r'href="([^"]*)"', html)]
    assert links
    assert [link for link in links if marks.search(link)] == []


@pytest.mark.parametrize("locale", LOCALES)
def test_the_text_part_has_isolates_in_right_to_left_letters_only(locale):
    text = "".join(rendered(locale).text.parts)
    assert text.count(ISOLATE) == text.count(POP)
    assert (ISOLATE in text) == (locale == "ar")


@pytest.mark.parametrize("locale", [locale for locale in LOCALES if locale != "ar"])
def test_a_left_to_right_letter_has_no_bdi(locale):
    html = "".join(rendered(locale).html.parts)
    assert "<bdi>" not in html
    assert not re.search(r'dir="rtl|direction: ?rtl', html)


@pytest.mark.parametrize(
    ("locale", "quoted"),
    [
        ("en", "“Screens take ages.”"),
        ("it", "«Screens take ages.»"),
        ("de", "„Screens take ages.“"),
        ("fr", "«\u00a0Screens take ages.\u00a0»"),
        ("ar", "«<bdi>Screens take ages.</bdi>»"),
    ],
)
def test_quotation_marks_are_those_of_the_language(locale, quoted):
    assert quoted in "".join(rendered(locale).html.parts)


def test_isolates_become_bdi_in_text_and_vanish_from_markup():
    mjml = f'<mj-title>{ISOLATE}A{POP}</mj-title><td title="{ISOLATE}b{POP}">{ISOLATE}c {ISOLATE}d{POP}{POP}</td>'
    assert to_markup(mjml) == '<mj-title>A</mj-title><td title="b"><bdi>c <bdi>d</bdi></bdi></td>'


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"{ISOLATE}a", "a"),
        (f"a{POP}", "a"),
        (f"{POP}a{ISOLATE}", "a"),
        (f"{ISOLATE}a{POP}{POP}", "<bdi>a</bdi>"),
        (f"{ISOLATE}{ISOLATE}a{POP}", "<bdi>a</bdi>"),
        (f"{ISOLATE}a<b>b{POP}</b>", "a<b>b</b>"),
        (f"<b>{ISOLATE}a</b>b{POP}", "<b>a</b>b"),
        (f"{ISOLATE}a<br>b{POP}", "<bdi>a<br>b</bdi>"),
        (f"{ISOLATE}a<b>b</b>{POP}", "<bdi>a<b>b</b></bdi>"),
    ],
)
def test_half_an_isolate_in_somebodys_text_is_dropped(text, shown):
    assert to_markup(f"<mj-text>{text}</mj-text>") == f"<mj-text>{shown}</mj-text>"


def test_thousands_of_isolates_inside_one_another_are_ten():
    assert to_markup(ISOLATE * 9_000 + "x" + POP * 9_000) == "<bdi>" * 10 + "x" + "</bdi>" * 10
