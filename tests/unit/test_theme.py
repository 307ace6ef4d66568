"""The theme: what an organisation may choose, that it stays readable, and that the letters show it."""

from __future__ import annotations

import re

import pytest
from msgspec.structs import fields, replace

from newsletter import contrast
from newsletter.config import Config, load
from newsletter.errors import ConfigError
from newsletter.model.theme import DARK, LIGHT, Theme
from newsletter.render import Renderer
from tests.golden import editions

BLUE = """\
theme:
  light: {accent: "#1F4E8C", cell: "#5C86BD", tint: "#EAEFF6"}
  dark: {accent: "#9CC3F2", cell: "#6A93C8", tint: "#1F2A3A"}
  fonts:
    serif: [Cambria, Georgia, serif]
    sans: [Calibri, Trebuchet MS, sans-serif]
    right_to_left: [Tahoma, sans-serif]
  width: 600
"""
BASE = """\
organisation: Acme
timezone: Europe/Rome
prometheus: {url: "http://127.0.0.1:9090"}
smtp: {from: it@acme.example}
"""


@pytest.fixture
def config(tmp_path):
    def loaded(text: str) -> Config:
        (tmp_path / "config.yaml").write_text(BASE + text, encoding="utf-8")
        return load(tmp_path / "config.yaml")

    return loaded


@pytest.fixture
def refused(config):
    def message(text: str) -> str:
        with pytest.raises(ConfigError) as caught:
            config(text)
        return re.sub(r"^.*config\.yaml:", "", caught.value.message, flags=re.MULTILINE)

    return message


def html(theme: Theme, edition=None) -> str:
    return "".join(Renderer(theme=theme).render(edition or editions.rich()).html.parts)


# --- the standard look ------------------------------------------------------------------------


def measured(one: str, other: str) -> float:
    return contrast.ratio(contrast.colour(one), contrast.colour(other))


def test_every_pair_of_the_standard_palettes_that_meets_in_a_letter_can_be_read():
    for palette in (LIGHT, DARK):
        for surface in (palette.sheet, palette.tint, palette.blush):
            assert measured(palette.cell, surface) >= 3
            for text in (palette.ink, palette.muted, palette.accent, palette.signal):
                assert measured(text, surface) >= 4.5


# --- what config.yaml may say ---------------------------------------------------------------


def test_without_the_key_the_look_is_the_standard_one(config):
    assert config("").theme.settled() == Theme()


def test_everything_that_may_be_chosen_reaches_the_theme(config):
    theme = config(BLUE).theme.settled()
    assert theme.light == replace(LIGHT, accent="#1F4E8C", cell="#5C86BD", tint="#EAEFF6")
    assert theme.dark == replace(DARK, accent="#9CC3F2", cell="#6A93C8", tint="#1F2A3A")
    assert theme.serif == ("Cambria", "Georgia", "serif")
    assert theme.sans == ("Calibri", "Trebuchet MS", "sans-serif")
    assert theme.right_to_left == ("Tahoma", "sans-serif")
    assert theme.width == 600


def test_a_pale_accent_is_refused_with_what_was_measured_and_the_nearest_that_passes(refused, config):
    message = refused('theme:\n  light: {accent: "#77AADD"}\n  dark: {accent: "#9CC3F2"}\n')
    assert message == (
        '6: theme.light.accent: "#77AADD" has a contrast of 2.13 with the tint #E9F1EF, needed are 4.5; '
        'the nearest that passes is "#2D6FB2"'
    )
    config('theme:\n  light: {accent: "#2D6FB2"}\n  dark: {accent: "#9CC3F2"}\n')


@pytest.mark.parametrize(
    ("scheme", "key", "colour", "words"),
    [
        ("light", "cell", "#9CCFC9", "needed are 3"),
        ("dark", "accent", "#0B5A57", "needed are 4.5"),
        ("dark", "cell", "#2A4A48", "needed are 3"),
        ("light", "tint", "#88AAAA", "with the small text #555F66"),
        ("dark", "tint", "#607070", "needed are 4.5"),
    ],
)
def test_each_colour_is_checked_in_its_scheme(refused, scheme, key, colour, words):
    other = {"light": "dark", "dark": "light"}[scheme]
    standard = getattr(DARK if other == "dark" else LIGHT, key)
    message = refused(f'theme:\n  {scheme}: {{{key}: "{colour}"}}\n  {other}: {{{key}: "{standard}"}}\n')
    assert f'theme.{scheme}.{key}: "{colour}" has a contrast of ' in message
    assert words in message
    assert "the nearest that passes is" in message


