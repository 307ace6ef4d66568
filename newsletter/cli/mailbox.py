"""What commands that read mailboxes share: which places they take, and how they tell what became of the mails."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import click

from newsletter.cli.table import table

Account = TypeVar("Account", bound=str)

places_argument = click.argument(
    "places", nargs=-1, required=True, metavar="FILE|FOLDER|-...", type=click.Path(path_type=Path)
)


def show_accounts(counts: Mapping[Account, int], words: Mapping[Account, str]) -> bool:
    """A table of how many mails became what; False, and a word about it, if there was none."""
    if not any(counts.values()):
        click.echo("no mails there")
        return False
    table(("mails", ""), [(str(number), words[one]) for one, number in counts.items() if number])
    return True
