"""Figures entered by hand: strict about who, when and from what; marked wherever they are told."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from newsletter.errors import ContentError
from newsletter.facts import facts
from newsletter.model import Edition, Evidence, Figure, Snapshot
from newsletter.notes import by_hand
from newsletter.pipeline import build, figures_to_enter, past_snapshots, read_snapshot
from newsletter.render import Renderer, fill_html, fill_text
from tests.unit.edition_samples import OCTOBER, config, edition, figure, section, service, snapshot

FIGURES: dict[str, dict[str, Any]] = {
    "training": {
        "by_hand": True,
        "noun": {"en": "people trained", "it": "persone formate"},
        "good": "up",
        "target": 40,
    },
    "survey": {
        "by_hand": True,
        "noun": "found IT easy to reach",
        "sentence": "found IT easy to reach",
        "work": "We asked in the canteen.",
        "show": "did_you_know",
        "source": "Staff survey",
    },
    "wait": {"by_hand": True, "noun": "wait", "unit": "seconds"},
    "logins": {"counter": "logins_total", "noun": "logins"},
}
ENTRY = "{by: Training team, entered: 2026-11-02, source: Attendance lists, value: 42}"


def entered(folder: Path, text: str) -> tuple[dict[str, Figure], dict[str, Evidence]]:
    path = folder / "figures.yaml"
    path.write_text(text, encoding="utf-8")
    return by_hand.load(path, config=config(figures=FIGURES))


def test_an_entry_becomes_a_figure_whose_evidence_names_who_when_and_what(tmp_path):
    figures, evidence = entered(tmp_path, f"training: {ENTRY}\n")
    assert (figures["training"].value, figures["training"].unit, figures["training"].kind) == (42, "count", "count")
    (key,) = figures["training"].evidence
    found = evidence[key]
    assert (found.origin, found.query) == ("hand", "Training team: Attendance lists")
    assert found.evaluated_at == datetime(2026, 11, 2, tzinfo=ZoneInfo("Europe/Rome"))


def test_part_and_total_make_a_ratio(tmp_path):
    figures, _ = entered(tmp_path, "survey: {part: 31, total: 40, by: HR, entered: 2026-11-02, source: Survey}\n")
    found = figures["survey"]
    assert (found.value, found.unit, found.kind, found.numerator, found.denominator) == (
        0.775,
        "ratio",
        "ratio",
        31,
        40,
    )


def test_what_nobody_entered_is_no_figure_and_never_zero(tmp_path):
    """No file, an empty one, or a file without that figure."""
    assert by_hand.load(tmp_path / "figures.yaml", config=config(figures=FIGURES)) == ({}, {})
    assert entered(tmp_path, "# nothing yet\n") == ({}, {})
    assert set(entered(tmp_path, f"training: {ENTRY}\n")[0]) == {"training"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"trainings: {ENTRY}", '1: trainings: unknown key; did you mean "training"?'),
        (f"logins: {ENTRY}", "1: logins: unknown key"),
        ("training: 42", "1: training: must be keys and values, not the number 42"),
        ("training:\n  value: 42\n  entered: 2026-11-02\n  source: a", "1: training.by: is required, but missing"),
        ("training:\n  value: 42\n  by: a\n  entered: 2026-11-02", "1: training.source: is required, but missing"),
        (
            "training:\n  value: 42\n  by: a\n  source: a\n  entered: today",
            "5: training.entered: must be a date such as",
        ),
        ("training: {by: a, entered: 2026-11-02, source: a}", "1: training: needs either value, or part and total"),
        ("training: {part: 1, by: a, entered: 2026-11-02, source: a}", "1: training: needs either value, or part and"),
        (
            "survey: {part: 41, total: 40, by: a, entered: 2026-11-02, source: a}",
            "1: survey: part (41) is more than total (40)",
        ),
        (
            "training: {value: .nan, by: a, entered: 2026-11-02, source: a}",
            "1: training.value: must be a number, neither",
        ),
        ("training: {value: 4 2, by: a, entered: 2026-11-02, source: a}", "1: training.value: must be a number"),
        ("wait: {part: 1, total: 2, by: a, entered: 2026-11-02, source: a}", "wait: part and total make a ratio"),
        ("training: [", "figures.yaml:"),
    ],
)
def test_an_entry_that_cannot_stand_is_refused_with_its_line(tmp_path, text, expected):
    """A wrong number is worse than none."""
    with pytest.raises(ContentError) as caught:
        entered(tmp_path, text + "\n")
    assert expected in caught.value.message


def test_a_ratio_is_at_most_one(tmp_path):
    """Percents are a common mistake."""
    wanted = {"training": {"by_hand": True, "noun": "a", "unit": "ratio"}}
    path = tmp_path / "figures.yaml"
    path.write_text(f"training: {ENTRY}", encoding="utf-8")
    with pytest.raises(ContentError, match="training: 42 is no ratio: it goes from 0 to 1"):
        by_hand.load(path, config=config(figures=wanted))


# --- in the mail --------------------------------------------------------------------------


def with_entries(folder: Path, *, label: str = "2026-10", value: float = 42) -> Snapshot:
    figures, evidence = entered(
        folder,
        f"training: {ENTRY.replace('42', str(value))}\n"
        "survey: {part: 31, total: 40, by: HR, entered: 2026-11-02, source: Answers}\n",
    )
    month = snapshot(service("mail"), service("files"), label=label, figures=[figure("logins", 7)])
    return replace(month, figures={**month.figures, **figures}, evidence={**month.evidence, **evidence})


def mail(folder: Path, locale: str) -> Edition:
    september = with_entries(folder, label="2026-09", value=38)
    return edition(with_entries(folder), past=(september,), locale=locale, figures=FIGURES)


@pytest.mark.parametrize(
    ("locale", "tile", "line"),
    [("en", "Entered by hand.", "entered by hand"), ("it", "Inserito a mano.", "inserito a mano")],
)
def test_the_mail_says_that_a_number_was_entered_by_hand(tmp_path, locale, tile, line):
    """In the tile, and in the source line of a "Did you know?"; in HTML and text."""
    composed = mail(tmp_path, locale)
    tiles = {one.fact: one for one in section(composed, "numbers").tiles}
    assert tiles["training.count"].remark == tile
    assert tiles["logins.count"].remark == ""
    (card,) = section(composed, "did_you_know").cards
    assert f"Staff survey, {line}" in card.source
    rendered = Renderer(None).render(composed)
    reader = {"address": "reader@acme.example", "name": ""}
    assert tile in fill_text(rendered, reader)
    assert fill_html(rendered, reader).count(tile) == 1


def test_last_months_entry_is_the_number_before(tmp_path):
    told = facts(
        with_entries(tmp_path),
        past=(with_entries(tmp_path, label="2026-09", value=38),),
        config=config(figures=FIGURES),
    )
    fact = next(one for one in told if one.id == "training.count")
    assert (fact.value, fact.previous, fact.met) == (42, 38, True)


# --- in the workspace ---------------------------------------------------------------------

SETTINGS = """\
organisation: Acme
timezone: Europe/Rome
prometheus: {url: "http://127.0.0.1:1"}
smtp: {from: "IT <it@acme.example>"}
audiences: {staff: {recipients: a.csv}}
figures:
  training: {by_hand: true, noun: people trained}
"""


def test_a_figure_joins_the_snapshot_of_its_month_when_the_edition_is_built(tmp_path):
    """Entered after `collect`, without asking Prometheus again; and it is last month's number a month later."""
    from newsletter.collect import snapshot as snapshot_file
    from newsletter.config import load

    (tmp_path / "config.yaml").write_text(SETTINGS, encoding="utf-8")
    settings = load(tmp_path / "config.yaml")
    folder = tmp_path / "editions/2026-10"
    snapshot_file.write(snapshot(service("mail")), folder / "snapshot.json")
    assert figures_to_enter(settings, OCTOBER) == ("training",)
    assert read_snapshot(settings, OCTOBER).figures == {}
    before = build(settings, OCTOBER, now=OCTOBER.end).digest
    (folder / "figures.yaml").write_text(f"training: {ENTRY}\n", encoding="utf-8")
    draft = build(settings, OCTOBER, now=OCTOBER.end)
    assert figures_to_enter(settings, OCTOBER) == ()
    assert [one.value for one in draft.facts if one.id == "training.count"] == [42]
    assert draft.digest != before  # an approval of the letter without it does not cover the letter with it
    (past,) = past_snapshots(settings, replace(OCTOBER, label="2026-11"))
    assert past.figures["training"].value == 42
