"""Through a real Postfix into a maildir: what arrives is what was meant, but for the trace headers."""

from __future__ import annotations

import email
import email.policy
import re

import pytest

from newsletter.config import DkimConfig
from newsletter.deliver import freeze, load_signer, open_ledger, send
from newsletter.model import Image, Recipient
from tests import dkim_keys, images
from tests.servers.deliver_support import EDITION, QUICK, VARIANT, counted, messages, relay
from tests.servers.postfix import postfix

pytestmark = pytest.mark.servers

PEOPLE = [
    (Recipient(address="ada@acme.example", name="Ada"), VARIANT),
    (Recipient(address="bob.o'neil@acme.example", name="Bob “Ö” <b>"), VARIANT),
    (Recipient(address="jürgen@acme.example", name="Jürgen 👩🏽‍💻 عادل"), VARIANT),
]
TRACE = re.compile(rb"(?:(?:Return-Path|X-Original-To|Delivered-To|Received): .*\n(?:[ \t].*\n)*)+")
TEXT = ".\n..\nFrom here\n" + "è" * 900 + "\ntrailing blank \n=20 " + "x" * 2000 + "\n"


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "starttls-and-login"])
def test_mail_passes_a_real_postfix_unchanged_but_for_trace_headers(tmp_path, monkeypatch, secure):
    monkeypatch.setenv("RELAY_PASSWORD", "sécret")
    content = messages(TEXT)
    with postfix(users={"it": "sécret"} if secure else None) as server, open_ledger(tmp_path / "l.db") as ledger:
        login = {"security": "starttls", "user": "it@acme.example", "password": "env:RELAY_PASSWORD"}
        smtp = relay(server.port, timeout_s=30, **({**login, "ca_file": str(server.certificate)} if secure else {}))
        freeze(ledger, EDITION, content, PEOPLE)
        report = send(ledger, EDITION, content, smtp, pace=QUICK)
        assert counted(report) == {"accepted": 3}, report.fault
        rows, frozen = ledger.deliveries(EDITION, ["accepted"]), ledger.edition(EDITION)
        assert frozen
        arrived = server.delivered(3)
    meant = {
        content[VARIANT].eml(Recipient(address=row.address, name=row.name), row.message_id, frozen.date) for row in rows
    }
    stripped = {TRACE.sub(b"", one, count=1).replace(b"\n", b"\r\n") for one in arrived}
    assert stripped == meant
    if secure:
        assert all(b"with UTF8SMTPSA" in one or b"with ESMTPSA" in one for one in arrived)


@pytest.mark.parametrize("kind", ["2048", "ed25519"])
def test_signatures_and_a_link_of_300_characters_pass_a_real_postfix(tmp_path, kind):
    given = dkim_keys.settings(tmp_path, kind)
    url = "https://intranet.acme.example/leave?token=" + "x" * 260
    with postfix() as server, open_ledger(tmp_path / "l.db") as ledger:
        smtp = relay(server.port, timeout_s=30, dkim=given, unsubscribe_url=url)
        content = messages(TEXT, config=smtp)
        freeze(ledger, EDITION, content, PEOPLE)
        report = send(ledger, EDITION, content, smtp, pace=QUICK)
        assert counted(report) == {"accepted": 3}, report.fault
        arrived = [one.replace(b"\n", b"\r\n") for one in server.delivered(3)]
    record = load_signer(DkimConfig.model_validate(given)).record()
    for mail in arrived:
        assert dkim_keys.dkimpy_accepts(mail, record)
        assert b"\r\nList-Unsubscribe: <%s>, <mailto:" % url.encode() in mail
        if kind == "2048":  # opendkim of Debian knows no Ed25519
            assert "succeeded" in dkim_keys.opendkim_says(mail, record, tmp_path)


@pytest.mark.parametrize("kind", ["2048", "ed25519"])
def test_images_arrive_byte_for_byte_under_a_valid_signature(tmp_path, kind):
    """As the standard library's parser reads what Postfix delivered, for every recipient."""
    files = {"logo": images.png(240, 48), "requests": bytes(range(256)) * 40}
    shown = tuple(Image.for_content(role, "png", data, width=240, height=48) for role, data in files.items())
    given = dkim_keys.settings(tmp_path, kind)
    with postfix() as server, open_ledger(tmp_path / "l.db") as ledger:
        smtp = relay(server.port, timeout_s=30, dkim=given)
        content = messages(TEXT, config=smtp, attachments=shown)
        freeze(ledger, EDITION, content, PEOPLE)
        report = send(ledger, EDITION, content, smtp, pace=QUICK)
        assert counted(report) == {"accepted": 3}, report.fault
        arrived = [one.replace(b"\n", b"\r\n") for one in server.delivered(3)]
    record = load_signer(DkimConfig.model_validate(given)).record()
    for mail in arrived:
        assert dkim_keys.dkimpy_accepts(mail, record)
        message = email.message_from_bytes(mail, policy=email.policy.default)
        assert not any(part.defects for part in message.walk())
        found = [part for part in message.walk() if part.get_content_type() == "image/png"]
        assert {part["Content-ID"]: part.get_content() for part in found} == {
            f"<{one.id}>": one.content for one in shown
        }
        assert [part.get_content_disposition() for part in found] == ["inline", "inline"]
