"""`newsletter doctor`: everything outside, looked at at once."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import to_builtins

from newsletter.cli.options import log_options, open_session, place_options
from newsletter.cli.progress import waiting
from newsletter.cli.values import printable
from newsletter.counting import counted
from newsletter.errors import ConfigError

if TYPE_CHECKING:
    from newsletter.model import Finding

_MARKS = {"ok": ("ok", "green"), "warning": ("warning", "yellow"), "fault": ("FAULT", "bold red")}


def _finite(_context: click.Context, _parameter: click.Parameter, value: float) -> float:
    """The value; not a number is in no range, and so passes every limit of click's."""
    if not math.isfinite(value):
        raise click.BadParameter(f"{value} is no number of seconds.")
    return value


@click.command("doctor")
@place_options
@log_options
@click.option("--json", "as_json", is_flag=True, help="All findings as one JSON object.")
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(min=1),
    callback=_finite,
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="What has not answered by then is a fault.",
)
def command(config_path: Path, month_label: str | None, as_json: bool, timeout_s: float) -> None:
    """Check everything outside at once: Prometheus, lists, relay, ledger.

    Nothing is written and no mail is begun. A fault stops a command, now or later; with a
    warning the edition goes out, but says less than it could. Ends with 0 when there is no
    fault, else with the code of the one that an edition meets first: 78 config, 69
    Prometheus, 3 too few samples, 65 lists and templates, 74 ledger, 75 relay.
    """
    from newsletter import doctor

    findings = _findings(config_path, month_label, timeout_s)
    code = doctor.exit_code(findings)
    if as_json:
        shown = {"findings": to_builtins(findings), "exit_code": code}
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
    else:
        _show(findings)
    click.get_current_context().exit(code)


def _findings(config_path: Path, month_label: str | None, timeout_s: float) -> list[Finding]:
    from newsletter import doctor
    from newsletter.model.finding import fault, ok

    try:
        session = open_session(config_path, month_label)
    except ConfigError as error:
        return [fault("config", error)]
    with waiting(f"Looking at {session.month.label} …"):
        found = doctor.examine(session.config, session.month, now=session.now, deadline_s=timeout_s)
    return [ok("config", f"{config_path} is sound"), *found]


def _show(findings: Sequence[Finding]) -> None:
    """One row a finding, with what to do below what is wrong; then how many of each."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_column(overflow="fold", ratio=1)
    for one in findings:
        mark, style = _MARKS[one.status]
        told = Text(printable(one.what))
        if one.do:
            told.append("\nfix: ", style="cyan").append(printable(one.do))
        table.add_row(Text(mark, style=style), Text(printable(one.check), style="bold"), told)
    console = Console()
    with console.capture() as capture:
        console.print(table)
    for line in capture.get().splitlines():
        click.echo(line.rstrip())
    click.echo(_summary(findings), err=True)


def _summary(findings: Sequence[Finding]) -> str:
    faults, warnings = (sum(one.status == status for one in findings) for status in ("fault", "warning"))
    if not faults and not warnings:
        return "All is well."
    return f"{counted(faults, 'fault')}, {counted(warnings, 'warning')}"
