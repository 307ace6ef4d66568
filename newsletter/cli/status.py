"""`newsletter status`: how far the sending is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from newsletter.cli.delivery_report import show_counts, show_deliveries
from newsletter.cli.options import Session, edition_options
from newsletter.counting import counted

if TYPE_CHECKING:
    from newsletter.deliver import Status

SHOWN = 20


@click.command("status")
@edition_options
@click.option("--json", "as_json", is_flag=True, help="One JSON object; its states add up to total.")
@click.option("--all", "everybody", is_flag=True, help="Name everybody who is refused, in doubt or deferred.")
def command(session: Session, as_json: bool, everybody: bool) -> None:
    """Tell how far the sending of an edition is.

    "accepted" means that the relay took the mail; nobody can know more than that.
    "in doubt" means that no reply came after the last byte: such a copy is held.
    """
    from newsletter.deliver import open_ledger, status

    found = status(session.config.ledger, session.month.label)
    if as_json:
        click.echo(json.dumps({"edition": found.edition, **found.counts}))
        return
    click.secho(_headline(found), bold=True)
    if found.frozen:
        show_counts(found.counts)
        with open_ledger(session.config.ledger, readonly=True) as ledger:
            limit = None if everybody else SHOWN
            told = ledger.deliveries(session.month.label, ["refused", "in_doubt", "deferred"], limit=limit)
            hard, soft = ledger.bounces(session.month.label)
        show_deliveries(told, found.counts)
        if hard or soft:
            click.echo(f"\nCame back after the relay had accepted it: {hard} for good, {soft} for another reason")
    if found.in_flight and not found.running:
        click.echo(
            f"\nA run was interrupted with {found.in_flight} in its hands; the next `newsletter send` settles them"
            " first: what left without a reply is in doubt, the rest is sent."
        )


def _headline(found: Status) -> str:
    said = (
        f"{found.edition}: {counted(found.counts['total'], 'recipient')}"
        if found.frozen
        else f"{found.edition}: not sent yet"
    )
    if found.hold:
        return f"{said}, {found.hold.state} since {found.hold.since.astimezone():%Y-%m-%d %H:%M} by {found.hold.actor}"
    return f"{said}, sending now" if found.running and found.unsettled else said
