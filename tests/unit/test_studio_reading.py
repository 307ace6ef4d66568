"""What the preview reads anew when a file is saved, and what it keeps."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from newsletter import config as configuration
from newsletter import pipeline
from newsletter.config import Config
from newsletter.studio import reading
from newsletter.versions import versions_below
from tests.previewing import MONTH, replaced, small_workspace


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The sample company, to write into."""
    return small_workspace(tmp_path / "acme")


def read(config: Path) -> tuple[reading.Reading, pipeline.Material]:
    """The edition and its numbers."""
    found = reading.read(config, MONTH)
    assert found.material is not None
    return found, found.material


def test_no_number_hangs_on_a_key_that_is_left_apart(config, monkeypatch):
    """Seen by what counting them asks the config for, when nothing is known yet."""
    loaded = configuration.load(config)
    asked: set[str] = set()
    look_up = Config.__getattribute__

    def noted(self: Config, name: str) -> Any:
        asked.add(name)
        return look_up(self, name)

    monkeypatch.setattr(Config, "__getattribute__", noted)
    pipeline.numbers(loaded, pipeline.resolve_month(loaded, MONTH, datetime(2026, 11, 5, tzinfo=UTC)))
    assert {"services", "facts", "tickets", "locales"} <= asked
    assert asked & reading.APART == set()


def test_every_key_that_is_left_apart_is_one_of_the_config():
    """A key that was renamed would be compared after all, or another one no longer."""
    assert Config.model_fields.keys() >= reading.APART


def test_a_saved_note_leaves_the_numbers_what_they_are(config):
    """Nothing is counted again."""
    edition, before = read(config)
    note = edition.folder / "notes" / "lock-screen.en.md"
    replaced(note, "title: ", "title: Softly ")
    edition, after = read(config)
    assert after.facts is before.facts
    assert any(one.note and one.note.title.startswith("Softly ") for one in edition.manuscripts)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (f"editions/{MONTH}/edition.yaml", "\n", "\n# looked at again\n"),
        ("editions/2026-09/snapshot.json", "{", " {"),
        ("config.yaml", "unlisted_services: include", "unlisted_services: ignore"),
    ],
)
def test_what_numbers_hang_on_is_read_again(config, file, old, new):
    """The editors' decisions, another month's numbers, a key of the config; facts are weighed again if they may differ."""
    _, before = read(config)
    path = config.parent / file
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    _, after = read(config)
    assert after.editorial is not before.editorial
    assert (after.facts is before.facts) == file.endswith("edition.yaml")


def test_a_key_that_no_number_hangs_on_is_another_config_with_the_same_numbers(config):
    """Letters are composed with the config as it is now."""
    _, before = read(config)
    replaced(config, "department: {en: Acme IT", "department: {en: Acme Computing")
    edition, after = read(config)
    assert after.facts is before.facts
    assert after.config is edition.config
    assert "Acme Computing" in str(after.config.department)


def test_a_file_that_comes_goes_or_is_replaced_is_another_version(tmp_path):
    """A file put in its place by renaming, too, though time and size are the same."""
    (tmp_path / "below").mkdir()
    one, other = tmp_path / "below" / "one", tmp_path / "other"
    one.write_text("1")
    seen = [versions_below(tmp_path)]
    other.write_text("2")
    seen.append(versions_below(tmp_path))
    at = one.stat()
    os.utime(other, ns=(at.st_atime_ns, at.st_mtime_ns))
    other.replace(one)
    seen.append(versions_below(tmp_path))
    one.unlink()
    seen.append(versions_below(tmp_path))
    assert [len(versions) for versions in seen] == [1, 2, 1, 0]
    assert len(set(seen)) == 4
    assert versions_below(tmp_path / "nowhere") == ()


def test_folders_are_looked_into_once_and_one_not_at_all(tmp_path):
    """Links are followed, round in a circle, too."""
    (tmp_path / "kept").mkdir()
    (tmp_path / "left").mkdir()
    (tmp_path / "kept" / "file").touch()
    (tmp_path / "left" / "file").touch()
    (tmp_path / "kept" / "round").symlink_to(tmp_path)
    found = versions_below(tmp_path, but=tmp_path / "left")
    assert [path for path, *_ in found] == [str(tmp_path / "kept" / "file")]
