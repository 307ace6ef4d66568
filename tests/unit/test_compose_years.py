"""Promises about bad news, changes, causes and repetition, over editions generated one after the other."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from newsletter import period
from newsletter.facts import tell
from newsletter.model import Because, Edition, Fact, Selection, Told
from tests.unit.edition_samples import NAMES, OCTOBER, ROME, config, edition, figure, note, outage, service, snapshot
from tests.unit.test_compose_promises import CHANGE_WORDS, editions, strings

BOTH = st.sampled_from(["en", "it"])
SOBER = {"en": r"missed|down\b|did not|none of|neither", "it": r"mancat|fermo|interruzione|\bno\b|nessun"}
CLAIMED = {"en": r"usual|average|in a row", "it": r"solito|media|di fila"}
CAUSE = {"en": "because", "it": "perché"}
ToldEdition = tuple[Sequence[Fact], Selection, Edition]


@settings(max_examples=40, deadline=None)
@given(BOTH.flatmap(editions))
def test_a_missed_target_is_first_and_every_subject_is_sober(composed):
    missed = {row.id for one in composed.sections for row in one.services if row.mark == "missed"}
    cards = [card for one in composed.sections for card in one.incidents]
    sober = re.compile(SOBER[composed.locale], re.IGNORECASE)
    assert {card.service for card in cards if card.missed} == missed
    assert [card.missed for card in cards] == sorted((card.missed for card in cards), reverse=True)
    if missed:
        assert composed.sections[0].kind == "incidents"
        assert [subject for subject in composed.subjects if not sober.search(subject)] == []
        assert sum(row.tone == "signal" for row in composed.minute) == 1


@st.composite
def years(draw: st.DrawFn) -> tuple[str, tuple[ToldEdition, ...]]:
    """Five editions in a row, after 20 months of figures that wander and jump; each remembers those before it."""
    locale = draw(BOTH)
    usual, wobble = draw(st.integers(20, 5000)), draw(st.sampled_from([0.01, 0.1, 0.4]))
    jump = st.sampled_from([1.0, 1.0, 1.0, 1.6, 0.4])
    figures = {
        name: {"counter": "c_total", "noun": name, "sentence": "x", "work": "y", "source": "z", "show": "did_you_know"}
        for name in ("sign_ins", "calls", "mails", "pages")
    }
    months = [period.previous(OCTOBER, ROME, back) for back in reversed(range(25))]
    recorded = [
        snapshot(
            *(service(name, seconds=month.end_s - month.start_s) for name in NAMES),
            label=month.label,
            figures=[
                figure(name, round(usual * draw(st.floats(1 - wobble, 1 + wobble)) * draw(jump))) for name in figures
            ],
        )
        for month in months
    ]
    told: list[Told] = []
    found = []
    for number in range(20, 25):
        now, past = recorded[number], tuple(recorded[:number])
        facts, chosen = tell(now, past=past, config=config(figures=figures), told=told)
        composed = edition(now, locale=locale, past=past, figures=figures, told=tuple(told))
        told += [Told(edition=now.edition, fact=one) for one in chosen.did_you_know]
        found.append((facts, chosen, composed))
    return locale, tuple(found)


@settings(max_examples=10, deadline=None)
@given(years())
def test_a_change_word_stands_only_where_a_fact_passed_the_gate(year):
    locale, told = year
    words = re.compile(rf"\b({CHANGE_WORDS[locale]}|{CLAIMED[locale]})\b", re.IGNORECASE)
    for facts, _, composed in told:
        known = {fact.id: fact for fact in facts}
        for card in (card for one in composed.sections for card in one.cards):
            fact = known[card.fact]
            assert bool(words.search(card.sentence)) <= (fact.type in {"change", "record", "streak"})
            if fact.type in {"change", "record"}:
                assert float(fact.detail["p"] or 0) <= 0.1
                assert float(fact.detail["effect"] or 0) >= 0.1
        elsewhere = tuple(structs.replace(one, cards=()) for one in composed.sections)
        rest = strings(structs.replace(composed, sections=elsewhere))
        assert [text for text in rest if words.search(text)] == []


@settings(max_examples=10, deadline=None)
@given(years())
def test_no_fact_is_told_again_within_three_editions(year):
    _, told = year
    chosen = [set(selection.did_you_know) for _, selection, _ in told]
    for number, facts in enumerate(chosen):
        assert not facts & set().union(*chosen[max(0, number - 3) : number])
        cards = {card.fact for one in told[number][2].sections if one.kind == "did_you_know" for card in one.cards}
        assert cards == facts


@settings(max_examples=40, deadline=None)
@given(BOTH, st.booleans(), st.integers(1, 300))
def test_a_cause_stands_only_in_a_persons_words_with_their_reference(locale, written, minutes):
    text = f"The folders stopped {CAUSE[locale]} a disk was full."
    cause = note("incident", "Files", service="files", locale=locale, because=Because(text=text, ref="change 4471"))
    month = snapshot(service("files", outage("2026-10-14 09:12", minutes)), service("mail"))
    composed = edition(month, *([cause] if written else []), locale=locale)
    told = [one for one in strings(composed) if re.search(rf"\b{CAUSE[locale]}\b", one, re.IGNORECASE)]
    assert bool(told) == written
    assert all(text in one for one in told)
    if written:
        (card,) = (card for one in composed.sections for card in one.incidents)
        assert "change 4471" in card.source
