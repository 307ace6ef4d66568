"""Every wording with every kind of number: the right plural form, and no digit that nobody gave."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from newsletter.language import Catalogue, Formats, supported_locales, without_isolates
from newsletter.language.bidi import ISOLATE, POP, isolated, with_isolated_figures
from newsletter.language.catalogue import placeholders
from newsletter.language.parity import wordings

LOCALES = supported_locales()

# Unicode CLDR, plural rules for cardinal numbers, copied by hand: the code under test reads them from Babel.
NUMBERS: tuple[int | Decimal, ...] = (0, 1, 2, 3, 5, 11, 21, 100, 1_000_000, Decimal("1.5"))
CATEGORIES = {
    "en": "other one other other other other other other other other",
    "it": "other one other other other other other other many other",
    "de": "other one other other other other other other other other",
    "fr": "one one other other other other other other many one",
    "ar": "zero one two few few many many other other other",
}
WRITTEN = {
    "en": ("1,000,000", "1.5"),
    "it": ("1.000.000", "1,5"),
    "de": ("1.000.000", "1,5"),
    "fr": ("1\u202f000\u202f000", "1,5"),
    "ar": ("1,000,000", "1.5"),
}


def digits(text: str) -> Counter[str]:
    """The groups of digits of any script."""
    return Counter(re.findall(r"\d+", text))


def cases() -> list[tuple[str, int | Decimal, str]]:
    """Locale, number, and the plural form it takes."""
    return [
        (locale, n, category)
        for locale in LOCALES
        for n, category in zip(NUMBERS, CATEGORIES[locale].split(), strict=True)
    ]


@pytest.mark.parametrize(("locale", "n", "category"), cases())
def test_each_wording_prints_the_digits_of_its_slots_and_no_others(locale, n, category):
    catalogue, english = Catalogue.load(locale), Catalogue.load("en").messages
    for key, message in catalogue.messages.items():
        wording = message if isinstance(message, str) else message[category]
        slots = {name: f"({70 + i})" for i, name in enumerate(sorted(placeholders(wording) - {"n"}))}
        text = catalogue.text(key, n, **slots)
        general = wordings(english[key])["other"]
        number = dict(zip((1_000_000, Decimal("1.5")), WRITTEN[locale], strict=True)).get(n, str(n))
        given = digits(" ".join([*slots.values(), *([number] if "{n}" in wording else [])]))
        own = digits(re.sub(r"\{\w+\}", "", general))
        assert digits(text) == given + own, key
        assert not re.search(r"[{}]", text), key
        expected = without_isolates(text)
        for name, slot in {**slots, "n": number}.items():
            wording = wording.replace(f"{{{name}}}", slot)
        assert expected == wording, key


@pytest.mark.parametrize(("locale", "n", "category"), cases())
def test_a_form_that_stands_for_several_numbers_prints_which_one(locale, n, category):
    several = Counter(CATEGORIES[locale].split()[:-1])[category] > 1
    for key, message in Catalogue.load(locale).messages.items():
        if several and not isinstance(message, str) and placeholders(message["other"]) & {"n", "count"}:
            assert placeholders(message[category]) & {"n", "count"}, (key, n)


@pytest.mark.parametrize(
    ("locale", "duration", "size", "share"),
    [
        ("en", "1.5 seconds", "1.5 MB", "99.95%"),
        ("it", "1,5 secondi", "1,5 MB", "99,95%"),
        ("de", "1,5 Sekunden", "1,5 MB", "99,95 %"),
        ("fr", "1,5 seconde", "1,5 Mo", "99,95 %"),
        ("ar", "1.5 ثانية", "1.5 ميغابايت", "99.95%"),
    ],
)
def test_decimals_are_written_and_declined_as_the_language_does(locale, duration, size, share):
    formats = Formats(Catalogue.load(locale), ZoneInfo("Europe/Rome"))
    written = (formats.duration(1.5), formats.byte_size(1_500_000), formats.percent(0.9995))
    assert tuple(text.replace("\u00a0", " ") for text in written) == (duration, size, share)


def test_arabic_numbers_have_latin_digits():
    formats = Formats(Catalogue.load("ar"), ZoneInfo("Africa/Cairo"))
    assert formats.number(1301) == "1,301"
    assert formats.downtime(97 * 60) == "97\u00a0دقيقة"
    assert formats.catalogue.count(11) == "11"


# --- two directions in one line -----------------------------------------------------------


@pytest.mark.parametrize("text", ["Wi-Fi", "99.78%", "09:12", "+2", "الشبكة Wi-Fi", "40\u2013250"])
def test_what_could_disturb_a_right_to_left_sentence_is_isolated_once(text):
    assert isolated(text) == f"{ISOLATE}{text}{POP}"
    assert isolated(isolated(text)) == isolated(text)
    assert without_isolates(isolated(text)) == text


@pytest.mark.parametrize(
    "figure", ["80%", "99.78%", "1,5\u00a0%", "21°", "-5", "\u22125%", "+2", "+39 02 5550 1234", "+39 (02) 555-0123"]
)
def test_a_figure_within_a_right_to_left_sentence_is_isolated_once(figure):
    told = with_isolated_figures(f"عند {figure}، ثم {figure}.")
    assert told == f"عند {ISOLATE}{figure}{POP}، ثم {ISOLATE}{figure}{POP}."
    assert with_isolated_figures(told) == told


@pytest.mark.parametrize(
    "text",
    ["860 شخصًا", "- 5 أسطر", "09:12", "1-4", "a+2", "https://acme.example/100%25/a%20b", "2026-10-14", "\u200f5"],
)
def test_a_figure_that_runs_along_or_is_part_of_another_word_is_left_alone(text):
    assert with_isolated_figures(text) == text


@pytest.mark.parametrize("text", ["97", "1,301", "99.78", "97\u00a0دقيقة", "الملفات المشتركة", "", "("])
def test_what_runs_along_is_left_alone(text):
    assert isolated(text) == text


@pytest.mark.parametrize("locale", LOCALES)
def test_isolates_stand_in_right_to_left_languages_only(locale):
    text = Catalogue.load(locale).text("note.source", owner="Network team", ref="CHG-4471")
    assert (ISOLATE in text) == (locale == "ar")
    assert text.count(ISOLATE) == text.count(POP)


@pytest.mark.parametrize("locale", LOCALES)
def test_a_list_has_the_comma_of_its_language(locale):
    joined = Catalogue.load(locale).enumerate(("A", "B", "C"))
    assert ("، " if locale == "ar" else ", ") in joined
    assert without_isolates(joined).startswith("A")


def test_the_first_of_a_month_is_an_ordinal_in_french_and_italian():
    first = {
        locale: Formats(Catalogue.load(locale), ZoneInfo("Europe/Rome")).day(date(2026, 11, 1)) for locale in LOCALES
    }
    assert first == {
        "en": "1\u00a0November",
        "it": "1º\u00a0novembre",
        "de": "1.\u00a0November",
        "fr": "1er\u00a0novembre",
        "ar": "1\u00a0نوفمبر",
    }
