"""The pass that keeps MRML from rewriting attribute values, and the bug that it is there for."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape
from mjml import mjml2html

from newsletter.render.protect import protect

PAGE = '<mjml lang="en"><mj-head><mj-title>{0}</mj-title></mj-head><mj-body><mj-section><mj-column><mj-text>{1}</mj-text></mj-column></mj-section></mj-body></mjml>'


class Values(HTMLParser):
    """What a browser reads: the `title` of each link, and the label and title of the document."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.link = self.label = self.title = self.last = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.last = tag
        values = dict(attrs)
        self.link = values.get("title") or self.link
        self.label = values.get("aria-label") or self.label

    def handle_data(self, data):
        if self.last == "title":
            self.title = data


# XML characters but line breaks, which are blanks in an attribute; with the ones that Rust's Debug rewrites.
TEXT = st.text(
    st.one_of(
        st.sampled_from("\"'\\<>&=/\xa0\u200d\u200f\u202f\u0301\ufe0f\xad\u2028\u0e31"),
        st.characters(exclude_categories=["Cc", "Cs", "Cn"]),
    ),
    min_size=1,
)


def test_without_the_pass_mrml_still_rewrites_attribute_values():
    """Fails once MRML is mended; then `protect` can go."""
    html = mjml2html(PAGE.format("x", '<a title="a\xa0b">x</a>'), fonts={})
    assert r'title="a\u{a0}b"' in html


def test_without_the_pass_mrml_still_joins_words_over_a_line_break():
    """Fails once MRML is mended; then that half of `protect` can go."""
    assert "<b>one</b><i>two</i>" in mjml2html(PAGE.format("x", "<b>one</b>\n<i>two</i>"), fonts={})


@pytest.mark.parametrize(
    ("between", "kept"), [("\n", "&#10;"), (" \r\n  ", "&#10;"), (" ", " "), ("\t", "\t"), ("", ""), ("\nx\n", "\nx\n")]
)
def test_words_in_tags_of_their_own_stay_apart(between, kept):
    for first, second in (("<b>one</b>", "<i>two</i>"), ('<a title="a > b">one</a>', "<code></code>"), ("<b>", "</b>")):
        html = mjml2html(protect(PAGE.format("x", f"{first}{between}{second}")), fonts={})
        assert f"{first}{kept}{second}" in html


@given(TEXT)
def test_any_attribute_value_arrives_unchanged(value):
    html = mjml2html(protect(PAGE.format("x", f'<a title="{escape(value)}">x</a>')), fonts={})
    assert Values(html).link == value


@given(TEXT.filter(str.strip))
def test_the_title_arrives_unchanged_also_as_the_label_of_the_document(value):
    html = mjml2html(protect(PAGE.format(escape(f"a{value}z"), "x")), fonts={})
    assert (Values(html).title, Values(html).label) == (f"a{value}z", f"a{value}z")


@given(TEXT)
def test_protecting_twice_changes_nothing(value):
    once = protect(PAGE.format(escape(value), f'<a title="{escape(value)}">{escape(value)}</a>'))
    assert protect(once) == once


@pytest.mark.parametrize(
    ("written", "protected"),
    [
        ("<a title='x \"y\"'>", '<a title="x &#34;y&#34;">'),
        ('<a title="x\n   y\tz">', '<a title="x y z">'),
        ('<a title = "\\">', '<a title="&#92;">'),
        ('<a title="a > b\xa0">', '<a title="a > b&#160;">'),
        ('<!-- <a title="\xa0"> -->', '<!-- <a title="\xa0"> -->'),
        (
            '<mj-style>a[title="\xa0"] { content: "\\201C" }</mj-style>',
            '<mj-style>a[title="\xa0"] { content: "\\201C" }</mj-style>',
        ),
        ('text with title="\xa0"', 'text with title="\xa0"'),
    ],
)
def test_only_values_of_start_tags_are_rewritten(written, protected):
    assert protect(written) == protected
