"""Recipients from a group of Microsoft Entra ID: the whole group, or one clear error and no secret in it."""

from __future__ import annotations

import socket
import time
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
import yaml

from newsletter.audience import RecipientList, load
from newsletter.config import AudienceConfig, loads
from newsletter.errors import ConfigError, ContentError, NewsletterError, SourceError
from tests.servers.graph_scripted import GROUP, SECRET, TENANT, TOKEN, Answer, microsoft_graph, refusal
from tests.servers.tls_certificate import self_signed

pytestmark = pytest.mark.servers


def user(name: str, **more: Any) -> dict[str, Any]:
    return {
        "id": f"id-{name}",
        "mail": f"{name}@acme.example",
        "displayName": name.title(),
        "accountEnabled": True,
        **more,
    }


USERS = [
    *(user(f"p{i}", preferredLanguage="de-CH", department="Sales, EMEA") for i in range(7)),
    user("left", accountEnabled=False),
    user("room", mail=None),
    user("p0", id="id-again"),
]


@pytest.fixture(scope="module")
def signed(tmp_path_factory):
    return self_signed(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def graph(signed, monkeypatch):
    certificate, context = signed
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    monkeypatch.setenv("GRAPH_SECRET", SECRET)
    with microsoft_graph(context, list(USERS)) as served:
        yield served


@pytest.fixture
def audience(graph, tmp_path):
    def made(fields: dict[str, Any] | None = None, timeout_s: float = 10, **keys: Any) -> AudienceConfig:
        whole = {
            "tenant": TENANT,
            "client_id": "app",
            "client_secret": "env:GRAPH_SECRET",
            "group": GROUP,
            "authority": graph.url,
            "endpoint": graph.url,
            **keys,
        }
        return config(tmp_path, {"recipients": {"graph": whole, "timeout_s": timeout_s}, "fields": fields or {}})

    return made


def config(folder: Path, staff: dict[str, Any]) -> AudienceConfig:
    rest = {
        "organisation": "Acme",
        "timezone": "UTC",
        "prometheus": {"url": "http://a"},
        "smtp": {"from": "it@acme.test"},
    }
    return loads(yaml.safe_dump(rest | {"audiences": {"staff": staff}}), folder / "config.yaml").audiences["staff"]


def read(config: AudienceConfig) -> RecipientList:
    return load(config, audience="staff")


def refused(config: AudienceConfig, kind: type[NewsletterError]) -> str:
    with pytest.raises(kind) as caught:
        read(config)
    assert type(caught.value) is kind
    told = f"{caught.value.message} -> {caught.value.hint}"
    assert SECRET not in told
    assert TOKEN not in told
    assert not told.endswith("-> ")
    return told


def test_all_pages_of_the_group_come_once_without_disabled_and_nameless(graph, audience):
    found = read(audience())
    assert [one.address for one in found.recipients] == [f"p{i}@acme.example" for i in range(7)]
    first = next(iter(found.recipients))
    assert (first.name, first.locale, first.segments) == ("P0", "de-CH", ("sales-emea",))
    assert [(one.place, one.first_place) for one in found.duplicates] == [("user id-again", "user id-p0")]
    assert found.remarks == ("with a disabled account, so left out: 1", "without mail, so left out: 1")
    assert len(graph.asked) == 4
    assert graph.tokens == 1
    assert graph.asked[0]["$top"] == ["999"]


def test_a_netrc_does_not_replace_the_token(graph, audience, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login other password other\n")
    monkeypatch.setenv("NETRC", str(netrc))
    assert len(read(audience()).recipients) == 7


def test_only_what_is_needed_is_asked_for(graph, audience):
    graph.users = [{"id": "1", "userPrincipalName": "upn@acme.example", "displayName": "U", "accountEnabled": True}]
    (one,) = read(audience({"email": "userPrincipalName", "segments": []})).recipients
    assert one.address == "upn@acme.example"
    assert graph.asked[0]["$select"] == ["id,accountEnabled,userPrincipalName,displayName,preferredLanguage"]


def test_a_line_break_in_a_name_is_refused_with_the_user(graph, audience):
    graph.users[2] = user("p2", displayName="P\r\nBcc: x")
    assert "user id-p2: 'p2@acme.example': displayName holds a line break" in refused(audience(), ContentError)


@pytest.mark.parametrize("when", ["1", "date"])
def test_a_group_that_asks_to_wait_is_asked_again_after_that_time(graph, audience, when):
    wait = formatdate(time.time() + 2, usegmt=True) if when == "date" else when
    graph.instead = [Answer(429, {}, {"Retry-After": wait}), Answer(503, {}, {"Retry-After": "0"})]
    began = time.monotonic()
    assert len(read(audience()).recipients) == 7
    assert time.monotonic() - began >= 0.9


def test_a_wait_beyond_our_patience_is_told_at_once(graph, audience):
    graph.instead = [Answer(429, {}, {"Retry-After": "150"})]
    began = time.monotonic()
    told = refused(audience(), SourceError)
    assert "answers 429 and asks to wait 150 s" in told
    assert "timeout_s" in told
    assert time.monotonic() - began < 8


@pytest.mark.parametrize(
    ("answer", "kind", "told"),
    [
        ("400 Request_BadRequest", ConfigError, "Check the names under fields"),
        ("401 InvalidAuthenticationToken", ConfigError, "Check tenant, client_id and client_secret"),
        ("403 Authorization_RequestDenied", ConfigError, "GroupMember.Read.All"),
        ("404 Request_ResourceNotFound", ConfigError, "object id"),
        ("500 InternalServerError", SourceError, "Run the same command later"),
    ],
)
def test_what_graph_refuses_is_told_with_what_to_do(graph, audience, answer, kind, told):
    status, code = answer.split()
    graph.instead = [refusal(int(status), code, "No.\r\n\x1b[2J")]
    said = refused(audience(), kind)
    assert f"answers {status}: {code}: No." in said
    assert told in said
    assert "\x1b" not in said


@pytest.mark.parametrize(
    "link",
    [
        "https://graph.evil.example/v1.0/next",
        "https://127.0.0.1@evil.example/",
        "http://{host}/v1.0/next",
        "https://{host}.evil.example/",
        "//evil.example/x",
        7,
    ],
)
def test_the_token_never_goes_to_another_server(graph, audience, link):
    graph.next_link = link.replace("{host}", graph.url.removeprefix("https://")) if isinstance(link, str) else link
    assert "refers to another server for its next page" in refused(audience(), SourceError)
    assert len(graph.asked) == 1


def test_a_redirect_is_not_followed(graph, audience):
    graph.instead = [Answer(302, {}, {"Location": f"{graph.url}/elsewhere"})]
    assert "answers 302" in refused(audience(), SourceError)
    assert len(graph.asked) == 1


def test_pages_without_end_are_given_up(graph, audience):
    graph.next_link = f"{graph.url}/v1.0/groups/{GROUP}/transitiveMembers/microsoft.graph.user?$select=mail&$count=true"
    assert "gives the same page again and again" in refused(audience(), SourceError)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Answer(raw=b"<html>"), "something that is not JSON"),
        (Answer(raw=b""), "something that is not JSON"),
        (Answer(body=[]), "something that is not JSON"),
        (Answer(body={"value": "x"}), "no list of users"),
        (Answer(body={"value": [1]}), "no list of users"),
        (Answer(body={}), "no list of users"),
    ],
)
def test_an_answer_that_is_no_page_is_refused(graph, audience, answer, told):
    graph.instead = [answer]
    assert told in refused(audience(), SourceError)


