"""`newsletter pause`: stop a sending until it is resumed."""

from __future__ import annotations

import click

from newsletter.cli.options import Session, actor_option, edition_options
from newsletter.errors import UsageError


@click.command("pause")
@edition_options
@actor_option
def command(session: Session, actor: str) -> None:
    """Stop the sending of an edition until it is resumed.

    A running send finishes the copies it began (50 at most for each connection, or ten seconds)
    and ends. Later ones refuse, timers included, and so does the first one if none has begun.
    """
    from newsletter.deliver import open_ledger

    month = session.month.label
    with open_ledger(session.config.ledger) as ledger:
        ledger.pause(month, actor)
        hold, counts = ledger.hold(month), ledger.counts(month)
    if hold and hold.state == "cancelled":
        raise UsageError(f"{month} is cancelled already", "There is nothing to pause.")
    waiting = sum(counts[state] for state in ("pending", "deferred", "claimed", "sending"))
    begun = f"{waiting} of {counts['total']} wait for their copy" if counts["total"] else "its sending has not begun"
    click.echo(f"{month} is paused; {begun}")
    click.echo(f"To go on: newsletter resume --month {month}", err=True)
