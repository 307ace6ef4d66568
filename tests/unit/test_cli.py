"""The command line: help, lazy loading, and the style of errors."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module

import click
import pytest
from click.testing import CliRunner

from newsletter import cli
from newsletter.cli.table import table
from newsletter.errors import ContentError
from newsletter.language.values import plain_value

HEAVY = [
    "requests",
    "prometheus_api_client",
    "jinja2",
    "mjml",
    "smtplib",
    "sqlite3",
    "babel",
    "pydantic",
    "yaml",
    "rich",
    "starlette",
    "uvicorn",
    "aiosmtpd",
]


def run(*args: str, **kwargs):
    """The command in this process."""
    return CliRunner().invoke(cli.main, list(args), **kwargs)


def test_help_lists_every_command_in_the_order_of_the_work():
    """A reader sees the way of an edition."""
    output = run("--help").output
    positions = [output.index(f"\n  {name} ") for name in cli.COMMANDS]
    assert positions == sorted(positions)


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_the_table_of_commands_says_what_their_own_help_says(name):
    """`--help` never loads a command, so the two texts are kept equal here."""
    command = import_module(f"newsletter.cli.{name}").command
    assert command.name == name
    first = (command.help or "").split("\n\n")[0].replace("\n", " ")
    assert first == cli.COMMANDS[name]


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_has_help_for_every_option(name):
    """No option is left unexplained."""
    command = import_module(f"newsletter.cli.{name}").command
    unexplained = [one.name for one in command.params if isinstance(one, click.Option) and not one.help]
    assert unexplained == []


def test_help_loads_nothing_heavy():
    """Start-up stays near importing click alone."""
    code = f"import sys; sys.argv = ['newsletter', '--help']\nfrom newsletter.cli import main\ntry:\n    main()\nexcept SystemExit:\n    pass\nprint([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_a_mistyped_command_gets_the_nearest_name():
    """Exit 2, with a guess."""
    result = run("aprove")
    assert result.exit_code == 2
    assert "Did you mean 'approve'?" in result.stderr


def test_an_error_is_two_lines_on_stderr_and_its_exit_code(monkeypatch):
    """What is at fault, and what to do; no traceback, nothing on stdout."""

    @click.command("status")
    def failing() -> None:
        raise ContentError("notes/x.md:3: unknown key 'titel'", "Did you mean title?")

    monkeypatch.setattr("newsletter.cli.status.command", failing)
    result = run("status")
    assert result.exit_code == 65
    assert result.stdout == ""
    assert result.stderr == "error: notes/x.md:3: unknown key 'titel'\n  fix: Did you mean title?\n"


def test_an_interrupt_ends_130(monkeypatch):
    """Ctrl-C is no failure, and shows no traceback."""

    @click.command("status")
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("newsletter.cli.status.command", interrupted)
    result = run("status")
    assert result.exit_code == 130


def test_a_file_without_permission_is_told_without_a_traceback(monkeypatch):
    """A wrong owner is a person's to mend; exit 74 and the file's name."""

    @click.command("status")
    def refused() -> None:
        raise PermissionError(13, "Permission denied", "out/staff.en.html")

    monkeypatch.setattr("newsletter.cli.status.command", refused)
    result = run("status")
    assert result.exit_code == 74
    assert "out/staff.en.html: Permission denied" in result.stderr


def test_a_bug_keeps_its_traceback(monkeypatch):
    """Unforeseen errors are not dressed up."""

    @click.command("status")
    def buggy() -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("newsletter.cli.status.command", buggy)
    result = run("status")
    assert isinstance(result.exception, ZeroDivisionError)


def test_a_missing_config_is_a_config_error(tmp_path):
    """Exit 78 and the file's name."""
    result = run("build", "--config", str(tmp_path / "none.yaml"), "--output", str(tmp_path))
    assert result.exit_code == 78
    assert "none.yaml" in result.stderr


def test_log_lines_can_be_json(capsys):
    """One object a line."""
    import logging

    from newsletter.cli.options import JsonFormatter

    record = logging.LogRecord("newsletter", logging.INFO, __file__, 1, "%d of %d", (1, 2), None)
    line = json.loads(JsonFormatter().format(record))
    assert line["message"] == "1 of 2"
    assert line["level"] == "info"


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (None, "ratio", "-"),
        (0.999999, "ratio", "99.999%"),
        (1.0, "ratio", "100.000%"),
        (5820.0, "seconds", "5,820 s (97 min)"),
        (0.4, "gauge", "0.400"),
        (1.9999, "gauge", "1.999"),
        (1301, "count", "1,301"),
    ],
)
def test_values_at_the_terminal_are_floored(value, unit, shown):
    """Never more than was measured."""
    assert plain_value(value, unit) == shown


def test_columns_of_numbers_align_right(capsys):
    """So that they can be compared at a glance."""
    table(("name", "people"), [("a", "5"), ("longer", "12")])
    assert capsys.readouterr().out == "name    people\na            5\nlonger      12\n"


@pytest.mark.parametrize("seconds", ["nan", "inf", "0"])
def test_doctor_waits_for_a_number_of_seconds(seconds):
    result = run("doctor", "--timeout", seconds)
    assert result.exit_code == 2
    assert "--timeout" in result.stderr
