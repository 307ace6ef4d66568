"""Signatures: two independent verifiers accept what was signed, and nothing that was changed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings

from newsletter.config import DkimConfig, SmtpConfig
from newsletter.deliver import Signer, examine_relay, load_signer
from newsletter.deliver.outgoing import Outgoing
from newsletter.errors import ConfigError
from newsletter.model import Recipient
from tests import dkim_keys
from tests.unit.test_deliver_message import DATE, ID, body, compiled, one_line

KINDS = ["2048", "ed25519"]
URL = "https://intranet.acme.example/leave?token=" + "x" * 260


@pytest.fixture(scope="module", params=KINDS)
def signer(request, tmp_path_factory) -> Signer:
    folder = tmp_path_factory.mktemp("keys")
    return load_signer(DkimConfig.model_validate(dkim_keys.settings(folder, request.param)))


def copy(name: str = "Ada", text: str = "Hello ") -> bytes:
    message = compiled((text, "name", "\n"), unsubscribe_url=URL, reply_to="desk@acme.example")
    return message.eml(Recipient(address="ada@acme.example", name=name), ID, DATE)


@pytest.fixture(scope="module", params=KINDS)
def smtp(request, tmp_path_factory) -> SmtpConfig:
    given = dkim_keys.settings(tmp_path_factory.mktemp("keys"), request.param)
    return SmtpConfig.model_validate({"from": "IT <it@acme.example>", "dkim": given})


@settings(max_examples=60)
@given(name=one_line, text=body, page=body)
@example(name="a  b ", text="two  \t \n \n\n", page=" \n")
def test_an_independent_verifier_accepts_the_signature_of_any_copy(smtp, name, text, page):
    message = compiled((text, "name", text), (page, "name", "", "address", page))
    (signed,) = Outgoing(smtp).pieces(message, Recipient(address="ada@acme.example", name=name), ID, DATE)
    assert smtp.dkim
    assert dkim_keys.dkimpy_accepts(signed, load_signer(smtp.dkim).record())


def test_opendkim_accepts_the_signature_and_refuses_it_when_a_word_was_changed(tmp_path):
    signer = load_signer(DkimConfig.model_validate(dkim_keys.settings(tmp_path)))
    signed = signer.signed(copy())
    assert "verification (s=news, d=acme.example, 2048-bit key) succeeded" in dkim_keys.opendkim_says(
        signed, signer.record(), tmp_path
    )
    assert "succeeded" not in dkim_keys.opendkim_says(signed.replace(b"Hello", b"Hallo"), signer.record(), tmp_path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Subject: October", b"Subject: Invoice"),
        (b"From: IT", b"From: Boss"),
        (b"<mailto:desk@", b"<mailto:evil@"),
        (b"leave?token=x", b"leave?token=y"),
        (b"Hello", b"Hallo"),
        (b"\r\nFrom: IT", b"\r\nFrom: Boss <boss@acme.example>\r\nFrom: IT"),
        (b"\r\nFrom: IT", b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nFrom: IT"),
        (b"\r\nFrom: IT", b"\r\nReply-To: evil@evil.example\r\nFrom: IT"),
        (b"--\r\n", b"--\r\nand more\r\n"),
    ],
)
def test_whatever_a_reader_sees_cannot_be_changed_or_added_to(signer, old, new):
    changed = signer.signed(copy()).replace(old, new, 1)
    assert changed != signer.signed(copy())
    assert not dkim_keys.dkimpy_accepts(changed, signer.record())


def test_what_relays_do_to_blanks_and_trace_headers_leaves_the_signature_valid(signer):
    signed = signer.signed(copy(text="two  blanks\tand a tab ")).replace(b"  ", b" ")
    relayed = b"Received: from a by b;\r\n\tnow\r\n" + signed.replace(b"Subject: ", b"Subject:   ") + b"\r\n\r\n"
    assert dkim_keys.dkimpy_accepts(relayed, signer.record())


def test_a_copy_that_is_signed_again_is_the_same_to_the_byte_and_its_lines_are_short(signer):
    signed = signer.signed(copy())
    assert signed == signer.signed(copy())
    assert signed.endswith(copy())
    assert max(map(len, signed.removesuffix(copy()).split(b"\r\n"))) <= 78
    assert b"\n" not in signed.replace(b"\r\n", b"")


def test_the_record_is_cut_into_strings_that_dns_can_hold(tmp_path):
    record = load_signer(DkimConfig.model_validate(dkim_keys.settings(tmp_path, "2048"))).record()
    assert record.name == "news._domainkey.acme.example"
    strings = re.findall(r'"([^"]*)"', record.zone_line)
    assert len(strings) == 2
    assert max(map(len, strings)) <= 255
    assert "".join(strings) == record.value


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "cannot be read (No such file or directory)"),
        (b"hello\n", "holds no private key in PEM form"),
        (b"", "is empty"),
        (dkim_keys.pem("ec"), "is neither an RSA nor an Ed25519 key"),
    ],
)
def test_a_key_that_cannot_be_used_is_told_with_its_file_and_without_its_content(tmp_path: Path, content, told):
    path = tmp_path / "dkim.pem"
    if content is not None:
        path.write_bytes(content)
    config = DkimConfig.model_validate({"domain": "acme.example", "selector": "news", "key": f"file:{path}"})
    with pytest.raises(ConfigError) as raised:
        load_signer(config)
    assert str(path) in raised.value.message
    assert told in raised.value.message
    assert "MII" not in raised.value.message


def test_a_key_with_a_passphrase_is_refused_with_what_to_do(tmp_path):
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        PrivateFormat,
        load_pem_private_key,
    )

    key = load_pem_private_key(dkim_keys.pem("2048"), None)
    locked = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"word"))
    (tmp_path / "k").write_bytes(locked)
    config = DkimConfig.model_validate({"domain": "a.example", "selector": "n", "key": f"file:{tmp_path}/k"})
    with pytest.raises(ConfigError, match="locked by a passphrase"):
        load_signer(config)


def test_doctor_warns_of_a_weak_key_of_readers_and_of_a_domain_that_dmarc_does_not_count(tmp_path):
    given = dkim_keys.settings(tmp_path, "1024")
    (tmp_path / "1024.pem").chmod(0o644)
    smtp = SmtpConfig.model_validate(
        {"from": "it@acme.test", "port": 9, "security": "none", "dkim": {**given, "domain": "acme.example"}}
    )
    told = [one for one in examine_relay(smtp) if one.check.startswith("smtp.dkim")]
    assert [(one.check, one.status) for one in told] == [
        ("smtp.dkim.key", "warning"),
        ("smtp.dkim.key", "warning"),
        ("smtp.dkim.domain", "warning"),
        ("smtp.dkim", "ok"),
    ]
    assert "chmod 600" in told[0].do
    (tmp_path / "1024.pem").unlink()
    (missing,) = [one for one in examine_relay(smtp) if one.check.startswith("smtp.dkim")]
    assert (missing.status, missing.exit_code) == ("fault", 78)
