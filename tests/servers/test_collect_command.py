"""`newsletter collect` as ops runs it: a real Prometheus, the exit code, and the file it leaves."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from newsletter import approval
from newsletter.deliver.ledger import FrozenEdition, Planned, open_ledger
from newsletter.demo.private_prometheus import private_prometheus

pytestmark = pytest.mark.servers

ROME = ZoneInfo("Europe/Rome")
START = datetime(2026, 10, 1, tzinfo=ROME).timestamp()
END = datetime(2026, 11, 1, tzinfo=ROME).timestamp()
EVERY = 300
DOWN = (START + 10 * 86400, START + 10 * 86400 + 3600)  # mail: an hour
BLIND = (START + 20 * 86400, START + 24 * 86400)  # files: nobody measured for four days of 31

CONFIG = """\
organisation: Acme
timezone: Europe/Rome
locales: [en]
prometheus: {{url: "{url}", timeout_s: 20}}
availability:
  - {{preset: blackbox, match: {{job: blackbox}}, service_label: service, interval_s: {every}}}
services:
  mail: {{name: E-mail, target: 99.9}}
  files: {{name: Shared files, target: 99.9}}
unlisted_services: include
smtp: {{host: 127.0.0.1, port: 25, security: none, from: "IT <it@acme.example>"}}
audiences: {{staff: {{recipients: audience.csv}}}}
"""


def samples() -> str:
    """Two services, two probers each; a day before the month and a day after it."""
    lines = ["# TYPE probe_success gauge"]
    for service in ("mail", "files"):
        for prober in ("north", "south"):
            labels = f'{{job="blackbox",service="{service}",prober="{prober}"}}'
            for at in range(int(START) - 86400, int(END) + 86400, EVERY):
                if service == "files" and BLIND[0] <= at < BLIND[1]:
                    continue
                value = 0 if service == "mail" and DOWN[0] <= at < DOWN[1] else 1
                lines.append(f"probe_success{labels} {value} {at}")
    return "\n".join([*lines, "# EOF", ""])


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Prometheus that holds these samples."""
    path = tmp_path_factory.mktemp("samples") / "month.om"
    path.write_text(samples(), encoding="utf-8")
    with private_prometheus([path]) as url:
        yield url


def collect(folder: Path, url: str, *args: str, config: str = CONFIG) -> subprocess.CompletedProcess[str]:
    """The command in a workspace of its own."""
    folder.mkdir(exist_ok=True)
    path = folder / "config.yaml"
    path.write_text(config.format(url=url, every=EVERY), encoding="utf-8")
    line = [sys.executable, "-m", "newsletter", "collect", "--month", "2026-10", "--config", str(path), *args]
    return subprocess.run(line, capture_output=True, text=True, timeout=120, check=False)


def test_a_service_measured_too_little_ends_3_without_a_percentage(prometheus, tmp_path):
    """The file is written all the same, and the other service is exact."""
    done = collect(tmp_path / "acme", prometheus)
    assert done.returncode == 3
    assert "files" in done.stderr
    assert "87.1%" in done.stderr
    assert "Traceback" not in done.stderr
    written = json.loads((tmp_path / "acme/editions/2026-10/snapshot.json").read_text(encoding="utf-8"))
    assert written["services"]["files"]["availability"] is None
    mail = written["services"]["mail"]
    assert mail["down_s"] == pytest.approx(3600, abs=EVERY)
    assert len(mail["outages"]) == 1
    assert mail["availability"] == pytest.approx(1 - 3600 / (END - START), abs=EVERY / (END - START))
    assert written["period"]["seconds"] == 745 * 3600


def test_a_good_month_prints_the_path_of_its_snapshot(prometheus, tmp_path):
    """On stdout, for scripts; progress goes to stderr."""
    folder = tmp_path / "acme"
    only_mail = CONFIG.replace("  files: {{name: Shared files, target: 99.9}}\n", "").replace("include", "ignore")
    done = collect(folder, prometheus, config=only_mail)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()) == folder / "editions/2026-10/snapshot.json"
    assert "2026-10: 1 service, 1 outage, 0 figures" in done.stderr


