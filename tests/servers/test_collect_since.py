"""`newsletter collect --since`: past months from a real Prometheus, one line each, never at the cost of a snapshot."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from newsletter import past_months
from newsletter.config import load
from newsletter.demo.private_prometheus import private_prometheus
from newsletter.period import month

pytestmark = pytest.mark.servers

ROME = ZoneInfo("Europe/Rome")
EVERY = 900


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ROME).timestamp()


# recorded from August on; in September nobody measured for six days, in October only `files` was not
BLIND = {
    "mail": [(at("2026-09-10"), at("2026-09-16"))],
    "files": [(at("2026-09-10"), at("2026-09-16")), (at("2026-10-21"), at("2026-10-25"))],
}
CONFIG = """\
organisation: Acme
timezone: Europe/Rome
locales: [en]
prometheus: {{url: "{url}", timeout_s: 20}}
availability:
  - {{selector: probe_success, service_label: service, interval_s: {every}}}
services:
  mail: {{name: E-mail}}
  files: {{name: Shared files}}
tickets:
  opened: {{counter: tickets_opened_total}}
smtp: {{from: "IT <it@acme.example>"}}
"""


def samples() -> str:
    lines = ["# TYPE probe_success gauge"]
    scrapes = range(int(at("2026-07-31T12:00")), int(at("2026-11-01T12:00")), EVERY)
    for service, holes in BLIND.items():
        seen = (scrape for scrape in scrapes if not any(begin <= scrape < end for begin, end in holes))
        lines += [f'probe_success{{service="{service}"}} 1 {scrape}' for scrape in seen]
    lines.append("# TYPE tickets_opened unknown")
    # this exporter was installed in the middle of August
    counted = (scrape for scrape in scrapes if scrape >= at("2026-08-15"))
    lines += [f"tickets_opened_total {number} {scrape}" for number, scrape in enumerate(counted)]
    return "\n".join([*lines, "# EOF", ""])


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path = tmp_path_factory.mktemp("samples") / "months.om"
    path.write_text(samples(), encoding="utf-8")
    with private_prometheus([path]) as url:
        yield url


def workspace(folder: Path, url: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "config.yaml"
    path.write_text(CONFIG.format(url=url, every=EVERY), encoding="utf-8")
    return path


def collect(config: Path, *args: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "newsletter", "collect", "--config", str(config), "--month", "2026-10", *args]
    return subprocess.run(line, capture_output=True, text=True, timeout=120, check=False)


def outcomes(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    return {line[:7]: line[9:].partition("  ")[0].strip() for line in done.stdout.splitlines()}


def read(folder: Path, label: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / f"editions/{label}/snapshot.json").read_text(encoding="utf-8"))
    return found


def test_past_months_are_filled_and_what_is_missing_is_told(prometheus, tmp_path):
    """Whole months, one of which a service is unknown, one that nobody measured, half a day, and nothing at all."""
    config = workspace(tmp_path / "acme", prometheus)
    done = collect(config, "--since", "2026-06")
    assert outcomes(done) == {
        "2026-06": "not there",
        "2026-07": "incomplete",
        "2026-08": "written",
        "2026-09": "incomplete",
        "2026-10": "incomplete",
    }, done.stderr
    assert done.returncode == 3
    assert "4 of 5 months" in done.stderr
    frozen = {path.parent.name for path in config.parent.glob("editions/*/snapshot.json")}
    assert frozen == {"2026-08", "2026-10"}
    august, october = read(config.parent, "2026-08"), read(config.parent, "2026-10")
    assert {name: one["availability"] for name, one in august["services"].items()} == {"mail": 1.0, "files": 1.0}
    assert {name: one["availability"] for name, one in october["services"].items()} == {"mail": 1.0, "files": None}


def test_tickets_of_half_a_month_are_no_number(prometheus, tmp_path):
    """An exporter installed on the 15th has not seen the month; the whole month after it is there."""
    config = workspace(tmp_path / "acme", prometheus)
    collect(config, "--since", "2026-08")
    assert read(config.parent, "2026-08")["tickets"]["opened"] is None
    (warning,) = [
        text
        for text in read(config.parent, "2026-08")["evidence"]["tickets/opened"]["warnings"]
        if "recorded" in text and "%" in text
    ]
    assert "54.8% of the month" in warning
    assert read(config.parent, "2026-10")["tickets"]["opened"]["total"] == 745 * 4


def test_a_second_run_keeps_what_is_there_and_fills_the_rest(prometheus, tmp_path):
    """So an interrupted run goes on, and a timer costs nothing."""
    config = workspace(tmp_path / "acme", prometheus)
    collect(config, "--since", "2026-08")
    kept = config.parent / "editions/2026-08/snapshot.json"
    kept.write_text(kept.read_text(encoding="utf-8") + " ", encoding="utf-8")
    (config.parent / "editions/2026-10/snapshot.json").unlink()
    done = collect(config, "--since", "2026-08")
    assert outcomes(done) == {"2026-08": "kept", "2026-09": "incomplete", "2026-10": "incomplete"}
    assert kept.read_text(encoding="utf-8").endswith(" ")
    third = collect(config, "--since", "2026-10")
    assert outcomes(third) == {"2026-10": "incomplete"}
    assert third.returncode == 3
    assert "kept as it is: measured less than 90% of 2026-10: files" in third.stdout
    again = collect(config, "--since", "2026-08", "--overwrite")
    assert outcomes(again)["2026-08"] == "written"
    assert not kept.read_text(encoding="utf-8").endswith(" ")


def test_a_part_of_a_month_never_replaces_a_snapshot(prometheus, tmp_path):
    """A server that has forgotten half of it must not cost the half that was frozen."""
    config = workspace(tmp_path / "acme", prometheus)
    collect(config, "--since", "2026-08")
    for label in ("2026-07", "2026-09"):
        folder = config.parent / "editions" / label
        folder.mkdir()
        (folder / "snapshot.json").write_text("frozen", encoding="utf-8")
    before = (config.parent / "editions/2026-10/snapshot.json").read_bytes()
    done = collect(config, "--since", "2026-07", "--overwrite")
    assert outcomes(done) == {"2026-07": "kept", "2026-08": "written", "2026-09": "kept", "2026-10": "kept"}
    assert done.returncode == 3
    assert (config.parent / "editions/2026-10/snapshot.json").read_bytes() == before
    assert (config.parent / "editions/2026-09/snapshot.json").read_text(encoding="utf-8") == "frozen"


def test_a_month_that_the_retention_has_taken_is_not_there_and_says_how_long_it_is(prometheus, tmp_path):
    """The server keeps a hundred years; a hundred and four years later it would have nothing of July."""
    config = load(workspace(tmp_path / "acme", prometheus))
    (found,) = past_months.fill(config, [month("2026-07", ROME)], now=datetime(2130, 1, 1, tzinfo=UTC))
    assert found.outcome == "not there"
    assert "keeps 36,500 days" in found.remark


def test_a_server_that_does_not_answer_ends_69_and_leaves_all_snapshots(prometheus, tmp_path):
    """Not one line "not there" for each month."""
    config = workspace(tmp_path / "acme", prometheus)
    collect(config, "--since", "2026-08")
    before = (config.parent / "editions/2026-08/snapshot.json").read_bytes()
    workspace(tmp_path / "acme", "http://127.0.0.1:1")
    done = collect(config, "--since", "2026-08", "--overwrite")
    assert (done.returncode, done.stdout) == (69, "")
    assert (config.parent / "editions/2026-08/snapshot.json").read_bytes() == before


def test_a_file_that_cannot_be_written_ends_74(prometheus, tmp_path):
    done = collect(workspace(tmp_path / "acme", prometheus), "--month", "2026-08", "--output", "/proc/x/y.json")
    assert done.returncode == 74
    assert "/proc/x/y.json: No such file or directory" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_whole_past_ends_0(prometheus, tmp_path):
    config = workspace(tmp_path / "acme", prometheus)
    done = collect(config, "--since", "2026-08", "--month", "2026-08")
    assert (done.returncode, outcomes(done)) == (0, {"2026-08": "written"})


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["--since", "2026-11"], "--since 2026-11 is later than 2026-10"),
        (["--since", "2026-1"], "is not a month"),
        (["--since", "2026-08", "--output", "a.json"], "--output"),
        (["--overwrite"], "--overwrite"),
    ],
)
def test_options_that_make_no_sense_end_2(tmp_path, args, told):
    done = collect(workspace(tmp_path / "acme", "http://127.0.0.1:1"), *args)
    assert done.returncode == 2
    assert told in done.stderr
