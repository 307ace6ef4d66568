"""`newsletter pause`: stop a sending until it is resumed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from newsletter.cli.options import Session, actor_option, edition_options
from newsletter.counting import counted
from newsletter.errors import UsageError

if TYPE_CHECKING:
    from newsletter.deliver import Status


@click.command("pause")
@edition_options
@actor_option
def command(session: Session, actor: str) -> None:
    """Stop the sending of an edition until it is resumed.

    A running send finishes the copies it began (50 at most for each connection, or ten seconds)
    and ends. Later ones refuse, timers included, and so does the first one if none has begun.
    """
    from newsletter.deliver import open_ledger, status

    month = session.month.label
    before = status(session.config.ledger, month)
    if before.hold and before.hold.state == "cancelled":
        raise UsageError(f"{month} is cancelled already", "There is nothing to pause.")
    if before.is_settled:
        raise UsageError(f"{month} is sent: nobody waits for a copy", "There is nothing to pause.")
    with open_ledger(session.config.ledger) as ledger:
        ledger.pause(month, actor)
    click.echo(f"{month} is paused; {_begun(before) if before.frozen else 'its sending has not begun'}")
    click.echo(f"To go on: newsletter resume --month {month}", err=True)


def _begun(before: Status) -> str:
    of = f"of {before.counts['total']}"
    return counted(before.unsettled, f"{of} waits for a copy", f"{of} wait for their copy")
