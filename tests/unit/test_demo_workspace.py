"""The sample company's folder: complete, marked as a sample, and copied without leftovers."""

from __future__ import annotations

import csv
import errno
import os
import re
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter import audience, notes
from newsletter.config import AudienceConfig, load
from newsletter.demo import plan
from newsletter.demo.workspace import PARTS, copy_workspace, sample_workspace, temporary_workspace
from newsletter.errors import ConfigError, FileError, UsageError

ROOT = Path(__file__).parents[2]
READ_AT = datetime(2026, 11, 1, 7, tzinfo=UTC)


def workspace_in(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for part in PARTS:
        (folder / part).mkdir() if "." not in part else (folder / part).write_text("", encoding="utf-8")
    return folder


# --- where it is --------------------------------------------------------------------------


def test_in_a_checkout_the_repository_is_the_workspace():
    assert sample_workspace() == ROOT


def test_an_installed_package_carries_its_own(tmp_path):
    inside = workspace_in(tmp_path / "newsletter" / "workspace")
    assert sample_workspace(tmp_path / "newsletter") == inside


def test_an_incomplete_installation_is_told(tmp_path):
    with pytest.raises(ConfigError, match="sample company is missing"):
        sample_workspace(tmp_path / "newsletter")


def test_a_copy_can_be_loaded_and_holds_no_approval(tmp_path):
    config = load(copy_workspace(tmp_path / "acme"))
    assert config.organisation == "Acme"
    assert len(list(config.editions.glob("*/snapshot.json"))) == 25
    assert not list(config.editions.glob("*/approval.json"))
    assert not (tmp_path / "acme" / "newsletter.db").exists()


def test_a_copy_overwrites_nothing(tmp_path):
    (tmp_path / "config.yaml").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="not empty"):
        copy_workspace(tmp_path)
    assert (tmp_path / "config.yaml").read_text(encoding="utf-8") == "mine"


# --- what is in it ------------------------------------------------------------------------


def test_a_copy_that_finds_no_room_is_one_error_and_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    taken = 0

    def full(_source, target):
        nonlocal taken
        taken += 1
        if taken > 5:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        Path(target).write_text("there was still room")

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(FileError, match=r"No space left on device$") as caught:
        temporary_workspace()
    assert caught.value.hint == "Free space on that disk. Name a folder with room by --directory, or set TMPDIR."
    assert (taken, list(tmp_path.iterdir())) == (6, [])


def test_no_temporary_folder_at_all_is_one_error(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(FileError, match="there is no temporary folder: No such file"):
        temporary_workspace()


def test_every_address_of_the_sample_is_one_that_cannot_exist():
    texts = [
        path.read_text(encoding="utf-8")
        for path in (ROOT / "config.yaml", ROOT / "audience.csv", ROOT / "managers.csv")
    ]
    texts += [path.read_text(encoding="utf-8") for path in (ROOT / "editions").rglob("*.md")]
    addresses = [address for text in texts for address in re.findall(r"[\w.+-]+@([\w.-]+\w)", text)]
    assert len(addresses) > 24
    assert set(addresses) == {"acme.example"}  # RFC 2606: "example" is never registered
    assert "sample company" in texts[0].splitlines()[0]


def test_the_audience_is_valid_and_reads_both_languages():
    people = audience.load(AudienceConfig(recipients=ROOT / "audience.csv"), audience="staff")
    assert len(people.recipients) == 24
    assert not people.duplicates
    assert not people.invalid
    assert {one.locale for one in people.recipients} == {"en", "it"}
    with (ROOT / "audience.csv").open(encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == 24
    heads = audience.load(AudienceConfig(recipients=ROOT / "managers.csv"), audience="managers")
    assert len(heads.recipients) == 6
    assert not {one.address for one in heads.recipients} & {one.address for one in people.recipients}


def test_config_and_data_name_the_same_services_each_with_its_meaning_in_both_languages():
    config = load(ROOT / "config.yaml")
    assert set(config.services) == set(plan.SERVICES)
    for service in config.services.values():
        assert service.target is not None
        assert service.users
        for text in (service.name, service.outcome):
            assert isinstance(text, dict)
            assert set(text) == {"en", "it"}


def test_each_note_stands_in_both_languages():
    config = load(ROOT / "config.yaml")
    found = notes.load(ROOT / "editions" / "2026-10" / "notes", config=config, now=READ_AT)
    assert {note.id for note in found if note.locale == "en"} == {note.id for note in found if note.locale == "it"}
    kinds = [note.kind for note in found if note.locale == "en"]
    assert sorted(kinds) == [*["coming"] * 3, "correction", *["heard"] * 3, "incident", "tip", *["win"] * 2]


def test_the_incident_note_tells_the_outage_that_truly_happened():
    config = load(ROOT / "config.yaml")
    found = notes.load(ROOT / "editions" / "2026-10" / "notes", config=config, now=READ_AT)
    october = plan.months()[-1]
    [outage] = plan.down("files", october.start_s, october.end_s)
    for note in found:
        if note.kind == "incident":
            assert note.service == "files"
            assert note.date is not None
            assert datetime.fromtimestamp(outage.start, plan.ZONE).date() == note.date.date()
            clock = [
                datetime.combine(note.date, datetime.strptime(step, "%H:%M").time(), plan.ZONE)
                for step, _ in note.steps
            ]
            assert clock[0].timestamp() == pytest.approx(outage.start, abs=60)
            assert clock[-1].timestamp() == pytest.approx(outage.end, abs=60)
