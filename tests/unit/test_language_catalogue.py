"""Every locale says everything, in each plural form it needs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel import Locale

import newsletter
from newsletter.errors import ConfigError, ContentError
from newsletter.language import Catalogue, localised, require_supported, supported_locales
from newsletter.language.catalogue import Message
from newsletter.language.parity import check

LOCALES = supported_locales()


def variants(message: Message) -> list[str]:
    """Its wordings, one for each plural form."""
    return [message] if isinstance(message, str) else list(message.values())


def test_five_languages_are_there():
    assert set(LOCALES) == {"ar", "de", "en", "fr", "it"}


@pytest.mark.parametrize("locale", LOCALES)
def test_each_locale_is_complete(locale):
    assert [str(fault) for fault in check(locale)] == []


@pytest.mark.parametrize("locale", LOCALES)
def test_each_plural_message_has_exactly_the_categories_of_its_locale(locale):
    needed = set(Locale.parse(locale).plural_form.tags) | {"other"}
    catalogue = Catalogue.load(locale)
    plurals = {key: set(message) for key, message in catalogue.messages.items() if not isinstance(message, str)}
    assert len(plurals) > 50
    assert {key: found for key, found in plurals.items() if found != needed} == {}


def test_each_key_that_the_code_asks_for_exists_and_none_is_left_over():
    package = Path(newsletter.__file__).parent
    files = [path for room in ("compose", "language", "public") for path in (package / room).glob("*.py")]
    source = "".join(path.read_text() for path in (*files, *(package / "public" / "pages").glob("*.html")))
    asked = {
        found
        for found in re.findall(r'"([a-z_.]+\.(?:[a-z_.]+|\{[^"]*\}))"|"([a-z_.]+\{[^"]*)"', source)
        for found in found
        if found
    }
    exact = {name for name in asked if "{" not in name}
    families = {name.split("{")[0] for name in asked if "{" in name}
    # prefixes handed to a function that adds the unit
    families |= set(re.findall(r'"(duration\.(?:short\.)?)"', source))
    families |= set(re.findall(r'"(page\.[a-z.]+\.)" ~', source))
    keys = Catalogue.load("en").messages.keys()
    unused = {key for key in keys if key not in exact and not any(key.startswith(family) for family in families)}
    assert unused == set()


@pytest.mark.parametrize(
    ("locale", "n", "expected"),
    [
        ("en", 0, "0 tickets were solved"),
        ("en", 1, "1 ticket was solved"),
        ("en", 2, "2 tickets were solved"),
        ("en", 1_000_000, "1,000,000 tickets were solved"),
        ("it", 0, "0 ticket risolti"),
        ("it", 1, "1 ticket risolto"),
        ("it", 2, "2 ticket risolti"),
        ("it", 1_000_000, "1.000.000 di ticket risolti"),
        ("de", 1, "1 Ticket wurde gelöst"),
        ("de", 1_000_000, "1.000.000 Tickets wurden gelöst"),
        ("fr", 0, "0 ticket résolu"),
        ("fr", 2, "2 tickets résolus"),
        ("fr", 1_000_000, "1\u202f000\u202f000 de tickets résolus"),
        ("ar", 0, "0 تذكرة حُلّت"),
        ("ar", 1, "تذكرة واحدة حُلّت"),
        ("ar", 2, "تذكرتان حُلّتا"),
        ("ar", 3, "3 تذاكر حُلّت"),
        ("ar", 11, "11 تذكرة حُلّت"),
        ("ar", 100, "100 تذكرة حُلّت"),
    ],
)
def test_singular_and_plural_are_right(locale, n, expected):
    assert Catalogue.load(locale).text("minute.solved", n=n) == expected


def test_an_unknown_locale_is_refused_with_the_list_of_known_ones():
    with pytest.raises(ConfigError) as caught:
        Catalogue.load("tlh")
    assert "'tlh'" in caught.value.message
    assert all(locale in caught.value.hint for locale in LOCALES)


def test_all_unknown_locales_are_named_at_once():
    with pytest.raises(ConfigError, match="'tlh', 'xx'"):
        require_supported(["en", "tlh", "xx"])


def test_a_locale_is_a_name_and_never_a_path():
    with pytest.raises(ConfigError):
        Catalogue.load("../language/en")


def test_a_missing_key_or_slot_is_an_error():
    catalogue = Catalogue.load("en")
    with pytest.raises(LookupError):
        catalogue.text("no.such.key")
    with pytest.raises(LookupError):
        catalogue.text("list.and", first="A")
    with pytest.raises(LookupError, match="needs a number"):
        catalogue.text("minute.solved")


def test_braces_in_a_slot_stay_text():
    assert Catalogue.load("en").text("list.and", first="{last}", last="{n.x}") == "{last} and {n.x}"


@pytest.mark.parametrize(
    ("names", "expected"), [((), ""), (("A",), "A"), (("A", "B"), "A e B"), (("A", "B", "C"), "A, B e C")]
)
def test_names_are_joined_as_people_do(names, expected):
    assert Catalogue.load("it").enumerate(names) == expected


def test_a_configured_text_falls_back_to_the_default_locale():
    assert localised({"en": "E-mail", "it": "Posta"}, "it", "en") == "Posta"
    assert localised({"en": "E-mail"}, "it", "en") == "E-mail"
    assert localised({"de": "Post"}, "it", "en") == "Post"
    assert localised("Mail", "it", "en") == "Mail"


def test_importing_the_language_reads_no_stage_and_no_template_engine():
    script = "import newsletter.language, sys; print([m for m in ('jinja2', 'mjml', 'click', 'requests') if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("share", "written"),
    [
        ("1%", "L'1%"),
        ("1,5%", "L'1,5%"),
        ("8%", "L'8%"),
        ("11%", "L'11%"),
        ("80,2%", "L'80,2%"),
        ("89%", "L'89%"),
        ("800", "L'800"),
        ("8.412", "L'8.412"),
        ("10%", "Il 10%"),
        ("18%", "Il 18%"),
        ("79%", "Il 79%"),
        ("110%", "Il 110%"),
        ("1.000", "Il 1.000"),
    ],
)
def test_the_italian_article_follows_how_the_number_is_read(share, written):
    said = Catalogue.load("it").text("work.note", n=2, share=share)
    assert f". {written} esclude" in said


@pytest.mark.parametrize(
    ("key", "slots", "written"),
    [
        ("headline.nothing", {"month": "agosto"}, "Ad agosto non"),
        ("headline.nothing", {"month": "aprile"}, "Ad aprile non"),
        ("headline.nothing", {"month": "ottobre"}, "A ottobre non"),
        ("brief.subject", {"month": "agosto"}, "IT ad agosto"),
        ("fact.change_more_1", {"noun": "x", "months": "11", "usual": "3"}, "degli 11 mesi"),
        ("fact.change_more_1", {"noun": "x", "months": "12", "usual": "3"}, "dei 12 mesi"),
        ("fact.record_more_1", {"noun": "x", "months": "8", "usual": "3"}, "negli 8 mesi"),
        ("fact.streak", {"target": "80%", "service": "x"}, "dell'80%"),
    ],
)
def test_italian_prepositions_join_with_what_follows(key, slots, written):
    assert written in Catalogue.load("it").text(key, **slots)


def test_what_somebody_wrote_is_not_elided():
    said = Catalogue.load("it").text("incident.heading_titled", service="Posta", day="x", title="Chiuso il 8 e il 80")
    assert said.endswith("Chiuso il 8 e il 80")


@pytest.mark.parametrize("elision", ['[[elisions]]\nbefore = "("\nwords = {}', "[[elisions]]\nwords = {}"])
def test_an_elision_that_cannot_be_read_is_told_with_its_file(tmp_path, elision):
    file = tmp_path / "it.toml"
    file.write_text(elision)
    with pytest.raises(ContentError, match=r"it\.toml: an \[\[elisions\]\] table cannot be read"):
        check(str(file))
