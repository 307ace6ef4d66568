"""`newsletter suppress`: addresses that get no mail of any edition."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from newsletter.cli.options import actor_option, config_option, printable_line
from newsletter.cli.table import table
from newsletter.config import Config
from newsletter.counting import counted
from newsletter.errors import FileError, UsageError


@click.command("suppress")
@config_option
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@click.option(
    "--import", "file", type=click.Path(path_type=Path), metavar="FILE", help="One address a line; - = stdin."
)
@click.option(
    "--reason",
    default="",
    metavar="TEXT",
    callback=printable_line,
    help="Kept beside the address, on one line. Default: who asked.",
)
@click.option("--remove", is_flag=True, help="Let these addresses get mail again, from the next edition on.")
@click.option("--json", "as_json", is_flag=True, help="With no address: the list as JSON.")
@actor_option
def command(
    config: Config,
    addresses: tuple[str, ...],
    file: Path | None,
    reason: str,
    remove: bool,
    as_json: bool,
    actor: str,
) -> None:
    """Never mail an address again; without an address, list them.

    They are counted as "suppressed" in every edition. In one that is being sent, those who wait
    for their copy get none.
    """
    from newsletter.audience import valid_address
    from newsletter.deliver import Suppression, open_ledger

    wanted = [valid_address(one) for one in (*addresses, *_lines(file))]
    if not wanted:
        if remove or reason or file:
            raise UsageError("no address is given", "Name one, or give a file of them by --import.")
        _list(config, as_json)
        return
    with open_ledger(config.ledger) as ledger:
        if remove:
            freed = ledger.unsuppress([one.casefold() for one in wanted])
            click.echo(f"{counted(freed, 'address', 'addresses')} may get mail again")
            return
        now = datetime.now(UTC).replace(microsecond=0)
        new = ledger.suppress([Suppression(address=one, reason=reason or f"by {actor}", since=now) for one in wanted])
    known = f", {counted(len(wanted) - new, 'was', 'were')} already" if new < len(wanted) else ""
    click.echo(f"{counted(new, 'address', 'addresses')} suppressed{known}")


def _lines(file: Path | None) -> list[str]:
    if file is None:
        return []
    if str(file) == "-":
        text = sys.stdin.read()
    else:
        try:
            text = file.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            said = getattr(error, "strerror", None) or "not UTF-8"
            raise FileError(f"{file}: {said}", "Give a text file with one address a line.") from error
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]


def _list(config: Config, as_json: bool) -> None:
    from newsletter.deliver import ledger_exists, open_ledger

    found = []
    if ledger_exists(config.ledger):
        with open_ledger(config.ledger, readonly=True) as ledger:
            found = ledger.suppressions()
    if as_json:
        rows = [{"address": one.address, "since": one.since.isoformat(), "reason": one.reason} for one in found]
        click.echo(json.dumps(rows))
        return
    table(("address", "since", "reason"), [(one.address, f"{one.since:%Y-%m-%d}", one.reason) for one in found])
