"""The wheel carries all it needs: templates, catalogues, the sample, and no test."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from this tree, unpacked like an installation."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_the_wheel_holds_code_data_and_the_sample_and_nothing_else(unpacked):
    """Every file that is not Python is there by its path."""
    for name in (
        "newsletter/language/it.toml",
        "newsletter/deliver/ledger/schema.sql",
        "newsletter/studio/static/studio.js",
        "newsletter/workspace/templates/mail.mjml.j2",
        "newsletter/workspace/editions/2026-10/snapshot.json",
        "newsletter/workspace/config.yaml",
    ):
        assert (unpacked / name).is_file(), name
    assert {path.name for path in unpacked.iterdir() if "dist-info" not in path.name} == {"newsletter"}
    assert list(unpacked.rglob("newsletter.db*")) == []
    assert list(unpacked.rglob("approval.json")) == []


def test_the_demo_runs_from_the_wheel_without_a_prometheus(unpacked, tmp_path):
    """The recorded numbers, the packaged templates, a real mail: nothing from the checkout."""
    environment = {"PYTHONPATH": str(unpacked), "PATH": "/nonexistent", "HOME": os.environ.get("HOME", "/")}
    command = [sys.executable, "-m", "newsletter", "demo", "--once", "--directory", str(tmp_path / "acme")]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Prometheus is not installed here" in done.stdout
    assert len(list((tmp_path / "acme/inbox").glob("*.eml"))) == 30
