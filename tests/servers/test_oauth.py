"""Logging in with a token: a scripted token service, and a scripted relay that takes its tokens only."""

from __future__ import annotations

import base64
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from newsletter import entra
from newsletter.config import SmtpConfig
from newsletter.deliver import oauth
from newsletter.errors import ConfigError, DeliveryError
from tests.servers.deliver_support import counted, people, run, server
from tests.servers.tls_certificate import self_signed

pytestmark = pytest.mark.servers

USER = "it@acme.example"


@dataclass
class Tokens:
    """The token service: what it answers, and what it was asked."""

    status: int = 200
    answer: dict[str, object] = field(default_factory=lambda: {"access_token": "good", "expires_in": 3600})
    asked: list[dict[str, list[str]]] = field(default_factory=list)
    url: str = ""


class _Handler(BaseHTTPRequestHandler):
    tokens: Tokens

    def do_GET(self) -> None:
        base = self.tokens.url
        paths = {"authorization_endpoint": "authorize", "token_endpoint": "token"}
        self._say(200, {"issuer": base, **{name: f"{base}/acme/oauth2/v2.0/{path}" for name, path in paths.items()}})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.tokens.asked.append(parse_qs(body))
        self._say(self.tokens.status, {"token_type": "Bearer", **self.tokens.answer})

    def _say(self, status: int, answer: dict[str, object]) -> None:
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        pass


