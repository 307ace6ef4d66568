"""Pins, mutes and the subject written into edition.yaml around what people wrote there."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from newsletter import config as configuration
from newsletter.errors import ContentError
from newsletter.notes.deciding import choose_subject, decide

CONFIG = configuration.load(Path(__file__).parents[2] / "config.yaml")

WRITTEN = """\
# What we decided.
pin:            # told anyway
  - mail.spotlight   # it is their turn
  # a line of its own
  - spam.ratio

mute: [payslips.count]  # last month was enough
subject: 1  # the plain one
ask:
  text: {en: Please try it., it: Provatelo.}
  button: {en: Try, it: Prova}
"""


def changed(folder: Path, text: str | None, *decisions: tuple[str, str]) -> str:
    """The file after some decisions."""
    path = folder / "edition.yaml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    for fact, wish in decisions:
        decide(folder, fact, wish, config=CONFIG)  # type: ignore[arg-type]
    return path.read_text(encoding="utf-8")


def test_only_the_lines_of_the_fact_change(tmp_path):
    """Comments, order and the other keys stay byte for byte."""
    text = changed(tmp_path, WRITTEN, ("sso.availability.streak", "pin"))
    added = "  - sso.availability.streak\n"
    assert text.replace(added, "") == WRITTEN
    assert changed(tmp_path, None, ("spam.ratio", "none")) == text.replace("  - spam.ratio\n", "")


def test_a_pin_taken_back_leaves_the_file_as_it_was(tmp_path):
    """There and back again, in a list of lines and in one on one line."""
    assert changed(tmp_path, WRITTEN, ("a.b", "pin"), ("a.b", "none")) == WRITTEN
    assert changed(tmp_path, WRITTEN, ("a.b", "mute"), ("a.b", "none")) == WRITTEN


def test_a_pinned_fact_that_is_muted_is_not_pinned_any_more(tmp_path):
    """It stands in one list only."""
    read = yaml.safe_load(changed(tmp_path, WRITTEN, ("spam.ratio", "mute")))
    assert read["pin"] == ["mail.spotlight"]
    assert read["mute"] == ["payslips.count", "spam.ratio"]


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "# nothing yet",
        "pin: []\n",
        "subject: 2",
        "pin:\n- a.b\n",
        "pin: [a.b,\n      c.d]\n",
    ],
)
@pytest.mark.parametrize("fact", ["mail.spotlight", "yes", "12", "a: b", "it's, [odd] #1", "null"])
def test_any_file_and_any_id_read_back_as_meant(tmp_path, text, fact):
    """A missing file is made; ids that YAML would take for something else are quoted."""
    before = yaml.safe_load(text or "") or {}
    read = yaml.safe_load(changed(tmp_path, text, (fact, "pin")))
    assert read["pin"] == [*(before.get("pin") or []), fact]
    assert {key: value for key, value in read.items() if key != "pin"} == {
        key: value for key, value in before.items() if key != "pin"
    }


def test_the_last_pin_of_a_list_of_lines_leaves_an_empty_list(tmp_path):
    """And what stands below stays."""
    text = changed(tmp_path, "pin:\n  - a.b\n# below\nsubject: 2\n", ("a.b", "none"))
    assert text == "pin: []\n# below\nsubject: 2\n"


def test_the_subject_is_changed_in_its_place(tmp_path):
    """Or added at the end."""
    path = tmp_path / "edition.yaml"
    path.write_text(WRITTEN, encoding="utf-8")
    choose_subject(tmp_path, 2, config=CONFIG)
    assert path.read_text(encoding="utf-8") == WRITTEN.replace("subject: 1", "subject: 2")
    path.write_text("pin: []", encoding="utf-8")
    choose_subject(tmp_path, 3, config=CONFIG)
    assert path.read_text(encoding="utf-8") == "pin: []\nsubject: 3\n"


def test_a_file_at_fault_is_not_touched(tmp_path):
    """Its fault is told instead."""
    (tmp_path / "edition.yaml").write_text("pin: {a: b}\n", encoding="utf-8")
    with pytest.raises(ContentError, match=r"edition\.yaml:1: pin"):
        decide(tmp_path, "a.b", "pin", config=CONFIG)
    assert (tmp_path / "edition.yaml").read_text(encoding="utf-8") == "pin: {a: b}\n"
