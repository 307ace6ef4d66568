"""The language that is written for somebody, from what they or their directory asked for."""

from __future__ import annotations

import pytest

from newsletter.audience import not_offered, offered
from newsletter.audience.locales import preferred


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("", "en"),
        ("it", "it"),
        ("IT", "it"),
        ("it_IT", "it"),
        ("de-CH", "de-CH"),
        ("de", "de-CH"),
        ("de-AT", "de-CH"),
        ("en-GB", "en"),
        ("fr", None),
        ("Deutsch", None),
        ("-", None),
    ],
)
def test_a_language_falls_back_to_its_base_and_to_its_sisters(asked, written):
    assert offered(asked, ["en", "it", "de-CH"]) == written


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("de", "de"),
        ("de-CH, en;q=0.5", "de-CH"),
        ("en;q=0.5, de-CH", "de-CH"),
        ("en;q=0.2,it;q=0.8", "it"),
        ("de;q=0", ""),
        ("de;q=x, it;q=0.1", "it"),
        (" , ;", ""),
        ("en;level=1", "en"),
    ],
)
def test_the_language_liked_best_is_taken(text, tag):
    assert preferred(text) == tag


def test_those_who_asked_for_a_language_that_is_not_written_are_counted():
    told = not_offered({"de": 12, "de-AT": 1, "en-GB": 5, "": 9, "it": 1200}, ["en", "it"])
    assert told == [
        "12 readers asked for de, which is not offered: they get en",
        "1 reader asked for de-AT, which is not offered: gets en",
    ]
