"""config.yaml: what loads, what is refused, and in which words."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from newsletter.config import Config, Secret, load, mailbox
from newsletter.config.document import EXAMPLE, render
from newsletter.config.strict_yaml import parse
from newsletter.errors import ConfigError
from tests import images

ROOT = Path(__file__).parents[2]

# Line numbers matter: tests add to the end (line 8 on) or replace a line.
BASE = """\
organisation: Acme
timezone: Europe/Rome
locales: [en, it]
prometheus:
  url: http://127.0.0.1:9090
smtp:
  from: IT <it@acme.example>
"""

FULL = """\
organisation: Acme
timezone: Europe/Rome
locales: [en, it]
prometheus:
  url: http://127.0.0.1:9090
  headers: {X-Scope-OrgID: acme}
  timeout_s: 60
availability:
  - preset: blackbox
    match: {job: blackbox}
    service_label: service
    interval_s: 60
    maintenance: 'maintenance_active{job="planner"}'
services:
  mail:
    name: {en: E-mail, it: Posta elettronica}
    target: 99.9
    users: 1240
    hours: "Mo-Fr 07:00-19:00"
    outcome: {en: "orders and offers go out", it: "ordini e offerte partono"}
unlisted_services: include
tickets:
  opened:     {counter: tickets_opened_total, by: [queue, kind]}
  resolved:   {counter: tickets_resolved_total, by: [queue, kind]}
  open:       {gauge: tickets_open, by: [queue]}
  resolution: {histogram: ticket_resolution_seconds, by: [queue]}
figures: {}
coverage: {warn: 0.99, fail: 0.90}
audiences:
  managers: {recipients: managers.csv}
  staff:    {recipients: lists/audience.csv}
