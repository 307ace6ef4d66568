"""Headline, lead, subject and the month in one minute: the worst news first, in few words."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.model import Edition, Snapshot, TicketMonth
from tests.unit.edition_samples import ROME, edition, figure, note, outage, service, snapshot, span, tickets


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def minute(composed: Edition) -> list[str]:
    return [plain(row.sentence) for row in composed.minute]


def month_of(missed: int, met: int, **fields) -> tuple[Snapshot, dict[str, Any]]:
    """A month in which the first services missed their target, and the config that names them all."""
    ids = [f"s{number}" for number in range(missed + met)]
    services = [service(one, outage("2026-10-14 09:12", 97 + number)) for number, one in enumerate(ids[:missed])]
    services += [service(one) for one in ids[missed:]]
    named = {one: {"name": f"Name{one}", "target": 99.9} for one in ids}
    return snapshot(*services, **fields), {"services": named}


@pytest.mark.parametrize(
    ("missed", "met", "english", "italian"),
    [
        (0, 1, "The target for Names0 was met.", "Per Names0 l'obiettivo è stato raggiunto."),
        (0, 2, "Both services met their target.", "Tutti e due i servizi hanno raggiunto l'obiettivo."),
        (0, 12, "All twelve services met their target.", "Tutti e dodici i servizi hanno raggiunto l'obiettivo."),
        (0, 30, "All 30 services met their target.", "Tutti e 30 i servizi hanno raggiunto l'obiettivo."),
        (1, 0, "The target for Names0 was missed.", "Per Names0 l'obiettivo è stato mancato."),
        (
            1,
            1,
            "One of two services met its target. Names0 did not.",
            "Un servizio su due ha raggiunto l'obiettivo. Names0 no.",
        ),
        (2, 0, "Neither of our two services met its target.", "Nessuno dei due servizi ha raggiunto l'obiettivo."),
        (3, 0, "None of three services met its target.", "Nessun servizio su tre ha raggiunto l'obiettivo."),
        (
            1,
            11,
            "Eleven of twelve services met their target. Names0 did not.",
            "Undici servizi su dodici hanno raggiunto l'obiettivo. Names0 no.",
        ),
        (
            2,
            10,
            "Ten of twelve services met their target. Names0 and Names1 did not.",
            "Dieci servizi su dodici hanno raggiunto l'obiettivo. Names0 e Names1 no.",
        ),
        (
            4,
            26,
            "26 of 30 services met their target. Four did not.",
            "26 servizi su 30 hanno raggiunto l'obiettivo. Quattro no.",
        ),
    ],
)
def test_the_headline_says_who_met_and_who_missed(missed, met, english, italian):
    month, settings = month_of(missed, met)
    assert plain(edition(month, **settings).headline) == english
    assert plain(edition(month, locale="it", **settings).headline) == italian


def test_a_long_name_gives_way_to_a_count_in_the_headline():
    services = {
        "a": {"name": "The system for planning and booking goods", "target": 99.9},
        "b": {"name": "B", "target": 99.9},
        "c": {"name": "C", "target": 99.9},
    }
    month = snapshot(service("a", outage("2026-10-14 09:12", 97)), service("b"), service("c"))
    assert plain(edition(month, services=services).headline) == "Two of three services met their target. One did not."


NAME = st.lists(st.sampled_from(["E-mail", "Shared", "files", "Wi-Fi", "the", "Videoriunioni"]), min_size=1, max_size=6)


@given(
    names=st.lists(NAME.map(" ".join), min_size=1, max_size=8),
    down=st.lists(st.integers(0, 4000), min_size=8, max_size=8),
    gaps=st.lists(st.integers(0, 200), min_size=8, max_size=8),
    targets=st.lists(st.sampled_from([None, 99, 99.9, 100]), min_size=8, max_size=8),
    locale=st.sampled_from(["en", "it"]),
)
def test_headline_lead_and_subject_stay_short_and_never_hide_a_missed_target(names, down, gaps, targets, locale):
    ids = [f"s{number}" for number in range(len(names))]
    months = [
        service(
            one,
            *([outage("2026-10-14 09:12", down[number])] if down[number] else []),
            unknown=[span("2026-10-20 00:00", gaps[number])] if gaps[number] else [],
        )
        for number, one in enumerate(ids)
    ]
    services = {one: {"name": names[number], "target": targets[number]} for number, one in enumerate(ids)}
    composed = edition(snapshot(*months), locale=locale, services=services)
    assert len(composed.headline.split()) <= 12
    assert len(composed.lead.split()) <= 25
    assert len(composed.subject) <= 75
    assert composed.headline.endswith(".")
    assert composed.headline[0].isupper() or composed.headline[0].isdigit()
    missed = [row for one in composed.sections for row in one.services if row.mark == "missed"]
    assert bool(missed) == bool([one for one in composed.sections if one.kind == "incidents"])
    if missed:
        assert composed.sections[0].kind == "incidents"
        praise = ("All ", "Both services met", "Tutti", "The target for X was met")
        assert not composed.headline.startswith(praise)


def test_the_last_two_words_of_the_headline_stay_together():
    month, settings = month_of(1, 11)
    assert edition(month, **settings).headline.endswith("did\u00a0not.")


def test_a_missed_target_is_in_lead_subject_minute_and_preheader():
    month, settings = month_of(1, 11, tickets=tickets())
    composed = edition(month, **settings)
    assert (
        plain(composed.lead)
        == "The downtime was 97 minutes; the target allows 44 minutes. What went wrong comes first."
    )
    assert composed.subject == "October 2026: 1 of 12 services missed its target"
    assert minute(composed) == [
        "Eleven services met their target; 1,301 tickets were solved.",
        "Names0: 97 minutes down, on Wednesday 14 October.",
    ]
    assert [row.tone for row in composed.minute] == ["accent", "signal"]
    assert plain(composed.preheader) == "Names0: 97 minutes down, on Wednesday 14 October."


def test_several_missed_targets_name_the_longest_downtime():
    month, settings = month_of(3, 9)
    composed = edition(month, locale="it", **settings)
    assert plain(composed.lead).startswith("Il fermo più lungo tra questi: 99 minuti, Names2.")
    assert composed.subject == "Ottobre 2026: 3 servizi su 12 hanno mancato l'obiettivo"
    assert composed.minute[1].label == "Mancati"
    assert plain(composed.minute[1].sentence).startswith("Names2 (99 minuti), ")


def test_nothing_failed_is_said_only_when_the_whole_month_was_measured():
    whole = edition(snapshot(service("mail"), service("files")))
    assert minute(whole)[1] == "Nothing that we measure."
    assert whole.minute[1].tone == "accent"
    assert plain(whole.lead) == "We saw no interruption, and we measured the whole month."
    lax = {one: {"name": one, "target": 99} for one in ("mail", "files")}
    holed = edition(snapshot(service("mail"), service("files", unknown=[span("2026-10-25 06:00", 3)])), services=lax)
    assert minute(holed)[1] == "No interruption seen; 3 hours not measured."
    assert plain(holed.lead) == "We saw no interruption in the hours we measured."


def test_the_whole_month_is_said_only_of_the_whole_month():
    """40 minutes without a measurement leave the coverage above 99.9 %, but they are not the whole month."""
    gap = edition(snapshot(service("mail", unknown=[span("2026-10-25 06:00", 40 / 60)]), service("files")))
    assert plain(gap.lead) == "We saw no interruption in the hours we measured."


def test_interruptions_within_the_allowance_are_counted():
    month = snapshot(service("mail", outage("2026-10-06 08:00", 20), outage("2026-10-07 08:00", 4)), service("files"))
    composed = edition(month)
    assert plain(composed.lead) == "We counted two interruptions; the longest took 20 minutes (E-mail)."
    assert minute(composed)[1] == "Two interruptions, 24 minutes in all; every target was met."


def test_an_interruption_from_last_month_is_not_counted_again():
    month = snapshot(service("mail", outage("2026-10-01 00:00", 20, continues_before=True)))
    assert plain(edition(month).lead) == "One interruption, begun the month before, went on for 20 minutes (E-mail)."
    assert minute(edition(month))[1] == "An interruption from the month before went on for 20 minutes."


def test_services_without_targets_are_told_by_their_interruptions():
    month = snapshot(service("a", outage("2026-10-06 08:00", 20)), service("b"), service("c"))
    assert plain(edition(month, services={}).headline) == "One of three services was interrupted."
    quiet = edition(snapshot(service("a"), service("b")), services={})
    assert plain(quiet.headline) == "Both services ran without interruption."
    assert minute(quiet)[0] == "Two services ran without interruption."


def test_a_month_without_enough_measurements_says_so_and_prints_no_percentage():
    month = snapshot(*(service(one, unknown=[span("2026-10-01 00:00", 300)]) for one in ("mail", "files")))
    composed = edition(month)
    assert plain(composed.headline) == "We measured too little this month to judge our services."
    assert minute(composed) == ["Two services were not measured enough to judge."]
    assert {row.result for one in composed.sections for row in one.services} == {"not measured enough"}
    assert "%" not in composed.lead + composed.headline + composed.subject


def test_an_unjudged_service_is_told_beside_the_others():
    month = snapshot(service("mail"), service("files", unknown=[span("2026-10-01 00:00", 300)]))
    composed = edition(month)
    assert plain(composed.headline) == "One of two services met its target; one could not be judged."
    assert composed.subject == "October 2026: 1 of 2 services met its target"
    assert plain(composed.lead).endswith("One service was not measured enough to judge.")
    italian = edition(month, locale="it")
    assert plain(italian.headline) == "Un servizio su due ha raggiunto l'obiettivo; uno senza misure sufficienti."


def test_a_month_of_tickets_alone_is_told_by_its_tickets():
    composed = edition(snapshot(tickets=tickets()), services={})
    assert plain(composed.headline) == "We solved 1,301 tickets."
    assert composed.subject == "October 2026: we solved 1,301 tickets"


def test_a_month_of_figures_alone_and_an_empty_one_are_told_as_such():
    figures = {"sign_ins": {"counter": "c_total", "noun": "sign-ins"}}
    assert plain(edition(snapshot(figures=[figure("sign_ins", 3)]), services={}, figures=figures).headline) == (
        "These are our numbers for October 2026."
    )
    empty = edition(snapshot(tickets=TicketMonth()), services={})
    assert plain(empty.headline) == "Nothing was measured in October 2026."
    assert [one.kind for one in empty.sections] == ["measure"]
    assert empty.minute == ()


def test_the_nearest_date_is_what_is_coming():
    later = note("coming", "Orders is off.", date=datetime(2026, 11, 28, tzinfo=ROME), order=1)
    sooner = note("coming", "E-mail is off", date=datetime(2026, 11, 15, tzinfo=ROME), time="06:00-08:00", order=2)
    composed = edition(snapshot(service("mail")), later, sooner)
    assert minute(composed)[-1] == "E-mail is off: Sunday 15 November, 06:00\u201308:00."
    (coming,) = (one for one in composed.sections if one.kind == "coming")
    assert [(row.key, row.key_small) for row in coming.notes] == [
        ("Sun 15 Nov", "06:00\u201308:00"),
        ("Sat 28 Nov", ""),
    ]


def test_a_target_of_100_percent_is_missed_by_one_minute():
    composed = edition(
        snapshot(service("mail", outage("2026-10-06 08:00", 1)), service("files")),
        services={"mail": {"name": "E-mail", "target": 100}, "files": {"name": "Files", "target": 100}},
    )
    assert plain(composed.lead).startswith("The downtime was 1 minute; the target allows 0 minutes.")


# --- promises beyond availability ---------------------------------------------------------

LATE = {"resolution": {"histogram": "h", "target_s": 14400, "target_share": 0.8}}


@pytest.mark.parametrize(("locale", "label"), [("en", "Missed"), ("it", "Mancati")])
def test_a_missed_promise_of_the_service_desk_is_told_in_lead_and_minute(locale, label):
    month = snapshot(service("mail"), service("files"), service("wifi"), tickets=tickets())
    composed = edition(month, tickets=LATE, locale=locale)
    assert "61" in composed.lead
    assert "80" in composed.lead
    (row,) = (one for one in composed.minute if one.label == label)
    assert row.tone == "signal"
    assert "61" in row.sentence


def test_with_a_missed_target_and_a_missed_promise_both_are_in_the_minute():
    month = snapshot(service("files", outage("2026-10-14 09:12", 97)), service("mail"), tickets=tickets())
    (row,) = (one for one in edition(month, tickets=LATE).minute if one.label == "Missed")
    assert "Shared files" in row.sentence
    assert "61%, target 80%" in row.sentence


def test_a_missed_figure_is_told_and_nobody_says_that_every_target_was_met():
    waiting = {"gauge": "g", "unit": "seconds", "noun": "sign-in", "good": "down", "target": 3}
    month = snapshot(
        service("mail", outage("2026-10-02 09:00", 5)),
        figures=[figure("wait", 4.2, unit="seconds", kind="duration")],
    )
    composed = edition(month, figures={"wait": waiting})
    minute = " ".join(row.sentence for row in composed.minute)
    assert "Sign-in: 4.2 s, target 3 s." in minute
    assert "every target was met" not in minute


def test_headline_and_tiles_count_the_same_services():
    month = snapshot(
        service("files", outage("2026-10-14 09:12", 97)),
        service("mail"),
        service("wifi", unknown=[span("2026-10-02 00:00", 400)], coverage=0.4),
        tickets=tickets(),
    )
    composed = edition(month)
    assert composed.headline.startswith("One of three services met its target.")
    numbers = next(one for one in composed.sections if one.kind == "numbers")
    assert numbers.tiles[1].number == "1 of 3"
