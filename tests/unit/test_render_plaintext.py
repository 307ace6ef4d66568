"""The plain-text part: nothing wider than 72 columns, nothing lost, columns aligned."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.render import Renderer, charts, plaintext
from newsletter.render.plaintext import (
    WIDTH,
    beside,
    columns,
    finish,
    left,
    one_line,
    right,
    rows,
    spread,
    tidy,
    underline,
    wrap,
)
from tests.golden import editions

WORDS = st.text(st.characters(codec="ascii", exclude_categories=["Cc", "Zs"]), min_size=1, max_size=30)


@given(st.lists(WORDS, min_size=1, max_size=60), st.integers(40, 80), st.sampled_from(["", "  ", "> "]))
def test_wrapping_loses_no_word_and_fills_no_line_beyond_the_width(words, width, indent):
    lines = wrap(" ".join(words), width, indent).split("\n")
    assert [word for line in lines for word in line[len(indent) :].split(" ")] == words
    assert all(len(line) <= width and line.startswith(indent) for line in lines)
    for line, following in pairwise(lines):
        assert len(line) + 1 + len(following[len(indent) :].split(" ")[0]) > width, (
            "a line could have taken the next word"
        )


def test_no_break_spaces_hold_words_together():
    assert wrap("It took 97\xa0minutes", 12) == "It took\n97\xa0minutes"


def test_wide_letters_take_two_columns_and_marks_none():
    assert columns("日本") == 4
    assert columns("e\u0301\u200d") == 1
    assert left("日本", 6) + "|" == "日本  |"
    assert right("日本", 6) == "  日本"


def test_spread_puts_two_texts_at_the_edges_and_wraps_the_first():
    assert spread("Shared files", "99.78%", 30) == "Shared files            99.78%"
    assert spread("a long name of a service", "99.78%", 30) == "a long name of a\nservice                 99.78%"
    assert spread("name", "") == "name"


def test_spread_gives_up_on_one_line_when_the_last_text_takes_it_all():
    assert spread("name", "x" * 60) == "name\n" + " " * 12 + "x" * 60


def test_rows_align_labels_on_the_left_and_numbers_on_the_right():
    assert rows([("Opened", "1,286"), ("Open at the end", "143")]) == "Opened           1,286\nOpen at the end    143"
    assert rows([]) == ""


def test_a_shape_and_its_number_share_a_line_if_they_fit():
    assert beside("====", "met", 12) == "====     met"
    assert beside("====", "a long word", 12) == "====\n a long word"
    assert beside("====", "") == "===="


def test_a_heading_is_underlined_as_long_as_it_is():
    assert underline("Your requests") == "Your requests\n-------------"
    assert underline("two\nlines", "=") == "two lines\n========="


def test_line_breaks_and_separators_in_a_value_become_blanks():
    assert one_line(" a\r\nb\u2028c\td ") == "a b c d"


def test_blocks_have_single_empty_lines():
    assert tidy("\n\na\n\n \n\nb\n\n") == "a\n\nb"


def test_the_finished_text_has_no_trailing_blanks_and_plain_spaces():
    assert finish("a \xa0\n\nb\xa0c  \n\n\n") == "a\n\nb c\n"


@pytest.mark.parametrize("edition", [editions.rich(), editions.quiet(), editions.bad()], ids=lambda one: one.variant)
def test_no_line_of_a_mail_is_wider_than_72_columns_but_for_a_long_address(edition):
    text = Renderer().render(edition).text.fill({"address": "reader@acme.example"})
    wide = [line for line in text.splitlines() if columns(line) > WIDTH]
    assert [line for line in wide if "://" not in line and "mailto:" not in line] == []
    assert "\n\n\n\n" not in text
    assert not [line for line in text.splitlines() if line != line.rstrip()]


# --- shapes -------------------------------------------------------------------------------


def test_neighbouring_days_of_one_state_are_one_run():
    days = editions.days(5, down=(2, 3), planned=(5,))
    assert charts.runs(days) == (("up", 1), ("down", 2), ("up", 1), ("planned", 1))
    assert charts.marks(days) == ((False, 1), (True, 2), (False, 2))
    assert charts.strip(days) == "=XX=o"


@pytest.mark.parametrize(
    ("share", "pixels"), [(None, 0), (0.0, 0), (-1.0, 0), (0.001, 1), (0.5, 36), (0.999, 72), (1.0, 72), (30.0, 72), (float("inf"), 72), (float("nan"), 0)]
)  # fmt: skip
def test_a_share_is_cut_to_whole_pixels_and_never_vanishes(share, pixels):
    assert charts.part_of(share, 72) == pixels


def test_bars_grow_from_zero_and_the_longest_has_the_full_height():
    bars = editions.CHART.bars
    heights = charts.heights(bars, 96)
    assert max(heights) == 96
    assert heights[2] == round(905 / 1311 * 96)
    assert charts.heights((), 96) == ()


def test_years_span_their_months_and_one_month_has_no_room_for_a_year():
    assert charts.years(editions.CHART.bars) == (("2025", 3), ("2026", 10))
    assert charts.years(editions.CHART.bars[2:]) == (("", 1), ("2026", 10))


def test_letters_that_are_counted_without_looking_take_one_column_each():
    """By the tables of Unicode: neither wide nor combining nor invisible."""
    counted = [chr(code) for code in range(0x110000) if plaintext._NARROW.fullmatch(chr(code))]
    assert len(counted) > 800
    for one in counted:
        assert unicodedata.east_asian_width(one) not in "WF"
        assert unicodedata.category(one) not in {"Mn", "Me", "Cf"}
