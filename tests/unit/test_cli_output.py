"""What a command does when its output, a question or the content stands in its way."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from newsletter.cli import LazyGroup
from newsletter.demo.workspace import copy_workspace

ROOT = Path(__file__).parents[2]
FACTS = [sys.executable, "-m", "newsletter", "facts", "--month", "2026-10", "--config", str(ROOT / "config.yaml")]


def test_a_full_disk_behind_the_output_is_one_error_and_no_traceback() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(FACTS, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 74
    assert done.stderr.splitlines()[0] == "error: the output: No space left on device"
    assert "Traceback" not in done.stderr


def test_a_reader_that_has_enough_ends_a_command_without_a_word() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(FACTS, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


def test_a_question_that_is_broken_off_ends_like_ctrl_c() -> None:
    @click.group(cls=LazyGroup)
    def main() -> None:
        click.confirm("Mail it?")

    done = CliRunner().invoke(main, ["status"], input="")
    assert done.exit_code == 130
    assert done.stderr.endswith("interrupted\n")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return copy_workspace(tmp_path / "acme")


def test_an_approver_is_told_the_errors_that_check_finds(workspace: Path) -> None:
    tip = next((workspace.parent / "editions" / "2026-10" / "notes").glob("lock-screen.en.md"))
    tip.write_text(
        f"{tip.read_text(encoding='utf-8')}\nIt will never again stop. Password: hunter2\n", encoding="utf-8"
    )
    command = ["approve", "--by", "Head of IT", "--month", "2026-10", "--config", str(workspace)]
    done = subprocess.run(
        [sys.executable, "-m", "newsletter", *command], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0
    assert f"{tip}:" in done.stderr
    assert "1 error: read" in done.stderr
    assert (tip.parents[1] / "approval.json").is_file()
