"""The ledger on a PostgreSQL server that dies, ends sessions, or is used from two machines."""

from __future__ import annotations

import dataclasses
import random
import signal
import time

import pytest

from newsletter.deliver import open_ledger, status
from newsletter.errors import DeliveryError
from tests.chaos.conftest import judge, running_sender
from tests.chaos.sender import Order
from tests.chaos.test_kill_the_sender import CONNECTIONS, killed
from tests.servers.deliver_support import EDITION
from tests.servers.postgres import ledger_server

pytestmark = [pytest.mark.chaos, pytest.mark.servers]

KILLS = 24
PEOPLE = 400


@pytest.fixture
def order(postgres, tmp_path):
    settings = postgres.settings(tmp_path / "receipts")
    return Order(ledger=settings, port=0, people=PEOPLE, connections=CONNECTIONS)


@pytest.fixture
def sender():
    """One that a failed test leaves to no other."""
    with running_sender() as found:
        yield found


def until_arrived(sink, number):
    """Wait until so many copies have arrived."""
    while sum(sink.received().values()) < number:
        time.sleep(0.01)


def test_twenty_four_kills_lose_nobody_and_send_nobody_two(order, sink, sender, tmp_path):
    people = 60 * KILLS
    with sink("--delay", "0.001") as running:
        order = dataclasses.replace(order, port=running.port, people=people)
        hits = killed(order, running, sender, random.Random(5), KILLS)
        assert hits >= 0.8 * KILLS, "the kills came too late to prove anything"
        code = sender.run(order)
    counts = judge(order.place, running.received(), people=people, in_doubt=hits * CONNECTIONS)
    assert set(counts) <= {"accepted", "in_doubt"}
    assert code == (4 if "in_doubt" in counts else 0)
    assert list((tmp_path / "receipts").iterdir()) == []


def test_a_server_that_crashes_twice_holds_the_send_up_and_nothing_else(order, sink, sender, postgres):
    with sink("--delay", "0.01") as running:
        order = dataclasses.replace(order, port=running.port)
        sender.start(order)
        for number in (60, 200):
            until_arrived(running, number)
            postgres.stop(signal.SIGQUIT)
            postgres.start()
        assert sender.wait() == 0
    assert judge(order.place, running.received(), people=PEOPLE, in_doubt=0) == {"accepted": PEOPLE}


def test_sessions_that_the_server_ends_hold_the_send_up_and_nothing_else(order, sink, sender, postgres):
    with sink("--delay", "0.01") as running:
        order = dataclasses.replace(order, port=running.port)
        sender.start(order)
        for number in (40, 120, 200, 280):
            until_arrived(running, number)
            assert postgres.terminate_all() >= 1
        assert sender.wait() == 0
    assert judge(order.place, running.received(), people=PEOPLE, in_doubt=0) == {"accepted": PEOPLE}


def test_a_server_that_stays_away_ends_the_send_with_one_error_and_what_is_known_is_settled_later(
    order, sink, sender, postgres
):
    with sink("--delay", "0.01") as running:
        order = dataclasses.replace(order, port=running.port, patience_s=1.0)
        sender.start(order)
        until_arrived(running, 60)
        postgres.stop(signal.SIGQUIT)
        assert sender.wait() == 74
        arrived = sum(running.received().values())
        postgres.start()
        assert arrived > status(order.place, EDITION).counts["accepted"]
        assert sender.run(order) == 0
    assert judge(order.place, running.received(), people=PEOPLE, in_doubt=0) == {"accepted": PEOPLE}


def test_a_run_whose_lock_another_machine_took_stops_and_tells_what_it_knew(order, sink, sender, postgres, tmp_path):
    """The first machine stands still, its sessions end, a second machine sends the rest; then the first wakes up."""
    elsewhere = {**order.ledger, "receipts": str(tmp_path / "receipts-of-the-second")}
    with sink("--delay", "0.01") as running, running_sender() as second:
        order = dataclasses.replace(order, port=running.port)
        sender.start(order)
        until_arrived(running, 60)
        sender.signal(signal.SIGSTOP)
        postgres.terminate_all()
        assert second.run(dataclasses.replace(order, ledger=elsewhere)) == 4  # what the first held is in doubt
        doubtful = status(order.place, EDITION).counts["in_doubt"]
        assert doubtful > 0
        sender.signal(signal.SIGCONT)
        assert sender.wait() == 74
        assert sender.run(order) == 0  # its journal is read: what it proves was neither lost nor doubled
    counts = judge(order.place, running.received(), people=PEOPLE, in_doubt=0)
    assert counts == {"accepted": PEOPLE}


def test_two_machines_at_once_one_sends_and_the_other_is_told_who(order, sink, sender, tmp_path):
    elsewhere = ledger_server({**order.ledger, "receipts": str(tmp_path / "receipts-of-the-second")})
    with sink("--delay", "0.05") as running:
        order = dataclasses.replace(order, port=running.port)
        sender.start(order)
        until_arrived(running, 1)
        with (
            open_ledger(elsewhere) as ledger,
            pytest.raises(DeliveryError, match=rf"another send is running on .* \(.*process {sender.pid}, since 20"),
            ledger.exclusive(),
        ):
            pass
        assert sender.wait() == 0
    assert judge(order.place, running.received(), people=PEOPLE, in_doubt=0) == {"accepted": PEOPLE}
