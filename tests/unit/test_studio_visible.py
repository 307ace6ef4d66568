"""The visible text of a mail, which server and page agree on, and where words stand in it."""

from __future__ import annotations

import pytest

from newsletter.studio.frame import View, document
from newsletter.studio.visible import Visible, text_of


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<body><p>a</p><p>b</p></body>", "ab"),
        ("<head><title>no</title></head><body>yes</body>", "yes"),
        ("<body>a<style>b</style><script>c</script>d</body>", "ad"),
        ("<body><!--[if mso]><p>word</p><![endif]-->a<!-- > -->b</body>", "ab"),
        ('<body><div style="color:#fff;display:none;max-height:0">preheader</div>a</body>', "a"),
        ("<body>97&nbsp;minutes\n  down&amp;up</body>", "97 minutes down&up"),
        ('<body><b title="a > b">x</b></body>', "x"),
        ("no body", "no body"),
    ],
)
def test_what_is_seen_is_the_text_of_the_body(html, text):
    """Joined without anything between, blanks collapsed, nothing hidden."""
    assert text_of(html) == text


def test_words_are_counted_as_a_page_counts_them():
    """From left to right, without overlap."""
    visible = Visible("99.9% and 99.9% and E-mail 99.9%")
    found = visible.find("99.9%", 0, before="E-mail")
    assert found is not None
    assert (found.nth, found.end) == (2, len(visible.text))
    assert visible.find("99.9%", 0, before="nobody") is None
    assert visible.find("", 0) is None


def test_blanks_and_isolates_of_the_words_do_not_matter():
    """A composed letter has no-break spaces and isolates; what is seen has neither."""
    assert Visible("97 minutes down").find("\u206897\u00a0minutes\u2069") is not None


MAIL = (
    '<style>@media (prefers-color-scheme: dark) { p { color: #fff } }</style><a class="b" href="https://x.example">go</a>'
    '<img alt="Acme" src="cid:logo.1@newsletter" width="90"><img src="https://x.example/y.png">'
)


def test_the_frame_has_no_link_to_follow_and_its_images_from_this_server():
    """The target stays as text; without images nothing is asked for."""
    shown = document(MAIL, View(variant="staff.en"))
    assert 'class="b" data-href="https://x.example"' in shown
    assert 'src="/mail/staff.en/cid/logo.1@newsletter"' in shown
    bare = document(MAIL, View(variant="staff.en", images=False))
    assert " src=" not in bare
    assert bare.count("data-src=") == 2


@pytest.mark.parametrize(("look", "media"), [("light", "@media not all"), ("dark", "@media all")])
def test_a_look_switches_the_dark_rules(look, media):
    """Whatever the system's own scheme is."""
    assert media in document(MAIL, View(variant="staff.en", look=look))
