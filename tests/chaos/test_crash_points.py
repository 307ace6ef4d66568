"""Killed, stopped or starved at a known point: what the ledger then says is what truly arrived."""

from __future__ import annotations

import dataclasses
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

import pytest

from newsletter.deliver import open_ledger, status
from tests.chaos.conftest import ROOT, judge, running_sender
from tests.chaos.sender import Order
from tests.servers.deliver_support import EDITION

pytestmark = [pytest.mark.chaos, pytest.mark.servers]

PEOPLE = 240
CONNECTIONS = 3


@pytest.fixture(params=["sqlite", "postgres"])
def order(request, tmp_path):
    if request.param == "sqlite":
        return in_a_file(tmp_path)
    settings = request.getfixturevalue("postgres").settings(tmp_path / "receipts")
    return Order(ledger=settings, port=0, people=PEOPLE, connections=CONNECTIONS)


def in_a_file(folder):
    return Order(ledger=str(folder / "ledger.db"), port=0, people=PEOPLE, connections=CONNECTIONS)


@pytest.fixture
def finish(sink, sender):
    """Run to the end against a sink that works; the counts, judged by what arrived in all runs."""

    def finished(order, *, in_doubt):
        with sink() as running:
            ended = sender.run(dataclasses.replace(order, port=running.port))
        counts = judge(order.place, running.received(), people=order.people, in_doubt=in_doubt)
        assert set(counts) <= {"accepted", "in_doubt"}
        assert ended == (4 if "in_doubt" in counts else 0)
        return counts

    return finished


# --- kill -9 at named points --------------------------------------------------------------


def killed_at(stage, order, sink, sender, *, number=40, stalled=CONNECTIONS):
    with sink("--stall", stage, str(number)) as running:
        sender.start(dataclasses.replace(order, port=running.port))
        running.until_stalled(stalled)
        time.sleep(0.3)  # the envelope came with the dot before it, whose reply is read meanwhile
        sender.signal(signal.SIGKILL)
        assert sender.wait() == -signal.SIGKILL
    return running


def test_killed_between_claim_and_data_nobody_is_in_doubt(order, sink, sender, finish):
    killed_at("rcpt", order, sink, sender)
    assert finish(order, in_doubt=0) == {"accepted": PEOPLE}


def test_killed_in_data_nobody_is_in_doubt(order, sink, sender, finish):
    # More than the sockets' buffers take, so that the sender stands in the middle of a body.
    long = dataclasses.replace(order, words=700_000, people=6)
    # Until one mail was accepted they go one by one.
    assert killed_at("data", long, sink, sender, number=1, stalled=1).received() == {}
    assert finish(long, in_doubt=0) == {"accepted": 6}


def test_killed_after_the_dot_one_copy_of_each_connection_is_in_doubt(order, sink, sender, finish):
    killed_at("dot", order, sink, sender)
    assert finish(order, in_doubt=CONNECTIONS)["in_doubt"] == CONNECTIONS


def test_killed_after_the_250_before_the_commit_the_journal_tells_that_it_was_accepted(order, sink, sender, finish):
    running = killed_at("next", order, sink, sender, number=9)
    assert sum(running.received().values()) > status(order.place, EDITION).counts["accepted"]
    assert finish(order, in_doubt=0) == {"accepted": PEOPLE}


def test_killed_while_committing_nobody_is_lost_and_nobody_gets_two(tmp_path, sink, sender, finish):
    """The kernel kills the process within the write(2) of a commit, and leaves a part of it on the disk."""
    order = in_a_file(tmp_path)
    killed = 0
    with sink() as running:
        for room in range(3_000, 39_000, 4_500):
            code = sender.run(dataclasses.replace(order, port=running.port, die_at=room))
            killed += code == -signal.SIGXFSZ
            judge_path = status(order.place, EDITION).counts
            assert sum(n for state, n in judge_path.items() if state != "total") == PEOPLE
    assert killed >= 4
    finish(order, in_doubt=killed * CONNECTIONS)


# --- stopped, starved, misled --------------------------------------------------------------


