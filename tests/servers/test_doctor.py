"""`newsletter doctor` against a real Prometheus and a real relay: every fault at once, with what to do."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import trustme
from click.testing import CliRunner

from newsletter import cli
from newsletter.demo.private_prometheus import private_prometheus
from newsletter.period import previous
from tests.servers import recent
from tests.servers.deliver_support import server
from tests.servers.scripted import plain, scripted, silence

pytestmark = pytest.mark.servers

CONFIG = """\
organisation: Acme
timezone: Europe/Rome
prometheus: {{url: "{url}", timeout_s: 20}}
availability:
  - preset: blackbox
    match: {{job: blackbox}}
    interval_s: 300
    maintenance: 'maintenance_active{{job="planner"}}'
services:
  mail: {{name: E-mail}}
  files: {{name: Shared files}}
  erp-orders: {{name: Orders}}
  fax: {{name: Fax}}
  print: {{name: Printers}}
tickets:
  opened: {{counter: tickets_opened_total, by: [queue]}}
smtp: {{host: 127.0.0.1, port: {port}, security: none, from: "IT <it@acme.test>"}}
audiences: {{staff: {{recipients: audience.csv}}}}
"""
LIST = "email,name,locale\nada@acme.test,Ada,en\nbob@acme.test,Bob,\n"


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("samples")
    path = recent.write(folder / "all.om", recent.probes(), recent.nodes(), recent.tickets())
    with private_prometheus([path]) as url:
        yield url


@dataclass
class Told:
    code: int
    findings: list[dict[str, Any]]
    stderr: str

    def of(self, check: str) -> list[tuple[str, str]]:
        return [(one["status"], one["what"]) for one in self.findings if one["check"] == check]

    def faults(self) -> dict[str, str]:
        return {one["check"]: one["what"] for one in self.findings if one["status"] == "fault"}

    def do(self, check: str) -> str:
        return " ".join(one["do"] for one in self.findings if one["check"] == check)


def workspace(folder: Path, url: str, port: int, config: str = CONFIG, people: str = LIST) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "audience.csv").write_text(people, encoding="utf-8")
    path = folder / "config.yaml"
    path.write_text(config.format(url=url, port=port), encoding="utf-8")
    return path


def command(config: Path, *args: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "newsletter", "doctor", "--config", str(config), *args]
    return subprocess.run(line, capture_output=True, text=True, timeout=120, check=False)


def doctor(config: Path, *args: str) -> Told:
    """The command in this process, which is quicker to start."""
    done = CliRunner().invoke(cli.main, ["doctor", "--config", str(config), "--json", *args])
    assert isinstance(done.exception, SystemExit | None), done.exception
    told = json.loads(done.stdout)
    assert told["exit_code"] == done.exit_code
    return Told(done.exit_code, told["findings"], done.stderr)


def test_a_sound_workspace_ends_0_and_tells_what_it_saw(prometheus, tmp_path):
    with server() as (script, port):
        told = doctor(workspace(tmp_path / "acme", prometheus, port))
    assert told.faults() == {}
    assert told.code == 0
    [(status, what)] = told.of("prometheus")
    assert (status, prometheus in what, "version 2." in what) == ("ok", True, True)
    assert told.of("availability.interval_s") == [("ok", "samples come every 300 s, as configured")]
    assert told.of("audiences.staff") == [("ok", "2 people (2 en)")]
    assert told.of("tickets.opened") == [("ok", "4 series of tickets_opened_total")]
    assert told.of("availability.maintenance")[0][0] == "ok"
    assert told.of("smtp")[0][1].startswith(f"127.0.0.1:{port} takes mail, unencrypted")
    assert script.received == []
    assert not any(line.startswith(("MAIL", "RCPT", "DATA")) for line in script.commands)


def test_strange_series_are_warnings_that_name_the_services(prometheus, tmp_path):
    with server() as (_, port):
        told = doctor(workspace(tmp_path / "acme", prometheus, port))
    warned = [what for status, what in told.of("availability") if status == "warning"]
    assert any("not measured for hours" in what and what.endswith(": files") for what in warned)
    assert any("without a sample in the last hour: fax, print" in what for what in warned)
    assert len(warned) == 2


def test_every_fault_is_told_at_once(prometheus, tmp_path):
    config = (
        CONFIG.replace("interval_s: 300", "interval_s: 60")
        .replace("  fax: {{name: Fax}}", "  faks: {{name: Fax}}")
        .replace("tickets_opened_total", "tickets_opend_total")
        .replace('"planner"', '"planer"')
    )
    people = "email,name,locale\nada@acme.test,Ada,en\nada@acme.test,Ada,en\nnobody,,\nbob@acme.example,Bob,de\n"
    told = doctor(workspace(tmp_path / "acme", prometheus, 1, config, people))
    faults = told.faults()
    assert faults["availability.interval_s"] == "samples come every 300 s, interval_s says 60"
    assert "faks" in faults["services"]
    assert "bob@acme.example" in faults["audiences.staff"]
    assert "cannot be reached" in faults["smtp"]
    assert told.code == 78  # the config is what an edition meets first
    lists = " ".join(what for _, what in told.of("audiences.staff"))
    assert "line 4" in lists
    assert "ada@acme.test (line 2 and line 3)" in lists
    assert "asked for de" in lists
    assert ("warning", f"no series of tickets_opend_total in {recent.MONTH.label}") in told.of("tickets.opened")
    assert "planned maintenance would count as an outage" in told.of("availability.maintenance")[0][1]
    assert ("warning", "1 service with series but without an entry, shown by their ids: fax") in told.of("services")


def test_a_server_that_forgets_after_15_days_is_a_fault_with_the_flag_that_helps(tmp_path):
    path = recent.write(tmp_path / "young.om", recent.probes(), begin=recent.NOW - 10 * recent.DAY)
    with private_prometheus([path], retention="15d") as url, server() as (_, port):
        told = doctor(workspace(tmp_path / "acme", url, port))
    assert told.faults()["retention"] == "the server keeps 15 days, so it never holds a whole month"
    assert "--storage.tsdb.retention.time=40d" in told.do("retention")
    assert told.code == 69


def test_months_that_the_server_still_holds_are_named_with_the_command(prometheus, tmp_path):
    """The samples begin a day before the last complete month, so no earlier one can be collected."""
    with server() as (_, port):
        told = doctor(workspace(tmp_path / "acme", prometheus, port))
    [(status, what)] = told.of("history")
    assert status == "ok"
    assert "comparisons begin later" in what
    assert told.of("edition")[0][0] == "warning"
    assert f"newsletter collect --month {recent.MONTH.label}" in told.do("edition")


def test_past_months_that_the_server_still_holds_are_named_with_the_command(tmp_path):
    before = [previous(recent.MONTH, recent.ROME, back) for back in (2, 1)]
    config = CONFIG.replace("preset: blackbox", "preset: up").replace("{{job: blackbox}}", "{{job: node}}")
    path = recent.write(tmp_path / "long.om", recent.nodes(), begin=before[0].start_s - recent.HOUR)
    with private_prometheus([path]) as url, server() as (_, port):
        told = doctor(workspace(tmp_path / "acme", url, port, config))
    what = f"{before[0].label}, {before[1].label} can still be collected, so that the letter can compare"
    assert told.of("history") == [("warning", what)]
    assert told.do("history") == f"Run: newsletter collect --since {before[0].label}"


def test_a_relay_with_tls_and_login_says_how_it_is_spoken_to(prometheus, tmp_path, monkeypatch):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    monkeypatch.setenv("RELAY_PASSWORD", "right")
    config = CONFIG.replace("security: none", "security: starttls, user: it, password: env:RELAY_PASSWORD")
    with server(context=context, users={"it": "right"}) as (script, port):
        told = doctor(workspace(tmp_path / "acme", prometheus, port, config))
    [(status, what)] = told.of("smtp")
    assert (status, ", over TLSv1.3, logged in, " in what) == ("ok", True)
    assert not any(line.startswith("MAIL") for line in script.commands)


def test_without_prometheus_the_rest_is_still_examined(tmp_path):
    export = "csv: {{path: 'tickets-{{month}}.csv', columns: {{created: Created, resolved: Resolved}}}}"
    config = CONFIG.replace("opened: {{counter: tickets_opened_total, by: [queue]}}", export)
    with server() as (_, port):
        told = doctor(workspace(tmp_path / "acme", "http://127.0.0.1:1", port, config))
    assert list(told.faults()) == ["tickets.csv", "prometheus"]
    assert f"tickets-{recent.MONTH.label}.csv" in told.faults()["tickets.csv"]
    assert told.of("smtp")[0][0] == "ok"
    assert told.code == 69


def test_a_silent_prometheus_and_a_silent_relay_end_within_the_deadline_together(tmp_path):
    from tests.servers.smtp_scripted import Fault

    with scripted(silence) as quiet, server(Fault("greeting", pause_s=30)) as (_, port):
        told = doctor(workspace(tmp_path / "acme", quiet.url, port), "--timeout", "8")
    assert told.faults().keys() >= {"prometheus", "smtp"}
    assert told.code == 69


def test_a_login_page_and_a_refused_login_name_the_keys(tmp_path, monkeypatch):
    monkeypatch.setenv("RELAY_PASSWORD", "wr0ng-secret")
    config = CONFIG.replace("security: none", "security: none, user: it, password: env:RELAY_PASSWORD")
    page = plain(b"<html>Sign in</html>", kind="text/html")
    with scripted(page) as proxy, server(users={"it": "right"}) as (_, port):
        path = workspace(tmp_path / "acme", proxy.url, port, config)
        told = doctor(path)
        shown = command(path).stdout
    assert "login page" in told.faults()["prometheus"]
    assert "refused smtp.user" in told.faults()["smtp"]
    assert told.code == 78
    assert "wr0ng-secret" not in json.dumps(told.findings) + shown + told.stderr


def test_a_bad_config_is_one_finding_with_all_its_faults(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("organisation: Acme\ntimezone: Europe/Roma\nsmtp: {from: it}\n", encoding="utf-8")
    told = doctor(path)
    assert told.code == 78
    assert [one["check"] for one in told.findings] == ["config"]
    assert "Europe/Rome" in told.findings[0]["what"]
    assert "smtp.from" in told.findings[0]["what"]


def test_the_table_is_plain_in_a_pipe_and_fits_80_columns(prometheus, tmp_path):
    with server() as (_, port):
        done = command(workspace(tmp_path / "acme", prometheus, port))
    lines = done.stdout.splitlines()
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert max(map(len, lines)) <= 80
    assert all(line == line.rstrip() for line in lines)
    assert lines[0].split()[:2] == ["ok", "config"]
    assert done.stderr.startswith("0 faults, ")


def test_a_ledger_that_others_may_read_and_a_broken_template_are_told(prometheus, tmp_path):
    folder = tmp_path / "acme"
    templates = folder / "templates"
    templates.mkdir(parents=True)
    (templates / "hero.mjml.j2").write_text("{% if %}", encoding="utf-8")
    (folder / "newsletter.db").write_bytes(b"not a database, but long enough to be read as one" * 20)
    with server() as (_, port):
        told = doctor(workspace(folder, prometheus, port, CONFIG + "templates: templates\n"))
    assert "hero.mjml.j2, line 1" in told.faults()["templates"]
    assert "newsletter.db" in told.faults()["ledger"]
    assert told.code == 65
