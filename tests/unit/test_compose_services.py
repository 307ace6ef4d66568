"""Service by service: order, strips of days, and what is said where nobody measured."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from msgspec.structs import replace

from newsletter import period
from newsletter.model import Exclusion, Interval, Latency, Outage, ServiceMonth, ServiceRow
from tests.unit.edition_samples import MONTH_S, ROME, at, edition, outage, section, service, snapshot, span

SIGNS = {"up": "#", "down": "!", "planned": "o", "unknown": "_", "absent": "."}


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def rows(*services, **options) -> dict[str, ServiceRow]:
    return {row.id: row for row in section(edition(snapshot(*services), **options), "services").services}


def strip(row: ServiceRow) -> str:
    return "".join(SIGNS[day.state] for day in row.days)


def targets(ids: Iterable[str], target: float = 99.9) -> dict[str, dict[str, Any]]:
    return {one: {"name": one.title(), "target": target} for one in ids}


def test_a_missed_row_says_result_budget_and_verdict():
    row = rows(service("files", outage("2026-10-14 09:12", 97)))["files"]
    assert (row.result, row.budget, row.mark, row.mark_text) == ("99.78%", "97 of 44 min", "missed", "missed")
    assert row.used == pytest.approx(5820 / 2682)
    assert plain(row.strip_label) == "October, Shared files: down 97 minutes on day 14."
    assert strip(row) == "#" * 13 + "!" + "#" * 17
    assert row.days[13].down_s == 5820
    italian = rows(service("files", outage("2026-10-14 09:12", 97)), locale="it")["files"]
    assert (italian.result, italian.budget, italian.mark_text) == ("99,78%", "97 su 44 min", "mancato")
    assert plain(italian.strip_label) == "Ottobre, File condivisi: fermo di 97 minuti il giorno 14."


def test_missed_come_first_then_the_unmeasured_then_by_share_used():
    found = rows(
        service("a", outage("2026-10-05 10:00", 5)),
        service("b", outage("2026-10-05 10:00", 60)),
        service("c", outage("2026-10-05 10:00", 40)),
        service("d", unknown=[span("2026-10-01 00:00", 300)]),
        service("e", outage("2026-10-05 10:00", 90)),
        services=targets("abcde"),
    )
    assert list(found) == ["e", "b", "d", "c", "a"]


def test_uninterrupted_services_share_one_line():
    found = section(
        edition(snapshot(service("mail"), service("files"), service("wifi", outage("2026-10-05 10:00", 5)))), "services"
    )
    assert [row.id for row in found.services] == ["wifi"]
    assert found.closing == (("No interruption:", "E-mail, Shared files.", ""),)


def test_beyond_nine_rows_the_least_used_fold_but_missed_ones_never():
    ids = [f"s{number:02d}" for number in range(14)]
    months = [service(one, outage("2026-10-05 10:00", 43 - number)) for number, one in enumerate(ids)]
    found = section(edition(snapshot(*months), services=targets(ids)), "services")
    assert [row.id for row in found.services] == ids[:9]
    assert found.closing == (
        ("Also met:", "S09 (34 min), S10 (33 min), S11 (32 min), S12 (31 min), S13 (30 min).", ""),
    )
    missed = [service(one, outage("2026-10-05 10:00", 60)) for one in ids]
    found = section(edition(snapshot(*missed), services=targets(ids)), "services")
    assert len(found.services) == 14
    assert found.closing == ()


def test_every_service_is_told_exactly_once():
    ids = [f"s{number:02d}" for number in range(30)]
    kinds: list[Callable[[str], ServiceMonth]] = [
        service,
        lambda one: service(one, outage("2026-10-05 10:00", 60)),
        lambda one: service(one, outage("2026-10-05 10:00", 6)),
        lambda one: service(one, unknown=[span("2026-10-01 00:00", 300)]),
        lambda one: service(one, unknown=[span("2026-10-01 00:00", 3)]),
    ]
    months = [kinds[number % 5](one) for number, one in enumerate(ids)]
    found = section(edition(snapshot(*months), services=targets(ids[:25])), "services")
    told = " ".join([*(row.name for row in found.services), *(line[1] for line in found.closing), *found.paragraphs])
    assert {one: told.casefold().count(one) for one in ids} == dict.fromkeys(ids, 1)


def test_unmeasured_hours_are_named_and_100_percent_is_not_printed():
    row = rows(service("mail", unknown=[span("2026-10-25 06:00", 3)]))["mail"]
    assert (row.result, plain(row.remark)) == ("no downtime seen", "3 h on 25 October not measured")
    assert strip(row)[24] == "_"
    assert plain(row.strip_label) == "October, E-mail: no interruption seen, 3 hours not measured on day 25."
    assert "99.59%" in row.title


def test_a_lost_sample_is_no_gap():
    months = service(
        "mail",
        outage("2026-10-05 10:00", 5),
        unknown=[Interval(start=at("2026-10-07 10:00"), end=at("2026-10-07 10:01"))],
    )
    row = rows(months)["mail"]
    assert (strip(row)[6], row.remark) == ("#", "")


def test_a_service_below_the_gate_is_not_measured_enough():
    row = rows(service("mail", outage("2026-10-25 10:00", 5), unknown=[span("2026-10-01 00:00", 300)]))["mail"]
    assert (row.result, row.budget, row.mark, row.used) == ("not measured enough", "", "none", None)
    italian = rows(service("mail", unknown=[span("2026-10-01 00:00", 300)]), locale="it")["mail"]
    assert italian.result == "non misurato abbastanza"
    assert "%" not in italian.result + italian.budget


def test_interrupted_wins_over_planned_and_planned_over_unmeasured():
    month = service(
        "mail",
        outage("2026-10-03 10:00", 5),
        excluded=[span("2026-10-03 12:00", 1), span("2026-10-04 12:00", 1)],
        unknown=[span("2026-10-03 20:00", 1), span("2026-10-04 20:00", 1), span("2026-10-05 20:00", 1)],
    )
    row = rows(month)["mail"]
    assert strip(row)[:6] == "##!o_#"
    assert plain(row.strip_label) == (
        "October, E-mail: down 5 minutes on day 3, planned maintenance on day 4, 3 hours not measured on day 5."
    )


def test_an_interruption_over_midnight_marks_both_days_and_gaps_in_it_do_not_count():
    gap = Interval(start=at("2026-10-05 00:10"), end=at("2026-10-05 00:20"))
    start = at("2026-10-04 23:50")

    month = service("mail", Outage(start=start, end=start + 3000, down_s=2400), unknown=[gap])
    row = rows(month)["mail"]
    assert strip(row)[2:6] == "#!!#"
    assert [day.down_s for day in row.days[3:5]] == [600, 1800]


def test_the_day_of_25_hours_is_one_cell():
    month = service("mail", outage("2026-10-25 23:58", 1), outage("2026-10-26 00:00", 1))
    row = rows(month)["mail"]
    assert len(row.days) == 31
    assert strip(row)[23:27] == "#!!#"


def test_the_short_day_of_march_is_one_cell():
    march = snapshot(
        service("mail", outage("2026-03-29 23:59", 1), seconds=period.month("2026-03", ROME).seconds), label="2026-03"
    )
    (row,) = section(edition(march), "services").services
    assert strip(row) == "#" * 28 + "!" + "##"


@pytest.mark.parametrize("recorded", [True, False])
def test_days_before_its_birth_are_absent(recorded):
    born = at("2026-10-20 00:00")
    life = Interval(start=born, end=at("2026-11-01 00:00"))
    month = service("mail", outage("2026-10-21 10:00", 1), seconds=life.seconds, lifetime=life if recorded else None)
    row = rows(month)["mail"]
    assert strip(row) == "." * 19 + "#!" + "#" * 10


def test_days_after_its_retirement_are_absent():
    life = Interval(start=at("2026-10-01 00:00"), end=at("2026-10-10 12:00"))
    month = service("mail", outage("2026-10-03 10:00", 1), seconds=life.seconds, lifetime=life)
    assert strip(rows(month)["mail"]) == "##!" + "#" * 7 + "." * 21


def test_last_month_is_a_plain_number():
    september = snapshot(service("mail", outage("2026-09-03 10:00", 43.2), seconds=720 * 3600.0), label="2026-09")
    row = rows(service("mail", outage("2026-10-05 10:00", 5)), past=(september,))["mail"]
    assert row.previous == "September: 99.90%"
    italian = rows(service("mail", outage("2026-10-05 10:00", 5)), past=(september,), locale="it")["mail"]
    assert italian.previous == "Settembre: 99,90%"


def test_last_month_with_gaps_is_not_100_percent_either():
    gap = Interval(start=at("2026-09-03 10:00"), end=at("2026-09-03 20:00"))
    september = snapshot(service("mail", unknown=[gap], seconds=720 * 3600.0), label="2026-09")
    row = rows(service("mail", outage("2026-10-05 10:00", 5)), past=(september,))["mail"]
    assert row.previous == "September: no downtime seen"


def test_a_service_without_a_name_is_called_by_its_id_and_others_never():
    found = section(edition(snapshot(service("files"), service("printing"))), "services")
    assert found.closing[0][1] == "Shared files, printing."


def test_the_seconds_of_the_sample_month_are_the_real_ones():
    assert period.month("2026-10", ROME).seconds == MONTH_S


def test_a_gap_of_several_days_counts_every_one_of_them():
    row = rows(service("mail", unknown=[span("2026-10-10 12:00", 48)]))["mail"]
    assert plain(row.remark) == "2 d on 3 days not measured; measured for 93.5% of the month"


def test_a_target_that_unmeasured_time_could_have_missed_is_not_told_as_met():
    month = snapshot(
        service("mail", outage("2026-10-05 10:00", 5), unknown=[span("2026-10-25 06:00", 3)]), service("files")
    )
    composed = edition(month)
    (row,) = section(composed, "services").services
    assert (row.budget, row.mark, row.mark_text) == ("5 of 44 min", "none", "not judged")
    assert composed.headline.replace("\u00a0", " ") == "One of two services met its target; one could not be judged."
    assert composed.subject == "October 2026: 1 of 2 services met its target"
    assert "One service was not measured enough to judge." in composed.lead
    assert "Not measured enough to judge: E-mail." in section(composed, "measure").paragraphs


def test_days_outside_the_business_hours_are_left_blank():
    weekend = [
        Exclusion(start=one.start, end=one.end, reason="hours")
        for one in (span("2026-10-03 00:00", 48), span("2026-10-10 00:00", 24), span("2026-10-12 00:00", 7))
    ]
    row = rows(service("mail", outage("2026-10-06 10:00", 5), excluded=weekend))["mail"]
    assert strip(row)[:13] == "##..#!###.###"


def test_of_merged_interruptions_only_the_time_down_counts_on_its_day():
    parts = tuple(Interval(start=at(f"2026-10-{day} 12:00"), end=at(f"2026-10-{day} 12:10")) for day in ("05", "07"))
    merged = Outage(start=parts[0].start, end=parts[1].end, down_s=1200, stretches=parts)
    row = rows(service("mail", merged))["mail"]
    assert strip(row)[3:8] == "#!#!#"
    assert [row.days[number].down_s for number in (4, 6)] == [600, 600]


def test_of_equally_bad_services_the_critical_one_comes_first():
    services = {one: {"name": one, "target": 99.9, "critical": one == "b"} for one in "ab"}
    months = [service(one, outage("2026-10-05 10:00", 60)) for one in "ab"]
    assert list(rows(*months, services=services)) == ["b", "a"]


def test_a_latency_is_told_calmly_where_it_is_wanted():
    def remark(show: bool, locale: str = "en", **gaps: Any) -> str:
        latency = Latency(quantile=0.95, seconds=0.3812, evidence="availability/files", show=show)
        month = service("files", outage("2026-10-14 09:12", 97), latency=latency, **gaps)
        return plain(rows(month, locale=locale)["files"].remark)

    assert remark(show=True) == "95% of answers within 0.4 s"
    assert remark(show=True, locale="it") == "95% delle risposte entro 0,4 s"
    assert remark(show=False) == ""
    gap = [span("2026-10-25 00:00", 3)]
    assert remark(show=True, unknown=gap) == "3 h on 25 October not measured; 95% of answers within 0.4 s"


def test_a_month_of_planned_work_is_told_as_such_and_not_as_a_gap():
    working = service("files", excluded=[span("2026-10-01 00:00", 744.9)], unknown=[span("2026-10-31 23:54", 0.1)])
    month = replace(working, up_s=0.0, availability=None, coverage=1.0)
    assert month.exempt
    letter = edition(snapshot(month, service("mail")), services=targets(["files", "mail"]))
    (row,) = section(letter, "services").services
    assert (row.id, row.result, row.budget, row.mark, row.mark_text, row.remark) == (
        "files",
        "planned maintenance",
        "",
        "none",
        "",
        "",
    )
    assert set(strip(row)) == {"o"}
    said = " ".join(str(one) for one in (letter.headline, letter.lead, *letter.subjects, *letter.minute))
    assert "not measured enough" not in said
    assert "judged" not in said
    assert not any("Not measured enough" in text for text in section(letter, "measure").paragraphs)


@pytest.mark.parametrize(
    ("locale", "told"),
    [
        ("en", "Planned maintenance, left out of the count: Shared files (2 h on 8 October), Office Wi-Fi (3 h)."),
        ("it", "Lavori programmati, fuori dal conto: File condivisi (2 h l'8 ottobre), Wi-Fi in ufficio (3 h)."),
    ],
)
def test_planned_work_on_services_without_a_row_is_a_sentence_of_its_own(locale, told):
    month = snapshot(
        service("mail"),
        service("files", excluded=[span("2026-10-08 06:00", 2)]),
        service("wifi", excluded=[span("2026-10-03 06:00", 1), span("2026-10-04 06:00", 2)]),
    )
    (paragraph,) = section(edition(month, locale=locale), "services").paragraphs
    assert paragraph.replace("\xa0", " ") == told


def test_without_anything_but_planned_work_the_letter_speaks_of_no_gap():
    month = replace(service("files", excluded=[span("2026-10-01 00:00", 745)]), availability=None)
    letter = edition(snapshot(month), locale="it")
    (row,) = section(letter, "services").services
    assert row.result == "lavori programmati"
    assert "misur" not in letter.lead
