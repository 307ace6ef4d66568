"""Recipients from a real OpenLDAP server: everybody once, whatever stands in the directory, or one clear error."""

from __future__ import annotations

import json
import random
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from newsletter.audience import RecipientList, examine_lists, load
from newsletter.audience.ldap import Directory
from newsletter.audience.source import DIRECTORY_NAMES
from newsletter.config import AudienceConfig, SourceConfig, loads
from newsletter.errors import ConfigError, ContentError, NewsletterError, SourceError
from tests.servers.slapd import BASE, BRANCH, ELSEWHERE, LIMITED, PASSWORD, READER, Slapd, slapd

pytestmark = pytest.mark.servers

PEOPLE = f"ou=people,{BASE}"
HOSTILE = "Mallory\r\nBcc: everybody@acme.example"
NAMES = ["Jürgen Müller", "Zoë 🚀 Ünal", "李 小龍", "Ada Rossi", "O'Neil, Pat", "Ålesund Øre"]


def person(uid: str, **attributes: Any) -> tuple[str, dict[str, Any]]:
    return f"uid={uid}", {"objectClass": "inetOrgPerson", "uid": uid, "cn": uid, "sn": uid, **attributes}


def crowd() -> list[tuple[str, dict[str, Any]]]:
    """230 people as a seed makes them: more than two pages of 100."""
    seeded = random.Random(7)
    return [
        person(
            f"p{i}",
            mail=f"p{i}@acme.example",
            displayName=f"{seeded.choice(NAMES)} {i}",
            preferredLanguage=seeded.choice(["it", "de-CH, en;q=0.5", "en-GB"]),
            ou="crowd",
        )
        for i in range(230)
    ]


SPECIAL = [
    person("twin", mail=["z.twin@acme.example", "a.twin@acme.example"], displayName="Twin", ou="odd"),
    person("mute", displayName="No Mail", ou="odd"),
    person("double", mail="A.Twin@ACME.example", displayName="Double", ou="odd"),
    person("parted", mail="parted@acme.example", departmentNumber=["Sales, EMEA", " sales,  emea "], ou="odd"),
    person("mallory", mail="mallory@acme.example", displayName=HOSTILE, ou="hostile"),
    person("broken", mail="not an address", ou="hostile"),
    person("star", mail="star@acme.example", title="Chief (all) * \\ of )(uid=*", ou="values"),
    person("other", mail="other@acme.example", title="Chief", ou="values"),
]


@pytest.fixture(scope="module")
def directory(tmp_path_factory) -> Iterator[Slapd]:
    with slapd(tmp_path_factory.mktemp("slapd"), [*crowd(), *SPECIAL]) as server:
        yield server


@pytest.fixture
def audience(directory, tmp_path, monkeypatch):
    """An audience of this directory; every key can be replaced."""
    monkeypatch.setenv("LDAP_PASSWORD", PASSWORD)

    def made(fields: dict[str, Any] | None = None, timeout_s: float = 10, **ldap: Any) -> AudienceConfig:
        whole = {
            "url": directory.ldaps,
            "ca_file": str(directory.ca),
            "bind_dn": READER,
            "password": "env:LDAP_PASSWORD",
            "base": PEOPLE,
            "page_size": 100,
            **ldap,
        }
        staff = {"recipients": {"ldap": {k: v for k, v in whole.items() if v is not None}, "timeout_s": timeout_s}}
        return config(tmp_path, staff | {"fields": fields or {}})

    return made


def config(folder: Path, staff: dict[str, Any]) -> AudienceConfig:
    rest = {
        "organisation": "Acme",
        "timezone": "UTC",
        "prometheus": {"url": "http://a"},
        "smtp": {"from": "it@acme.test"},
    }
    return loads(yaml.safe_dump(rest | {"audiences": {"staff": staff}}), folder / "config.yaml").audiences["staff"]


def read(config: AudienceConfig, *, skip_invalid: bool = False) -> RecipientList:
    return load(config, audience="staff", skip_invalid=skip_invalid)


def refusal(config: AudienceConfig, kind: type[NewsletterError]) -> str:
    with pytest.raises(kind) as caught:
        read(config)
    assert type(caught.value) is kind
    told = f"{caught.value.message} -> {caught.value.hint}"
    assert PASSWORD not in told
    return told


@pytest.mark.parametrize("page_size", [7, 100, 1000])
def test_everybody_of_all_pages_comes_once_and_as_they_are(audience, page_size):
    found = {one.address: one for one in read(audience(filter="(ou=crowd)", page_size=page_size)).recipients}
    truth = {attributes["mail"]: attributes for _, attributes in crowd()}
    assert found.keys() == truth.keys()
    for address, attributes in truth.items():
        assert found[address].name == attributes["displayName"]
        assert found[address].locale == attributes["preferredLanguage"].partition(",")[0]
        assert found[address].audience == "staff"


