"""Answering on a page: looking counts nothing, a press counts once, and nobody can be told from anybody else."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest

from newsletter import feedback, pipeline
from tests.serving import Answer, Pages, mailed, serving, workspace

pytestmark = pytest.mark.servers

STAFF = {f"staff{number}@acme.example": "staff.en" for number in range(12)}
PULSE = 'pulse: {question: {en: "Does IT help <your> team?", it: "Aiuta?"}}\n'
USEFUL = "/rate/2026-10/staff.en/useful/4"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A server, and the October edition, mailed to twelve people of the staff and two managers."""
    path = workspace(tmp_path_factory.mktemp("public") / "acme")
    text = path.read_text() + "\nratings: {links: web, close_after_days: 366}\n"
    path.write_text(text)
    with (path.parent / "editions/2026-10/edition.yaml").open("a") as decisions:
        decisions.write(f"\n{PULSE}")
    with serving(path) as pages:
        mailed(pages.config, STAFF | {"m1@acme.example": "managers.en", "m2@acme.example": "managers.it"})
        yield pages


def press(pages: Pages, path: str, answer: str = "4") -> Answer:
    return pages.post(path, f"answer={answer}".encode())


def votes(pages: Pages) -> dict[tuple[str, str, int], int]:
    if not pages.config.ratings.store.exists():
        return {}
    with feedback.open_store(pages.config.ratings.store) as store:
        return {(one.question, one.audience, one.answer): one.votes for one in store.groups("2026-10")}


def test_the_letter_leads_every_reader_to_the_same_pages(served):
    now = datetime.now(UTC)
    draft = pipeline.build(served.config, pipeline.resolve_month(served.config, "2026-10", now), now=now)
    for name in ("staff.it", "managers.en"):
        sections = [one for one in draft.editions[name].sections if one.kind in ("rate", "pulse")]
        links = [urlsplit(one.href) for section in sections for one in section.ratings]
        assert {link.netloc for link in links} == {"news.acme.example"}
        for link in links:
            assert served.ask(link.path).status == 200
    (rate,) = (one for one in draft.editions["staff.en"].sections if one.kind == "rate")
    assert rate.paragraphs[0].startswith("This opens a page.")


def test_looking_changes_nothing_and_a_press_counts_one(served):
    before = votes(served)
    page = served.ask(USEFUL)
    assert served.ask(USEFUL, "HEAD").status == 200
    assert votes(served) == before
    assert re.findall(r'<button[^>]* value="(\d)">', page.text) == ["4", "1", "2", "3", "5"]
    answer = press(served, USEFUL, "2")
    assert (answer.status, answer.headers["Location"]) == (303, f"{USEFUL}?counted")
    assert "Thank you." in served.ask(answer.headers["Location"]).text
    assert votes(served)["useful", "staff", 2] == before.get(("useful", "staff", 2), 0) + 1
    assert not answer.headers["Set-Cookie"]


def test_a_managers_question_is_shown_in_its_language_and_its_words_are_text(served):
    ballot = pipeline.ballots(served.config, now=datetime.now(UTC))("2026-10")
    assert ballot
    (pulse,) = ballot.texts
    page = served.ask(f"/rate/2026-10/managers.en/{pulse}/5")
    assert "<h1>Does IT help &lt;your&gt; team?</h1>" in page.text
    assert "Aiuta?" in served.ask(f"/rate/2026-10/managers.it/{pulse}/5").text
    assert served.ask(f"/rate/2026-10/staff.en/{pulse}/5").status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/rate/2026-10/board.en/useful/4",
        "/rate/2026-10/staff.xx/useful/4",
        "/rate/2026-10/staff.en/salary/4",
        "/rate/2026-10/staff.en/useful/6",
        "/rate/1999-12/staff.en/useful/4",
        "/rate/2026-13/staff.en/useful/4",
        "/rate/../staff.en/useful/4",
        "/rate/%2e%2e/staff.en/useful/4",
        "/rate/2026-10/staff.en/useful%00/4",
    ],
)
def test_what_no_letter_asked_is_no_page_and_counts_nothing(served, path):
    before = votes(served)
    assert served.ask(path).status == 404
    assert press(served, path).status == 404
    assert votes(served) == before


@pytest.mark.parametrize("answer", ["", "0", "6", "44", "4&answer=9", "five"])
def test_a_form_without_one_of_the_five_answers_counts_nothing(served, answer):
    before = votes(served)
    assert press(served, USEFUL, answer).status == 400
    assert votes(served) == before


def test_an_edition_that_was_not_sent_takes_no_answers(served):
    path = "/rate/2026-09/staff.en/useful/4"
    assert "has ended" in served.ask(path).text
    assert press(served, path).headers["Location"] == path


def test_no_more_answers_are_counted_than_letters_left(served):
    path = "/rate/2026-10/managers.en/useful/1"
    given = [press(served, path, "1").headers["Location"] for _ in range(4)]
    assert given == [f"{path}?counted"] * 2 + [path] * 2
    assert votes(served)["useful", "managers", 1] == 2
    assert "has ended" in served.ask(path).text


def test_the_log_names_no_answer_and_the_store_nobody(served):
    press(served, USEFUL, "5")
    assert "/rate/{edition}/{variant}/{question}/{answer} 303" in served.log.read_text()
    assert "useful" not in served.log.read_text()
    assert b"acme.example" not in served.config.ratings.store.read_bytes()


def test_where_letters_ask_for_mails_there_is_no_such_page(tmp_path):
    with serving(workspace(tmp_path / "acme")) as pages:
        assert pages.ask(USEFUL).status == 404
