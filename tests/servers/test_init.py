"""`newsletter init` against a real Prometheus: what it writes collects at once, without editing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from newsletter import config
from newsletter.demo.private_prometheus import private_prometheus
from tests.servers import recent
from tests.servers.victoria import private_victoria

pytestmark = pytest.mark.servers

ZONE = ("--timezone", "Europe/Rome")


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("samples")
    path = recent.write(folder / "all.om", recent.probes(), recent.nodes(), recent.tickets())
    with private_prometheus([path]) as url:
        yield url


def newsletter(folder: Path, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "newsletter", *args]
    return subprocess.run(
        line, cwd=folder, env={**os.environ, **env}, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture(scope="module")
def begun(prometheus, tmp_path_factory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A workspace made by init, and what init said."""
    folder = tmp_path_factory.mktemp("new")
    done = newsletter(folder, "init", "acme", "--prometheus", prometheus, "--organisation", "Acme", *ZONE)
    assert done.returncode == 0, done.stderr
    return folder / "acme", done


def test_what_was_found_collects_and_builds_without_editing(begun):
    """The truth is what the samples were generated from."""
    folder, _ = begun
    collected = newsletter(folder, "collect")
    assert collected.returncode == 0, collected.stderr
    snapshot = json.loads(Path(folder / collected.stdout.strip()).read_text(encoding="utf-8"))
    assert set(snapshot["services"]) == {"mail", "files", "erp-orders", "fax", "print"}
    assert snapshot["services"]["mail"]["down_s"] == pytest.approx(3600, abs=recent.EVERY)
    assert snapshot["services"]["mail"]["excluded_s"] == pytest.approx(3600, abs=recent.EVERY)
    assert snapshot["services"]["files"]["unknown_s"] == pytest.approx(20 * 3600, abs=recent.EVERY)
    assert snapshot["services"]["erp-orders"]["down_s"] == 0
    assert snapshot["tickets"]["opened"]["total"] > 0
    assert snapshot["tickets"]["open_at_end"]["total"] == 14
    assert snapshot["figures"]["reboots"]["value"] == 2  # both machines, in the middle of the month
    built = newsletter(folder, "build", "--output", "out")
    assert built.returncode == 0, built.stderr
    letter = (folder / "out/staff.en.txt").read_text(encoding="utf-8")
    assert "Mail" in letter
    assert "ERP orders" in letter
    assert "satisfaction" not in collected.stderr  # this exporter has none, which is no news


def test_the_first_check_passes_and_a_send_refuses_the_placeholders_before_it_writes_anything(begun):
    """What is still missing in what init wrote is told with what to write; no list is frozen for a relay that is none."""
    folder, _ = begun
    if not list(folder.glob("editions/*/snapshot.json")):
        assert newsletter(folder, "collect").returncode == 0
    checked = newsletter(folder, "check")
    assert checked.returncode == 0, checked.stdout
    assert "services.mail has no `outcome` in English" in checked.stdout
    assert newsletter(folder, "approve", "--by", "Head of IT").returncode == 0
    for args in (("--dry-run",), ("--yes",)):
        refused = newsletter(folder, "send", *args)
        assert refused.returncode == 78, refused.stderr
        assert "relay.invalid is a placeholder, so nothing can be sent" in refused.stdout + refused.stderr
    assert not (folder / "newsletter.db").exists()


def test_the_config_says_what_the_series_carry(begun):
    folder, done = begun
    written = config.load(folder / "config.yaml")
    [source] = written.availability
    assert (source.preset, source.match) == ("blackbox", {"job": "blackbox"})
    assert (source.service_label, source.prober_label, source.interval_s) == ("service", "prober", 300)
    assert source.maintenance == "maintenance_active"
    assert set(written.services) == {"mail", "files", "erp-orders"}  # fax and print are gone
    assert all(one.target is None for one in written.services.values())
    assert str(written.timezone) == "Europe/Rome"
    assert "seen in the last 3 days, but not in the last hour" in done.stderr
    assert "print" in done.stderr
    assert "blackbox of blackbox: 3 services by label service, 2 probers by prober, every 300 s" in done.stderr


