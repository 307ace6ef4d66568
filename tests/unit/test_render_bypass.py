"""Texts that go past MRML come out as MRML would have copied them, byte for byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape
from mjml import mjml2html

from newsletter.errors import ContentError
from newsletter.render import Renderer, bypass
from newsletter.render.bypass import set_aside
from newsletter.render.mjml import to_html
from newsletter.render.protect import protect
from tests.golden import editions

PAGE = (
    '<mjml lang="en"><mj-head><mj-title>t</mj-title><mj-attributes><mj-text padding="0" /></mj-attributes></mj-head>'
    '<mj-body><mj-section><mj-column><mj-text css-class="n">{}</mj-text></mj-column></mj-section></mj-body></mjml>'
)


def by_mrml(page: str) -> str:
    return mjml2html(protect(page), fonts={}).replace("<![endif]--><!--[if mso | IE]>", "")


# No >, over which MRML panics behind a wide blank.
WORDS = st.text(st.sampled_from("ab &;'\"\t\r\n\n\n\\\xa0\u2003\u2028\u0301é€😀"))
VALUES = st.text(st.sampled_from("ab '\t\n\\\xa0\u2028\u0301é😀;:#")).map(lambda text: str(escape(text)))
ATTRIBUTES = st.dictionaries(st.sampled_from(["style", "title", "aria-label"]), VALUES, max_size=3).map(
    lambda found: "".join(f' {name}="{value}"' for name, value in found.items())
)
VOID = st.builds(
    "<{}{}{}>".format, st.sampled_from(["br", "col", "hr", "img"]), ATTRIBUTES, st.sampled_from(["", "/", " /"])
)
NAMES = st.sampled_from(["b", "i", "p", "td", "table", "h2"])
ODD = st.one_of(
    st.builds("<{}{} />".format, NAMES, ATTRIBUTES),
    st.builds("<{0} {1}\n>x</{0} >".format, NAMES, ATTRIBUTES),
    st.sampled_from(["<!-- a <b> -->", "<!--[if mso]><p>x</p><![endif]-->"]),
)


def texts(*pieces: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Made of such pieces, one beside and inside another."""
    some = st.recursive(
        st.one_of(*pieces),
        lambda inside: st.builds("<{0}{1}>{2}</{0}>".format, NAMES, ATTRIBUTES, st.lists(inside).map("".join)),
        max_leaves=12,
    )
    return st.lists(some, max_size=6).map("".join)


@given(texts(WORDS, VOID))
def test_a_plain_text_goes_past_mrml_and_is_written_as_by_mrml(text):
    assert set_aside(PAGE.format(text)) == (PAGE.format("\ufdd2"), [text])
    assert to_html(PAGE.format(text)) == by_mrml(PAGE.format(text))


@given(texts(WORDS, VOID, ODD))
def test_any_other_is_written_as_by_mrml_too(text):
    assert to_html(PAGE.format(text)) == by_mrml(PAGE.format(text))


@pytest.mark.parametrize("edition", [editions.rich(), editions.bad(), editions.managers(), editions.quiet()])
def test_of_a_letter_every_text_goes_past_mrml_and_the_letter_is_the_same(edition, monkeypatch):
    rendered = Renderer().render(edition)
    outline, texts = set_aside(rendered.mjml)
    assert len(texts) == rendered.mjml.count("</mj-text>") == outline.count("\ufdd2</mj-text>")
    html = to_html(rendered.mjml)
    monkeypatch.setattr(bypass, "set_aside", lambda whole: (whole, []))
    assert to_html(rendered.mjml) == html


@pytest.mark.parametrize(
    "text",
    ["", "\n", "\n\xa0", " \n", "<b>\n</b>", "<b>x</b>\n\n ", "<br>", '<img alt="é">', "<b>x</b>\n<i>y</i>", "a > b"],
)
def test_plain_texts_are_set_aside(text):
    assert set_aside(PAGE.format(text)) == (PAGE.format("\ufdd2"), [text])
    assert to_html(PAGE.format(text)) == by_mrml(PAGE.format(text))


@pytest.mark.parametrize(
    "text",
    [
        "<!-- x -->",
        "<b />",
        "<b  class='x'>x</b>",
        '<b\nclass="x">x</b>',
        '<b title=">">x</b>',
        "<B>x</B>",
        "<bdi>x</bdi>",
        "\ufdd3",
    ],
)
def test_what_is_not_plain_is_left_to_mrml(text):
    assert set_aside(PAGE.format(text)) == (PAGE.format(text), [])
    assert to_html(PAGE.format(text)) == by_mrml(PAGE.format(text))


@pytest.mark.parametrize("text", ["a ]]> b", "x</bdi>", "<bdi>x", "a\x01b", "a\ufffeb", "\ud800"])
def test_what_mrml_refuses_is_still_refused(text):
    with pytest.raises(ContentError, match="MJML cannot be rendered"):
        to_html(PAGE.format(text))


def test_what_is_in_a_comment_stays_there():
    commented = PAGE.replace("<mj-section>", "<!-- <mj-text><br></mj-text> --><mj-section>", 1).format("x")
    assert "<!-- <mj-text><br></mj-text> -->" in set_aside(commented)[0]


def test_a_letter_that_holds_the_sign_of_a_hole_is_laid_out_whole():
    assert to_html(PAGE.format("a\ufdd2b")) == by_mrml(PAGE.format("a\ufdd2b"))
    two = PAGE.replace("<mj-column>", "<mj-column><mj-text>a</mj-text><mj-text>\ufdd2</mj-text>").format("<br>")
    assert to_html(two) == by_mrml(two)