def test_a_tint_on_which_the_standard_accent_pales_is_to_blame_itself(refused):
    message = refused('theme:\n  light: {tint: "#D0DAD8"}\n  dark: {tint: "#203030"}\n')
    assert 'theme.light: tint: "#D0DAD8" has a contrast of 2.49 with the cell #4F938D, needed are 3' in message


def test_a_colour_for_one_scheme_alone_is_refused_with_one_for_the_other(refused, config):
    message = refused('theme:\n  light: {accent: "#1F4E8C"}\n')
    found = re.search(r'dark\.accent is missing: .*; "(#\w{6})" would go with the other', message)
    assert found
    config(f'theme:\n  light: {{accent: "#1F4E8C"}}\n  dark: {{accent: "{found[1]}"}}\n')
    assert "light.tint is missing" in refused('theme:\n  dark: {tint: "#203030"}\n')


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("light: {accent: red}", '"red" is not a colour: write # and six digits'),
        ('light: {accent: "#123"}', "is not a colour"),
        ("light:\n    accent: #123456", "put the colour in quotes"),
        ('light: {ink: "#000000"}', "unknown key (known: tint, accent, cell)"),
        ("fonts: {serif: [Georgia]}", "must end with a face that every machine has"),
        ("fonts: {serif: []}", "must not be empty"),
        ('fonts: {sans: ["a;b", serif]}', "is not the name of a face"),
        ('fonts: {sans: ["x\', url(https://x.example)", serif]}', "is not the name of a face"),
        ("width: 500", "must be at least 600"),
        ("width: 722", "must be at most 720"),
        ("width: 601", "must be even, so that two columns share it: 600 or 602"),
        ('width: "640"', "whole number"),
    ],
)
def test_what_no_letter_could_show_is_refused_in_plain_words(refused, text, words):
    assert words in refused(f"theme:\n  {text}\n")


# --- what the letters show ------------------------------------------------------------------


def test_no_colour_of_a_replaced_palette_is_left_in_the_letter(config):
    shown = html(config(BLUE).theme.settled()) + html(config(BLUE).theme.settled(), editions.managers())
    for name in ("accent", "cell", "tint"):
        assert getattr(LIGHT, name) not in shown
        assert getattr(DARK, name) not in shown
    assert all(colour in shown for colour in ("#1F4E8C", "#5C86BD", "#EAEFF6", "#9CC3F2", "#6A93C8", "#1F2A3A"))


def test_every_colour_of_the_theme_is_one_that_letters_use():
    """A colour that templates hold themselves would not follow the theme."""
    marked = {one.name: f"#ABC{number:03d}" for number, one in enumerate(fields(LIGHT))}
    shown = html(Theme(light=replace(LIGHT, **marked)))
    shown += html(Theme(light=replace(LIGHT, **marked)), editions.managers())
    assert {name for name, colour in marked.items() if colour not in shown} == set()
    known = {*marked.values(), *(getattr(DARK, one.name) for one in fields(DARK))}
    assert set(re.findall(r"#[0-9A-Fa-f]{6}\b", shown)) - known == {"#ffffff", "#000000"} & set(
        re.findall(r"#\w{6}", shown)
    )


def test_the_faces_of_the_theme_are_the_only_ones(config):
    shown = html(config(BLUE).theme.settled())
    assert set(re.findall(r"font-family:\s*([^;}\"]+)", shown)) == {
        "Cambria,Georgia,serif",
        "Calibri,'Trebuchet MS',sans-serif",
    }


def test_letters_from_right_to_left_have_faces_of_their_own(config):
    shown = html(config(BLUE).theme.settled(), replace(editions.rich(), direction="rtl"))
    assert set(re.findall(r"font-family:\s*([^;}\"]+)", shown)) == {"Tahoma,sans-serif"}


@pytest.mark.parametrize("width", [600, 640, 720])
def test_columns_that_stand_side_by_side_fill_the_measure_in_whole_pixels(width):
    shown = html(Theme(width=width))
    assert f"max-width:{width}px" in shown
    abreast = [int(px) for px in re.findall(r"mj-column-px-(\d+)\"? ", shown)]
    assert set(abreast) == {(width - 80) // 2, width - 80 - 304, 304}


def test_another_theme_is_another_digest():
    digests = {Renderer(theme=theme).render(editions.rich()).digest for theme in (Theme(), Theme(width=600))}
    assert len(digests) == 2
