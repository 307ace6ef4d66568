"""The envelope sender, and the headers that are optional."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from newsletter.config import SmtpConfig
from newsletter.deliver.outgoing import Outgoing
from newsletter.model import Recipient
from tests.unit.test_deliver_message import DATE, ID, compiled


def smtp(**more: object) -> SmtpConfig:
    return SmtpConfig.model_validate({"from": "IT <it@acme.example>", **more})


@pytest.mark.parametrize(
    ("envelope", "expected"),
    [
        ({}, "it@acme.example"),
        ({"sender": "bounces@acme.example"}, "bounces@acme.example"),
        ({"verp": True}, "it+2026-10.0123456789abcdef0123@acme.example"),
        (
            {"verp": True, "sender": "back@b.example", "separator": "-"},
            "back-2026-10.0123456789abcdef0123@b.example",
        ),
    ],
)
def test_the_envelope_sender_tells_the_copy_by_its_message_id_and_nobodys_address(envelope, expected):
    assert Outgoing(smtp(envelope=envelope)).sender(compiled(), ID) == expected


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"preset": "m365", "envelope": {"verp": True}}, "550 5.7.60"),
        ({"host": "smtp.office365.com", "envelope": {"verp": True}}, "does not go with Microsoft 365"),
        ({"envelope": {"sender": "b" * 31 + "@acme.example"}}, "at most 30 characters"),
        ({"from": "b" * 31 + "@acme.example", "envelope": {"verp": True}}, "at most 30 characters"),
        ({"envelope": {"sender": "IT <it@acme.example>"}}, "an address alone"),
        ({"feedback_id": "a b c d"}, "pattern"),
    ],
)
def test_what_a_relay_would_refuse_is_refused_by_the_config(given, told):
    with pytest.raises(ValidationError, match=told):
        smtp(**given)


def test_a_long_sender_without_verp_and_microsoft_with_a_mailbox_for_bounces_are_fine():
    smtp(**{"from": "b" * 31 + "@acme.example"})
    smtp(preset="m365", envelope={"sender": "bounces@acme.example"})


def test_feedback_id_names_edition_and_variant_and_nobody():
    data = compiled(feedback_id="acmeitnews").eml(Recipient(address="ada@acme.example"), ID, DATE)
    assert b"\r\nFeedback-ID: 2026-10:staff.it:newsletter:acmeitnews\r\n" in data
    assert b"Feedback-ID" not in compiled().eml(Recipient(address="ada@acme.example"), ID, DATE)


def test_one_click_is_not_announced_because_nothing_answers_it():
    data = compiled(unsubscribe_url="https://intranet.acme.example/leave").eml(
        Recipient(address="a@b.example"), ID, DATE
    )
    assert b"List-Unsubscribe: <https://" in data
    assert b"List-Unsubscribe-Post" not in data
