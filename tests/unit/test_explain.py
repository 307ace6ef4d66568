"""`explain` and `subjects` on the sample company's October: what is behind a number, and how it is printed."""

from __future__ import annotations

import json
import re
import shutil
from datetime import datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from newsletter import cli

ROOT = Path(__file__).parents[2]


def run(*args: str, folder: Path = ROOT) -> Any:
    return CliRunner().invoke(cli.main, [*args, "--config", str(folder / "config.yaml"), "--month", "2026-10"])


def explained(fact: str) -> Any:
    done = run("explain", fact, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def snapshot() -> Any:
    return json.loads((ROOT / "editions/2026-10/snapshot.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The text parts, as `build` writes them."""
    folder = tmp_path_factory.mktemp("built")
    assert run("build", "--output", str(folder)).exit_code == 0
    return folder


def test_the_days_of_a_service_are_those_of_its_outages_and_planned_work(snapshot):
    """wifi: the local days on which an outage of the snapshot began or ended are down, no others."""
    wifi = snapshot["services"]["wifi"]
    told = explained("wifi.availability")
    down = {
        datetime.fromisoformat(one[edge]).astimezone(datetime.fromisoformat(told["window"]["start"]).tzinfo).day
        for one in wifi["outages"]
        for edge in ("start", "end")
    }
    assert [one["day"] for one in told["strip"]] == list(range(1, 32))
    assert {one["day"] for one in told["strip"] if one["state"] == "down"} == down
    assert sum(one["down_s"] for one in told["strip"]) == pytest.approx(wifi["down_s"], abs=0.01)
    assert [one["down_s"] for one in told["outages"]] == [one["down_s"] for one in wifi["outages"]]
    assert {one["state"] for one in explained("mail.availability")["strip"]} == {"up", "down", "planned"}


def test_an_interruption_is_explained_by_itself(snapshot):
    told = explained("wifi.interruption_2")
    [only] = told["outages"]
    assert datetime.fromisoformat(only["start"]) == datetime.fromisoformat(
        snapshot["services"]["wifi"]["outages"][1]["start"]
    )
    assert told["choice"] == {"told": "always", "reason": ""}


@pytest.mark.parametrize("fact", ["mail.availability", "tickets.solved_within", "payslips.count"])
def test_each_variant_prints_the_number_as_it_is_told_here(letters, fact):
    printed = explained(fact)["printed"]
    assert {"staff.en", "staff.it"} <= {one["variant"] for one in printed}
    for one in printed:
        lines = (letters / f"{one['variant']}.txt").read_text(encoding="utf-8")
        assert " ".join(one["text"].split()) in " ".join(lines.split())


@pytest.mark.parametrize("fact", ["files.availability", "tickets.resolved", "sign_ins.count"])
def test_the_months_before_are_those_of_their_own_snapshots(fact):
    """Twelve of them, newest first, each with the evidence that its snapshot holds."""
    earlier = explained(fact)["earlier"]
    assert len(earlier) == 12
    assert earlier[0]["month"] == "2026-09"
    subject = fact.partition(".")[0]
    for one in earlier:
        frozen = json.loads((ROOT / "editions" / one["month"] / "snapshot.json").read_text(encoding="utf-8"))
        value = {
            "files": lambda snapshot: snapshot["services"]["files"]["availability"],
            "tickets": lambda snapshot: snapshot["tickets"]["resolved"]["total"],
            "sign_ins": lambda snapshot: snapshot["figures"]["sign_ins"]["value"],
        }[subject]
        assert one["value"] == pytest.approx(value(frozen))
        assert {each["query"] for each in one["evidence"]} <= {each["query"] for each in frozen["evidence"].values()}


def test_the_months_before_stand_in_the_table_with_what_they_were_read_from():
    told = run("explain", "tickets.resolved").stdout
    assert re.search(r"2025-10: +1,321, from tickets/resolved", told)
    assert "newsletter explain tickets.resolved --month 2026-09" in told


def test_the_evidence_and_score_are_those_of_facts_json(letters):
    whole = json.loads((letters / "facts.json").read_text(encoding="utf-8"))
    told = explained("payslips.count")
    [same] = [one for one in whole["facts"] if one["id"] == "payslips.count"]
    assert told["evidence"] == [whole["evidence"][key] for key in same["evidence"]]
    total = told["fact"]["score"].pop("total")
    assert told["fact"] == same
    assert total == pytest.approx(0.7 * (0.3 + 0.4 * 0.3 + 0.3 * 0.5) * same["score"]["novelty"])
    assert told["choice"]["told"] == "did_you_know"


def test_a_share_has_its_interval_and_a_count_has_none():
    """810 of 1,322; the bounds by the formula's closed form, worked out once with 60 digits."""
    interval = explained("tickets.solved_within")["interval"]
    assert (interval["low"], interval["high"]) == pytest.approx((0.5861585, 0.6386044), abs=1e-6)
    assert explained("tickets.opened")["interval"] is None


def test_a_claim_that_could_not_be_made_tells_why():
    told = explained("sign_ins.count.change")
    assert told["fact"] is None
    assert "chance could explain it" in told["choice"]["reason"]
    assert told["evidence"] == told["printed"] == []


def test_an_unknown_fact_is_refused_with_the_nearest():
    done = run("explain", "files.availabilty", "--json")
    assert done.exit_code == 2
    assert "files.availability" in done.stderr


def test_the_chosen_subject_is_marked_and_another_can_be_chosen(tmp_path):
    for name in ("config.yaml", "audience.csv", "managers.csv", "templates", "editions"):
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, tmp_path / name)
    first = json.loads(run("subjects", "--json", folder=tmp_path).stdout)
    english = [one for one in first if one["variant"] == "staff.en"]
    assert [one["subject"] for one in english] == [1, 2]
    assert [one["chosen"] for one in english] == [True, False]
    (tmp_path / "editions/2026-10/edition.yaml").write_text("subject: 2\n", encoding="utf-8")
    shown = [line for line in run("subjects", folder=tmp_path).stdout.splitlines() if "*" in line]
    assert any(english[1]["text"] in line for line in shown)
    assert not any(english[0]["text"] in line for line in shown)
    assert run("build", "--output", str(tmp_path / "out"), folder=tmp_path).exit_code == 0
    mail = message_from_bytes((tmp_path / "out/staff.en.eml").read_bytes(), policy=policy.default)
    assert mail["Subject"] == english[1]["text"]
