"""pause, resume, cancel, resolve, suppress and history, as ops type them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.servers.deliver_support import Company, server
from tests.servers.smtp_scripted import Fault

pytestmark = pytest.mark.servers
MONTH = ["--month", "2026-10"]


@pytest.fixture
def command(tmp_path: Path) -> Company:
    return Company(tmp_path / "acme")


def test_a_paused_edition_is_not_sent_until_it_is_resumed_and_history_tells_it(command):
    assert command("status", *MONTH)[:2] == (0, "2026-10: not sent yet\n")
    assert command("pause", *MONTH, "--by", "ops")[0] == 0
    with server() as (script, port):
        code, _, told = command("send", "--yes", *MONTH, port=port)
        assert (code, script.recipients) == (75, [])
        assert "paused since" in told
        assert "by ops" in told
        assert command("resume", *MONTH)[0] == 0
        code, report, _ = command("send", "--yes", "--json", *MONTH, port=port)
        assert (code, json.loads(report)["accepted"], json.loads(report)["sent_now"]) == (0, 6, 6)
        assert len(script.recipients) == 6
    (one,) = json.loads(command("history", "--json")[1])
    assert (one["edition"], one["total"], one["accepted"], one["hold"]) == ("2026-10", 6, 6, None)
    assert command("cancel", "--yes", *MONTH)[0] == 2


def test_an_edition_that_everybody_has_cannot_be_paused(command):
    with server() as (_, port):
        assert command("send", "--yes", *MONTH, port=port)[0] == 0
    code, said, told = command("pause", *MONTH)
    assert (code, said) == (2, "")
    assert "2026-10 is sent: nobody waits for a copy" in told
    assert "There is nothing to pause." in told
    assert json.loads(command("history", "--json")[1])[0]["hold"] is None


def test_a_pause_tells_how_many_still_wait(command):
    with server(Fault("rcpt", "450 4.2.1 later", match="p3@")) as (_, port):
        assert command("send", "--yes", *MONTH, port=port)[0] == 75
    assert command("pause", *MONTH, "--by", "ops")[1] == "2026-10 is paused; 1 of 6 waits for a copy\n"


def test_a_copy_in_doubt_is_told_resolved_and_sent_once(command, tmp_path):
    with server(Fault("dot", "drop", match="p3@")) as (script, port):
        code, report, told = command("send", "--yes", *MONTH, port=port)
        assert code == 4
        assert re.search(r"in doubt +p3@acme\.example +<2026-10\.", report)
        assert "newsletter resolve --month 2026-10 --relay-log FILE" in told
        log = tmp_path / "mail.log"
        log.write_text("")
        assert "1 still in doubt" in command("resolve", *MONTH, "--relay-log", str(log))[1]
        assert "1 to be sent again" in command("resolve", *MONTH, "p3@acme.example", "--not-sent")[1]
        script.faults.clear()
        assert command("send", "--yes", *MONTH, port=port)[0] == 0
    assert script.recipients.count("p3@acme.example") == 1


def test_suppressed_readers_get_nothing_and_a_cancelled_edition_is_never_sent(command):
    assert command("suppress", "P1@acme.example", "--reason", "left")[0] == 0
    assert json.loads(command("suppress", "--json")[1])[0]["reason"] == "left"
    with server() as (script, port):
        assert command("send", "--yes", *MONTH, port=port)[0] == 0
        assert "p1@acme.example" not in script.recipients
        assert command("cancel", "--yes", "--month", "2026-09")[0] == 0
        code, _, told = command("send", "--yes", "--month", "2026-09", port=port)
        assert (code, "2026-09 was cancelled on" in told) == (4, True)
        assert command("send", "--dry-run", "--month", "2026-09", port=port)[0] == 4
    assert len(script.recipients) == 5


def test_a_reason_is_one_printable_line(command):
    assert command("suppress", "p1@acme.example", "--reason", "x\ny")[0] == 0
    assert json.loads(command("suppress", "--json")[1])[0]["reason"] == "x y"
    code, _, told = command("suppress", "p2@acme.example", "--reason", "\x1b[31mred")
    assert (code, len(json.loads(command("suppress", "--json")[1]))) == (2, 1)
    assert "--reason holds a control or invisible character" in told


def test_status_tells_of_an_interrupted_run(command):
    with server(Fault("dot", "250 2.0.0 slowly", pause_s=30)) as (script, port):
        command("status", *MONTH, port=port)  # writes the port
        arguments = command.arguments("send", "--yes", *MONTH)
        with subprocess.Popen(arguments, start_new_session=True) as process:
            while "DATA" not in script.commands:
                assert process.poll() is None
                time.sleep(0.02)
            assert "sending now" in command("status", *MONTH, port=port)[1]
            os.killpg(process.pid, signal.SIGKILL)
    assert "A run was interrupted with" in command("status", *MONTH)[1]


def test_what_a_lost_connection_leaves_behind_is_sent_by_the_others(command):
    """Its next mails are not left for another run, whichever connection was done first."""
    for number in range(3):
        with server(Fault("dot", "drop", match=f"p{number + 1}@")) as (script, port):
            month = f"2026-0{number + 6}"
            code, report, _ = command("send", "--yes", "--json", "--month", month, port=port)
            counts = json.loads(report)
            assert (code, counts["accepted"], counts["in_doubt"], counts["pending"]) == (4, 5, 1, 0)
            assert len(script.recipients) >= 5