def test_starttls_reads_the_same(audience, directory):
    assert len(read(audience(filter="(ou=crowd)", url=directory.ldap)).recipients) == 230


def test_an_unencrypted_connection_is_possible_on_this_machine_only(audience, directory):
    plain = audience(filter="(ou=crowd)", url=directory.ldap, starttls=False, ca_file=None)
    assert len(read(plain).recipients) == 230
    with pytest.raises(ConfigError, match=r"ldap\.starttls: would send login and people readable"):
        audience(url="ldap://dc1.acme.example", starttls=False)


def test_attributes_are_mapped_whatever_the_case_of_their_names(audience):
    fields = {"email": "MAIL", "name": "uid", "segments": ["departmentnumber", "OU"]}
    (one,) = read(audience(fields, filter="(uid=parted)")).recipients
    assert (one.address, one.name, one.segments) == ("parted@acme.example", "parted", ("sales-emea", "odd"))


def test_of_several_addresses_the_first_of_the_alphabet_and_doubles_and_nameless_are_told(audience):
    found = read(audience(filter="(ou=odd)"))
    assert sorted(one.address.lower() for one in found.recipients) == ["a.twin@acme.example", "parted@acme.example"]
    (double,) = found.duplicates
    assert double.place == f"entry uid=double,{PEOPLE}"
    assert found.remarks == (
        "without mail, so left out: 1",
        "with several values of mail: 1; the first in alphabetical order is used",
    )


def test_a_line_break_in_a_name_is_refused_or_left_out_and_never_mailed(audience):
    told = refusal(audience(filter="(|(ou=hostile)(uid=parted))"), ContentError)
    assert f"entry uid=mallory,{PEOPLE}: 'mallory@acme.example': displayName holds a line break" in told
    assert f"entry uid=broken,{PEOPLE}: 'not an address'" in told
    found = read(audience(filter="(|(ou=hostile)(uid=parted))"), skip_invalid=True)
    assert [one.address for one in found.recipients] == ["parted@acme.example"]
    assert len(found.invalid) == 2


def test_values_of_the_filter_are_escaped(audience):
    values = {"title": "Chief (all) * \\ of )(uid=*"}
    (one,) = read(audience(filter="(&(ou=values)(title={title}))", values=values)).recipients
    assert one.address == "star@acme.example"
    assert "names no recipient" in refusal(audience(filter="(uid={uid})", values={"uid": "*"}), ContentError)


def test_nobody_with_an_address_says_which_attribute_was_looked_at(audience):
    told = refusal(audience({"email": "pager"}, filter="(ou=crowd)"), ContentError)
    assert "nobody has an address (230 without pager)" in told
    assert "fields.email" in told


def test_references_to_other_servers_are_told_and_not_followed(audience):
    found = read(audience(base=BASE, filter="(ou=crowd)"))
    assert len(found.recipients) == 230
    (remark,) = found.remarks
    assert remark.startswith(f"refers to other servers, which were not asked: {ELSEWHERE}")
    assert "DomainDnsZones" not in remark
    told = refusal(audience(base=BRANCH), ConfigError)
    assert "refers to another server" in told
    assert ELSEWHERE in told


# --- what can go wrong ------------------------------------------------------------------------


def test_a_wrong_password_is_a_fault_of_the_config(audience, monkeypatch):
    config = audience()
    monkeypatch.setenv("LDAP_PASSWORD", "wrong-4711")
    told = refusal(config, ConfigError)
    assert f"refuses the login ({READER})" in told
    assert "wrong-4711" not in told


@pytest.mark.parametrize("scheme", ["ldap", "ldaps"])
def test_a_certificate_of_a_stranger_is_not_trusted_and_no_password_is_sent(audience, directory, scheme):
    config = audience(url=getattr(directory, scheme), ca_file=str(directory.folder / "other-ca.pem"))
    assert "cannot be trusted" in refusal(config, SourceError)
    assert "cannot be trusted" in refusal(audience(url=getattr(directory, scheme), ca_file=None), SourceError)


@pytest.mark.parametrize("scheme", ["ldap", "ldaps"])
def test_a_certificate_of_another_name_is_not_trusted(audience, directory, scheme):
    url = getattr(directory, scheme).replace("127.0.0.1", "localhost")
    assert "cannot be trusted" in refusal(audience(url=url), SourceError)


