"""`newsletter check`: what an edition says, examined before anybody approves it."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import click
from msgspec import to_builtins

from newsletter.cli.options import Session, edition_options
from newsletter.cli.values import nearby, printable
from newsletter.counting import counted

if TYPE_CHECKING:
    from newsletter.check import Examination

_STYLES = {
    "ok": {"fg": "green"},
    "hint": {"fg": "blue"},
    "warning": {"fg": "yellow"},
    "fault": {"fg": "red", "bold": True},
}


@click.command("check")
@edition_options
@click.option("--strict", is_flag=True, help="A warning counts like an error.")
@click.option(
    "--online", is_flag=True, help="Also ask every link whether it answers, and SpamAssassin where installed."
)
@click.option("--json", "as_json", is_flag=True, help="All findings as one JSON object.")
def command(session: Session, strict: bool, online: bool, as_json: bool) -> None:
    """Check an edition before anybody approves it: its notes, and every finished letter.

    Notes are read for plain language, letters for what mail programs cut, break or hide: size,
    contrast, pictures, links, headings, leftovers, names of machines, secrets. Each finding says
    where it stands (FILE:LINE:COLUMN), what is wrong and what to do; docs/plain-language.md and
    docs/checks.md explain every rule. Nothing is written, and without --online nothing asked of the network.
    Ends with 65 when there is an error.
    """
    from newsletter import check

    found = check.examine(session.config, session.month, now=session.now, online=online)
    code = check.exit_code(found.findings, strict=strict)
    if as_json:
        shown = {
            "findings": to_builtins(found.findings),
            "passed": found.passed,
            "exit_code": code,
        }
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
    else:
        _show(found)
    click.get_current_context().exit(code)


def _show(found: Examination) -> None:
    """Two lines a finding, in the form that editors and CI systems know how to follow."""
    for one in found.findings:
        word = "error" if one.status == "fault" else one.status
        where = f"{printable(nearby(str(one.place)))}: " if one.place else ""
        mark = click.style(f"{word} ", **_STYLES[one.status])  # type: ignore[arg-type]  # click types styles one by one
        what = printable(nearby(f"{one.variant}: {one.what}" if one.variant else one.what))
        click.echo(f"{where}{mark}{what} [{one.check}]")
        if one.do:
            click.echo(click.style("  fix: ", fg="cyan") + printable(nearby(one.do)))
    click.echo(_summary(found), err=True)


def _summary(found: Examination) -> str:
    count = Counter(one.status for one in found.findings)
    passed = f"{counted(len(found.passed), 'check')} passed"
    if not count["fault"] and not count["warning"] and not count["hint"]:
        return f"All is well: {passed}."
    told = [counted(count["fault"], "error"), counted(count["warning"], "warning")]
    told += [counted(count["hint"], "hint")] if count["hint"] else []
    return f"{', '.join(told)}; {passed}"
