"""One connection, message by message: what is announced behind a dot, and what becomes of it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from newsletter.deliver.smtp import Envelope, Relay, connect
from newsletter.deliver.smtp.transaction import TlsRelay
from tests.servers.deliver_support import relay, server
from tests.servers.smtp_scripted import Fault, Script

pytestmark = pytest.mark.servers
BODY = (b"Subject: October\r\n\r\n", b"Hello\r\n")
ADA, BOB = (Envelope("it@acme.example", f"{name}@acme.example", len(b"".join(BODY))) for name in ("ada", "bob"))


@contextmanager
def connected(*faults: Fault, **more: object) -> Iterator[tuple[Script, Relay | TlsRelay]]:
    with server(*faults, **more) as (script, port):
        line = connect(relay(port))
        try:
            yield script, line
        finally:
            line.leave()


def nothing() -> None:
    """What is done before a dot."""


def test_the_next_envelope_leaves_with_the_dot_and_the_next_message_uses_it():
    with connected() as (script, line):
        assert line.transmit(ADA, BODY, nothing, BOB).code == 250
        assert line.transmit(BOB, BODY, nothing).code == 250
    assert script.recipients == [ADA.recipient, BOB.recipient]
    assert [one.partition(" ")[0].upper() for one in script.commands[1:]] == ["MAIL", "RCPT", "DATA"] * 2 + ["QUIT"]


def test_an_announced_message_that_does_not_follow_is_not_sent_and_nothing_is_said_as_its_text():
    """Behind DATA a QUIT would be the message's text, so the connection just ends."""
    with connected() as (script, line):
        assert line.transmit(ADA, BODY, nothing, BOB).code == 250
        assert line.is_alive()
        line.abandon()
        assert not line.is_open
    assert script.recipients == [ADA.recipient]


def test_a_relay_that_says_no_to_the_announced_recipient_gets_no_text():
    with connected(Fault("rcpt", "550 5.1.1 unknown", match="bob")) as (script, line):
        line.transmit(ADA, BODY, nothing, BOB)
        refusal = line.transmit(BOB, BODY, nothing)
        assert (refusal.stage, refusal.code) == ("rcpt", 550)
        assert line.transmit(ADA, BODY, nothing).code == 250
    assert script.recipients == [ADA.recipient, ADA.recipient]


def test_a_refused_message_does_not_disturb_the_announced_one():
    with connected(Fault("dot", "554 5.7.1 spam", match="ada")) as (script, line):
        assert line.transmit(ADA, BODY, nothing, BOB).code == 554
        assert line.transmit(BOB, BODY, nothing).code == 250
    assert script.recipients == [BOB.recipient]


def test_a_relay_that_closes_after_the_dot_ends_what_was_announced():
    with connected(Fault("dot", "421 4.3.2 closing", close=True, match="ada")) as (script, line):
        assert line.transmit(ADA, BODY, nothing, BOB).code == 421
        assert not line.is_open
    assert BOB.recipient not in script.recipients


def test_without_pipelining_nothing_is_announced():
    with connected(extensions=("8BITMIME",)) as (script, line):
        line.transmit(ADA, BODY, nothing, BOB)
        assert script.commands[-1] == "DATA"
        line.transmit(BOB, BODY, nothing)
    assert [one.partition(" ")[0].upper() for one in script.commands[1:]] == ["MAIL", "RCPT", "DATA"] * 2 + ["QUIT"]
    assert script.recipients == [ADA.recipient, BOB.recipient]


@pytest.mark.parametrize("pieces", [3, 5_000], ids=["that the kernel takes in parts", "more than the kernel gathers"])
def test_a_message_of_large_or_many_pieces_arrives_whole(pieces):
    message = [
        b"Subject: October\r\n\r\n",
        *(b"%07d\r\n" % line * (3_000_000 // pieces // 9) for line in range(pieces)),
    ]
    with connected() as (script, line):
        assert line.sock
        line.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        assert line.transmit(Envelope(ADA.sender, ADA.recipient, 3_000_000), message, nothing).code == 250
    assert script.received[0].data == b"".join(message)
