"""What a person at a terminal, and the log of a timer, see of a collection while it runs."""

from __future__ import annotations

import io
import logging
import sys

import pytest

from newsletter.cli import progress
from newsletter.cli.options import log
from newsletter.collect.step import Step


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    """A monotonic clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(progress, "time", made)
    return made


def test_a_log_gets_a_line_for_each_step_and_every_ten_seconds_the_time_left(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, log.name), progress.collecting_progress("Collecting 2026-10") as report:
        report(Step("looking"))
        clock.now += 60  # however long that took, it says nothing about reading
        report(Step("reading"))
        for second in range(1, 31):
            clock.now += 1
            report(Step("reading", 100 * second, 6000))
    assert caplog.messages == [
        "looking",
        "reading",
        "1,000 of 6,000 service-hours read, about 50 s left",
        "2,000 of 6,000 service-hours read, about 40 s left",
        "3,000 of 6,000 service-hours read, about 30 s left",
    ]


def test_a_short_collection_adds_nothing_to_the_lines_of_its_steps(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, log.name), progress.collecting_progress("Collecting 2026-10") as report:
        report(Step("reading"))
        clock.now += 5
        report(Step("reading", 10, 10))
        report(Step("tickets"))
    assert caplog.messages == ["reading", "tickets"]


def test_a_terminal_shows_a_bar_that_is_gone_afterwards(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shown = Terminal()
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with caplog.at_level(logging.INFO, log.name), progress.collecting_progress("Collecting 2026-10") as report:
        report(Step('probe_success{job="[bold]"}: 5 services'))
        report(Step('probe_success{job="[bold]"}: 5 services', 1234, 5000))
    text = shown.getvalue()
    assert 'probe_success{job="[bold]"}: 5 services' in text
    assert "1,234/5,000" in text
    assert text.rstrip().endswith("\x1b[2K")  # the line is erased at the end
    assert not caplog.messages


def test_quiet_means_no_bar_even_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shown = Terminal()
    monkeypatch.setattr(sys, "stderr", shown)
    with caplog.at_level(logging.WARNING, log.name), progress.collecting_progress("Collecting 2026-10") as report:
        report(Step("reading", 1, 2))
    assert shown.getvalue() == ""
    assert not caplog.messages