def test_a_page_that_never_ends_is_given_up_in_time(graph, audience):
    graph.instead = [Answer(body={"value": [], "x": "y" * 500}, drip_s=0.02)]
    began = time.monotonic()
    refused(audience(timeout_s=1), SourceError)
    assert time.monotonic() - began < 9


def test_a_group_without_people_is_no_list(graph, audience):
    graph.users = [user("left", accountEnabled=False)]
    assert "names no recipient" in refused(audience(), ContentError)


def test_a_wrong_secret_and_a_service_that_cannot_answer_are_told_apart(graph, audience, monkeypatch):
    graph.token_error = {"error": "temporarily_unavailable"}
    assert "gives no token now" in refused(audience(), SourceError)
    graph.token_error = {}
    monkeypatch.setenv("GRAPH_SECRET", "wrong")
    told = refused(audience(client_id="another"), ConfigError)
    assert "AADSTS7000215" in told
    assert "recipients.graph" in told


def test_a_server_that_is_down_is_told(audience, graph):
    with socket.create_server(("127.0.0.1", 0)) as unused:
        down = f"https://127.0.0.1:{unused.getsockname()[1]}"
    assert "cannot be reached" in refused(audience(authority=down), SourceError)
    graph.instead = [Answer(200, raw=b"", headers={"Content-Length": "9"})]
    assert "gives no answer" in refused(audience(timeout_s=1), SourceError)


def test_an_unencrypted_address_and_a_name_instead_of_an_id_are_faults_of_the_config(audience):
    with pytest.raises(
        ConfigError, match=r"config\.yaml:\d+: audiences\.staff\.recipients\.graph\.endpoint: must begin"
    ):
        audience(endpoint="http://graph.acme.example")
    with pytest.raises(ConfigError, match=r"graph\.group: must be the object id"):
        audience(group="All staff")
    with pytest.raises(ConfigError, match="cannot be the name of an attribute"):
        audience({"email": "mail,displayName&$top=1"})