def test_a_stopped_process_keeps_the_lock_and_goes_on_when_it_is_woken(order, sink, sender):
    with sink("--delay", "0.005") as running, running_sender() as second:
        order = dataclasses.replace(order, port=running.port)
        sender.start(order)
        running.until_more(sender)
        sender.signal(signal.SIGSTOP)
        assert second.run(order) == 75  # another send is running
        time.sleep(1.0)
        sender.signal(signal.SIGCONT)
        assert sender.wait() == 0
    assert judge(order.place, running.received(), people=PEOPLE, in_doubt=0) == {"accepted": PEOPLE}


def test_a_full_disk_under_the_ledger_stops_the_run_and_loses_nobody(tmp_path, sink, sender, finish):
    order = in_a_file(tmp_path)
    with sink() as running:
        for room in (2_000, 9_000, 20_000):
            assert sender.run(dataclasses.replace(order, port=running.port, full_at=room)) == 74
    assert finish(order, in_doubt=0) == {"accepted": PEOPLE}


def test_a_full_disk_under_the_journal_stops_the_run_before_the_dot(order, sink, sender, finish):
    with sink() as running:
        for lines in (2, 11, 30):
            assert sender.run(dataclasses.replace(order, port=running.port, journal_full_at=lines)) == 74
    assert finish(order, in_doubt=3 * CONNECTIONS)["accepted"] >= PEOPLE - 3 * CONNECTIONS


def test_a_ledger_that_cannot_be_written_sends_nothing(sink, tmp_path):
    with sink() as running:
        path = tmp_path / "ledger.db"
        with open_ledger(path):
            pass
        path.chmod(0o400)
        # The superuser may write it all the same, unless that right is taken away.
        unprivileged = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []
        code = (
            "import sys; from pathlib import Path; from tests.servers.deliver_support import people, run;"
            "run(Path(sys.argv[1]), int(sys.argv[2]), people('ada'))"
        )
        command = [*unprivileged, sys.executable, "-c", code, str(path), str(running.port)]
        assert not unprivileged or shutil.which("setpriv")
        ended = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
        path.chmod(0o600)
    assert "LedgerError" in ended.stderr
    assert running.received() == {}


def test_of_four_sends_at_once_one_sends(order, sink, sender, finish):
    codes = []
    with sink("--delay", "0.005") as running:
        order = dataclasses.replace(order, port=running.port)

        def one() -> None:
            with running_sender() as mine:
                codes.append(mine.run(order))

        threads = [threading.Thread(target=one) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert set(codes) <= {0, 75}
    assert 0 in codes
    assert judge(order.place, running.received(), people=PEOPLE, in_doubt=0) == {"accepted": PEOPLE}


def test_a_clock_that_jumps_by_days_changes_nothing(order, sink, sender):
    with sink() as running:
        assert sender.run(dataclasses.replace(order, port=running.port, clock_jumps=True)) == 0
    assert judge(order.place, running.received(), people=PEOPLE, in_doubt=0) == {"accepted": PEOPLE}


def test_content_that_changed_after_a_kill_is_refused_and_the_old_one_finishes(order, sink, sender, finish):
    killed_at("rcpt", order, sink, sender)
    with sink() as running:
        assert sender.run(dataclasses.replace(order, port=running.port, words=201)) == 65
    finish(order, in_doubt=0)


# --- pause and cancel -----------------------------------------------------------------------


@pytest.mark.parametrize("wish", ["pause", "cancel"])
def test_pause_and_cancel_bite_within_one_window_and_survive_a_kill(wish, order, sink, sender):
    with sink("--delay", "0.02") as running, open_ledger(order.place) as ledger:
        order = dataclasses.replace(order, port=running.port)
        sender.start(order)
        running.until_more(sender)
        getattr(ledger, wish)(EDITION, "ops")
        at_once = sum(running.received().values())
        code = sender.wait()
        window = PEOPLE // (4 * CONNECTIONS)  # as small as all connections can share
        assert sum(running.received().values()) <= at_once + CONNECTIONS * window
        assert sender.run(order) == (75 if wish == "pause" else 4)
        counts = ledger.counts(EDITION)
        assert counts["claimed"] + counts["sending"] == 0
        assert counts["accepted"] == len(running.received()) < PEOPLE
        if wish == "pause":
            assert code == 75
            ledger.resume(EDITION)
            assert sender.run(order) == 0
            assert judge(order.place, running.received(), people=PEOPLE, in_doubt=0) == {"accepted": PEOPLE}
        else:
            assert counts["cancelled"] == PEOPLE - counts["accepted"]
