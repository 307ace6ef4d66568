"""What a command does when its output, a question or the content stands in its way."""

from __future__ import annotations

import contextlib
import os
import pty
import subprocess
import sys
import tomllib
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


@pytest.mark.parametrize("module", ["click", "newsletter.cli.facts", "newsletter.pipeline"])
def test_ctrl_c_while_a_command_still_loads_ends_it_without_a_traceback(module: str) -> None:
    code = f"""
import sys
from newsletter.__main__ import main

class CtrlC:
    def find_spec(self, name, *_):
        if name == {module!r}:
            raise KeyboardInterrupt

sys.meta_path.insert(0, CtrlC())
sys.argv = ["newsletter", *{FACTS[3:]!r}]
main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted\n")


def test_the_installed_command_is_the_one_that_catches_ctrl_c() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["scripts"] == {"newsletter": "newsletter.__main__:main"}


def _on_a_terminal(*arguments: str, **around: str) -> str:
    """What a command prints on a terminal of its own, escapes and all."""
    ours, theirs = pty.openpty()
    kept = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "TERM"}}
    command = [sys.executable, "-m", "newsletter", *arguments]
    subprocess.run(command, stdout=theirs, stderr=theirs, check=False, env=kept | around)
    os.close(theirs)
    said = b""
    with contextlib.suppress(OSError):  # at its end, a terminal answers EIO
        while piece := os.read(ours, 65_536):
            said += piece
    os.close(ours)
    return said.decode()


@pytest.mark.parametrize("plain", [{"NO_COLOR": "1", "TERM": "xterm"}, {"TERM": "dumb"}])
@pytest.mark.parametrize("arguments", [["status"], ["explain", "mail.availability"]])
def test_bold_and_colours_are_for_terminals_that_know_them_and_people_who_want_them(plain, arguments) -> None:
    assert "\x1b[" in _on_a_terminal(*arguments, *FACTS[4:], TERM="xterm")
    assert "\x1b" not in _on_a_terminal(*arguments, *FACTS[4:], **plain)


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
