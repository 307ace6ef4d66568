"""The contrast ratio of WCAG 2.2."""

from __future__ import annotations

import random

import pytest

from newsletter.contrast import colour, luminance, nearest, ratio, written

# From the table of the mail's design, which was measured with another program.
MEASURED = [
    ("#1B2328", "#FDFCF9", 15.5),
    ("#555F66", "#E9F1EF", 5.69),
    ("#A33A1C", "#FAEDE6", 5.76),
    ("#86D1C8", "#1A2124", 9.30),
    ("#4F938D", "#FDFCF9", 3.47),
]


def test_black_on_white_is_21_and_a_colour_on_itself_1():
    """The two ends of the scale."""
    assert ratio(colour("#000000"), colour("#ffffff")) == pytest.approx(21)
    assert ratio(colour("#777"), colour("#777777")) == 1


@pytest.mark.parametrize(("one", "other", "expected"), MEASURED)
def test_ratios_are_those_that_another_program_measured(one, other, expected):
    """And the order of the two does not matter."""
    assert ratio(colour(one), colour(other)) == pytest.approx(expected, abs=0.05)
    assert ratio(colour(one), colour(other)) == ratio(colour(other), colour(one))


def test_the_grey_that_just_passes_is_known():
    """#767676 on white is the classic: 4.54, and #777777 fails with 4.48."""
    white = colour("#ffffff")
    assert ratio(colour("#767676"), white) == pytest.approx(4.54, abs=0.005)
    assert ratio(colour("#777777"), white) == pytest.approx(4.48, abs=0.005)
    assert luminance(white) == pytest.approx(1)


@pytest.mark.parametrize("text", ["red", "#12345", "rgb(0,0,0)", "", "#GGGGGG", "#12345678"])
def test_another_way_to_write_a_colour_is_refused(text):
    """Mail programs agree on hexadecimal colours."""
    with pytest.raises(ValueError, match="no colour"):
        colour(text)


def test_the_nearest_colour_passes_and_a_shade_nearer_does_not():
    draw = random.Random(7)
    needs = [(colour("#FDFCF9"), 4.5), (colour("#FAEDE6"), 4.5)]
    for _ in range(200):
        start = colour(f"#{draw.randrange(1 << 24):06X}")
        near = nearest(start, needs)
        assert near
        assert all(ratio(near, other) >= least for other, least in needs)
        if near != start:
            assert min(ratio(near, other) for other, _ in needs) < 4.7


def test_a_colour_that_passes_is_its_own_nearest_and_is_written_as_it_was():
    start = colour("#0B5A57")
    assert nearest(start, [(colour("#FDFCF9"), 4.5)]) == start
    assert written(start) == "#0B5A57"


def test_needs_that_no_colour_meets_have_no_nearest_one():
    black, white = colour("#000000"), colour("#FFFFFF")
    assert nearest(colour("#808080"), [(black, 12), (white, 12)]) is None
