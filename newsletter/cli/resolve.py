"""`newsletter resolve`: settle copies in doubt."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from newsletter.cli.options import Session, actor_option, edition_options
from newsletter.cli.table import table
from newsletter.errors import UsageError

if TYPE_CHECKING:
    from newsletter.deliver import Resolved


@click.command("resolve")
@edition_options
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@click.option("--accepted", "fate", flag_value="accepted", help="They arrived: never send them again.")
@click.option("--not-sent", "fate", flag_value="not-sent", help="They did not: the next send mails them.")
@click.option(
    "--relay-log",
    "logs",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="A log of Postfix or Exim, plain or .gz: what the relay took is accepted. With --not-sent, what it never"
    " took is sent again: only for logs that cover the whole sending.",
)
@actor_option
def command(
    session: Session,
    addresses: tuple[str, ...],
    fate: Literal["accepted", "not-sent"] | None,
    logs: tuple[Path, ...],
    actor: str,
) -> None:
    """Settle copies in doubt: by what you know, or by the relay's log.

    A copy is in doubt if no reply came after its last byte. Nothing is mailed here; `newsletter
    send` mails again what is resolved as not sent.
    """
    from newsletter.deliver import open_ledger, resolve, resolve_by_log

    month = session.month.label
    _require_one_way(addresses, fate, logs)
    with open_ledger(session.config.ledger) as ledger:
        if logs:
            missing: Literal["not-sent"] | None = "not-sent" if fate == "not-sent" else None
            done = resolve_by_log(ledger, month, logs, missing=missing, actor=actor)
        else:
            assert fate
            done = resolve(ledger, month, [one.strip().casefold() for one in addresses], fate, actor=actor)
    _show(month, done)


def _require_one_way(addresses: tuple[str, ...], fate: str | None, logs: tuple[Path, ...]) -> None:
    if bool(addresses) == bool(logs):
        raise UsageError("resolve wants addresses or a log of the relay", "See: newsletter resolve --help")
    if addresses and fate is None:
        raise UsageError("resolve must know what became of them", "Add --accepted or --not-sent.")
    if logs and fate == "accepted":
        raise UsageError("what the log does not know was not accepted", "Leave --accepted out.")


def _show(month: str, done: Resolved) -> None:
    click.echo(
        f"{month}: {len(done.accepted)} accepted, {len(done.not_sent)} to be sent again, {len(done.left)} still in doubt"
    )
    if done.left:
        table(("address", "Message-ID"), [(one.address, one.message_id) for one in done.left])
    if done.not_sent:
        click.echo(f"To mail them: newsletter send --month {month}", err=True)
