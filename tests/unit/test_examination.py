"""What four looks a day say about a month of services."""

from __future__ import annotations

from collections.abc import Iterable
from zoneinfo import ZoneInfo

import pytest

from newsletter.cli import doctor
from newsletter.collect import examination_sources
from newsletter.collect.availability import source_of
from newsletter.collect.looking import Looks
from newsletter.config import AvailabilitySource
from newsletter.doctor import exit_code
from newsletter.errors import ConfigError, CoverageError, DeliveryError, SourceError
from newsletter.model.finding import fault, ok, warning
from newsletter.period import month

OCTOBER = month("2026-10", ZoneInfo("Europe/Rome"))
EVERY = 6 * 3600.0
BEGIN = OCTOBER.start_s + 3600
ALL = [BEGIN + k * EVERY for k in range(124)]


def entry(**seen: Iterable[float]) -> examination_sources._Entry:
    source = source_of(AvailabilitySource(preset="blackbox"), None)
    looks = Looks(BEGIN, EVERY, {name: frozenset(times) for name, times in seen.items()})
    return examination_sources._Entry("availability", source, looks)


def told(found) -> list[tuple[str, str, int]]:
    return [(one.status, one.what, one.exit_code) for one in found]


def test_a_service_seen_at_every_look_gives_no_finding():
    one = entry(mail=ALL)
    assert told(examination_sources._gaps(one, ["mail"], 0.9, OCTOBER)) == []
    assert told(examination_sources._beginnings(one, ["mail"], 0.9, OCTOBER)) == []


def test_gaps_are_a_warning_until_they_would_end_collect_with_3():
    one = entry(mail=ALL[:50] + ALL[60:], files=ALL[:50] + ALL[70:])  # 10 and 20 looks of 124
    assert told(examination_sources._gaps(one, ["mail", "files"], 0.9, OCTOBER)) == [
        ("fault", "1 service measured for less than 90% of 2026-10: files", 3),
        ("warning", "1 service not measured for hours in 2026-10: mail", 0),
    ]


def test_one_service_that_begins_late_is_new():
    one = entry(mail=ALL, shop=ALL[60:])
    assert told(examination_sources._beginnings(one, ["mail", "shop"], 0.9, OCTOBER)) == [
        ("ok", "1 service not there from the start of 2026-10: shop (since 2026-10-16)", 0)
    ]


@pytest.mark.parametrize(("skipped", "status", "code"), [(8, "warning", 0), (60, "fault", 3)])
def test_all_services_beginning_late_means_that_the_samples_do(skipped, status, code):
    one = entry(mail=ALL[skipped:], shop=ALL[skipped + 4 :])
    [(found, what, ends)] = told(examination_sources._beginnings(one, ["mail", "shop"], 0.9, OCTOBER))
    assert (found, ends) == (status, code)
    assert "so 2026-10 is not whole" in what


def test_a_label_cannot_move_the_cursor_of_the_terminal(capsys):
    """Nor begin markup of the table."""
    doctor._show([warning("availability[0]", "gone: \x1b[2Jmail\u202e [bold]x[/bold]", "Look\rhere.")])
    shown = capsys.readouterr().out
    assert "gone: ?[2Jmail? [bold]x[/bold]" in shown
    assert "fix: Look?here." in shown
    assert "availability[0]" in shown
    assert "\x1b" not in shown


def test_the_fault_that_an_edition_meets_first_decides_the_exit_code():
    relay = fault("smtp", DeliveryError("down"))
    source = fault("prometheus", SourceError("down"))
    thin = fault("availability", CoverageError("thin"))
    config = fault("services", ConfigError("wrong"))
    assert exit_code([ok("config", "sound"), warning("history", "none", "")]) == 0
    assert exit_code([relay]) == 75
    assert exit_code([relay, thin]) == 3
    assert exit_code([relay, thin, source]) == 69
    assert exit_code([relay, thin, source, config]) == 78
