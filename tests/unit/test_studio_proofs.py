"""After a save, whatever is asked about the letters is answered from the files as they stand."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from newsletter import config as configuration
from newsletter import pipeline
from newsletter.errors import NewsletterError
from newsletter.render import fill_html
from newsletter.studio.answers import Answers
from newsletter.studio.frame import View
from newsletter.studio.proofs import Proofs
from tests.previewing import MONTH, replaced, small_workspace

LETTERS = ("staff.en", "staff.it", "managers.en", "managers.it")
ONLY_MANAGERS = '{% if edition.variant.startswith("managers") %}{{ edition.nothing }}{% endif %}'


class Asked:
    """An edition on which all letters were made, as a page asks about it."""

    def __init__(self, config: Path) -> None:
        self.config = config
        self.proofs = Proofs(config, MONTH)
        self.answers = Answers(self.proofs)
        self.proofs.read()
        for name in LETTERS:
            self.proofs.look_at(name)
        self.proofs.look_at_all()

    def save(self, *names: str) -> None:
        """A save of these notes, up to the picture of the managers' letter in English."""
        for name in names:
            replaced(self.config.parent / "editions" / MONTH / "notes" / f"{name}.md", "title: ", "title: Softly ")
        self.proofs.read()
        self.proofs.first_picture(View(variant="managers.en"))

    def source(self, variant: str) -> str:
        """The HTML part of a letter."""
        return self.answers.parts(variant, "sample").source()

    def facts(self) -> list[dict[str, Any]]:
        """All facts."""
        return [one for group in ("must", "chosen", "passed") for one in self.answers.facts()[group]]


@pytest.fixture
def asked(tmp_path: Path) -> Asked:
    """The sample company, to write into."""
    return Asked(small_workspace(tmp_path / "acme"))


def built(config: Path) -> pipeline.Draft:
    """What would be sent, from nothing that a preview keeps."""
    loaded, now = configuration.load(config), datetime.now(UTC)
    return pipeline.build(loaded, pipeline.resolve_month(loaded, MONTH, now), now=now)


def test_after_a_save_every_letter_is_the_one_that_would_be_sent(asked):
    """Those that nobody looks at, too, though only the one on show was made again by then."""
    before = asked.source("staff.it")
    asked.save("lock-screen.en", "lock-screen.it")
    truth = built(asked.config)
    fields = pipeline.sample_fields(pipeline.sample_reader(configuration.load(asked.config)))
    assert {name: asked.source(name) for name in LETTERS} == {
        name: fill_html(truth.variants[name], fields) for name in LETTERS
    }
    assert asked.source("staff.it") != before
    assert asked.answers.changes()["now"] == truth.digest


def test_a_letter_that_is_not_looked_at_keeps_what_was_found_in_it_until_it_is_examined(asked):
    """Made for an answer, it is not taken for one without faults."""
    before = asked.proofs.variant_json("staff.en")
    asked.save("lock-screen.en")
    asked.source("staff.en")
    after = asked.proofs.variant_json("staff.en")
    assert {after[key] == before[key] for key in ("worst", "errors", "warnings")} == {True}
    assert after["digest"] == built(asked.config).variants["staff.en"].digest


def test_one_letter_at_fault_leaves_the_others_answered_and_is_told_when_it_is_asked_for(asked):
    """As they stand, not as they stood; an edition that lacks a letter has no digest."""
    template = asked.config.parent / "templates" / "hero.mjml.j2"
    whole = template.read_text(encoding="utf-8")
    template.write_text(f"{whole}{ONLY_MANAGERS}\n", encoding="utf-8")
    with pytest.raises(NewsletterError, match="nothing"):
        asked.save("lock-screen.en")
    assert "Softly " in asked.source("staff.en")
    with pytest.raises(NewsletterError, match="nothing"):
        asked.source("managers.en")
    assert {where.partition(":")[0] for one in asked.facts() for where in one.get("where", ())} == {
        "staff.en",
        "staff.it",
    }
    changes = asked.answers.changes()
    assert changes["now"] is None
    assert [one["id"] for one in changes["variants"]] == ["staff.en", "staff.it"]
    template.write_text(whole, encoding="utf-8")
    asked.proofs.read()
    assert asked.answers.changes()["now"] == built(asked.config).digest
