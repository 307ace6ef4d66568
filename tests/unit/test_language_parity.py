"""`newsletter language check` finds what a catalogue lacks, and says where."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from newsletter.cli import main
from newsletter.errors import ContentError
from newsletter.language.catalogue import shipped_file
from newsletter.language.parity import check


def changed(folder: Path, locale: str, *changes: tuple[str, str], name: str | None = None) -> Path:
    """A copy of a catalogue with some text replaced."""
    text = shipped_file(locale).read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = folder / (name or f"{locale}.toml")
    path.write_text(text, encoding="utf-8")
    return path


SOLVED_DE = 'solved = { one = "{n} Ticket wurde gelöst", other = "{n} Tickets wurden gelöst" }'


@pytest.mark.parametrize(
    ("locale", "change", "key", "message"),
    [
        ("de", ('tip = "Ein Tipp"\n', ""), "section.tip", "is missing; in English: 'One tip'"),
        ("de", ('tip = "Ein Tipp"', 'tip = "Ein Tipp"\ntop = "x"'), "section.top", "is not a key"),
        ("de", (SOLVED_DE, 'solved = "{n} gelöst"'), "minute.solved", "has no plural forms"),
        ("de", ('tip = "Ein Tipp"', 'tip = { one = "Tipp", other = "Tipps" }'), "section.tip", "must be one text"),
        ("de", (SOLVED_DE, 'solved = { other = "{n} gelöst" }'), "minute.solved", "lacks the plural form one"),
        (
            "de",
            (SOLVED_DE, SOLVED_DE.replace("one", 'few = "{n}", one')),
            "minute.solved",
            "few, which the language has not",
        ),
        ("de", (SOLVED_DE, SOLVED_DE.replace("{n} Tickets", "{m} Tickets")), "minute.solved", "asks for {m}"),
        ("de", (SOLVED_DE, SOLVED_DE.replace("{n} Tickets", "Tickets")), "minute.solved", "lacks {n}"),
        (
            "de",
            (SOLVED_DE, SOLVED_DE.replace("{n} Tickets", "{n:d} Tickets")),
            "minute.solved",
            "formats a placeholder",
        ),
        ("de", (SOLVED_DE, SOLVED_DE.replace("{n} Tickets", "{n Tickets")), "minute.solved", "brace"),
        ("de", ('tip = "Ein Tipp"', 'tip = "3 Tipps"'), "section.tip", "holds the number 3"),
        ("de", ('tip = "Ein Tipp"', 'tip = ""'), "section.tip", "is empty"),
        ("de", ('tip = "Ein Tipp"', 'tip = "Immer ein Tipp"'), "section.tip", "says 'Immer'"),
        ("de", ('tip = "Ein Tipp"', 'tip = "Verbesserungen"'), "section.tip", "says 'Verbesserungen'"),
        ("de", ('"elf", "zwölf"', '"elf"'), "number_words", "has 12 words, not 13"),
        ("de", ('"elf", "zwölf"', '"elf", "elf"'), "number_words", "has a word twice"),
        (
            "fr",
            ('one = "{n} ticket résolu"', 'one = "une demande résolue"'),
            "minute.solved",
            "'one' stands for 0, 1, ...",
        ),
    ],
)
def test_each_kind_of_fault_is_found_and_named(tmp_path, locale, change, key, message):
    faults = check(str(changed(tmp_path, locale, change)))
    assert [fault for fault in faults if fault.key == key and message in fault.message], [str(one) for one in faults]
    assert {fault.key for fault in faults} <= {key}


def test_a_language_without_words_of_change_is_incomplete(tmp_path):
    words = re.search(r"claim_words = \[.*?\]", shipped_file("de").read_text(encoding="utf-8"), re.DOTALL)
    assert words
    (fault,) = check(str(changed(tmp_path, "de", (words.group(), ""))))
    assert fault.key == "claim_words"


def test_a_wording_behind_the_gate_may_say_that_something_changed(tmp_path):
    path = changed(tmp_path, "de", ("mehr als üblich. Der", "besser als üblich. Der"))
    assert check(str(path)) == ()


def test_a_new_language_is_told_every_key_and_its_own_plural_forms(tmp_path):
    faults = check(str(changed(tmp_path, "en", name="pl.toml")))
    assert {"minute.solved", "duration.hours"} <= {one.key for one in faults}
    assert all("few" in one.message and "many" in one.message for one in faults)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("pt.toml", b'a = "x', "is no TOML"),
        ("pt.toml", b'a = "\xff"', "is not UTF-8"),
        ("pt.toml", b"a = 3", "a value is no text"),
        ("nonsense.toml", b"", "no locale that Unicode CLDR knows"),
    ],
)
def test_a_file_that_is_no_catalogue_is_refused_in_one_sentence(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ContentError, match=message):
        check(str(path))


def test_the_command_ends_with_65_and_names_file_and_key(tmp_path):
    path = changed(tmp_path, "fr", ('tip = "Un conseil"\n', ""))
    run = CliRunner().invoke(main, ["language", "check", str(path)])
    assert run.exit_code == 65
    assert f"{path}: section.tip: is missing" in run.output
    assert "the wordings have 1 fault" in run.output


def test_the_command_says_which_languages_are_complete():
    run = CliRunner().invoke(main, ["language", "check"])
    assert run.exit_code == 0
    assert run.output.splitlines() == [f"{locale}: complete" for locale in ("ar", "de", "en", "fr", "it")]


def test_a_language_that_is_not_there_is_refused_with_those_that_are():
    run = CliRunner().invoke(main, ["language", "check", "tlh"])
    assert run.exit_code == 65
    assert "ar, de, en, fr, it" in run.output
