"""The contrast ratio of WCAG 2.2."""

from __future__ import annotations

import pytest

from newsletter.contrast import colour, luminance, ratio

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
