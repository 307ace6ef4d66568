"""The managers' letter, the spotlight, ratings and invitations, and the order of sections."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from newsletter.errors import ContentError
from newsletter.facts import tell
from newsletter.model import Ask, Count, Editorial, TicketMonth
from newsletter.notes import load_editorial
from tests.unit.edition_samples import (
    NAMES,
    config,
    edition,
    figure,
    note,
    outage,
    section,
    service,
    snapshot,
    span,
    tickets,
)

DESK = {"resolution": {"histogram": "h", "target_s": 14400, "target_share": 0.6}}
MISSED = snapshot(service("files", outage("2026-10-14 09:12", 97)), service("mail"), service("wifi"), tickets=tickets())
ASKED: dict[str, Any] = {"feedback": "it-feedback@acme.example"}


def letter(month: Any, *notes: Any, **fields: Any) -> Any:
    return edition(month, *notes, audience="managers", **(ASKED | fields))


def kinds(composed: Any) -> list[str]:
    return [one.kind for one in composed.sections]


# --- brief --------------------------------------------------------------------------------


def test_the_brief_tells_the_missed_target_first_with_the_cause_a_person_wrote():
    cause = {"text": "A disk was full.", "ref": "change 4471"}
    incident = note("incident", "Disk", service="files", because=cause_of(cause))
    coming = note("coming", "Mail is off", date=None)
    points = section(letter(MISSED, incident, coming, tickets=DESK), "brief").points
    assert [point.number for point in points] == ["1", "2", "3"]
    assert points[0].first.replace("\xa0", " ") == "Shared files: 97 minutes down on 14 October."
    assert points[0].rest_markdown == "A disk was full."
    assert points[1].first == "The other two services met their target."
    assert (
        points[1].rest_markdown.replace("\xa0", " ") == "61% of tickets were solved within 4 hours; the target is 60%."
    )
    assert points[2].first == "Mail is off."


def cause_of(fields: dict[str, str]) -> Any:
    from newsletter.model import Because

    return Because(**fields)


def test_several_missed_targets_are_all_named_in_one_point():
    month = snapshot(
        service("files", outage("2026-10-14 09:12", 97)),
        service("mail", outage("2026-10-02 08:00", 60)),
        service("wifi"),
    )
    first = section(letter(month), "brief").points[0]
    assert first.first == "Two services missed their target."
    assert first.rest_markdown.replace("\xa0", " ") == "Shared files (97 minutes) and E-mail (60 minutes)."


def test_the_forwarded_points_hold_no_personal_link_and_are_a_valid_mail():
    brief = section(letter(MISSED), "brief")
    parts = urlsplit(brief.button_href)
    assert (parts.scheme, parts.path) == ("mailto", "")
    fields = parse_qs(parts.query, strict_parsing=True)
    lines = fields["body"][0].split("\r\n")
    assert [line.partition(" ")[2] for line in lines] == [point.first.replace("\xa0", " ") for point in brief.points]
    assert re.fullmatch(r"[A-Za-z0-9%=&?:.~_-]*", brief.button_href)


def test_the_brief_is_read_in_a_minute():
    words = " ".join(
        f"{one.first} {one.rest_markdown}" for one in section(letter(MISSED, tickets=DESK), "brief").points
    )
    assert len(words.split()) <= 250


# --- ask, work, targets -------------------------------------------------------------------


def test_one_ask_with_its_button_or_none():
    asked = Editorial(ask=Ask(text={"en": "Name a tester.", "it": "Indicate chi prova."}, button="Name one"))
    shown = section(letter(MISSED, editorial=asked), "ask")
    assert shown.paragraphs == ("Name a tester.",)
    assert shown.button_href == "mailto:it-feedback@acme.example?subject=Name%20one"
    assert "ask" not in kinds(letter(MISSED))


def test_planned_work_is_shown_with_what_has_no_label():
    resolved = Count(total=100, by={"a/change": 41, "b/incident": 52, "c/none": 7})
    month = snapshot(service("mail"), tickets=TicketMonth(resolved=resolved))
    whole = section(letter(month, tickets={"proactive": ["change"], "reactive": ["incident"]}), "work").divided
    assert whole is not None
    assert whole.number == "44%"  # 41 of 93 labelled
    assert [(part.number, part.label) for part in whole.parts] == [
        ("41%", "planned work"),
        ("52%", "requests, faults"),
        ("7%", "no label"),
    ]
    assert "44% leaves out tickets without a label" in whole.note


@pytest.mark.parametrize("locale", ["en", "it", "de", "fr", "ar"])
def test_both_letters_call_the_solved_tickets_by_one_name_and_tell_the_same_parts(locale):
    """Planned changes are counted among the solved, so neither letter may call all of them requests."""
    resolved = Count(total=300, by={"a/change": 41, "b/incident": 252, "c/none": 7})
    month = snapshot(service("mail"), tickets=TicketMonth(resolved=resolved))
    labels: dict[str, Any] = {"proactive": ["change"], "reactive": ["incident"]}
    staff = section(edition(month, locale=locale, tickets=labels), "requests")
    managers = section(letter(month, locale=locale, tickets=labels), "work").divided
    assert managers is not None
    ticket = {"ar": "تذاكر"}.get(locale, "icket")
    assert ticket in staff.table_note
    assert re.findall(r"\d+", staff.table_note) == ["41", "252", "7"]
    assert ticket in managers.sentence
    assert ticket in managers.label
    assert ticket in managers.note or "تذكرة" in managers.note
    assert "300" in managers.label


def test_every_target_has_its_row_what_was_missed_first():
    month = snapshot(
        service("mail", unknown=[span("2026-10-20 00:00", 0.5)]),
        service("files", outage("2026-10-14 09:12", 97)),
        service("wifi", unknown=[span("2026-10-02 00:00", 400)], coverage=0.4),
    )
    table = section(letter(month), "targets")
    assert [(row.service, row.mark) for row in table.targets] == [
        ("Shared files", "missed"),
        ("Office Wi-Fi", "none"),
        ("E-mail", table.targets[2].mark),
    ]
    assert (table.targets[0].target, table.targets[0].result, table.targets[0].down) == ("99.90", "99.78", "97")
    assert (table.targets[1].result, table.targets[1].mark_text) == ("", "not judged")
    assert len(table.heads) == 5
    assert "A dash" not in table.table_note
    assert "E-mail (30 minutes)" in table.table_note.replace("\xa0", " ")


def test_a_dash_in_the_table_of_targets_is_explained_below_it():
    month = snapshot(service("mail", unknown=[span("2026-10-20 00:00", 3)]), service("wifi"))
    table = section(letter(month), "targets")
    assert {row.service: row.result for row in table.targets} == {"E-mail": "–", "Office Wi-Fi": "100.00"}
    assert "A dash (–): no downtime seen, but not the whole month was measured." in table.table_note


# --- departments --------------------------------------------------------------------------

DEPARTMENTS = [{"en": "Sales", "it": "Vendite"}, {"en": "Legal", "it": "Affari legali"}]


def half_a_year(**visits: tuple[str, str]) -> dict[str, tuple[Any, ...]]:
    """Five months with notes; by month number, (locale, department) of a visit."""
    return {
        f"2026-0{number}": tuple(
            note("visit", "Visit", locale=locale, department=name) for locale, name in [visits[f"m{number}"]]
        )
        if f"m{number}" in visits
        else ()
        for number in range(5, 10)
    }


def test_departments_that_nobody_visited_for_half_a_year_are_invited():
    past = half_a_year(m6=("it", "Vendite"))
    (text,) = section(letter(MISSED, departments=DEPARTMENTS, past_visits=past), "meet").paragraphs
    assert text == "We have not been to Legal for six months. May we listen for 20 minutes?"
    visited = note("visit", "We met", department="Legal")
    (text,) = section(letter(MISSED, visited, departments=DEPARTMENTS, past_visits=past), "meet").paragraphs
    assert text == "We joined one of your meetings: Legal. May we listen for 20 minutes?"


def test_without_a_record_of_all_six_months_nobody_is_called_unvisited():
    past = half_a_year()
    del past["2026-07"]
    (text,) = section(letter(MISSED, departments=DEPARTMENTS, past_visits=past), "meet").paragraphs
    assert text == "May we listen for 20 minutes?"


# --- how the department works -------------------------------------------------------------

FOCUS: dict[str, Any] = {
    "ratio": {"part": "it_focus_hours_total", "total": "it_working_hours_total"},
    "noun": "of our working hours stayed free of calls and tickets",
    "good": "up",
    "show": "managers",
    "team": 14,
}
QUIET = figure("focus", 0.3149, unit="ratio", kind="ratio", numerator=680, denominator=2159)


def test_protected_time_is_told_to_managers_alone_and_of_the_team_as_a_whole():
    month = snapshot(service("mail"), service("files"), figures=[QUIET])
    shown = section(letter(month, figures={"focus": FOCUS}), "work")
    assert shown.paragraphs == ("31% of our working hours stayed free of calls and tickets (680 of 2,159).",)
    assert [(one.fact, one.text) for one in shown.quoted] == [("focus.ratio", shown.paragraphs[0])]
    assert shown.divided is None
    assert "31%" not in str(edition(month, figures={"focus": FOCUS}, **ASKED).sections)


def test_protected_time_stands_below_planned_work():
    resolved = Count(total=100, by={"a/change": 41, "b/incident": 59})
    month = snapshot(service("mail"), tickets=TicketMonth(resolved=resolved), figures=[QUIET])
    desk = {"proactive": ["change"], "reactive": ["incident"]}
    shown = section(letter(month, tickets=desk, figures={"focus": FOCUS}), "work")
    assert shown.divided is not None
    assert len(shown.paragraphs) == 1


def test_a_change_of_the_teams_own_number_is_no_card_for_the_staff():
    def month_of(number: int, share: float) -> Any:
        quiet = figure("focus", share, unit="ratio", kind="ratio", numerator=round(5000 * share), denominator=5000)
        return snapshot(service("mail"), label=f"{2024 + number // 12}-{number % 12 + 1:02}", figures=[quiet])

    past = tuple(month_of(number, 0.3 + 0.001 * (number % 3)) for number in range(9, 33))
    for show, told in (({"show": "tile"}, True), ({"show": "managers", "team": 14}, False)):
        settings = config(figures={"focus": {key: FOCUS[key] for key in ("ratio", "noun")} | show})
        found, selection = tell(month_of(33, 0.6), past=past, config=settings)
        assert any(one.id.startswith("focus.ratio.") for one in found)
        assert any(one.startswith("focus.") for one in selection.did_you_know) is told


@pytest.mark.parametrize(
    ("given", "told"),
    [({"team": 4}, "team"), ({"team": None}, "show: managers goes with team"), ({"show": "tile"}, "goes with team")],
)
def test_a_number_about_fewer_than_five_people_is_refused(given, told):
    with pytest.raises(ValueError, match=told):
        config(figures={"focus": FOCUS | given})


# --- what both letters share --------------------------------------------------------------


def test_ratings_are_the_same_mail_for_every_reader():
    shown = section(edition(MISSED, **ASKED), "rate").ratings
    assert [one.href for one in shown] == [
        f"mailto:it-feedback@acme.example?subject=%5BNL%202026-10%20staff%5D%20useful%20{number}"
        for number in range(1, 6)
    ]
    assert shown[3].label == "Answer 4 of 5: yes"


def test_without_an_address_for_answers_there_is_no_rating_and_no_invitation():
    assert not {"rate", "meet"} & set(kinds(edition(MISSED, audience="managers")))
    heard = note("heard", "Screens", department="Sales", answer="done")
    assert section(edition(MISSED, heard), "heard").button_href == ""


def test_the_spotlight_tells_outcome_and_work_of_a_service_that_kept_its_promise():
    services = {
        name: {"name": name_of["en"], "target": 99.9, "outcome": "orders go out", "work": "we care for it"}
        for name, name_of in NAMES.items()
    }
    card = section(edition(MISSED, services=services), "spotlight").cards[0]
    assert (card.number, card.sentence) == ("E-mail", "Orders go out. We care for it.")
    assert card.source.startswith("100.00% available, 1")


@pytest.mark.parametrize("locale", ["en", "it"])
def test_the_managers_letter_has_its_own_head_and_no_minute(locale):
    composed = letter(MISSED, locale=locale)
    assert composed.minute == ()
    assert composed.variant == f"managers.{locale}"
    assert composed.department in ("Acme IT for managers", "IT Acme per i responsabili")


@pytest.mark.parametrize("locale", ["en", "it"])
def test_the_subject_says_for_whom_it_is_where_sixty_characters_hold_that(locale):
    missed, clean = (
        letter(MISSED, locale=locale).subject,
        letter(snapshot(service("mail"), tickets=tickets()), locale=locale).subject,
    )
    assert not missed.startswith(("For managers, ", "Per i responsabili, "))
    assert clean.startswith(("For managers, ", "Per i responsabili, "))
    assert max(len(missed), len(clean)) <= 60


def test_sections_follow_the_config_and_can_be_left_out():
    wanted = ["incidents", "services", "numbers", "measure"]
    assert kinds(edition(MISSED, sections={"staff": wanted})) == wanted


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (["numbers", "measure"], "incidents must be there"),
        (["incidents", "numbers"], "measure must be there"),
        (["numbers", "incidents", "measure"], "numbers stands before incidents"),
        (["incidents", "measure", "measure"], "written twice"),
        (["incidents", "numbrs", "measure"], "numbers"),
    ],
)
def test_an_order_that_hides_bad_news_is_refused(wanted, words):
    with pytest.raises(ValueError, match=words):
        config(sections={"staff": wanted})


# --- subjects -----------------------------------------------------------------------------


def test_with_a_missed_target_each_proposed_subject_says_so():
    composed = edition(MISSED)
    assert len(composed.subjects) >= 2
    assert composed.subject == composed.subjects[0]
    for subject in composed.subjects:
        assert re.search(r"miss|down|did not", subject.replace("\xa0", " ")), subject
        assert len(subject) <= 60


def test_an_editor_chooses_one_of_the_subjects():
    composed = edition(MISSED, editorial=Editorial(subject=2))
    assert composed.subject == composed.subjects[1] == "Shared files: 97\xa0minutes down"


# --- edition.yaml -------------------------------------------------------------------------


def test_edition_yaml_is_read_and_optional(tmp_path):
    assert load_editorial(tmp_path, config=config()) == Editorial()
    (tmp_path / "edition.yaml").write_text(
        "pin: [spam.ratio]\nsubject: 2\nask: {text: Please, button: {en: Do, it: Fare}}\n"
    )
    read = load_editorial(tmp_path, config=config())
    assert (read.pin, read.subject, read.ask) == (
        ("spam.ratio",),
        2,
        Ask(text="Please", button={"en": "Do", "it": "Fare"}),
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("subject: 4", r"edition\.yaml:1: subject"),
        ("pins: [a]", r"edition\.yaml:1: pins.*pin"),
        ("ask: {text: a}", r"edition\.yaml:1: ask"),
        ("- a", "keys and values"),
        ("pin: [", r"edition\.yaml"),
    ],
)
def test_a_fault_in_edition_yaml_is_told_with_its_line(tmp_path, text, words):
    (tmp_path / "edition.yaml").write_text(text)
    with pytest.raises(ContentError, match=words):
        load_editorial(tmp_path, config=config())


def test_a_hundred_percent_is_printed_only_where_the_whole_month_was_watched():
    month = snapshot(service("mail", unknown=[span("2026-10-20 00:00", 1)]), service("files"), service("wifi"))
    results = {row.service: row.result for row in section(letter(month), "targets").targets}
    assert results["E-mail"] == "\u2013"
    assert results["Shared files"] == "100.00"


def test_without_unlabelled_work_all_numbers_of_planned_work_agree():
    resolved = Count(total=1000, by={"a/change": 89, "b/incident": 911})
    month = snapshot(service("mail"), tickets=TicketMonth(resolved=resolved))
    whole = section(letter(month, tickets={"proactive": ["change"], "reactive": ["incident"]}), "work").divided
    assert whole is not None
    assert whole.number == whole.parts[0].number == "9%"
    assert "0%" not in whole.label


@pytest.mark.parametrize(("day", "expected"), [(8, "l'8"), (11, "l'11"), (18, "il 18"), (1, "il 1º")])
def test_the_italian_article_is_elided_before_a_vowel(day, expected):
    month = snapshot(service("files", outage(f"2026-10-{day:02d} 09:12", 97)), service("mail"))
    first = section(letter(month, locale="it"), "brief").points[0].first.replace("\xa0", " ")
    assert f"{expected} ottobre" in first
