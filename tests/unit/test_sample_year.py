"""A year of the sample company's letters: each as it was read, and the promises that hold over all of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from docs import sample_year
from newsletter.facts import memory
from newsletter.pipeline import Draft

ROOT = Path(__file__).parents[2]
RENEW = "read the difference, then: make docs"
STAFF_WORDS, BRIEF_WORDS = 600, 250

FURNITURE = {
    "en": (
        r"Everything your team needs",
        r"It takes a minute to read",
        r"The others were requests",
        r"May we listen for 20 minutes",
        r"(All )?\w+ services met their target",
        r"We have not been to",
        r"\d+% of the tickets solved were planned",
        r"\d+% +of tickets (were )?solved within 4 hours",
    ),
    "it": (
        r"Tutto ciò che serve",
        r"Si legge in un minuto",
        r"Gli altri erano richieste",
        r"Possiamo ascoltarvi",
        r"(Tutti e \w+ i|\w+) servizi hanno raggiunto",
        r"Da sei mesi non passiamo",
        r"\d+% dei ticket risolti",
        r"(\d+% +di ticket|Ticket) risolti entro 4 ore",
    ),
}
"""Sentences that may come again: they frame the letter, or a number came out the same."""


@dataclass(frozen=True)
class Year:
    """The twelve drafts, their texts, and what each told."""

    drafts: tuple[Draft, ...]
    texts: Mapping[str, str]
    told: Mapping[str, str]

    def pairs(self) -> Iterator[tuple[Draft, Draft]]:
        """Neighbouring editions."""
        return zip(self.drafts, self.drafts[1:], strict=False)


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Year:
    folder = tmp_path_factory.mktemp("year")
    drafts = tuple(sample_year.drafts(folder))
    texts = {name: text for draft in drafts for name, text in sample_year.texts(draft).items()}
    told = {
        draft.month.label: (folder / "editions" / draft.month.label / memory.NAME).read_text("utf-8")
        for draft in drafts
    }
    return Year(drafts, texts, told)


def test_the_year_to_read_is_the_one_that_is_built(year: Year):
    kept = {path.name: path.read_text("utf-8") for path in sample_year.TARGET.glob("*.txt")}
    assert kept.keys() == year.texts.keys(), RENEW
    assert [name for name, text in year.texts.items() if kept[name] != text] == [], RENEW


def test_the_memory_beside_the_editions_is_what_their_sending_would_have_written(year: Year):
    for label, told in year.told.items():
        path = ROOT / "editions" / label / memory.NAME
        if label == sample_year.LAST:
            assert not path.exists(), "the newest edition is still to be sent"
        else:
            assert path.read_text("utf-8") == told, RENEW


def test_nothing_that_needs_a_note_lacks_one(year: Year):
    assert len(year.drafts) == 12
    assert [draft.unexplained for draft in year.drafts] == [()] * 12


def test_no_fact_is_told_twice_within_three_editions(year: Year):
    chosen = [set(draft.selection.did_you_know) for draft in year.drafts]
    assert all(1 <= len(facts) <= 3 for facts in chosen)
    for number, facts in enumerate(chosen):
        assert not facts & set().union(*chosen[max(0, number - 3) : number])


def test_every_service_has_its_turn_in_the_spotlight(year: Year):
    turns = [draft.selection.spotlight for draft in year.drafts]
    assert len(set(turns)) == 12


def test_only_furniture_is_the_same_in_neighbouring_editions(year: Year):
    for before, after in year.pairs():
        for name in before.variants:
            locale = name.rpartition(".")[2]
            first, second = (_sentences(year.texts[f"{one.month.label}.{name}.txt"]) for one in (before, after))
            same = {one for one in first & second if not re.match("|".join(FURNITURE[locale]), one)}
            assert same == set(), f"{after.month.label}.{name}"


def test_letters_keep_to_their_length(year: Year):
    for name, text in year.texts.items():
        words = len(_prose(text).split())
        assert words <= STAFF_WORDS, f"{name}: {words} words"
        if ".managers." in name:
            brief = text.partition("60")[2].partition("\n\n\n")[0]
            assert len(brief.split()) <= BRIEF_WORDS, name


def test_a_missed_target_comes_first_and_the_subject_is_sober(year: Year):
    missed = {
        draft.month.label: [fact.subject for fact in draft.facts if fact.type == "target_missed"]
        for draft in year.drafts
    }
    assert {label: services for label, services in missed.items() if services} == {
        "2025-12": ["sso"],
        "2026-02": ["portal"],
        "2026-05": ["erp"],
        "2026-10": ["files"],
    }
    for draft in year.drafts:
        subjects = {name: one.subject for name, one in draft.variants.items()}
        for name, subject in subjects.items():
            bad = re.search(r"missed|mancat", subject)
            assert bool(bad) == bool(missed[draft.month.label]), f"{draft.month.label}.{name}: {subject}"
        if missed[draft.month.label]:
            text = year.texts[f"{draft.month.label}.staff.en.txt"]
            sections = ["What went wrong, and what we did", "Did you know?", "By the numbers", "New for you"]
            assert [text.index(one) for one in sections] == sorted(text.index(one) for one in sections)
            assert "What went\nwrong comes first." in text or "What went wrong comes\nfirst." in text


# --- reading ------------------------------------------------------------------------------


def _prose(text: str) -> str:
    """What is read as sentences: without tables, charts, ratings and how it was measured."""
    parts = [part for part in text.split("\n\n\n") if not re.match(_TABLES, part)]
    lines = (line for part in parts for line in part.splitlines() if "mailto:" not in line)
    return "\n".join(line for line in lines if not re.match(r"[=\-]{3,}$", line.strip()))


_TABLES = (
    r"Service by service|Servizio per servizio|At the service desk|Al servizio di assistenza|How we measure|Come misuriamo"
    r"|Was this useful|Vi è stato utile|Targets and results|Obiettivi e risultati|-{20}"
)


def _sentences(text: str) -> set[str]:
    """Whole sentences of four words or more."""
    paragraphs = re.split(r"\n\s*\n", _prose(text))
    joined = (
        " ".join(line.strip() for line in one.splitlines() if not line.strip().startswith("[")) for one in paragraphs
    )
    found = (part.strip() for one in joined for part in re.split(r"(?<=[.!?])\s+", one))
    return {one for one in found if len(one.split()) >= 4 and one.endswith((".", "!", "?"))}