def test_it_prints_the_paths_and_the_next_three_commands(begun):
    _, done = begun
    month = recent.MONTH.label
    written = ["acme/config.yaml", "acme/audience.csv", f"acme/editions/{month}/notes/welcome.en.md", "acme/.gitignore"]
    assert done.stdout.splitlines() == written
    commands = [line.split("#")[0].strip() for line in done.stderr.splitlines() if line.startswith("  newsletter")]
    assert commands == ["newsletter doctor", "newsletter collect", "newsletter preview"]
    assert "\x1b" not in done.stderr


def test_doctor_finds_only_placeholders_to_fill_in(begun):
    """The relay is never connected to: its name cannot resolve."""
    folder, _ = begun
    done = newsletter(folder, "doctor", "--json")
    findings = json.loads(done.stdout)["findings"]
    faults = {one["check"]: one["what"] for one in findings if one["status"] == "fault"}
    assert set(faults) == {"smtp", "smtp.from", "audiences.staff"}
    assert all("placeholder" in what or "made for examples" in what for what in faults.values())
    assert done.returncode == 78


def test_nothing_is_overwritten(begun, prometheus):
    folder, _ = begun
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    again = newsletter(folder, "init", "--prometheus", prometheus, *ZONE)
    assert again.returncode == 2
    assert "config.yaml" in again.stderr
    assert {path: path.read_bytes() for path in before} == before


def test_without_prometheus_the_starter_loads_and_doctor_explains_it(tmp_path):
    done = newsletter(tmp_path, "init", "--locale", "it", "--locale", "en", TZ="Europe/Rome")
    assert done.returncode == 0, done.stderr
    written = config.load(tmp_path / "config.yaml")
    assert written.locales == ["it", "en"]
    assert str(written.timezone) == "Europe/Rome"
    assert "it," in (tmp_path / "audience.csv").read_text(encoding="utf-8")
    told = newsletter(tmp_path, "doctor", "--json")
    checks = {one["check"]: one for one in json.loads(told.stdout)["findings"]}
    assert checks["smtp"]["status"] == "fault"
    assert "Traceback" not in told.stderr


def test_a_server_that_cannot_be_reached_leaves_nothing_behind(tmp_path):
    done = newsletter(tmp_path, "init", "acme", "--prometheus", "http://127.0.0.1:1", *ZONE)
    assert done.returncode == 69
    assert not (tmp_path / "acme").exists()


def test_a_token_is_written_by_its_name_only(prometheus, tmp_path):
    done = newsletter(
        tmp_path, "init", "--prometheus", prometheus, "--bearer-token", "env:TOKEN", "--header", "X-Scope-OrgID: acme",
        *ZONE, TOKEN="s3cret-token",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "config.yaml").read_text(encoding="utf-8")
    assert "env:TOKEN" in text
    assert "s3cret-token" not in text + done.stdout + done.stderr
    assert config.load(tmp_path / "config.yaml").prometheus.headers == {"X-Scope-OrgID": "acme"}


def test_only_nodes_give_their_jobs_as_services(tmp_path):
    """Where nothing probes the services, the scrape health of jobs is what there is."""
    path = recent.write(tmp_path / "nodes.om", recent.nodes(), begin=recent.NOW - recent.DAY)
    with private_prometheus([path], retention="15d") as url:
        done = newsletter(tmp_path, "init", "acme", "--prometheus", url, *ZONE)
    assert done.returncode == 0, done.stderr
    [source] = config.load(tmp_path / "acme/config.yaml").availability
    assert (source.preset, source.service_label, source.prober_label) == ("up", "job", "instance")
    assert "--storage.tsdb.retention.time=40d" in done.stderr
    assert "the first whole month is" in done.stderr


