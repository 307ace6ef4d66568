"""`newsletter check`: what an edition says, examined before anybody approves it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence

import click

from newsletter.cli.options import Session, edition_options
from newsletter.cli.values import counted, printable
from newsletter.model import Finding

_STYLES = {"hint": {"fg": "blue"}, "warning": {"fg": "yellow"}, "fault": {"fg": "red", "bold": True}}


@click.command("check")
@edition_options
@click.option("--strict", is_flag=True, help="A warning counts like an error.")
@click.option("--json", "as_json", is_flag=True, help="All findings as one JSON object.")
def command(session: Session, strict: bool, as_json: bool) -> None:
    """Check what an edition says: notes in plain language, letters of the right length.

    Each finding says where it stands (FILE:LINE:COLUMN), what is wrong and what to write instead;
    docs/plain-language.md explains every rule. Nothing is written. Ends with 65 when there is an
    error.
    """
    from newsletter import check

    findings = check.examine(session.config, session.month, now=session.now)
    code = check.exit_code(findings, strict=strict)
    if as_json:
        shown = {"findings": [dataclasses.asdict(one) for one in findings], "exit_code": code}
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
    else:
        _show(findings)
    click.get_current_context().exit(code)


def _show(findings: Sequence[Finding]) -> None:
    """Two lines a finding, in the form that editors and CI systems know how to follow."""
    for one in findings:
        word = "error" if one.status == "fault" else one.status
        where = f"{printable(str(one.place))}: " if one.place else ""
        mark = click.style(f"{word} ", **_STYLES[one.status])  # type: ignore[arg-type]  # click types styles one by one
        click.echo(f"{where}{mark}{printable(one.what)} [{one.check}]")
        if one.do:
            click.echo(click.style("  fix: ", fg="cyan") + printable(one.do))
    click.echo(_summary(findings), err=True)


def _summary(findings: Sequence[Finding]) -> str:
    errors, warnings = (sum(one.status == status for one in findings) for status in ("fault", "warning"))
    if not errors and not warnings:
        return "All is well."
    return f"{counted(errors, 'error')}, {counted(warnings, 'warning')}"
