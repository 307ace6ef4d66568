"""`newsletter bounces`: what mails that came back say."""

from __future__ import annotations

import json
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import to_builtins

from newsletter.cli.mailbox import places_argument, show_accounts
from newsletter.cli.options import config_option
from newsletter.cli.table import table
from newsletter.cli.values import printable
from newsletter.config import Config
from newsletter.errors import LedgerError

if TYPE_CHECKING:
    from newsletter.deliver import Account, Accounted

_WORDS: dict[Account, str] = {
    "suppressed": "the address takes no mail: suppressed",
    "counted": "lost, but for no fault of the address: counted",
    "known": "told before: nothing changed",
    "unproved": "not proved to be about a copy of ours: nothing done",
    "no_bounce": "no bounce (absences, receipts, delays, other mail): ignored",
    "unreadable": "cannot be read: ignored",
}


@click.command("bounces")
@config_option
@places_argument
@click.option("--json", "as_json", is_flag=True, help="Totals and mails as one JSON object.")
def command(config: Config, places: tuple[Path, ...], as_json: bool) -> None:
    """Read mails that came back: addresses that take none get none any more.

    Give mails, an mbox, a maildir or another folder; - reads a pipe. Nothing is moved or deleted, and
    the same mails read again change nothing. A bounce counts only if it names a copy that this
    ledger sent, by its Message-ID or its envelope sender: everything else may be forged.
    """
    from newsletter.deliver import account, ledger_exists, open_ledger
    from newsletter.mailbox import mails

    if not ledger_exists(config.ledger):
        raise LedgerError(f"there is no ledger at {config.ledger}", "Nothing was sent from here: check --config.")
    with open_ledger(config.ledger) as ledger:
        done = account(ledger, chain.from_iterable(map(mails, places)))
    if as_json:
        told = to_builtins(done.told)
        click.echo(json.dumps({**done.counts, "mails": told}, ensure_ascii=False))
        return
    _show(done)


def _show(done: Accounted) -> None:
    if not show_accounts(done.counts, _WORDS):
        return
    if done.told:
        click.echo()
        rows = [(one.account, one.edition, one.address, one.status, printable(one.words)) for one in done.told]
        table(("account", "edition", "address", "code", "their words"), rows)
    if done.counts["unproved"]:
        click.echo("If you believe one that is not proved: newsletter suppress ADDRESS", err=True)
