"""TLS is verified, never given up, and nothing said before it counts."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

import pytest

from newsletter.errors import ConfigError, DeliveryError
from tests.servers.deliver_support import counted, people, run, server

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A self-signed certificate for 127.0.0.1: (file, server context)."""
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem"),
            *("-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
        ],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return folder / "cert.pem", context


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