@contextmanager
def token_service(context: ssl.SSLContext | None = None) -> Iterator[Tokens]:
    tokens = Tokens()
    service = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"tokens": tokens}))
    if context:
        service.socket = context.wrap_socket(service.socket, server_side=True)
    tokens.url = f"http{'s' if context else ''}://127.0.0.1:{service.server_address[1]}"
    thread = threading.Thread(target=service.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield tokens
    finally:
        service.shutdown()
        service.server_close()
        thread.join()


@pytest.fixture
def microsoft(tmp_path, monkeypatch):
    """The service of Microsoft by TLS, trusted, and the config that asks it."""
    certificate, context = self_signed(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    monkeypatch.setenv("M365_SECRET", "app-secret")
    with token_service(context) as tokens:
        login = {"tenant": "acme", "client_id": "app", "client_secret": "env:M365_SECRET", "authority": tokens.url}
        yield tokens, {"user": USER, "oauth": {"microsoft": login}}


@pytest.fixture
def google(tmp_path):
    """The service of Google, and the config with a service account's key."""
    key = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with token_service() as tokens:
        account = {"type": "service_account", "client_email": "n@p.example", "private_key_id": "1"}
        account |= {"private_key": key.decode(), "token_uri": f"{tokens.url}/token"}
        path = tmp_path / "key.json"
        path.write_text(json.dumps(account))
        yield tokens, {"user": USER, "oauth": {"google": {"key_file": str(path)}}}


@pytest.mark.parametrize("provider", ["microsoft", "google"])
def test_a_run_logs_in_with_a_token_that_it_asks_for_once(tmp_path, request, provider):
    tokens, config = request.getfixturevalue(provider)
    with server(tokens={USER: "good"}, mechanisms="PLAIN XOAUTH2") as (script, port):
        report = run(tmp_path / "l.db", port, people(*"abcd"), smtp={**config, "messages_per_connection": 1})
    assert counted(report) == {"accepted": 4}
    assert sum(line.startswith("AUTH XOAUTH2 ") for line in script.commands) == 4
    assert len(tokens.asked) == 1


def test_microsoft_is_asked_as_its_documentation_says(microsoft):
    tokens, config = microsoft
    login = SmtpConfig.model_validate({"from": USER, **config}).oauth
    assert login
    assert oauth.token(login, USER) == "good"
    (asked,) = tokens.asked
    assert asked["grant_type"] == ["client_credentials"]
    assert asked["scope"] == ["https://outlook.office365.com/.default"]
    assert asked["client_secret"] == ["app-secret"]


def test_a_new_secret_of_microsoft_is_used_from_the_next_login_on(microsoft, monkeypatch):
    tokens, config = microsoft
    login = SmtpConfig.model_validate({"from": USER, **config}).oauth
    assert login
    oauth.token(login, USER)
    monkeypatch.setenv("M365_SECRET", "rotated-secret")
    for _ in range(2):
        oauth.token(login, USER)
    assert [asked["client_secret"] for asked in tokens.asked] == [["app-secret"], ["rotated-secret"]]


def test_a_new_key_of_google_is_used_from_the_next_login_on(google):
    tokens, config = google
    login = SmtpConfig.model_validate({"from": USER, **config}).oauth
    assert login
    assert login.google
    oauth.token(login, USER)
    path = login.google.key_file
    path.write_text(json.dumps({**json.loads(path.read_text()), "private_key_id": "2"}))
    for _ in range(2):
        oauth.token(login, USER)
    heads = [asked["assertion"][0].partition(".")[0] for asked in tokens.asked]
    assert [json.loads(base64.urlsafe_b64decode(f"{head}=="))["kid"] for head in heads] == ["1", "2"]


def test_a_token_that_the_relay_does_not_take_ends_the_run_with_its_reason(tmp_path, microsoft):
    _, config = microsoft
    with server(tokens={USER: "another"}, mechanisms="XOAUTH2") as (_, port):
        report = run(tmp_path / "l.db", port, people("ada"), smtp=config)
    assert counted(report) == {"pending": 1}
    assert isinstance(report.fault, ConfigError)
    assert "535 5.7.8 bad credentials (401)" in str(report.fault)
    assert "good" not in f"{report.fault!r} {report.fault.hint}"


@pytest.mark.parametrize("provider", ["microsoft", "google"])
def test_a_refused_token_is_a_config_error_with_the_providers_words(tmp_path, request, provider):
    tokens, config = request.getfixturevalue(provider)
    tokens.status, tokens.answer = 400, {"error": "invalid_grant", "error_description": "AADSTS7000215: wrong secret"}
    with server(tokens={USER: "good"}, mechanisms="XOAUTH2") as (script, port):
        report = run(tmp_path / "l.db", port, people("ada"), smtp=config)
    assert isinstance(report.fault, ConfigError)
    assert "invalid_grant" in str(report.fault)
    assert "app-secret" not in f"{report.fault!r} {report.fault.hint}"
    assert not any(line.startswith("AUTH") for line in script.commands)


def test_a_token_service_that_cannot_answer_now_is_asked_again_by_the_next_run(tmp_path, microsoft):
    tokens, config = microsoft
    tokens.status, tokens.answer = 400, {"error": "temporarily_unavailable"}
    with server(tokens={USER: "good"}, mechanisms="XOAUTH2") as (_, port):
        report = run(tmp_path / "l.db", port, people("ada"), smtp=config)
        assert isinstance(report.fault, DeliveryError)
        entra._application.cache_clear()  # the next run is another process
        tokens.status, tokens.answer = 200, {"access_token": "good", "expires_in": 3600}
        assert counted(run(tmp_path / "l.db", port, people("ada"), smtp=config)) == {"accepted": 1}


def test_a_relay_without_xoauth2_is_told_as_such(tmp_path, google):
    _, config = google
    with server(users={"a": "b"}) as (_, port):
        report = run(tmp_path / "l.db", port, people("ada"), smtp=config)
    assert isinstance(report.fault, ConfigError)
    assert "offers only PLAIN, not XOAUTH2" in str(report.fault)


def test_a_file_that_is_no_key_is_told_without_its_content(tmp_path):
    path = tmp_path / "key.json"
    path.write_text('{"private_key": "hidden"}')
    login = SmtpConfig.model_validate({"from": USER, "user": USER, "oauth": {"google": {"key_file": str(path)}}}).oauth
    assert login
    with pytest.raises(ConfigError, match="is no key of a service account") as caught:
        oauth.token(login, USER)
    assert "hidden" not in f"{caught.value!r}{caught.value.__cause__!r}"


@pytest.mark.parametrize("mechanisms", ["PLAIN", "LOGIN"])
def test_a_password_beyond_ascii_logs_in(tmp_path, monkeypatch, mechanisms):
    monkeypatch.setenv("RELAY_PASSWORD", "pässwörd")
    login = {"user": "it", "password": "env:RELAY_PASSWORD"}
    with server(users={"it": "pässwörd"}, mechanisms=mechanisms) as (_, port):
        assert counted(run(tmp_path / "l.db", port, people("ada"), smtp=login)) == {"accepted": 1}
