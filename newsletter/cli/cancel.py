"""`newsletter cancel`: end a sending for good."""

from __future__ import annotations

import sys

import click

from newsletter.cli.options import Session, actor_option, edition_options
from newsletter.counting import counted
from newsletter.errors import UsageError


@click.command("cancel")
@edition_options
@actor_option
@click.option("--yes", is_flag=True, help="Do not ask.")
def command(session: Session, actor: str, yes: bool) -> None:
    """End the sending of an edition for good: whoever has no copy yet gets none.

    A running send finishes the copies it began (50 at most for each connection, or ten seconds)
    and ends. What was accepted stays accepted.
    """
    from newsletter.deliver import open_ledger, status

    month = session.month.label
    before = status(session.config.ledger, month)
    if before.is_settled:
        raise UsageError(f"{month} is sent: nobody waits for a copy", "What was accepted cannot be called back.")
    if not yes:
        _confirm(month, before.counts["accepted"], before.counts["total"])
    with open_ledger(session.config.ledger) as ledger:
        cancelled = ledger.cancel(month, actor)
        counts = ledger.counts(month)
    click.echo(
        f"{month} is cancelled: {counted(cancelled, 'gets', 'get')} no copy, {counted(counts['accepted'], 'has one', 'have theirs')}"
    )


def _confirm(month: str, accepted: int, total: int) -> None:
    if not sys.stdin.isatty():
        raise UsageError("cancel asks before it acts, and there is no terminal to answer on", "Add --yes.")
    if not click.confirm(
        f"{counted(accepted, f'of {total} has a copy', f'of {total} have their copy')}. Cancel {month} for all others?",
        err=True,
    ):
        click.echo("Nothing was cancelled.", err=True)
        click.get_current_context().exit(130)
