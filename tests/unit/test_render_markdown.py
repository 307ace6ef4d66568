"""Notes as markup and as plain text."""

from __future__ import annotations

import pytest

from newsletter.errors import ContentError
from newsletter.render.markdown import DEEPEST, LONGEST, check, to_html, to_text


def test_a_single_paragraph_comes_without_a_tag_around_it():
    assert to_html("Wi-Fi **now** covers\nall *gates*.") == "Wi-Fi <strong>now</strong> covers\nall <em>gates</em>."


def test_blocks_keep_their_distance_but_for_the_first():
    html = to_html("one\n\ntwo\n\n- a\n- b")
    assert html.startswith('<p style="margin:0">one</p><p style="margin:14px 0 0">two</p><ul style="margin:14px 0 0')


def test_headings_become_bold_lines():
    assert to_html("# One\n\ntwo").startswith('<p style="margin:0"><strong>One</strong></p>')


def test_links_carry_their_colour_for_programs_without_style_sheets():
    assert to_html("[x](https://x.example)", "#0b5a57") == '<a style="color:#0b5a57" href="https://x.example">x</a>'


def test_images_become_their_description():
    assert to_html("![a *gate* & more](https://x.example/a.png)") == "a gate &amp; more"


@pytest.mark.parametrize("text", ["<b>x</b>", "<script>x</script>", "&lt;b&gt;", "<!-- x -->", "<mj-include />"])
def test_raw_html_is_text(text):
    assert "<" not in to_html(text)


def test_a_text_of_exactly_the_length_limit_passes_and_one_more_does_not():
    check("x" * LONGEST)
    with pytest.raises(ContentError, match=f"{LONGEST + 1:,} characters"):
        check("x" * (LONGEST + 1))


@pytest.mark.parametrize("sign", ["*", "_"])
def test_nesting_is_refused_beyond_its_limit(sign):
    check(sign * DEEPEST + "x" + sign * DEEPEST)
    with pytest.raises(ContentError, match=f"nested more than {DEEPEST} levels"):
        check(sign * 60 + "x" + sign * 60)


def test_an_error_names_the_text_by_its_beginning_on_one_line():
    with pytest.raises(ContentError) as caught:
        check("Our alarm\nrang " + "too late " * 5_000)
    assert "'Our alarm rang too late too late too lat…'" in caught.value.message


# --- plain text ---------------------------------------------------------------------------


def test_links_stand_behind_their_text_once():
    assert to_text("see [the page](https://x.example/a)") == "see the page (https://x.example/a)"
    assert to_text("<https://x.example/a>") == "https://x.example/a"
    assert to_text("[it@x.example](mailto:it@x.example)") == "it@x.example"
    assert to_text("**[bold *link*](https://x.example)**") == "bold link (https://x.example)"


def test_paragraphs_are_wrapped_at_72_columns():
    text = to_text("word " * 40 + "\n\nnext")
    assert max(len(line) for line in text.splitlines()) <= 72
    assert text.endswith("\n\nnext")


def test_lists_keep_their_signs_numbers_and_nesting():
    assert to_text("- one\n- two\n  - deeper\n\n7. seven\n8. eight") == "- one\n- two\n  - deeper\n\n7. seven\n8. eight"


def test_items_of_several_lines_hang_behind_their_sign():
    assert to_text("- " + "word " * 20, "  ").splitlines()[1].startswith("    word")


def test_quotes_code_and_hard_breaks_are_kept():
    assert to_text("> said\n\n```\na\n  b\n```\n\nleft  \nright") == "> said\n\n    a\n      b\n\nleft\nright"


def test_emphasis_code_marks_and_entities_disappear():
    assert to_text("*a* **b** `c` &amp; \\*d\\*") == "a b c & *d*"


def test_a_lead_goes_on_in_the_first_paragraph():
    assert to_text("Eight rooms.", "  ", "✓ Done.") == "  ✓ Done. Eight rooms."
    assert to_text("- one", "", "Done.") == "Done.\n\n- one"
    assert to_text("Eight rooms.", "  ") == "  Eight rooms."
