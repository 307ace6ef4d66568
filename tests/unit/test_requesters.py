"""With how many people IT talked: people and not tickets, and no department so small that somebody could be guessed."""

from __future__ import annotations

import csv
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from newsletter.collect.helpdesk.month import measure
from newsletter.collect.requesters import OTHERS, merged
from newsletter.config.helpdesk import CsvSource
from newsletter.language import supported_locales
from newsletter.model import Count
from tests.helpdesk_export import DAY, OCTOBER, ROME, later, local
from tests.unit.edition_samples import config, edition, section, service, snapshot, tickets

PEOPLE = st.dictionaries(st.sampled_from(["", "sales", "finance", "legal", "depot", "shops"]), st.integers(0, 40))
NAMES: dict[str, Any] = {
    "sales": {"en": "Sales", "it": "Vendite"},
    "finance": "Finance",
    "depot": "Depot",
    "shops": "Shops",
}


@given(PEOPLE)
def test_no_department_that_is_told_nor_what_is_left_has_one_to_nine_people(people):
    count = merged(people)
    if count is None:
        assert sum(people.values()) < 10
        return
    assert count.total == sum(people.values())
    assert all(number >= 10 for number in count.by.values())
    assert not count.by or sum(count.by.values()) == count.total
    assert all(count.by[name] == people[name] for name in count.by if name != OTHERS)


def test_the_smallest_department_joins_others_that_are_too_few_alone():
    assert merged({"sales": 40, "finance": 12, "legal": 3}) == Count(total=55, by={"": 15, "sales": 40})
    assert merged({"sales": 40, "legal": 3}) == Count(total=43)
    assert merged({"sales": 40, "finance": 12}) == Count(total=52, by={"finance": 12, "sales": 40})
    assert merged({"sales": 9}) is None


def _export(path: Path, seed: int) -> Counter[str]:
    """Tickets of 120 people, most of them several; the truth by department is each one's newest ticket of the month."""
    dice = random.Random(seed)
    rows: list[tuple[int, str, str]] = []
    for person in range(120):
        home = dice.choice(["Sales"] * 6 + ["Finance"] * 3 + ["Legal"])
        for _ in range(dice.randint(1, 4)):
            at = dice.randrange(int(OCTOBER.start_s) - 20 * DAY, int(OCTOBER.end_s) + 2 * DAY)
            moved = dice.choice([home] * 9 + ["Sales"])
            rows.append((at, dice.choice([f"p{person}@acme.example", f"P{person}@Acme.example"]), moved))
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Ticket", "Opened", "Closed", "Customer", "Department"])
        for number, (at, who, home) in enumerate(rows):
            writer.writerow([number, local(at), "", who, home])
    newest: dict[str, str] = {}
    for at, person_as_written, home in sorted(rows):
        if OCTOBER.start_s <= at < OCTOBER.end_s:
            newest[person_as_written.lower()] = home
    return Counter(newest.values())


@pytest.mark.parametrize("seed", range(4))
def test_an_export_tells_people_once_in_the_department_of_their_newest_ticket_and_no_name(tmp_path, seed):
    truth = _export(tmp_path / "tickets.csv", seed)
    columns = {"id": "Ticket", "created": "Opened", "resolved": "Closed", "requester": "Customer"}
    source = {"path": tmp_path / "tickets.csv", "columns": {**columns, "department": "Department"}}
    month, evidence = measure(CsvSource.model_validate(source), OCTOBER, zone=ROME, now=later(OCTOBER))
    assert month.requesters is not None
    assert month.requesters.total == truth.total()
    assert month.opened is not None
    assert month.opened.total > month.requesters.total
    assert {name: number for name, number in month.requesters.by.items() if name} == {
        name: number for name, number in truth.items() if number >= 10 and name in month.requesters.by
    }
    assert "acme" not in f"{month}{evidence}".lower()


def letter(by: dict[str, int], *, total: int, locale: str = "en", **names: Any) -> Any:
    desk = replace(tickets(), requesters=Count(total=total, by=by), evidence={"requesters": "tickets/requesters"})
    settings = config(tickets={"names": names}, locales=[locale, "en"] if locale != "en" else ["en", "it"])
    return section(edition(snapshot(service("mail"), tickets=desk), settings=settings, locale=locale), "requests")


def test_the_letter_says_with_how_many_people_we_talked_and_from_where():
    by = {"": 71, "sales": 140, "finance": 96, "depot": 30, "shops": 12, "ou=x": 20}
    shown = letter(by, total=369, **NAMES)
    assert shown.intro == "We talked with 369 of you: Sales 140, Finance 96, Depot 30 and elsewhere 103."
    assert ("tickets.requesters", shown.intro) in [(one.fact, one.text) for one in shown.quoted]
    assert letter({}, total=43).intro == "We talked with 43 of you."


def test_only_departments_with_a_name_are_printed():
    assert letter({"": 20, "ou=x": 40}, total=60).intro == "We talked with 60 of you."


@pytest.mark.parametrize("locale", supported_locales())
def test_people_are_told_in_every_language(locale):
    assert "612" in letter({}, total=612, locale=locale).intro
    assert "140" in letter({"": 472, "sales": 140}, total=612, locale=locale, sales="Sales").intro