def test_no_variable_of_the_environment_switches_the_verification_off(directory, tmp_path):
    """libldap reads LDAPTLS_REQCERT when it is loaded, so in a process of its own."""
    ldap = {"url": directory.ldaps, "base": PEOPLE}
    code = (
        "import sys, json; from pathlib import Path; from newsletter.config import AudienceConfig\n"
        "from newsletter.audience import load; from newsletter.errors import SourceError\n"
        f"one = AudienceConfig.model_validate({{'recipients': {{'ldap': {ldap!r}}}}})\n"
        "try: load(one, audience='staff')\n"
        "except SourceError as error: print(error)"
    )
    env = {"LDAPTLS_REQCERT": "never", "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert "cannot be trusted" in done.stdout


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_file_of_authorities_that_cannot_be_used_is_named(audience, tmp_path, content):
    path = tmp_path / "ca.pem"
    if content:
        path.write_text(content)
    assert f"ldap.ca_file: {path}" in refusal(audience(ca_file=str(path)), ConfigError)


def test_a_server_that_is_down_is_told(audience):
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    for scheme in ("ldap", "ldaps"):
        assert "cannot be reached" in refusal(audience(url=f"{scheme}://127.0.0.1:{port}"), SourceError)


def test_a_server_that_ends_between_two_pages_gives_no_half_of_a_list(audience, tmp_path):
    (tmp_path / "own").mkdir()
    with slapd(tmp_path / "own", crowd()) as server:
        whole = audience(url=server.ldaps, ca_file=str(server.ca), page_size=10).recipients
        assert isinstance(whole, SourceConfig)
        assert whole.ldap
        rows = Directory(whole.ldap, 5).rows(DIRECTORY_NAMES)
        assert next(rows).values["mail"]
        server.stop()
        with pytest.raises(SourceError, match="cannot be reached"):
            list(rows)


def test_a_server_that_never_answers_is_given_up(audience):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        told = refusal(audience(url=f"ldap://127.0.0.1:{port}", timeout_s=0.5), SourceError)
    assert "did not answer in time" in told


def test_a_port_that_does_not_speak_tls_is_told(audience, directory):
    url = directory.ldap.replace("ldap:", "ldaps:")
    assert "it does not speak TLS on that port" in refusal(audience(url=url), SourceError)


@pytest.mark.parametrize(
    ("keys", "kind", "told"),
    [
        ({"base": f"ou=nowhere,{BASE}"}, ConfigError, f"has no such base (ou=nowhere,{BASE})"),
        ({"base": "dc=elsewhere"}, ConfigError, "has no such base (dc=elsewhere)"),
        ({"base": "not a name"}, ConfigError, "does not take base or bind_dn"),
        ({"filter": "(&(mail=*)(=))"}, ConfigError, "the filter is not an LDAP filter"),
        ({"bind_dn": None, "password": None}, ConfigError, "has no such base"),
        ({"bind_dn": LIMITED}, SourceError, "size limit exceeded"),
        ({"filter": "(uid=nobody)"}, ContentError, "names no recipient"),
    ],
)
def test_what_the_directory_refuses_is_told_with_what_to_do(audience, keys, kind, told):
    said = refusal(audience(**keys), kind)
    assert told in said
    assert not said.endswith("-> ")


def test_doctor_counts_people_languages_and_doubles(audience):
    found = list(examine_lists({"staff": audience(filter="(|(ou=crowd)(ou=odd))")}, ["en", "it"]))
    told = [(one.status, one.what) for one in found]
    spoken = [attributes["preferredLanguage"] for _, attributes in crowd()]
    germans, italians = sum(tag.startswith("de") for tag in spoken), spoken.count("it")
    assert ("ok", f"232 people ({232 - italians} en, {italians} it)") in told
    asked = f"{germans} readers asked for de-CH, which is not offered: they get en"
    assert ("warning", asked) in told
    assert any("without mail, so left out: 1" in what for _, what in told)
    assert any(f"(entry uid=twin,{PEOPLE} and entry uid=double,{PEOPLE})" in what for _, what in told)


def test_doctor_tells_a_directory_that_is_down_beside_the_rest(audience, tmp_path):
    (tmp_path / "a.csv").write_text("email\na@acme.test\n")
    lists = {"managers": AudienceConfig(recipients=tmp_path / "a.csv"), "staff": audience(url="ldaps://127.0.0.1:1")}
    found = {one.check: one for one in examine_lists(lists, ["en"])}
    assert found["audiences.managers"].status == "ok"
    assert (found["audiences.staff"].status, found["audiences.staff"].exit_code) == ("fault", 69)
    assert json.dumps(found["audiences.staff"].what)