def test_a_snapshot_of_which_more_was_measured_is_kept(prometheus, tmp_path):
    """With a wrong interval_s most of the month looks unmeasured; what is new to the config is no reason to keep it."""
    folder = tmp_path / "acme"
    path = folder / "editions/2026-10/snapshot.json"
    only_mail = CONFIG.replace("  files: {{name: Shared files, target: 99.9}}\n", "").replace("include", "ignore")
    collect(folder, prometheus, config=only_mail)
    before = path.read_bytes()
    done = collect(folder, prometheus, config=only_mail.replace("{every}", str(EVERY // 5)))
    assert done.returncode == 3
    assert path.read_bytes() == before
    assert f"{path} is kept, as it has more of mail." in done.stderr
    assert collect(folder, prometheus).returncode == 3  # files, of which little was measured, comes in
    assert json.loads(path.read_text(encoding="utf-8"))["services"].keys() == {"mail", "files"}


def test_no_prometheus_ends_69_and_leaves_the_old_snapshot(prometheus, tmp_path):
    """An error never costs what was already there."""
    folder = tmp_path / "acme"
    collect(folder, prometheus)
    before = (folder / "editions/2026-10/snapshot.json").read_bytes()
    done = collect(folder, "http://127.0.0.1:1")
    assert done.returncode == 69
    assert "127.0.0.1:1" in done.stderr
    assert (folder / "editions/2026-10/snapshot.json").read_bytes() == before


def test_a_month_before_the_first_sample_ends_69(prometheus, tmp_path):
    """Nothing measured is an error, not a perfect month."""
    folder = tmp_path / "acme"
    done = collect(folder, prometheus, "--month", "2026-08")
    assert done.returncode == 69
    assert not (folder / "editions").exists()


def test_the_cost_of_each_kind_of_query_is_told(prometheus, tmp_path):
    """It collects as usual, and prints a table with the sum last."""
    done = collect(tmp_path / "acme", prometheus, "--explain-cost")
    lines = done.stdout.splitlines()
    assert lines[0].split()[:2] == ["query", "requests"]
    (passes,) = [line.split() for line in lines if line.startswith("count_over_time(probe_success{...}[...]) != ")]
    samples = 4 * (END - START) / EVERY - 2 * (BLIND[1] - BLIND[0]) / EVERY
    # each sample is in two windows, and each part of the month begins with one window more
    assert int(passes[-4]) == pytest.approx(2 * samples, rel=0.02)
    total = next(line.split() for line in lines if line.startswith("sum "))
    assert int(total[1]) >= 6


def test_nothing_to_collect_is_a_fault_of_the_config_and_writes_nothing(tmp_path):
    config = tmp_path / "config.yaml"
    text = CONFIG.format(url="http://127.0.0.1:1", every=EVERY)
    config.write_text(text[: text.index("availability:")] + text[text.index("unlisted_services") :])
    line = [sys.executable, "-m", "newsletter", "collect", "--config", str(config), "--month", "2026-10"]
    done = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 78
    assert "nothing to collect" in done.stderr
    assert list(tmp_path.iterdir()) == [config]


ONLY_MAIL = CONFIG.replace("  files: {{name: Shared files, target: 99.9}}\n", "").replace("include", "ignore")


def rely_on_it(folder: Path, how: str) -> None:
    """Approve the edition, or begin to mail it."""
    if how == "approved":
        approval.approve(folder / "editions/2026-10", digest="d", variants={}, by="Head of IT", at=datetime.now(UTC))
        return
    with open_ledger(folder / "newsletter.db") as ledger:
        frozen = FrozenEdition(id="2026-10", date=datetime.now(UTC), variants={"staff.en": "d"})
        plan = Planned(key="a@acme.example", address="a@acme.example", name="", variant="staff.en", message_id="m")
        assert ledger.freeze(frozen, [plan])


@pytest.mark.parametrize(
    ("how", "told"), [("approved", "2026-10 was approved by Head of IT"), ("mailed", "2026-10 was mailed")]
)
def test_what_people_rely_on_is_not_collected_again_unless_asked(prometheus, tmp_path, how, told):
    """Not even asked for, and no error: the line of a timer goes on with `send`."""
    folder = tmp_path / "acme"
    path = folder / "editions/2026-10/snapshot.json"
    collect(folder, prometheus, config=ONLY_MAIL)
    rely_on_it(folder, how)
    path.write_bytes(before := path.read_bytes() + b" ")
    done = collect(folder, "http://127.0.0.1:9", config=ONLY_MAIL)
    assert (done.returncode, done.stdout.strip()) == (0, str(path))
    assert done.stderr == f"{told}: its numbers stay. To look at new ones: --output FILE; to replace them: --again\n"
    past = collect(folder, "http://127.0.0.1:9", "--since", "2026-10", "--overwrite", config=ONLY_MAIL)
    assert (past.returncode, past.stdout.split()) == (0, ["2026-10", "kept", str(path)])
    assert told in past.stderr
    assert path.read_bytes() == before
    beside = collect(folder, prometheus, "--output", str(tmp_path / "new.json"), config=ONLY_MAIL)
    assert (beside.returncode, path.read_bytes()) == (0, before)
    assert collect(folder, prometheus, "--again", config=ONLY_MAIL).returncode == 0
    assert path.read_bytes() == (tmp_path / "new.json").read_bytes()


def test_again_with_since_says_what_else_it_takes(tmp_path):
    """`--since` alone never replaces anything."""
    done = collect(tmp_path / "acme", "http://127.0.0.1:9", "--since", "2026-10", "--again")
    assert done.returncode == 2
    assert "--overwrite --again" in done.stderr
