"""How many there are, as messages say it."""

from __future__ import annotations

import pytest

from newsletter.counting import counted, some_of


@pytest.mark.parametrize(
    ("number", "words", "said"),
    [
        (0, ("service",), "0 services"),
        (1, ("service",), "1 service"),
        (1200, ("service",), "1,200 services"),
        (1, ("person", "people"), "1 person"),
        (2, ("person", "people"), "2 people"),
        (1, ("of 12 is", "of 12 are"), "1 of 12 is"),
        (3, ("row is", "rows are"), "3 rows are"),
        (1.0, ("day",), "1 day"),
        (15.0, ("day",), "15 days"),
        (1.5, ("day",), "1.5 days"),
        (1_234_567.25, ("s", "s"), "1,234,567.2 s"),
    ],
)
def test_one_is_singular_and_all_else_plural(number, words, said):
    assert counted(number, *words) == said


def test_many_names_are_the_first_ones_and_how_many_more():
    assert some_of([], 3) == ""
    assert some_of(["a", "b", "c"], 3) == "a, b, c"
    assert some_of(["a", "b", "c", "d"], 3) == "a, b, c and 1 more"
