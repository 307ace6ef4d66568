"""What readers said about the edition before, told in the next one: exactly so many of so many, or nothing."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from newsletter import feedback
from newsletter.errors import ContentError
from newsletter.feedback.votes import judge
from newsletter.language import supported_locales
from newsletter.model import Editorial, Pulse, Ratings, Snapshot, Tally
from newsletter.notes import load_editorial
from tests.mailboxes import mail
from tests.unit.edition_samples import config, edition, section, service, snapshot

MONTH = snapshot(service("mail"), service("files"), service("wifi"))
ASKED: dict[str, Any] = {"feedback": "it-feedback@acme.example"}
PULSE = Pulse(id="pulse-7c1e", question={"en": "Does IT help your team?", "it": "L'IT aiuta il vostro gruppo?"})
CLOSED = datetime(2026, 11, 1, 8, tzinfo=UTC)


def ratings(*tallies: Tally, label: str = "2026-09") -> Ratings:
    return Ratings(
        edition=label,
        closed_at=CLOSED,
        min_group=10,
        tallies=tallies,
        first=date(2026, 10, 2),
        last=date(2026, 10, 29),
        questions={PULSE.id: PULSE.question},
    )


def tally(*answers: int, question: str = "useful", audience: str = "staff", channel: str = "mail") -> Tally:
    return Tally(question=question, audience=audience, channel=channel, answers=answers)  # type: ignore[arg-type]


def rated(*tallies: Tally, month: Snapshot = MONTH, label: str = "2026-09") -> Snapshot:
    read = ratings(*tallies, label=label)
    return replace(month, ratings=read, evidence={**month.evidence, **{one.id: one for one in feedback.evidence(read)}})


def letter(month: Snapshot = MONTH, **fields: Any) -> Any:
    return edition(month, **(ASKED | fields))


def test_the_next_letter_tells_how_many_rated_and_how_many_found_it_useful():
    shown = section(letter(rated(tally(2, 5, 9, 40, 22), tally(0, 1, 3, 8, 2, audience="managers"))), "rate")
    assert shown.paragraphs[1:] == ("78 of you rated the September edition; 62 found it useful.",)
    assert [(one.fact, one.text) for one in shown.quoted] == [("feedback.useful.staff", shown.paragraphs[1])]
    for_managers = section(
        letter(rated(tally(0, 1, 3, 8, 2, audience="managers")), audience="managers"), "rate"
    ).paragraphs
    assert for_managers[1:] == ("14 of you rated the September edition; 10 found it useful.",)


def test_without_enough_answers_the_letter_tells_nothing_of_them():
    assert len(section(letter(MONTH), "rate").paragraphs) == 1
    assert len(section(letter(rated(tally(9, 9, 9, 9, 9, audience="managers"))), "rate").paragraphs) == 1


def test_answers_on_the_web_are_told_apart_and_not_as_people():
    month = rated(tally(0, 0, 0, 10, 5), tally(0, 0, 5, 10, 5, channel="web"))
    first, second = section(letter(month), "rate").paragraphs[1:]
    assert first.startswith("15 of you")
    assert second == "Ratings of the September edition on the web: 20, of which useful: 15."


@pytest.mark.parametrize("locale", supported_locales())
@given(st.lists(st.integers(0, 2000), min_size=5, max_size=5).filter(lambda found: sum(found) >= 10))
def test_in_every_language_both_numbers_are_told_exactly(locale, answers):
    spoken = config(**ASKED, locales=[locale, "en"] if locale != "en" else ["en"])
    one = tally(*answers)
    shown = section(edition(rated(one), locale=locale, settings=spoken), "rate")
    found = re.findall(r"\d+(?:[.,\u00a0\u202f]\d{3})*", shown.paragraphs[1])
    numbers = [int("".join(filter(str.isdigit, digits))) for digits in found]
    assert sorted(numbers) == sorted((one.n, one.yes))
    assert "%" not in shown.paragraphs[1]


def test_each_number_of_ratings_has_its_evidence_and_no_change_word():
    from newsletter.facts import tell

    before = rated(tally(9, 0, 0, 0, 9), month=snapshot(service("mail"), label="2026-09"), label="2026-08")
    month = rated(tally(0, 0, 0, 0, 90))
    found, selection = tell(month, past=(before,), config=config(**ASKED))
    (fact,) = (one for one in found if one.subject == "feedback")
    assert (fact.value, fact.previous, fact.level, fact.score) == (1.0, 0.5, "number", None)
    evidence = month.evidence[fact.evidence[0]]
    assert (evidence.samples, evidence.origin, evidence.evaluated_at) == (90, "answers", CLOSED)
    assert "edition 2026-09, staff, by mail, the last one of each sender, 2026-10-02 to 2026-10-29" in evidence.query
    assert not [name for name in selection.passed_over if name.startswith("feedback")]


# --- a question to managers ---------------------------------------------------------------


def test_the_pulse_question_stands_in_the_managers_letter_alone_with_five_answers_that_can_be_counted():
    asked = Editorial(pulse=PULSE)
    shown = section(letter(editorial=asked, audience="managers"), "pulse")
    assert shown.title == "Does IT help your team?"
    assert [one.word for one in shown.ratings] == ["not at all", "a little", "partly", "mostly", "fully"]
    assert shown.ratings[3].label == "Does IT help your team? Answer 4 of 5: mostly"
    assert shown.paragraphs == ("We tell the result next month, if 10 or more of you answer.",)
    for number, one in enumerate(shown.ratings, 1):
        subject = unquote(urlsplit(one.href).query.removeprefix("subject="))
        vote = judge(bytes(mail("a@b.example", subject))).vote
        assert vote is not None
        assert (vote.edition, vote.audience, vote.question, vote.answer) == ("2026-10", "managers", PULSE.id, number)
    assert "pulse" not in [one.kind for one in letter(editorial=asked).sections]


def test_its_result_comes_with_the_next_letter_and_with_that_of_the_time_before():
    now = tally(1, 2, 3, 9, 2, question=PULSE.id, audience="managers")
    then = tally(1, 2, 3, 6, 2, question=PULSE.id, audience="managers")
    past = rated(then, month=snapshot(service("mail"), label="2026-07"), label="2026-06")
    shown = section(letter(rated(now), past=(past,), audience="managers"), "pulse")
    assert shown.title == "What you answered"
    assert shown.ratings == ()
    (told,) = shown.paragraphs
    assert told == (
        "The September edition asked: “Does IT help your team?” Of 17 who answered, 11 said “mostly” or “fully”. "
        "In the edition of June 2026 it was 8 of 14."
    )


def test_another_wording_is_another_question_and_is_not_compared():
    now = tally(1, 2, 3, 9, 2, question=PULSE.id, audience="managers")
    then = tally(1, 2, 3, 6, 2, question="pulse-ffff", audience="managers")
    past = rated(then, month=snapshot(service("mail"), label="2026-07"), label="2026-06")
    (told,) = section(letter(rated(now), past=(past,), audience="managers"), "pulse").paragraphs
    assert "June" not in told


def test_without_an_address_for_answers_no_question_is_asked():
    composed = edition(MONTH, editorial=Editorial(pulse=PULSE), audience="managers")
    assert not {"pulse", "rate"} & {one.kind for one in composed.sections}


def test_the_id_of_a_question_changes_with_its_words(tmp_path):
    seen = set()
    for words in ("{en: Does IT help?}", "{en: Does IT help you?}", "Does IT help?"):
        (tmp_path / "edition.yaml").write_text(f"pulse: {{question: {words}}}\n")
        pulse = load_editorial(tmp_path, config=config()).pulse
        assert pulse is not None
        seen.add(pulse.id)
        assert pulse == load_editorial(tmp_path, config=config()).pulse
    assert len(seen) == 3


def test_a_pulse_without_a_question_is_told_with_its_line(tmp_path):
    (tmp_path / "edition.yaml").write_text("pulse:\n  text: What?\n")
    with pytest.raises(ContentError, match=r"edition\.yaml:2: pulse\.text"):
        load_editorial(tmp_path, config=config())
