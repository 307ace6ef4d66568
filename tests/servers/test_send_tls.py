"""TLS is verified, never given up, and nothing said before it counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.errors import ConfigError, DeliveryError
from tests.servers.deliver_support import counted, people, run, server
from tests.servers.tls_certificate import self_signed

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A self-signed certificate for 127.0.0.1: (file, server context)."""
    return self_signed(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def trusted(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    return certificate[1]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_mail_goes_over_verified_tls_with_a_login(tmp_path, trusted, monkeypatch, security):
    monkeypatch.setenv("RELAY_PASSWORD", "right")
    login = {"security": security, "user": "it", "password": "env:RELAY_PASSWORD"}
    with server(context=trusted, tls_from_start=security == "tls", users={"it": "right"}) as (script, port):
        report = run(tmp_path / "ledger.db", port, people("ada", "bob"), smtp=login)
    assert counted(report) == {"accepted": 2}
    assert any(line.startswith("AUTH PLAIN") for line in script.commands)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path, certificate, security):
    with server(context=certificate[1], tls_from_start=security == "tls") as (script, port):
        report = run(tmp_path / "ledger.db", port, people("ada"), smtp={"security": security})
    assert counted(report) == {"pending": 1}
    assert isinstance(report.fault, ConfigError)
    assert "certificate that is not trusted" in str(report.fault)
    assert not any(line.startswith("MAIL") for line in script.commands)


def test_a_certificate_of_another_host_is_refused(tmp_path, trusted):
    with server(context=trusted) as (script, port):
        report = run(tmp_path / "ledger.db", port, people("ada"), smtp={"security": "starttls", "host": "localhost"})
    assert isinstance(report.fault, (ConfigError, DeliveryError))
    assert "certificate" in str(report.fault)
    assert not any(line.startswith("MAIL") for line in script.commands)


def test_a_relay_that_speaks_no_tls_is_told_as_such(tmp_path):
    with server() as (_script, port):
        report = run(tmp_path / "ledger.db", port, people("ada"), smtp={"security": "tls"})
    assert counted(report) == {"pending": 1}
    assert isinstance(report.fault, ConfigError)
    assert "TLS failed" in str(report.fault)


def test_words_smuggled_in_before_tls_are_not_taken_for_replies(tmp_path: Path, trusted):
    injected = b"250-evil\r\n250 AUTH PLAIN\r\n"
    with server(context=trusted, after_starttls=injected) as (script, port):
        report = run(tmp_path / "ledger.db", port, people("ada"), smtp={"security": "starttls"})
    # Either TLS fails on them or they are dropped; they must never stand for an answer.
    assert counted(report) in ({"accepted": 1}, {"pending": 1})
    assert not any(line.startswith("AUTH") for line in script.commands)
    assert len([line for line in script.commands if line.startswith("EHLO")]) <= 2


def test_an_authority_of_ones_own_is_named_in_the_config(tmp_path, certificate):
    with server(context=certificate[1]) as (_, port):
        login = {"security": "starttls", "ca_file": str(certificate[0])}
        assert counted(run(tmp_path / "ledger.db", port, people("ada"), smtp=login)) == {"accepted": 1}


@pytest.mark.parametrize(("content", "words"), [(None, "cannot be read"), ("no certificate", "holds no certificate")])
def test_a_file_of_authorities_that_is_of_no_use_is_told(tmp_path, content, words):
    path = tmp_path / "ca.pem"
    if content:
        path.write_text(content)
    with server() as (script, port):
        login = {"security": "starttls", "ca_file": str(path)}
        report = run(tmp_path / "ledger.db", port, people("ada"), smtp=login)
    assert isinstance(report.fault, ConfigError)
    assert f"smtp.ca_file: {path} {words}" in str(report.fault)
    assert not script.commands