approvals: 1
smtp: {host: 127.0.0.1, port: 25, security: starttls, connections: 4, rate_per_minute: null, from: "IT <it@acme.example>"}
ledger: newsletter.db
"""


def loaded(folder: Path, text: str) -> Config:
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def faults(folder: Path, text: str) -> list[str]:
    """The faults without the name of the file: "LINE: key: text"."""
    with pytest.raises(ConfigError) as raised:
        loaded(folder, text)
    assert raised.value.exit_code == 78
    assert raised.value.hint
    start = f"{folder / 'config.yaml'}:"
    lines = raised.value.message.split("\n")
    assert all(line.startswith(start) for line in lines), lines
    return [line.removeprefix(start) for line in lines]


def added(folder: Path, text: str) -> list[str]:
    """The faults of the smallest config with `text` from line 8 on."""
    return faults(folder, BASE + text)


# --- what loads -----------------------------------------------------------------------------


def test_the_smallest_config_has_the_documented_defaults(tmp_path):
    config = loaded(tmp_path, BASE)
    assert (config.organisation, config.timezone, config.locales) == ("Acme", ZoneInfo("Europe/Rome"), ["en", "it"])
    assert (config.smtp.host, config.smtp.port, config.smtp.security) == ("127.0.0.1", 25, "starttls")
    assert (config.approvals, config.unlisted_services) == (1, "include")
    assert (config.coverage.warn, config.coverage.fail) == (0.99, 0.90)


def test_every_key_of_the_contract_is_read(tmp_path):
    config = loaded(tmp_path, FULL)
    given = yaml.safe_load(FULL)
    mail = config.services["mail"]
    assert {
        "name": mail.name,
        "target": mail.target,
        "users": mail.users,
        "hours": mail.hours[0],
        "outcome": mail.outcome,
    } == (given["services"]["mail"])
    assert config.availability[0].maintenance == given["availability"][0]["maintenance"]
    assert config.availability[0].match == {"job": "blackbox"}
    assert config.tickets.opened
    assert config.tickets.opened.by == ["queue", "kind"]
    assert config.tickets.resolution
    assert config.tickets.resolution.histogram == "ticket_resolution_seconds"
    assert config.prometheus.headers == {"X-Scope-OrgID": "acme"}
    assert config.smtp.sender == "IT <it@acme.example>"


@pytest.mark.parametrize(
    ("hours", "hint"),
    [
        ("Mo 7:00-12:00", "; hours have two digits"),
        ("Mo 07:00-12:00,13:00-18:00", "; several times are several items of a list"),
        ("Mo 07:00-12:00; Tu 08:00-10:00", "; several times are several items of a list"),
        ("Mon 07:00-12:00", "; days are Mo Tu We Th Fr Sa Su"),
    ],
)
def test_the_usual_slips_in_hours_get_a_hint(tmp_path, hours, hint):
    (fault,) = added(tmp_path, f"services: {{mail: {{name: a, hours: '{hours}'}}}}\n")
    assert fault.endswith(hint)


def test_holidays_may_stand_without_quotes(tmp_path):
    assert loaded(tmp_path, BASE + "holidays: [2026-12-25, 12-26]\n").holidays == ["2026-12-25", "12-26"]


def test_the_audience_named_first_stays_first(tmp_path):
    assert list(loaded(tmp_path, FULL).audiences) == ["managers", "staff"]


def test_paths_start_from_the_folder_of_the_file_and_not_from_where_it_is_called(tmp_path, monkeypatch):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "config.yaml").write_text(FULL + "templates: ../ours\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    config = load(Path("site/config.yaml"))
    site = tmp_path / "site"
    assert config.audiences["staff"].recipients == site / "lists" / "audience.csv"
    assert config.ledger == str(site / "newsletter.db")
    assert config.editions == site / "editions"
    assert config.templates == site / "../ours"
    assert config.path == Path("site/config.yaml")


def test_an_absolute_path_stays_as_it_is(tmp_path):
    assert loaded(tmp_path, BASE + "ledger: /var/lib/newsletter.db\n").ledger == "/var/lib/newsletter.db"


@pytest.mark.parametrize(
    "text", ["\ufeff" + BASE, BASE.replace("\n", "\r\n"), BASE.replace("\n", "\r"), "---\n" + BASE]
)
def test_a_byte_order_mark_and_other_line_ends_are_fine(tmp_path, text):
    (tmp_path / "config.yaml").write_bytes(text.encode())
    assert load(tmp_path / "config.yaml").organisation == "Acme"


def test_the_sample_config_loads():
    assert load(ROOT / "config.yaml").locales[0] == "en"


def test_values_cannot_be_changed_after_loading(tmp_path):
    with pytest.raises(ValueError, match="frozen"):
        loaded(tmp_path, BASE).approvals = 0


def test_a_text_may_be_the_same_for_all_locales_or_one_for_each(tmp_path):
    config = loaded(tmp_path, BASE + "department: IT\nservices:\n  erp: {name: {en: Orders, it: Ordini}}\n")
    assert config.department == "IT"
    assert config.services["erp"].name == {"en": "Orders", "it": "Ordini"}


def test_a_folded_text_is_one_line(tmp_path):
    assert loaded(tmp_path, BASE + "department: >\n  The IT\n  department\n").department == "The IT department"


def test_the_preset_of_a_provider_fills_in_what_is_not_written(tmp_path):
    smtp = loaded(tmp_path, BASE + "  preset: m365\n  connections: 2\n").smtp
    assert (smtp.host, smtp.port, smtp.security) == ("smtp.office365.com", 587, "starttls")
    assert (smtp.connections, smtp.rate_per_minute) == (2, 28)


@pytest.mark.parametrize(
    "sender",
    [
        "it@acme.example",
        "IT <it@acme.example>",
        '"IT, Acme" <it@acme.example>',
        "Informática <it@acme.example>",
        "<it@mail.local>",
        "it@localhost",
        "it@acme.test",
    ],
)
def test_a_sender_may_have_a_name_and_an_internal_domain(tmp_path, sender):
    text = BASE.replace("from: IT <it@acme.example>", f"from: '{sender}'")
    assert loaded(tmp_path, text).smtp.sender == sender


@settings(max_examples=200)
@given(st.from_regex(mailbox._PLAIN_ADDRESS, fullmatch=True))
@example("a@1.2.3.4")
@example("-".join("a" * 32) + "@" + ".".join(["-".join("b" * 16)] * 5))
def test_a_sender_that_is_known_at_a_glance_is_one_that_the_library_takes(address):
    mailbox._require_address(address)


@pytest.mark.parametrize(
    "address", ["it..x@acme.example", "it@-acme.example", "it@ac--me.example", "\u0131t@acme", "it@x@y"]
)
def test_a_sender_that_is_not_plain_is_left_to_the_library(address):
    assert not mailbox._PLAIN_ADDRESS.fullmatch(address)


# --- what is refused: single values -----------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("smpt: {}", '8: smpt: unknown key; did you mean "smtp"?'),
        ("Ledger: x", '8: Ledger: unknown key; did you mean "ledger"?'),
        ("path: x", "8: path: unknown key"),
        ("services: {mail: {name: a, targt: 99}}", '8: services.mail.targt: unknown key; did you mean "target"?'),
        ("figures: {ratio: {noun: a, gauge: b, unt: c}}", '8: figures.ratio.unt: unknown key; did you mean "unit"?'),
        ("tickets: {open: {gage: a}}", '8: tickets.open.gage: unknown key; did you mean "gauge"?'),
        ("services: {mail: {}}", "8: services.mail.name: is required, but missing"),
        ("services:", "8: services: must be keys and values, not empty"),
        ("services: [mail]", "8: services: must be keys and values, not a list"),
        ("services: {mail: e-mail}", "8: services.mail: must be keys and values, not text"),
        ("availability: {preset: up}", "8: availability: must be a list, not keys and values"),
        ("approvals: '1'", "8: approvals: must be a whole number: write it without quotes"),
        ("approvals: one", '8: approvals: must be a whole number: "one" is text'),
        ("approvals: 1.5", "8: approvals: must be a whole number, not the number 1.5"),
        ("approvals: yes", "8: approvals: must be a whole number, not true"),
        ("approvals: -1", "8: approvals: must be at least 0"),
        ("approvals: 2026-10-01", "8: approvals: must be a whole number, not a date"),
        ("coverage: {warn: .nan}", "8: coverage.warn: must be a number, neither infinite nor undefined"),
        ("coverage: {warn: 99}", "8: coverage.warn: must be at most 1"),
        (
            "coverage: {fail: 0.995}",
            "8: coverage.fail: 0.995 is greater than coverage.warn (0.99): it must be at most that",
        ),
        ("unlisted_services: hide", '8: unlisted_services: must be include or ignore, not "hide"'),
        (
            "services: {mail: {name: a, target: 0.999}}",
            "8: services.mail.target: is in percent, so 0.999 promises next to",
        ),
        ("services: {mail: {name: a, target: 101}}", "8: services.mail.target: must be at most 100"),
        ("services: {mail: {name: a, users: -1}}", "8: services.mail.users: must be at least 0"),
        (
            "services: {mail: {name: a, hours: 7-19}}",
            '8: services.mail.hours: "7-19" is not understood: write days and',
        ),
        ("services: {mail: {name: a, hours: Mo-Fr 07:00-25:00}}", "8: services.mail.hours:"),
        ("services: {mail: {name: a, hours: [Mo 07:00-12:00, mo 1]}}", '8: services.mail.hours[1]: "mo 1" is not'),
        (
            "services: {mail: {name: a, hours: Mo 7-12}}",
            '8: services.mail.hours: "Mo 7-12" is not understood: write days and times like',
        ),
        (
            "services: {mail: {name: a, hours: Mo 07:00-07:00}}",
            '8: services.mail.hours: "Mo 07:00-07:00" has no length: a whole day is 00:00-24:00',
        ),
        ("services: {mail: {name: a, hours: 2026-10-12 07:00-08:00}}", "8: services.mail.hours:"),
        ("services: {mail: {name: a, timezone: Rome}}", '8: services.mail.timezone: "Rome" is not a time zone'),
        ("maintenance: [Su 02:00-04:00, sunday]", '8: maintenance[1]: "sunday" is not understood: write it like "Su'),
        ("maintenance: 2026-02-30 02:00-04:00", '8: maintenance: "2026-02-30 02:00-04:00": there is no day 2026-02-30'),
        (
            "maintenance: 2026-10-12 22:00-2026-10-11 23:00",
            '8: maintenance: "2026-10-12 22:00-2026-10-11 23:00" ends before it begins',
        ),
        ("maintenance: 2026-10-12 22:00-22:00", '8: maintenance: "2026-10-12 22:00-22:00" has no length'),
        ("holidays: [25.12.]", '8: holidays[0]: "25.12." is not a day: write "2026-12-25", or "12-25" for every year'),
        ('holidays: ["02-30"]', '8: holidays[0]: "02-30": there is no day 02-30'),
        (
            "availability: [{preset: up, merge_within_min: -1}]",
            "8: availability[0].merge_within_min: must be at least 0",
        ),
        ("services: {mail: {name: ''}}", "8: services.mail.name: must not be empty"),
        ("services: {mail: {name: {}}}", '8: services.mail.name: the text in "en" is missing'),
        ("services: {mail: {name: {it: Posta}}}", '8: services.mail.name: the text in "en" is missing'),
        (
            "services: {mail: {name: {en: a, de: b}}}",
            '8: services.mail.name.de: "de" is not one of locales (they are: en, it)',
        ),
        (
            "services: {mail: {name: {en: a, itt: b}}}",
            '8: services.mail.name.itt: "itt" is not one of locales; did you',
        ),
        ('"[key]": 1', '8: "[key]": unknown key'),
        ("services: {'<text>': {nam: a}}", '8: services."<text>".nam: unknown key; did you mean "name"?'),
        ("services: {mail: {name: {en: [a]}}}", "8: services.mail.name.en: must be text, not a list"),
        ("availability: [{preset: up, interval_s: 0}]", "8: availability[0].interval_s: must be greater than 0"),
        (
            "availability: [{preset: up, interval_s: 1m}]",
            '8: availability[0].interval_s: must be a number: "1m" is text',
        ),
        (
            "availability: [{preset: blackbocks}]",
            '8: availability[0].preset: "blackbocks" is no preset; did you mean "blackbox"?',
        ),
        ("availability: [{preset: ping}]", '8: availability[0].preset: "ping" is no preset (known: blackbox, gatus, '),
        (
            "availability: [{preset: certificates_renewed}]",
            '8: availability[0].preset: "certificates_renewed" is a preset for figures.NAME (known: blackbox, ',
        ),
        (
            "availability: [{preset: traefik, vote: any, interval_s: 30}]",
            "8: availability[0]: traefik counts requests and not time, so leave out interval_s, vote",
        ),
        (
            "availability: [{preset: up, latency: {}}]",
            "8: availability[0].latency: needs metric: the preset up has no durations",
        ),
        (
            "availability: [{selector: check_ok, latency: {quantile: 0.9}}]",
            "8: availability[0].latency: needs metric: a selector alone does not say where durations are",
        ),
        (
            "availability: [{preset: blackbox, latency: {metric: 'a{b=\"c\"}'}}]",
            '8: availability[0].latency.metric: "a{b=\\"c\\"}" is not the name of a metric alone',
        ),
        ("figures: {a: {preset: reboot}}", '8: figures.a.preset: "reboot" is no preset; did you mean "reboots"?'),
        ("figures: {a: {counter: b}}", "8: figures.a.noun: is required, but missing"),
        (
            "figures: {a: {counter: b, noun: c, match: {d: e}}}",
            "8: figures.a.match: goes with preset only: write the matchers into the selectors themselves",
        ),
        ("tickets: {preset: jiraa}", '8: tickets.preset: "jiraa" is no preset; did you mean "jira"?'),
        ("tickets: {opened: {by: [queue]}}", "8: tickets.opened: needs exactly one of counter and difference"),
        (
            "availability: [{preset: up, vote: most}]",
            '8: availability[0].vote: must be majority, any or all, not "most"',
        ),
        (
            "availability: [{preset: up, service_label: a-b}]",
            '8: availability[0].service_label: "a-b" is not a label name',
        ),
        ("availability: [{preset: up, match: {a-b: c}}]", "8: availability[0].match.a-b:"),
        ("tickets: {opened: {counter: a, by: queue}}", "8: tickets.opened.by: must be a list, not text"),
        ("tickets: {opened: {counter: a, by: ['q) or up']}}", "8: tickets.opened.by[0]:"),
        (
            "tickets: {resolution: {histogram: a_bucket}}",
            '8: tickets.resolution.histogram: leave out _bucket: write "a"',
        ),
        ("audiences: {../staff: {recipients: a.csv}}", '8: audiences."../staff": "../staff" cannot be a name here'),
        ("audiences: {staff: {recipients: 7}}", "8: audiences.staff.recipients: must be the path of a file or folder"),
        (
            "audiences: {staff: {recipients: {command: [a], timeout: 5}}}",
            '8: audiences.staff.recipients.timeout: unknown key; did you mean "timeout_s"?',
        ),
        (
            "audiences: {staff: {recipients: {}}}",
            "8: audiences.staff.recipients: needs exactly one of command, ldap and graph",
        ),
        ("audiences: {staff: {recipients: {command: ls}}}", "8: audiences.staff.recipients.command: must be a list"),
        ("audiences: {staff: {recipients: {command: []}}}", "8: audiences.staff.recipients.command: must not be empty"),
        (
            "audiences: {staff: {recipients: {ldap: {url: 'ldaps://a', base: b}, format: csv}}}",
            "8: audiences.staff.recipients: format says what a command prints: there is no command",
        ),
        (
            "audiences:\n  staff:\n    recipients:\n      ldap:\n        base: b\n        url: http://a",
            "13: audiences.staff.recipients.ldap.url: must begin with ldaps:// or ldap://",
        ),
        (
            "audiences: {staff: {recipients: {ldap: {url: 'ldaps://a/dc=b', base: b}}}}",
            "8: audiences.staff.recipients.ldap.url: must hold nothing but host and port",
        ),
        (
            "audiences: {staff: {recipients: {ldap: {url: 'ldaps://a', base: b, filter: mail=*}}}}",
            "8: audiences.staff.recipients.ldap.filter: is not an LDAP filter",
        ),
        (
            "audiences: {staff: {recipients: {ldap: {url: 'ldaps://a', base: b, filter: '(cn={x})'}}}}",
            "8: audiences.staff.recipients.ldap: filter holds {x}, but values has no x",
        ),
        (
            "audiences: {staff: {recipients: {ldap: {url: 'ldaps://a', base: b, values: {x: y}}}}}",
            "8: audiences.staff.recipients.ldap: values has x, but filter does not hold {x}",
        ),
        (
            "audiences: {staff: {recipients: {ldap: {url: 'ldaps://a', base: b, bind_dn: c}}}}",
            "8: audiences.staff.recipients.ldap: bind_dn and password belong together",
        ),
        (
            "audiences: {staff: {recipients: {ldap: {url: 'ldaps://a', base: b, bind_dn: c, password: hunter2}}}}",
            "8: audiences.staff.recipients.ldap.password: must not stand here in plain text",
        ),
        (
            "audiences: {staff: {recipients: {ldap: {url: 'ldaps://a', base: b}}, fields: {name: 'c n'}}}",
            "8: audiences.staff: 'c n' cannot be the name of an attribute of a directory",
        ),
        ('ledger: "a\\0b"', "8: ledger: holds the invisible character U+0000: remove it"),
        (
            "ledger: postgresql://it:secret@db/news",
            "8: ledger.url: must not hold a password: write it as password: env:NAME or file:PATH, beside url",
        ),
        ('ledger: ":memory:"', "8: ledger: must be the path of a SQLite file"),
        ("department: |\n  a\n  b", "8: department: must be one line of text"),
    ],
)
def test_a_bad_value_is_told_in_plain_words_with_its_line(tmp_path, text, expected):
    (fault,) = added(tmp_path, text + "\n")
    assert fault.startswith(expected)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("timezone: Europe/Roma", '2: timezone: "Europe/Roma" is not a time zone; did you mean "Europe/Rome"?'),
        ("timezone: europe/rome", '2: timezone: "europe/rome" is not a time zone; did you mean "Europe/Rome"?'),
        ("timezone: Europe", '2: timezone: "Europe" is not a time zone'),
        ("timezone: ../../etc/passwd", '2: timezone: "../../etc/passwd" is not a time zone'),
        ("timezone: +1", "2: timezone: must be the name of a time zone"),
        ("timezone: ''", '2: timezone: "" is not a time zone'),
        ('timezone: "a\\0"', "2: timezone: holds the invisible character U+0000"),
        ("locales: [no]", '3: locales[0]: must be text, but YAML reads no as false: put it in quotes, "no"'),
        ("locales: [en, 12]", '3: locales[1]: must be text: put it in quotes, "12"'),
        ("locales: []", "3: locales: must not be empty"),
        ("locales: en", "3: locales: must be a list, not text"),
        ("locales: [en, en]", '3: locales: "en" is written twice'),
        ("locales: [English]", '3: locales[0]: "English" is not a language tag: write for example'),
        ("locales: [de_ch]", '3: locales[0]: write "de_ch" as "de-CH"'),
        ("organisation: '  '", "1: organisation: must not be empty"),
        ("organisation:", "1: organisation: must be text, not empty"),
        (
            "organisation: 2026-10-01",
            '1: organisation: must be text: put it in quotes, "2026-10-01"',
        ),
        ('organisation: "Acme\\nBcc: x@y.example"', "1: organisation: must be one line of text"),
        ('organisation: "Acme\\u2028x"', "1: organisation: holds the invisible character U+2028"),
        ('organisation: "\\ud800"', "1: organisation: holds the invisible character U+D800"),
        ("  url: prometheus:9090", "5: prometheus.url: must begin with http:// or https://"),
        ("  url: 'http://'", "5: prometheus.url: must begin with http:// or https://"),
        ("  url: http://a:99999", "5: prometheus.url: is not a valid address of a server"),
        ("  url: 'http://[::1'", "5: prometheus.url: is not a valid address of a server"),
        ("  url: http://a/api/v1/", "5: prometheus.url: leave out /api/v1: it is added"),
        ("  url: http://a/?b=c", "5: prometheus.url: must not hold ? or #"),
        ("  from: IT it@acme.example", '7: smtp.from: "IT it@acme.example" is not a sender'),
        ("  from: a@acme.example, b@acme.example", "7: smtp.from: "),
        ("  from: it@", '7: smtp.from: "it@" is not a mail address'),
        ("  from: it@acme..example", '7: smtp.from: "it@acme..example" is not a mail address'),
        ('  from: "IT\\r\\nBcc: x@y.example <it@acme.example>"', "7: smtp.from: holds the invisible character U+000D"),
        ('  from: "IT\\nBcc: x@y.example <it@acme.example>"', "7: smtp.from: must be one line of text"),
    ],
)
def test_a_bad_value_of_a_required_key_is_told(tmp_path, line, expected):
    key = line.split(":")[0]
    text = re.sub(rf"(?m)^{key}:.*$", lambda _: line, BASE)
    (fault,) = faults(tmp_path, text)
    assert fault.startswith(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  host: relay:25", "8: smtp.host: write the port under port, not behind the host"),
        ("  host: smtp://relay", '8: smtp.host: "smtp://relay" is not a host'),
        ("  port: 70000", "8: smtp.port: must be at most 65535"),
        ("  port: '25'", "8: smtp.port: must be a whole number: write it without quotes"),
        ("  security: off", "8: smtp.security: must be none, starttls or tls, but YAML reads off as false"),
        ("  security: ssl", '8: smtp.security: must be none, starttls or tls, not "ssl"'),
        ("  connections: 0", "8: smtp.connections: must be at least 1"),
        ("  rate_per_minute: 0", "8: smtp.rate_per_minute: must be greater than 0"),
        ("  reply_to: nobody", '8: smtp.reply_to: "nobody" is not a mail address'),
        ("  preset: hotmail", '8: smtp.preset: must be m365 or google, not "hotmail"'),
        ("  preset: [m365]", "8: smtp.preset: must be m365 or google, not a list"),
        ("  user: it", "6: smtp: user and password (or oauth) belong together: write both or none"),
        ("  password: env:P", "6: smtp: user and password (or oauth) belong together: write both or none"),
    ],
)
def test_a_bad_value_for_the_relay_is_told(tmp_path, text, expected):
    (fault,) = added(tmp_path, text + "\n")
    assert fault.startswith(expected)


def test_a_password_is_not_sent_in_the_clear_beyond_this_machine(tmp_path):
    login = "  security: none\n  user: it\n  password: env:P\n"
    assert loaded(tmp_path, BASE + login).smtp.password is not None
    (fault,) = added(tmp_path, login + "  host: relay.acme.example\n")
    assert "6: smtp: would send the login readable for everybody on the way" in fault


# --- what is refused: several keys together -----------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "availability: [{preset: up, selector: up}]",
            "availability[0]: needs exactly one of preset and selector, not preset and selector together",
        ),
        ("availability: [{}]", "availability[0]: needs exactly one of preset and selector, but none is there"),
        (
            "figures: {a: {noun: a}}",
            (
                "figures.a: needs exactly one of counter, gauge, changes, advances, falls, difference, alerts, ratio and by_hand, "
                "but none is there"
            ),
        ),
        (
            "figures: {a: {noun: a, counter: b, ratio: {part: c, total: d}}}",
            (
                "figures.a: needs exactly one of counter, gauge, changes, advances, falls, difference, alerts, ratio and by_hand, "
                "not counter and ratio together"
            ),
        ),
        (
            "tickets: {opened: {counter: a}, csv: {path: a.csv, columns: {created: a, resolved: b}}}",
            "tickets: csv stands instead of opened: write one or the other",
        ),
        (
            "tickets: {resolution: {histogram: a, target_s: 60}}",
            "tickets.resolution: target_s and target_share belong together: write both or none",
        ),
    ],
)
def test_keys_that_do_not_fit_together_are_told_of_their_mapping(tmp_path, text, expected):
    assert added(tmp_path, text + "\n") == [f"8: {expected}"]


@pytest.mark.parametrize(
    ("tls", "said"),
    [
        ("{url: https://a, tls: {cert: a.pem}}", "4: prometheus.tls: cert and key belong together: write both or none"),
        ("{url: https://a, tls: {key: a.pem}}", "4: prometheus.tls: cert and key belong together: write both or none"),
        ("{url: http://a, tls: {ca: a.pem}}", "4: prometheus: tls needs a url that begins with https://"),
        ("{url: https://a, tls: {verify: false}}", "4: prometheus.tls.verify: unknown key"),
    ],
)
def test_tls_settings_that_mean_nothing_are_faults(tmp_path, tls, said):
    (fault,) = faults(tmp_path, re.sub(r"prometheus:\n.*", f"prometheus: {tls}", BASE))
    assert fault.startswith(said)


def test_tls_files_start_from_the_folder_of_the_config(tmp_path):
    settings = "prometheus: {url: https://a, tls: {ca: tls/ca.pem, cert: /etc/c.pem, key: /etc/c.pem}}"
    tls = loaded(tmp_path, re.sub(r"prometheus:\n.*", settings, BASE)).prometheus.tls
    assert tls is not None
    assert (tls.ca, tls.cert, tls.key) == (tmp_path / "tls/ca.pem", Path("/etc/c.pem"), Path("/etc/c.pem"))


def test_a_token_and_basic_authentication_exclude_each_other(tmp_path):
    both = "prometheus: {url: http://a, bearer_token: env:T, basic_auth: {user: u, password: env:P}}"
    (fault,) = faults(tmp_path, re.sub(r"prometheus:\n.*", both, BASE))
    assert fault == "4: prometheus: bearer_token and basic_auth exclude each other: write one of them"


def test_all_faults_are_told_at_once_in_the_order_of_the_file(tmp_path):
    found = faults(
        tmp_path, FULL.replace("Europe/Rome", "Mars").replace("users: 1240", "users: many").replace("port", "prt")
    )
    assert [fault.split(": ")[:2] for fault in found] == [
        ["2", "timezone"],
        ["18", "services.mail.users"],
        ["33", "smtp.prt"],
    ]


def test_several_faults_of_one_mapping_and_of_its_keys_together_are_all_told(tmp_path):
    found = added(tmp_path, "availability:\n  - vote: most\n    interval_s: -1\n")
    assert [fault.split(":")[0] for fault in found] == ["9", "9", "10"]


def test_a_misspelt_required_key_is_one_fault_and_not_two(tmp_path):
    assert faults(tmp_path, BASE.replace("url:", "urll:")) == ['5: prometheus.urll: unknown key; did you mean "url"?']


def test_missing_required_keys_are_each_told(tmp_path):
    assert faults(tmp_path, "locales: [en]\n") == [
        f"1: {key}: is required, but missing" for key in ("organisation", "timezone", "prometheus", "smtp")
    ]


def test_the_hint_points_to_the_reference(tmp_path):
    with pytest.raises(ConfigError) as raised:
        loaded(tmp_path, BASE + "a: 1\nb: 2\n")
    assert raised.value.hint == "Mend these 2 faults; docs/config.md explains every key."


# --- what is refused: YAML itself ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("approvals: 1\napprovals: 2", "9: approvals: is written twice (first in line 8)"),
        ("services:\n  mail: {name: a}\n  mail: {name: b}", "10: services.mail: is written twice (first in line 9)"),
        ("services: {no: {name: a}}", '8: services.no: this key is not read as text: put it in quotes, "no"'),
        ("services: {404: {name: a}}", '8: services.404: this key is not read as text: put it in quotes, "404"'),
        ("services: {? [a] : b}", "8: services: a key must be a single word or text"),
        (
            "approvals: 1:30",
            '8: approvals: YAML reads 1:30 as the number 90: put it in quotes, "1:30", or write the plain',
        ),
        ("approvals: 010", '8: approvals: YAML reads 010 as the number 8: put it in quotes, "010", or write the plain'),
        ("approvals: 1_000", "8: approvals: YAML reads 1_000 as the number 1000"),
        ("approvals: 2026-02-30", '8: approvals: "2026-02-30" is not a date or number that exists'),
        ("approvals: !!str 1", '8: approvals: a value must not begin with "!": put it in quotes'),
        ("approvals: !!python/object/apply:os.system [ls]", '8: approvals: a value must not begin with "!"'),
        ("services: {<<: {name: a}}", '8: services."<<": merge keys are not supported: write the keys out'),
        ("services: &a {b: *a}", "8: is nested more than 20 deep"),
        ("department: 'IT", "8: a quotation mark is opened here but not closed"),
        ("services: {mail: {name: a}", "8: a bracket is opened here but not closed"),
        ("department: a: b", '8: a ":" stands where none can: put the text that holds it in quotes'),
        ("services:\n\tmail: {}", "9: a tab stands where spaces are needed"),
        ("services:\n  mail:\n    name: a\n   x: b", "11: the indentation does not fit the lines above"),
        ("department: *it", '8: a value must not begin with "*"'),
        ("department: %it", "8: a value begins with a character that needs quotes"),
        ("department: @it", "8: a value begins with a character that needs quotes"),
        ('department: "\\q"', "8: a backslash in double quotes that means nothing to YAML"),
        ("---\nlocales: [en]", "8: a second document begins here"),
        ("department: a\x07b", "8: holds the invisible character U+0007: remove it"),
        ("just text", "8: a key without"),
    ],
)
def test_a_trap_or_fault_of_yaml_is_explained_with_its_line(tmp_path, text, expected):
    (fault,) = added(tmp_path, text + "\n")
    assert fault.startswith(expected)


def test_aliases_of_aliases_do_not_fill_the_memory(tmp_path):
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10))
    assert any("holds too many values" in fault for fault in faults(tmp_path, bomb))


def test_deep_nesting_is_refused_and_no_crash(tmp_path):
    assert faults(tmp_path, "a: " + "[" * 5000 + "]" * 5000) == ["1: is nested too deeply to be read"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1: is empty"),
        ("# nothing yet\n", "1: is empty"),
        ("- a\n- b\n", "1: must be keys and values (key: value)"),
        ("hello", "1: must be keys and values (key: value)"),
    ],
)
def test_a_file_without_keys_is_refused(tmp_path, text, expected):
    assert faults(tmp_path, text) == [expected]


def test_a_missing_file_is_told_with_how_to_begin(tmp_path):
    with pytest.raises(ConfigError, match="there is no such file") as raised:
        load(tmp_path / "config.yaml")
    assert raised.value.hint == "Begin a workspace with `newsletter init`, or name the file with --config."


def test_a_folder_is_told_with_the_file_that_is_meant(tmp_path):
    with pytest.raises(ConfigError, match="is a folder, not a file") as raised:
        load(tmp_path)
    assert raised.value.hint == f"Name the file in it: --config {tmp_path / 'config.yaml'}"


@pytest.mark.parametrize(
    "content", ["organisation: Acme\ndepartment: Università\n".encode("latin-1"), b"\n\xff\xfea\0"]
)
def test_another_encoding_is_told_with_its_line(tmp_path, content):
    (tmp_path / "config.yaml").write_bytes(content)
    with pytest.raises(ConfigError, match=r"config\.yaml:2: is not UTF-8 text"):
        load(tmp_path / "config.yaml")


def test_a_huge_file_is_refused_before_it_is_read_as_yaml(tmp_path):
    with pytest.raises(ConfigError, match="larger than a megabyte"):
        loaded(tmp_path, "#" * 1_000_001)


def test_a_name_that_no_file_can_have_is_refused():
    with pytest.raises(ConfigError, match="cannot be read"):
        load(Path("a\0b"))


# --- secrets ------------------------------------------------------------------------------------

SECRETS = """\
organisation: Acme
timezone: Europe/Rome
prometheus:
  url: http://127.0.0.1:9090
  headers: {X-Plain: acme, Authorization: "env:T_HEADER"}
  basic_auth: {user: it, password: "file:secrets/prometheus"}
