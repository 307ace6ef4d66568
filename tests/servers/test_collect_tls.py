"""Prometheus behind TLS, client certificates, logins and tenants: a real nginx before a real server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from newsletter.collect import collect
from newsletter.collect.prometheus import Prometheus
from newsletter.config import Config, PrometheusConfig
from newsletter.demo.private_prometheus import private_prometheus
from newsletter.errors import ConfigError, SourceError
from newsletter.period import month
from tests.servers import tls_front
from tests.servers.tls_front import PASSWORD, TENANT, TOKEN, USER, Front

pytestmark = pytest.mark.servers

FEBRUARY = month("2026-02", ZoneInfo("Europe/Rome"))
BASIC = {"basic_auth": {"user": USER, "password": "env:TEST_PASSWORD"}}
BEARER = {"bearer_token": "env:TEST_TOKEN"}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_PASSWORD", PASSWORD)
    monkeypatch.setenv("TEST_TOKEN", TOKEN)
    monkeypatch.setenv("TEST_WRONG", "wrong-c0ffee")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    file = tmp_path_factory.mktemp("february") / "samples.txt"
    begin, end = int(FEBRUARY.start_s) - 3600, int(FEBRUARY.end_s) + 3600
    lines = [f'probe_success{{service="mail"}} {int(at % 86400 >= 1200)} {at}' for at in range(begin, end, 600)]
    file.write_text("\n".join(["# TYPE probe_success gauge", *lines, "# EOF", ""]))
    with private_prometheus([file]) as url:
        yield url


@pytest.fixture(scope="module")
def front(prometheus: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with tls_front.tls_front(prometheus, tmp_path_factory.mktemp("nginx")) as running:
        yield running


def asked(url: str, **more: Any) -> float:
    config = PrometheusConfig.model_validate({"url": url, "timeout_s": 5, **more})
    with Prometheus(config) as prometheus:
        return prometheus.instant("vector(7)", 1.0).series[0].values[0]


def refusal(url: str, **more: Any) -> str:
    began = time.monotonic()
    with pytest.raises((SourceError, ConfigError)) as caught:
        asked(url, **more)
    assert time.monotonic() - began < 5
    told = f"{caught.value.message} -> {caught.value.hint}"
    assert not any(secret in told for secret in (PASSWORD, TOKEN, "wrong-c0ffee", "PRIVATE KEY"))
    assert "\n" not in told
    assert caught.value.hint
    return told


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("", {}),
        ("/", {}),
        ("/basic", BASIC),
        ("/bearer", BEARER),
        ("/tenant", {"headers": {"X-Scope-OrgID": TENANT}}),
        ("/tenant", {"headers": {"X-Scope-OrgID": "file:tenant"}}),
    ],
)
def test_a_guarded_server_answers_who_has_the_right_papers(
    front: Front, path: str, more: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    (front.folder / "tenant").write_text(TENANT + "\n")
    monkeypatch.chdir(front.folder)
    assert asked(front.url(path), tls=front.tls(), **more) == 7


def test_a_month_collected_through_tls_is_the_month_collected_directly(front: Front, prometheus: str) -> None:
    def collected(server: dict[str, Any]) -> Any:
        source = {"preset": "blackbox", "interval_s": 600}
        smtp = {"from": "IT <it@acme.example>"}
        settings = {"organisation": "Acme", "timezone": "Europe/Rome", "prometheus": server}
        config = Config.model_validate(settings | {"availability": [source], "smtp": smtp})
        return collect(config, FEBRUARY, now=datetime(2026, 4, 1, tzinfo=UTC))

    through = collected({"url": front.url("/basic"), "tls": front.tls()} | BASIC)
    assert through.services == collected({"url": prometheus}).services
    assert len(through.services["mail"].outages) == 28
    assert PASSWORD not in repr(through)


WRONG: dict[str, tuple[dict[str, str], str, str]] = {
    "an authority of its own that nobody named": (
        {"ca": ""},
        "cannot be trusted: ",
        "Set prometheus.tls.ca to the certificate of the authority",
    ),
    "another authority": (
        {"ca": "other-ca.pem"},
        "cannot be trusted: ",
        "Set prometheus.tls.ca to the certificate of the authority",
    ),
    "no client certificate": (
        {"cert": "", "key": ""},
        "answers 400: 400 No required SSL certificate was sent",
        "Set prometheus.tls.cert and prometheus.tls.key",
    ),
    "a client certificate of strangers": (
        {"cert": "other-client.pem", "key": "other-client.key"},
        "answers 400: 400 The SSL certificate error",
        "Set prometheus.tls.cert and prometheus.tls.key",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_papers_that_do_not_fit_are_told_with_what_to_do(front: Front, wrong: str) -> None:
    files, said, hint = WRONG[wrong]
    told = refusal(front.url(), tls=front.tls(**files))
    assert front.url() in told
    assert said in told
    assert hint in told


def test_a_certificate_of_another_host_is_refused(front: Front) -> None:
    told = refusal(f"https://localhost:{front.guarded}", tls=front.tls())
    assert "certificate is not valid for 'localhost'" in told
    assert "Write prometheus.url with a host name that the certificate holds." in told


def test_an_expired_certificate_is_refused(front: Front) -> None:
    told = refusal(f"https://127.0.0.1:{front.expired}", tls=front.tls())
    assert "cannot be trusted: certificate has expired" in told
    assert "Renew the certificate of the server" in told


def test_the_authorities_of_the_system_count_where_none_is_named(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(front.folder / "ca.pem"))
    assert asked(front.url(), tls=front.tls(ca="")) == 7
    refusal(front.url(), tls=front.tls(ca="other-ca.pem"))


@pytest.mark.parametrize(
    ("path", "more", "said"),
    [
        ("/basic", {}, "answers 401"),
        ("/basic", {"basic_auth": {"user": USER, "password": "env:TEST_WRONG"}}, "answers 401"),
        ("/bearer", {}, "answers 403"),
        ("/bearer", {"bearer_token": "env:TEST_WRONG"}, "answers 403"),
        ("/tenant", {}, "answers 401: no org id"),
        ("/tenant", {"headers": {"X-Scope-OrgID": "others"}}, "answers 401: no org id"),
    ],
)
def test_a_refused_login_names_the_keys_to_check(front: Front, path: str, more: dict[str, Any], said: str) -> None:
    told = refusal(front.url(path), tls=front.tls(), **more)
    assert said in told
    assert "Check prometheus.bearer_token, basic_auth or headers." in told


def test_a_redirect_to_a_login_page_is_not_followed(front: Front) -> None:
    told = refusal(front.url("/login"), tls=front.tls(), **BASIC)
    assert "redirects to https://login.acme.example instead of answering" in told
    assert "login page" in told


def test_a_redirect_to_tls_is_not_followed_but_named(front: Front) -> None:
    told = refusal(f"http://127.0.0.1:{front.plain}", **BEARER)
    assert f"redirects to https://127.0.0.1:{front.guarded} instead of answering" in told
    assert "Write that address into prometheus.url." in told


def test_the_wrong_scheme_is_told_both_ways(front: Front, prometheus: str) -> None:
    told = refusal(prometheus.replace("http:", "https:"))
    assert "does not speak TLS" in told
    assert "Check the scheme (http or https)" in told
    told = refusal(front.url().replace("https:", "http:"))
    assert "The plain HTTP request was sent to HTTPS port" in told
    assert "https" in told.partition("->")[2]


UNUSABLE = {
    "ca that is missing": ({"ca": "none.pem"}, "prometheus.tls.ca: the file ", "cannot be read (No such file"),
    "ca without certificates": ({"ca": "client.key"}, "prometheus.tls.ca: the file ", "holds no certificate"),
    "cert that is missing": ({"cert": "none.pem"}, "prometheus.tls.cert: the file ", "cannot be read (No such file"),
    "cert that is a folder": ({"cert": "."}, "prometheus.tls.cert: the file ", "cannot be read (Is a directory"),
    "cert that is none": ({"cert": "users"}, "prometheus.tls.cert: the file ", "holds no certificate"),
    "key of another": ({"key": "server.key"}, "prometheus.tls.key: ", "does not belong to the certificate"),
    "key with a passphrase": ({"key": "locked.key"}, "prometheus.tls.key: the file ", "protected by a passphrase"),
}


@pytest.mark.parametrize("wrong", UNUSABLE)
def test_files_that_cannot_be_used_are_told_before_anything_is_asked(front: Front, wrong: str) -> None:
    locked(front.folder / "client.key", front.folder / "locked.key")
    files, *said = UNUSABLE[wrong]
    told = refusal(front.url(), tls=front.tls(**files))
    assert all(words in told for words in said), told


def locked(key: Path, to: Path) -> None:
    from cryptography.hazmat.primitives import serialization as form

    loaded = form.load_pem_private_key(key.read_bytes(), None)
    lock = form.BestAvailableEncryption(b"secret")
    to.write_bytes(loaded.private_bytes(form.Encoding.PEM, form.PrivateFormat.TraditionalOpenSSL, lock))
