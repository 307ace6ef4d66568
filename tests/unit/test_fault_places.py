"""What only the numbers of a month show to be wrong is told with file and line, like any other fault."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter import period, pipeline
from newsletter.config import load
from newsletter.demo.workspace import copy_workspace
from newsletter.errors import ContentError, Place

NOW = datetime(2026, 11, 2, tzinfo=UTC)
NOTE = """---
kind: win
title: Search finds it
owner: Intranet team
status: ready
evidence: change 1
because: {text: It was slow, ref: change 1}
---

It is faster now.

Nobody waits.
"""


@pytest.fixture
def edition(tmp_path: Path) -> Path:
    """The folder of an edition of the sample company."""
    return copy_workspace(tmp_path / "acme").parent / "editions" / "2026-10"


def fault(edition: Path) -> ContentError:
    config = load(edition.parents[1] / "config.yaml")
    with pytest.raises(ContentError) as caught:
        pipeline.build(config, period.month("2026-10", config.timezone), now=NOW)
    return caught.value


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("Nobody waits.", 'Nobody waits for\n{{ fact("foo") }}.', 13),
        ("Search finds it", 'Search finds {{ fact("foo") }}', 3),
        ("It was slow", "'It was slow: {{ fact(\"foo\") }}'", 7),
    ],
)
def test_a_reference_to_no_fact_is_told_with_its_line(edition, old, new, line):
    path = edition / "notes" / "search.en.md"
    path.write_text(NOTE.replace(old, new), encoding="utf-8")
    error = fault(edition)
    assert error.message == f'{path}:{line}: fact("foo") names no fact of this month'
    assert [one.place for one in error.located] == [Place(str(path), line)]


@pytest.mark.parametrize(
    ("written", "line", "column"),
    [
        ("# ours\npin: [nonsense.ratio]\n", 2, 7),
        ("subject: 2\npin:\n  - spam.ratio  # yes\n  - nonsense.ratio\n", 4, 5),
        ("mute: ['nonsense.ratio']\n", 1, 8),
    ],
)
def test_a_wish_for_no_fact_is_told_with_its_line(edition, written, line, column):
    path = edition / "edition.yaml"
    path.write_text(written, encoding="utf-8")
    error = fault(edition)
    wish = "mute" if "mute" in written else "pin"
    assert error.message == f"{path}:{line}: {wish}: no fact 'nonsense.ratio' this month"
    assert [one.place for one in error.located] == [Place(str(path), line, column)]


def test_a_note_of_what_is_over_is_told_with_the_line_of_its_date(edition):
    path = edition / "notes" / "over.en.md"
    text = NOTE.replace("kind: win", "kind: coming\ndate: 2026-10-30").replace(
        "because: {text: It was slow, ref: change 1}\n", ""
    )
    path.write_text(text, encoding="utf-8")
    assert fault(edition).message.startswith(f"{path}:3: coming on 2026-10-30, which is over")