smtp: {from: it@acme.example, user: "env:T_USER", password: "env:T_PASSWORD"}
"""


def test_a_config_loads_on_a_machine_without_its_secrets(tmp_path, monkeypatch):
    monkeypatch.delenv("T_PASSWORD", raising=False)
    password = loaded(tmp_path, SECRETS).smtp.password
    assert password is not None
    with pytest.raises(ConfigError) as raised:
        password.reveal()
    assert raised.value.message == "smtp.password: the environment variable T_PASSWORD is not set"
    assert raised.value.hint == "Set T_PASSWORD for the account that runs newsletter."


def test_a_secret_is_read_when_it_is_used(tmp_path, monkeypatch):
    config = loaded(tmp_path, SECRETS)
    monkeypatch.setenv("T_USER", "it")
    monkeypatch.setenv("T_PASSWORD", "hunter2")
    monkeypatch.setenv("T_HEADER", "Bearer x")
    user, header = config.smtp.user, config.prometheus.headers["Authorization"]
    assert isinstance(user, Secret)
    assert isinstance(header, Secret)
    assert config.smtp.password
    assert (user.reveal(), config.smtp.password.reveal(), header.reveal()) == ("it", "hunter2", "Bearer x")


@pytest.mark.parametrize("content", [b"hunter2", b"hunter2\n", b"hunter2\r\n", b"\xef\xbb\xbfhunter2\n"])
def test_a_secret_file_stands_beside_the_config_and_may_end_with_one_line_break(tmp_path, monkeypatch, content):
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "prometheus").write_bytes(content)
    config = loaded(tmp_path, SECRETS)
    monkeypatch.chdir("/")
    assert config.prometheus.basic_auth is not None
    assert config.prometheus.basic_auth.password.reveal() == "hunter2"


def test_spaces_belong_to_a_secret(tmp_path):
    (tmp_path / "s").write_text(" hunter2 \n", encoding="utf-8")
    assert Secret(reference="file:s", base=tmp_path).reveal() == " hunter2 "


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"hunter2\nhunter3\n", "is not one line of text"),
        (b"hunter2\r\nX-Evil: 1", "is not one line of text"),
        (b"hunter2\0", "is not one line of text"),
        (b"hunter2\xff", "is not UTF-8 text"),
        (b"hunter2" * 20_000, "is larger than 64 KiB"),
    ],
)
def test_a_bad_secret_file_is_told_without_its_content(tmp_path, content, expected):
    (tmp_path / "s").write_bytes(content)
    with pytest.raises(ConfigError) as raised:
        Secret(reference="file:s", base=tmp_path, key="smtp.password").reveal()
    assert raised.value.message.startswith(f"smtp.password: the file {tmp_path / 's'} {expected}")
    assert "hunter" not in raised.value.message + raised.value.hint


def test_a_missing_secret_file_is_told_by_its_full_path(tmp_path):
    with pytest.raises(ConfigError) as raised:
        Secret(reference="file:run/s", base=tmp_path, key="smtp.password").reveal()
    assert (
        raised.value.message
        == f"smtp.password: the file {tmp_path / 'run/s'} cannot be read (No such file or directory)"
    )


def test_an_empty_variable_is_not_a_secret(monkeypatch):
    monkeypatch.setenv("T_EMPTY", "")
    with pytest.raises(ConfigError, match="T_EMPTY is empty"):
        Secret(reference="env:T_EMPTY").reveal()


def test_no_repr_text_or_dump_shows_a_secret(tmp_path, monkeypatch):
    monkeypatch.setenv("T_PASSWORD", "hunter2")
    config = loaded(tmp_path, SECRETS)
    assert config.smtp.password
    assert config.smtp.password.reveal() == "hunter2"
    assert "hunter2" not in f"{config!r}{config}{config.model_dump()}{config.smtp.password!r}"


@pytest.mark.parametrize(
    "text",
    [
        "prometheus: {url: http://a, bearer_token: hunter2}",
        "prometheus: {url: http://a, bearer_token: [hunter2]}",
        "prometheus: {url: http://a, bearer_token: 'env:hunter2!'}",
        "prometheus: {url: http://a, bearer_token: *hunter2}",
        "prometheus: {url: http://a, bearer_token: !hunter2}",
        "prometheus: {url: http://a, bearer_token: 'hunter2}",
        "prometheus: {url: http://a, bearer_token: hunter2: x}",
        "prometheus: {url: http://a, headers: {Authorization: hunter2}}",
        "prometheus: {url: http://a, headers: {COOKIE: hunter2}}",
        "prometheus: {url: http://a, headers: {X-Key: [hunter2]}}",
        "prometheus: {url: http://a, headers: {X-Key: hunter2é}}",
        'prometheus: {url: http://a, headers: {X-Key: "hunter2\\r\\nX-Evil: 1"}}',
        "prometheus: {url: 'http://it:hunter2@a'}",
        "prometheus: {url: 'http://hunter2@a:b'}",
        "prometheus: {url: http://a, basic_auth: {user: it, password: hunter2}}",
        "prometheus: {url: http://a, basic_auth: {user: it, password: {reference: hunter2}}}",
        "prometheus: {url: http://a, basic_auth: it:hunter2}",
    ],
)
def test_a_secret_in_plain_text_is_refused_and_never_echoed(tmp_path, text):
    found = faults(tmp_path, re.sub(r"prometheus:\n.*", lambda _: text, BASE))
    assert [fault.split(":")[0] for fault in found] == ["4"]
    assert "hunter2" not in found[0]


def test_a_password_in_the_address_is_refused_with_the_better_place(tmp_path):
    (fault,) = faults(tmp_path, BASE.replace("http://", "http://it:hunter2@"))
    assert fault == "5: prometheus.url: must not hold a user or password: use prometheus.basic_auth"


def test_a_number_as_password_is_refused_and_not_echoed(tmp_path):
    (fault,) = added(tmp_path, "  user: 4711\n  password: env:P\n")
    assert fault == "8: smtp.user: must be text: put it in quotes"
    assert "4711" not in fault


# --- the reference ------------------------------------------------------------------------------


def test_the_reference_page_is_up_to_date():
    assert (ROOT / "docs" / "config.md").read_text(encoding="utf-8") == render(), "run `make docs`"


def test_the_example_of_the_reference_is_a_whole_config(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(EXAMPLE, encoding="utf-8")
    written = load(path)
    assert [*written.services] == ["mail"]
    assert written.tickets.opened is not None


def test_the_reference_explains_every_key_of_the_contract():
    page = render()
    keys = re.findall(r"(?m)^\| `([^`]+)`", page)
    assert {"organisation", "prometheus.url", "services.NAME.target", "audiences.NAME.recipients", "smtp.from"} <= set(
        keys
    )
    assert all(
        row.count(" | ") == 4
        for row in (line.replace(" \\| ", "") for line in page.splitlines())
        if row.startswith("| `")
    )


def test_every_key_has_a_meaning_and_what_is_not_nested_has_an_example():
    rows = [re.split(r" (?<!\\)\| ", line.strip("| ")) for line in render().splitlines() if line.startswith("| `")]
    assert all(meaning.strip() for _, _, _, meaning, _ in rows)
    assert {kind for _, kind, _, _, example in rows if example == "see below"} <= {"mapping", "list of mappings"}


CSV = "tickets: {{csv: {{path: {path}, columns: {{created: a, resolved: b}}, {rest}}}}}"


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ('dates: "%d/%m/%Y"', 'dates: "%d/%m/%Y" does not tell day, month, year, hour and minute'),
        ('dates: "%d/%m/%Y %I:%M"', 'dates: "%d/%m/%Y %I:%M" does not tell day, month, year, hour and minute'),
        ('dates: "%Y-%m-%d %H:%M %Z"', "dates: %Z (the name of a zone) is not read"),
        ("edges_s: [60, 30]", "edges_s: must be rising numbers of seconds above 0"),
        ("edges_s: []", "edges_s: must not be empty"),
        ("max_bad_rows: -1", "max_bad_rows: must be at least 0"),
        ("delimiter: tabs", "delimiter: must be comma, semicolon or tab"),
        (
            'satisfaction: {column: a, satisfied: ["5"], unsatisfied: ["5"]}',
            'satisfaction.unsatisfied: "5" stands under satisfied, too',
        ),
    ],
)
def test_an_export_that_cannot_be_read_as_declared_is_refused(tmp_path, rest, expected):
    """A form that loses the hour would make every time to a solution wrong."""
    (told,) = added(tmp_path, CSV.format(path="a.csv", rest=rest) + "\n")
    assert f"tickets.csv.{expected}" in told


def test_the_only_placeholder_of_an_export_is_the_month(tmp_path):
    """A mistyped one would be looked for as a file name."""
    (told,) = added(tmp_path, CSV.format(path='"{year}.csv"', rest="max_bad_rows: 0") + "\n")
    assert "tickets.csv.path: the only placeholder is {month}" in told


@pytest.mark.parametrize("form", ["%d.%m.%Y %H:%M", "%m/%d/%Y %I:%M %p", "%d %b %Y %H:%M:%S %z", "iso"])
def test_forms_of_time_that_tell_the_minute_are_accepted(tmp_path, form):
    config = loaded(tmp_path, BASE + CSV.format(path="a.csv", rest=f'dates: "{form}"') + "\n")
    assert config.tickets.csv is not None
    assert config.tickets.csv.dates == form


# --- public pages ---------------------------------------------------------------------------

PUBLIC = "public: {{url: {url}, secret: env:A{more}}}\n"


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("http://news.acme.example", "must begin with https://"),
        ("news.acme.example", "must be https:// and a host"),
        ("https://", "must be https:// and a host"),
        ("https://ada@news.acme.example", "must be https:// and a host"),
        ("https://News.acme.example", "must be https:// and a host in small letters"),
        ("https://news.acme.example:port", "is not a valid address"),
        ("https://news.acme.example/?a=b", "may hold a path of plain names"),
        ('"https://news.acme.example/#a"', "may hold a path of plain names"),
        ("https://news.acme.example/../b", "may hold a path of plain names"),
        ("https://news.acme.example//b", "may hold a path of plain names"),
        ('"https://news.acme.example/{token}"', "may hold a path of plain names"),
        (f"https://news.acme.example/{'a' * 200}", "is longer than 200 characters"),
    ],
)
def test_an_address_that_no_mail_can_link_to_is_refused(tmp_path, url, fault):
    """Everything behind it is written into mails that stay."""
    (told,) = added(tmp_path, PUBLIC.format(url=url, more=""))
    assert f"public.url: {fault}" in told


@pytest.mark.parametrize("path", ["", "/", "/newsletter", "/it/newsletter/"])
def test_pages_may_share_a_host(tmp_path, path):
    """A slash at the end changes nothing."""
    public = loaded(tmp_path, BASE + PUBLIC.format(url=f"https://acme.example{path}", more="")).public
    assert public is not None
    assert public.base == path.rstrip("/")
    assert public.host == "acme.example"


def test_the_signing_secret_never_stands_in_the_file(tmp_path):
    """As all secrets."""
    (told,) = added(tmp_path, "public: {url: https://acme.example, secret: 0123456789abcdef0123456789abcdef}\n")
    assert "must not stand here in plain text" in told
    assert "0123456789" not in told


def test_an_archive_of_an_audience_that_is_not_there_is_refused(tmp_path):
    """With the one that was probably meant."""
    more = "audiences: {staff: {recipients: a.csv}}\n" + PUBLIC.format(
        url="https://acme.example", more=", archive: [staf]"
    )
    (told,) = added(tmp_path, more)
    assert 'archive: "staf" is not one of audiences; did you mean "staff"?' in told


def test_there_is_one_page_to_leave_the_list(tmp_path):
    """Two links in one header would lead to different places."""
    smtp = BASE.replace("smtp:\n", "smtp:\n  unsubscribe_url: https://intranet.acme.example/leave\n")
    (told,) = faults(tmp_path, smtp + PUBLIC.format(url="https://acme.example", more=""))
    assert "smtp.unsubscribe_url is another page to leave the list" in told
    assert loaded(tmp_path, smtp + PUBLIC.format(url="https://acme.example", more=", unsubscribe: false")).public


def _tickets_for(path: list[str]) -> dict[str, Any]:
    """Tickets in which the key of `path` may stand: an export stands instead of metrics."""
    if path[1] == "csv":
        columns = {"created": "a", "resolved": "b"}
        satisfaction = {"column": "c", "satisfied": ["yes"], "unsatisfied": ["no"]}
        return {"csv": {"path": "a.csv", "columns": columns, "satisfaction": satisfaction}}
    more = {"satisfaction": {"part": "a", "total": "b"}, "requesters": {"gauge": "a"}}
    return {**yaml.safe_load(FULL)["tickets"], **more}


LOGINS: dict[str, dict[str, str]] = {
    "microsoft": {"tenant": "a", "client_id": "a", "client_secret": "env:A"},
    "google": {"key_file": "a.json"},
}


def _recipients_for(path: list[str]) -> dict[str, object]:
    """An audience in which the key at `path` means something."""
    sources: dict[str, dict[str, object]] = {
        "ldap": {"url": "ldaps://a", "base": "b", "bind_dn": "c", "password": "env:A"},
        "graph": {**LOGINS["microsoft"], "group": "00000000-0000-0000-0000-000000000000"},
    }
    key = path[3] if path[2] == "recipients" and path[3:] else ""
    return {"recipients": {key: sources[key]} if key in sources else {"command": ["a"]} if key else "a.csv"}


def test_the_examples_of_the_reference_are_valid(tmp_path):
    """Each example is put where it belongs in a complete config, which must then load."""
    (tmp_path / "logo.png").write_bytes(images.png(480, 96))
    page = render()
    rows = [re.split(r" (?<!\\)\| ", line.strip("| ")) for line in page.splitlines() if line.startswith("| `")]
    alone = {
        "bearer_token",
        "preset",
        "selector",
        "match",
        "counter",
        "gauge",
        "changes",
        "by_hand",
        "advances",
        "falls",
        "difference",
        "alerts",
        "user",
        "password",
        "target_s",
        "target_share",
        "team",
    }
    for key, _, _, _, shown in rows:
        path = key.strip("`").replace("[]", ".0").split(".")
        if shown == "see below" or path[-1] in alone:
            continue
        whole = yaml.safe_load(FULL)
        rule = {"per": "working_day", "sentence": "a", "owner": "b", "valid_until": "2027-06"}
        whole["figures"] = {"NAME": {"noun": "a", "ratio": {"part": "a", "total": "b"}, "equivalence": rule}}
        whole["facts"] = {"step_changes": [{"month": "2026-03", "facts": ["tickets"], "reason": "a"}]}
        whole["services"]["NAME"], whole["audiences"]["NAME"] = {"name": "a"}, {"recipients": "a.csv"}
        whole["prometheus"]["basic_auth"] = {"user": "a", "password": "env:A"}
        if path[1:2] == ["tls"]:
            whole["prometheus"] |= {"url": "https://a", "tls": {"cert": "a", "key": "b"}}
        if path[0] == "tickets":
            whole["tickets"] = _tickets_for(path)
        if path[0] == "public":
            whole["public"] = {"url": "https://a", "secret": "env:A"}
        if path[1:2] == ["dkim"]:
            whole["smtp"]["dkim"] = {"domain": "a", "selector": "a", "key": "env:A"}
        if path[1:2] == ["oauth"]:
            whole["smtp"] |= {"user": "a", "oauth": {path[2]: dict(LOGINS[path[2]])}}
        if path[0] == "ledger" and path[1:]:
            whole["ledger"] = {"url": "postgresql://a@b/c"}
        if path[0] == "audiences":
            whole["audiences"]["NAME"] |= _recipients_for(path)
        if path[1:2] in (["light"], ["dark"]):  # a colour of one scheme needs one of the other
            light, dark = {"tint": "#EAEFF6", "accent": "#1F4E8C"}, {"tint": "#1F2A3A", "accent": "#9CC3F2"}
            whole["theme"] = {"light": light | {"cell": "#5C86BD"}, "dark": dark | {"cell": "#6A93C8"}}
        if path[1:2] == ["logo"]:
            whole["theme"] = {"logo": {"file": "logo.png"}}
        here = whole
        for part in path[:-1]:
            here = here[0] if isinstance(here, list) else here.setdefault(part, {})
        here[path[-1]] = yaml.safe_load(shown.strip("`"))
        loaded(tmp_path, yaml.safe_dump(whole, allow_unicode=True))


# --- whatever stands in the file ----------------------------------------------------------------

_KEYS = st.sampled_from(
    ["organisation", "timezone", "locales", "prometheus", "url", "smtp", "from", "services", "a b", "no"]
)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS | st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_SNIPPETS = st.lists(
    st.sampled_from(
        [
            *"{}[]:,-#&*!|>'\"%@` \n\t?",
            "a",
            "no",
            "1:30",
            "<<",
            "---",
            "...",
            "&a",
            "*a",
            "!!x",
            "\u2028",
            "\x00",
            "\\u",
        ]
    ),
    max_size=30,
).map("".join)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.one_of(_SNIPPETS, st.text(max_size=40), _SNIPPETS.map(lambda text: BASE + text)))
@example(content="\ufeff\ufeff")
@example(content="? ")
@example(content="!!timestamp x")
@example(content="a: !!int x")
@example(content="a: 0b")
@example(content="a: =")
@example(content="=: a")
@example(content="a: " + "9" * 5000)
def test_garbage_is_a_config_error_and_nothing_else(tmp_path, content):
    (tmp_path / "config.yaml").write_bytes(content.encode("utf-8", "surrogatepass"))
    try:
        load(tmp_path / "config.yaml")
    except ConfigError as error:
        told = error.message.split("\n")
    else:
        told = []
    assert all(re.match(r".*config\.yaml:\d+: ", line) and line.isprintable() for line in told)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.dictionaries(
        st.sampled_from(sorted(Config.model_fields))
        | st.text(max_size=5).filter(lambda key: key not in ("str", "dict")),
        _VALUES,
        max_size=6,
    )
)
@example(values={"[key]": None, "<text>": {"<texts>": 1}})
@example(values={"locales": ["en"], "department": {"<texts>": 1, "[key]": "a"}})
def test_wrong_types_anywhere_are_told_without_jargon(tmp_path, values):
    text = yaml.safe_dump(values, allow_unicode=True)
    found = faults(tmp_path, text)
    assert not re.search(
        r"Input should|validat|pydantic|NoneType|dict\b|\bstr\b", re.sub('"[^"]*"', "", "".join(found))
    )


@given(
    values=st.dictionaries(
        st.text("abcdef", min_size=1), st.text("xyz 0", max_size=4) | st.integers(0, 9) | st.booleans()
    )
)
def test_ordinary_yaml_is_read_as_by_the_safe_loader(values):
    text = yaml.safe_dump(values, sort_keys=False)
    parsed = parse(text)
    assert (parsed.data, parsed.faults) == (values, [])
    assert [parsed.line((key,)) for key in values] == list(range(1, len(values) + 1))


def test_no_variable_of_this_machine_is_needed():
    """Guards the tests above: they would pass for the wrong reason if the shell set these."""
    assert not {"T_PASSWORD", "T_USER", "T_HEADER"} & set(os.environ)
