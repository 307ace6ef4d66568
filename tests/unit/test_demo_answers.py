"""The sample company's counted answers are what its readers truly sent, which only the seed knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter import feedback, pipeline
from newsletter.config import load
from newsletter.demo import plan
from newsletter.demo.answers import answers

ROOT = Path(__file__).parents[2]
CLOSED = [one for one in plan.months() if one.label != plan.LAST_MONTH]


@pytest.mark.parametrize("month", CLOSED, ids=lambda one: one.label)
def test_each_closed_edition_tells_the_last_answer_of_everybody(month):
    config = load(ROOT / "config.yaml")
    ballot = pipeline.asked(config, month.label)
    last: dict[tuple[str, str], tuple[int, str, int]] = {}
    for one in answers(month, ballot):
        key = one.question, one.sender
        last[key] = max(last.get(key, (0, "", 0)), (one.after_s, one.audience, one.answer))
    recorded = feedback.read_ratings(ROOT / "editions" / month.label)
    assert recorded is not None
    for tally in recorded.tallies:
        given = [
            answer
            for (question, _), (_, audience, answer) in last.items()
            if question == tally.question and tally.audience in ("", audience)
        ]
        assert tally.answers == tuple(given.count(number) for number in range(1, 6)), tally
    assert {one.question for one in recorded.tallies} == set(ballot.questions)
    assert recorded.withheld == 0


def test_managers_are_asked_one_question_each_quarter():
    config = load(ROOT / "config.yaml")
    asked = [one.label for one in CLOSED if pipeline.asked(config, one.label).texts]
    assert asked == ["2025-03", "2025-06", "2025-09", "2025-12", "2026-03", "2026-06", "2026-09"]