def found_in(
    folder: Path, *worlds: Iterator[tuple[str, str, recent.Value]]
) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A workspace made of these worlds, collected before their server ends."""
    path = recent.write(folder / "all.om", *worlds)
    with private_prometheus([path]) as url:
        begun = newsletter(folder, "init", "acme", "--prometheus", url, "--organisation", "Acme", *ZONE)
        assert begun.returncode == 0, begun.stderr
        collected = newsletter(folder / "acme", "collect")
        assert collected.returncode == 0, collected.stderr
        doctor = newsletter(folder / "acme", "doctor", "--json")
    about = [one for one in json.loads(doctor.stdout)["findings"] if one["check"].startswith(("availability", "serv"))]
    assert not [one for one in about if one["status"] == "fault"]
    return folder / "acme", begun


def snapshot_of(folder: Path) -> Any:
    return json.loads((folder / f"editions/{recent.MONTH.label}/snapshot.json").read_text(encoding="utf-8"))


def test_a_server_with_nothing_but_an_ingress_collects_its_requests(tmp_path):
    """The truth: 20 failures each, and a 200 every five minutes and method."""
    folder, begun = found_in(tmp_path, recent.ingresses("shop", "intranet"))
    [source] = config.load(folder / "config.yaml").availability
    assert (source.preset, source.service_label, source.leave_out) == ("ingress_nginx", "ingress", [])
    assert "ingress_nginx: requests of 2 services by label ingress" in begun.stderr
    services = snapshot_of(folder)["services"]
    assert set(services) == {"shop", "intranet"}
    asked = 2 * round((recent.MONTH.end_s - recent.MONTH.start_s) / recent.EVERY) + 20
    assert services["shop"]["requests"]["failed"] == 20
    assert services["shop"]["requests"]["total"] == pytest.approx(asked, abs=2)
    assert services["shop"]["basis"] == "requests"
    built = newsletter(folder, "build", "--output", "out")
    assert built.returncode == 0, built.stderr
    assert "Intranet" in (folder / "out/staff.en.txt").read_text(encoding="utf-8")


def test_what_is_probed_is_not_told_a_second_time_by_its_requests(tmp_path):
    """An Ingress of its own counts; those of probed services are left out, with the reason."""
    worlds = (recent.probes(), recent.nodes(), recent.tickets(), recent.ingresses("mail", "files-ingress", "shop"))
    folder, begun = found_in(tmp_path, *worlds)
    written = config.load(folder / "config.yaml")
    assert [one.preset for one in written.availability] == ["blackbox", "ingress_nginx"]
    assert written.availability[1].leave_out == ["files-ingress", "mail"]
    assert set(written.services) == {"mail", "files", "erp-orders", "shop"}
    assert "ingress_nginx leaves to blackbox: files-ingress, mail" in begun.stderr
    snapshot = snapshot_of(folder)
    assert snapshot["services"]["mail"]["down_s"] == pytest.approx(3600, abs=recent.EVERY)
    assert snapshot["services"]["shop"]["requests"]["failed"] == 20
    assert "files-ingress" not in snapshot["services"]
    assert snapshot["tickets"]["open_at_end"]["total"] == 14
    assert snapshot["figures"]["reboots"]["value"] == 2
    assert newsletter(folder, "build", "--output", "out").returncode == 0


def test_requests_of_probed_services_only_are_offered_but_not_counted(tmp_path):
    """fax and print have no probe any more, but had one in the month: an Ingress of that name would be told twice."""
    folder, _ = found_in(tmp_path, recent.probes(), recent.ingresses("mail", "fax", "print"))
    text = (folder / "config.yaml").read_text(encoding="utf-8")
    assert [one.preset for one in config.load(folder / "config.yaml").availability] == ["blackbox"]
    assert "  # - preset: ingress_nginx\n" in text
    assert "ingress_nginx counts requests of fax, mail, print,\n  # which blackbox measures already" in text


def test_victoriametrics_gives_the_same_config_and_tells_its_retention(begun, tmp_path):
    path = recent.write_json(tmp_path / "all.jsonl", recent.probes(), recent.tickets())
    with private_victoria([path]) as url:
        done = newsletter(tmp_path, "init", "acme", "--prometheus", url, *ZONE)
        assert done.returncode == 0, done.stderr
        told = json.loads(newsletter(tmp_path / "acme", "doctor", "--json").stdout)["findings"]
    assert "keeps 36,500 days" in done.stderr
    ours, other = (config.load(folder / "config.yaml") for folder in (tmp_path / "acme", begun[0]))
    assert ours.availability == other.availability
    assert ours.services == other.services
    assert ours.tickets == other.tickets
    assert [one["what"] for one in told if one["check"] == "availability" and one["status"] == "warning"] == [
        f"1 service not measured for hours in {recent.MONTH.label}: files",
        "2 services without a sample in the last hour: fax, print",
    ]
