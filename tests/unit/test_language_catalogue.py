"""Every locale says everything, in each plural form it needs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel import Locale

import newsletter
from newsletter.errors import ConfigError
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
        ("ar", 11, "11 تذكرةً حُلّت"),
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
