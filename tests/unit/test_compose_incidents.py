"""What went wrong: every missed target has a card; a cause comes from a person or not at all."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from newsletter.model import Because
from tests.unit.edition_samples import ROME, edition, note, outage, section, service, snapshot, span

FILES_DOWN = service("files", outage("2026-10-14 09:12", 97))
STORY = note(
    "incident",
    "A full disk stopped the shared files",
    service="files",
    date=datetime(2026, 10, 14, tzinfo=ROME),
    steps=(("09:12", "Folders stop opening"), ("10:49", "All folders open again")),
    because=Because(text="The disk was full.", ref="change 4471"),
    body="We are sorry.",
    owner="The storage team",
)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_a_note_becomes_the_card_of_its_service():
    (card,) = section(edition(snapshot(FILES_DOWN), STORY), "incidents").incidents
    assert plain(card.heading) == "A full disk stopped the shared files, Wednesday 14 October"
    assert (card.verdict_label, plain(card.verdict)) == ("Target missed:", "97 minutes down, 44 allowed")
    assert card.body_markdown == "The disk was full.\n\nWe are sorry."
    assert card.source == "The storage team. Reference: change 4471"
    assert card.steps == STORY.steps


def test_a_title_without_the_service_gets_it_in_the_heading():
    bare = note("incident", "A full disk.", service="files", date=datetime(2026, 10, 14, tzinfo=ROME))
    (card,) = section(edition(snapshot(FILES_DOWN), bare), "incidents").incidents
    assert plain(card.heading) == "Shared files, Wednesday 14 October: A full disk"


def test_a_note_without_a_date_is_dated_by_what_was_measured():
    """Unless its service was interrupted on several days: then the card names none."""
    undated = note("incident", "Shared files", service="files")
    (card,) = section(edition(snapshot(FILES_DOWN), undated), "incidents").incidents
    assert plain(card.heading) == "Shared files, Wednesday 14 October"
    twice = service("files", outage("2026-10-14 09:12", 50), outage("2026-10-20 12:00", 45))
    (card,) = section(edition(snapshot(twice), undated), "incidents").incidents
    assert plain(card.heading) == "Shared files"


def test_a_title_that_says_it_all_is_left_alone():
    full = note(
        "incident", "Shared files, Wednesday 14 October", service="files", date=datetime(2026, 10, 14, tzinfo=ROME)
    )
    (card,) = section(edition(snapshot(FILES_DOWN), full), "incidents").incidents
    assert plain(card.heading) == "Shared files, Wednesday 14 October"


def test_a_missed_target_without_a_note_gets_a_card_of_measurements_and_no_cause():
    (card,) = section(edition(snapshot(FILES_DOWN)), "incidents").incidents
    assert plain(card.heading) == "Shared files, Wednesday 14 October"
    assert [(clock, plain(told)) for clock, told in card.steps] == [
        ("09:12", "The interruption begins"),
        ("10:49", "It ends, after 97 minutes"),
    ]
    assert card.missed
    assert card.body_markdown == ""
    assert card.source == "From our measurements, 1\u201331 October 2026"


def test_each_of_several_interruptions_has_its_line():
    month = service("files", outage("2026-10-14 09:12", 50), outage("2026-10-20 23:30", 45))
    (card,) = section(edition(snapshot(month), locale="it"), "incidents").incidents
    assert plain(card.heading) == "File condivisi, in 3 giorni"  # the second one runs past midnight
    assert [(day, plain(told)) for day, told in card.steps] == [
        ("14 ott", "09:12\u201310:02, 50 minuti"),
        ("20 ott", "23:30\u201321 ott 00:15, 45 minuti"),
    ]


def test_of_many_interruptions_the_longest_are_listed_and_the_rest_counted():
    outages = [outage(f"2026-10-{day:02d} 09:00", 10 + day) for day in range(1, 11)]
    (card,) = section(edition(snapshot(service("files", *outages))), "incidents").incidents
    assert [day for day, _ in card.steps] == ["5 Oct", "6 Oct", "7 Oct", "8 Oct", "9 Oct", "10 Oct"]
    assert plain(card.body_markdown) == "And four shorter interruptions: 50 minutes in all."


def test_an_interruption_over_the_edge_of_the_month_says_so():
    before = service("files", outage("2026-10-01 00:00", 100, continues_before=True))
    (card,) = section(edition(snapshot(before)), "incidents").incidents
    assert card.steps[0] == ("00:00", "Continued from September")
    after = service("files", outage("2026-10-31 22:00", 120, continues_after=True))
    (card,) = section(edition(snapshot(after)), "incidents").incidents
    assert card.steps[1][1] == "Still interrupted at the end of the month"


def test_of_several_the_ones_over_an_edge_say_so_in_their_lines():
    month = service(
        "files",
        outage("2026-10-01 00:00", 100, continues_before=True),
        outage("2026-10-31 22:00", 120, continues_after=True),
    )
    (card,) = section(edition(snapshot(month)), "incidents").incidents
    first, last = (plain(told) for _, told in card.steps)
    assert first == "00:00\u201301:40, 100 minutes, continued from September"
    assert last == "22:00\u20131 Nov 00:00, 2 hours, still interrupted at the end of the month"
    (card,) = section(edition(snapshot(month), locale="it"), "incidents").incidents
    assert plain(card.steps[0][1]).endswith("continuata da settembre")


def test_what_nobody_measured_within_an_interruption_is_said():
    gap = span("2026-10-14 10:00", 1.5)
    whole = replace(outage("2026-10-14 09:12", 180), down_s=5400.0)
    month = service("files", whole, unknown=[gap])
    (card,) = section(edition(snapshot(month)), "incidents").incidents
    assert plain(card.steps[1][1]) == "It ends, after 90 minutes; 90 minutes in between not measured"
    (card,) = section(edition(snapshot(month), locale="it"), "incidents").incidents
    assert plain(card.steps[1][1]) == "Finisce, dopo 90 minuti; nel mezzo 90 minuti senza misure"
    (card,) = section(edition(snapshot(service("files", whole))), "incidents").incidents
    assert plain(card.steps[1][1]) == "It ends, after 90 minutes"


def test_the_repeated_hour_of_the_clock_change_is_told_apart():
    month = service("files", outage("2026-10-25 01:30", 120))
    (card,) = section(edition(snapshot(month)), "incidents").incidents
    assert [clock for clock, _ in card.steps] == ["01:30", "02:30 (UTC+1)"]


def test_one_cause_of_several_services_is_one_card():
    both = note("incident", "Power cut", service="files", facts=("mail.availability",))
    month = snapshot(FILES_DOWN, service("mail", outage("2026-10-14 09:12", 50)))
    (card,) = section(edition(month, both), "incidents").incidents
    assert plain(card.verdict) == "Shared files: 97 minutes down, 44 allowed; E-mail: 50 minutes down, 44 allowed"


def test_an_incident_within_the_allowance_comes_after_the_missed_targets():
    small = note("incident", "Mail paused", service="mail")
    month = snapshot(FILES_DOWN, service("mail", outage("2026-10-06 08:00", 30)))
    first, second = section(edition(month, small), "incidents").incidents
    assert (first.missed, second.missed) == (True, False)
    assert (second.verdict_label, plain(second.verdict)) == ("Interrupted:", "30 minutes down, 44 allowed")


def test_a_note_in_another_language_or_for_another_audience_is_not_told():
    italian = note("incident", "Disco pieno", service="files", locale="it", body="Testo italiano.")
    managers = note("incident", "For managers", service="files", audiences=("managers",))
    (card,) = section(edition(snapshot(FILES_DOWN), italian, managers), "incidents").incidents
    assert card.source.startswith("From our measurements")
    (card,) = section(edition(snapshot(FILES_DOWN), italian, managers, locale="it"), "incidents").incidents
    assert card.body_markdown == "Testo italiano."


def test_a_month_without_incidents_has_no_such_section():
    assert "incidents" not in {one.kind for one in edition(snapshot(service("files"))).sections}


def test_minutes_of_another_day_are_not_put_on_a_note():
    elsewhere = note("incident", "Slow folders", service="files", date=datetime(2026, 10, 20, tzinfo=ROME))
    measured, told = section(edition(snapshot(FILES_DOWN), elsewhere), "incidents").incidents
    assert (plain(measured.heading), measured.missed) == ("Shared files, Wednesday 14 October", True)
    assert plain(measured.verdict) == "97 minutes down, 44 allowed"
    assert (told.verdict_label, told.verdict, told.missed) == ("", "", False)


def test_a_note_on_the_second_day_of_an_interruption_is_of_that_interruption():
    night = service("files", outage("2026-10-14 23:30", 97))
    told = note("incident", "A full disk", service="files", date=datetime(2026, 10, 15, tzinfo=ROME))
    (card,) = section(edition(snapshot(night), told), "incidents").incidents
    assert plain(card.verdict) == "97 minutes down, 44 allowed"


def test_an_interruption_of_several_days_is_told_with_all_of_them():
    (card,) = section(edition(snapshot(service("files", outage("2026-10-10 09:00", 85 * 60)))), "incidents").incidents
    assert plain(card.heading) == "Shared files, on 4 days"
