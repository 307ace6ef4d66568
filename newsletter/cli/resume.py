"""`newsletter resume`: take a pause back."""

from __future__ import annotations

import click

from newsletter.cli.options import Session, edition_options
from newsletter.errors import UsageError


@click.command("resume")
@edition_options
def command(session: Session) -> None:
    """Take a pause back; `newsletter send` then goes on where it stopped."""
    from newsletter.deliver import open_ledger

    month = session.month.label
    with open_ledger(session.config.ledger) as ledger:
        before = ledger.hold(month)
        if before and before.state == "cancelled":
            raise UsageError(f"{month} was cancelled by {before.actor}", "That is for good; write the next edition.")
        ledger.resume(month)
    click.echo(f"{month} may be sent" if before else f"{month} is not paused")
    click.echo(f"To go on: newsletter send --month {month}", err=True)
