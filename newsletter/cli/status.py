"""`newsletter status`: how far the sending is."""

from __future__ import annotations

import json

import click

from newsletter.cli.options import Session, edition_options
from newsletter.cli.table import table


@click.command("status")
@edition_options
@click.option("--json", "as_json", is_flag=True, help="One JSON object; its states add up to total.")
def command(session: Session, as_json: bool) -> None:
    """Tell how far the sending of an edition is.

    "accepted" means that the relay took the mail; nobody can know more than that.
    "in doubt" means that no reply came after the last byte: such a copy is held.
    """
    from newsletter.deliver import open_ledger, status

    counts = status(session.config.ledger, session.month.label)
    if as_json:
        click.echo(json.dumps({"edition": session.month.label, **counts}))
        return
    click.secho(f"{session.month.label}: {counts['total']} recipients", bold=True)
    rows = [(state.replace("_", " "), str(n)) for state, n in counts.items() if state != "total" and n]
    table(("state", "people"), rows)
    with open_ledger(session.config.ledger, readonly=True) as ledger:
        unsettled = ledger.deliveries(session.month.label, ["refused", "in_doubt", "deferred"])
    if unsettled:
        click.echo()
        told = [(one.state.replace("_", " "), one.address, one.message_id, one.reply or "") for one in unsettled]
        table(("state", "address", "Message-ID", "relay's answer"), told)
