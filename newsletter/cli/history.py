"""`newsletter history`: the editions that were sent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from newsletter.cli.options import config_option
from newsletter.cli.table import table
from newsletter.config import Config

if TYPE_CHECKING:
    from newsletter.deliver import Summary


@click.command("history")
@config_option
@click.option("--json", "as_json", is_flag=True, help="A list of JSON objects, one for each edition.")
def command(config: Config, as_json: bool) -> None:
    """List the editions that were sent, and to how many people."""
    from newsletter.deliver import ledger_exists, open_ledger

    found: list[Summary] = []
    if ledger_exists(config.ledger):
        with open_ledger(config.ledger, readonly=True) as ledger:
            found = ledger.editions()
    if as_json:
        click.echo(json.dumps([_as_json(one) for one in found]))
        return
    if not found:
        click.echo("Nothing was sent yet.", err=True)
        return
    rows = [_row(one) for one in found]
    table(("edition", "begun", "last change", "people", "accepted", "refused", "in doubt", "left", ""), rows)


def _as_json(one: Summary) -> dict[str, object]:
    return {
        "edition": one.id,
        "begun": one.frozen_at.isoformat(timespec="seconds"),
        "last_change": one.changed_at.isoformat(timespec="seconds"),
        **one.counts,
        "hold": one.hold.state if one.hold else None,
    }


def _row(one: Summary) -> tuple[str, ...]:
    from newsletter.deliver.ledger import UNSETTLED

    counts, moment = one.counts, "%Y-%m-%d %H:%M"
    left = sum(counts[state] for state in UNSETTLED)
    return (
        one.id,
        f"{one.frozen_at.astimezone():{moment}}",
        f"{one.changed_at.astimezone():{moment}}",
        *(str(counts[state]) for state in ("total", "accepted", "refused", "in_doubt")),
        str(left),
        one.hold.state if one.hold else "unfinished" if left else "done",
    )
