"""Readability: the formulas against texts counted by hand, and where sentences end."""

from __future__ import annotations

import pytest

from newsletter.language.readability import scale, sentences, words


@pytest.mark.parametrize(
    ("locale", "text", "by_hand"),
    [
        # 8 words, 2 sentences, 29 letters
        ("it", "Il disco era pieno. Ora ha più spazio.", 89 + (300 * 2 - 10 * 29) / 8),
        # 9 words, 2 sentences, 9 syllables: "gave" and "more" have one each
        ("en", "The disk was full. We gave it more room.", 206.835 - 1.015 * 9 / 2 - 84.6 * 9 / 9),
        # 3 words, 1 sentence, 6 syllables: ta-bles, ta-ble, o-pen
        ("en-GB", "Tables, table, open.", 206.835 - 1.015 * 3 - 84.6 * 6 / 3),
        # 4 words, 1 sentence, 5 syllables: das, Lauf-werk, war, voll
        ("de", "Das Laufwerk war voll.", 180 - 4 - 58.5 * 5 / 4),
        # 4 words, 1 sentence, 5 syllables: le, disque with its silent e, é-tait, plein
        ("fr", "Le disque était plein.", 207 - 1.015 * 4 - 73.6 * 5 / 4),
    ],
)
def test_a_formula_gives_what_counting_by_hand_gives(locale, text, by_hand):
    """Gulpease, Flesch, Amstad, Kandel and Moles."""
    measure = scale(locale)
    assert measure is not None
    assert measure.score(text, len(list(sentences(text)))) == pytest.approx(by_hand)


def test_a_language_without_a_formula_has_no_score():
    """Arabic has no vowels to count."""
    assert scale("ar") is None


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("One. Two! Three? Four", [0, 5, 10, 17]),
        ("See e.g. this one. And that.", [0, 19]),
        ("A line\nof one sentence.\n\nAnother", [0, 25]),
        ("- one\n- two\n\n1. three", [0, 6, 16]),
        ("**Bold.** Then on. “Said.” Done", [0, 10, 19, 27]),
        ("It is 99.8 % and 3 p.m. now.", [0]),
        ("", []),
        ("... --- ***", []),
    ],
)
def test_a_sentence_ends_at_its_mark_at_an_empty_line_and_at_a_list_item(text, starts):
    """Not at the full stop of an abbreviation, nor inside a number."""
    assert [one.start for one in sentences(text, abbreviations={"e.g", "p.m"})] == starts


def test_words_with_hyphens_apostrophes_and_separators_are_one():
    """As people count them."""
    assert words("It can't: Wi-Fi, 1,283 e-mails at 09:12.") == [
        "It", "can't", "Wi-Fi", "1,283", "e-mails", "at", "09:12",
    ]  # fmt: skip
