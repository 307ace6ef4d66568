"""Neighbouring plain sections share a frame; nothing else changes."""

from __future__ import annotations

import re

from newsletter.render.joining import AT_MOST, joined
from newsletter.render.mjml import to_html


def plain(text: str) -> str:
    return f"<mj-section>\n<mj-column>\n<mj-text>{text}</mj-text>\n</mj-column>\n</mj-section>\n"


BOX = '<mj-section padding="24px 40px 0px"><mj-column><mj-text>box</mj-text></mj-column></mj-section>\n'
TWO = (
    "<mj-section><mj-column><mj-text>a</mj-text></mj-column><mj-column><mj-text>b</mj-text></mj-column></mj-section>\n"
)
COLUMN = '<mj-section><mj-column width="280px"><mj-text>a</mj-text></mj-column></mj-section>\n'


def test_neighbours_become_one_and_keep_their_order():
    mjml = joined(plain("a") + plain("b"))
    assert mjml.count("<mj-section>") == mjml.count("<mj-column>") == mjml.count("</mj-section>") == 1
    assert re.findall("<mj-text>(.)", mjml) == ["a", "b"]


def test_a_frame_holds_no_more_than_word_can_show_on_a_page():
    many = "".join(plain(str(number)) for number in range(7))
    assert AT_MOST == 3
    assert [len(one.split("<mj-text>")) - 1 for one in joined(many).split("</mj-section>")[:-1]] == [3, 3, 1]


def test_sections_with_a_look_of_their_own_are_left_alone():
    for other in (BOX, TWO, COLUMN):
        mjml = plain("a") + other + plain("b")
        assert joined(mjml) == mjml
        assert joined(other + other) == other + other


def test_a_frame_less_saves_a_thousand_bytes_and_keeps_the_text():
    page = '<mjml><mj-body width="640px">{}</mj-body></mjml>'
    words = "".join(plain(str(number)) for number in range(3))
    before, after = to_html(page.format(words)), to_html(page.format(joined(words)))
    assert re.findall(r">(\d)<", before) == re.findall(r">(\d)<", after) == ["0", "1", "2"]
    assert len(before) - len(after) > 2 * 1000


def test_comments_for_outlook_that_touch_are_one():
    html = to_html(f'<mjml><mj-body width="640px">{plain("a")}{BOX}</mj-body></mjml>')
    assert "<![endif]--><!--[if" not in html
    assert html.count("<!--[if") == html.count("<![endif]-->")
    outlook = "".join(re.findall(r"<!--\[if mso \| IE\]>(.*?)<!\[endif\]-->", html))
    for tag in ("table", "tr", "td"):
        assert len(re.findall(f"<{tag}[ >]", outlook)) == outlook.count(f"</{tag}>") > 0
