"""The record of who was mailed, and with what result."""

from __future__ import annotations

from pathlib import Path

from newsletter.deliver.ledger import sqlite_file
from newsletter.deliver.ledger.protocol import (
    LONGEST_WAIT_S,
    STATES,
    UNSETTLED,
    Bounce,
    Delivery,
    Difference,
    FrozenEdition,
    Hold,
    Ledger,
    Outcome,
    Planned,
    State,
    Summary,
    Suppression,
)
from newsletter.deliver.ledger.sqlite import SqliteLedger
from newsletter.errors import ConfigError

__all__ = [
    "LONGEST_WAIT_S",
    "STATES",
    "UNSETTLED",
    "Bounce",
    "Delivery",
    "Difference",
    "FrozenEdition",
    "Hold",
    "Ledger",
    "Outcome",
    "Planned",
    "State",
    "Summary",
    "Suppression",
    "ledger_exists",
    "open_ledger",
]


def ledger_exists(location: str | Path) -> bool:
    """Whether anything was ever recorded at `location`.

    Raises:
        LedgerError: the file is no database, or cannot be read.
    """
    return "://" in str(location) or sqlite_file.holds_tables(Path(location))


def open_ledger(location: str | Path, *, readonly: bool = False) -> SqliteLedger:
    """Open the ledger at `location`; a context manager that closes it.

    Args:
        location: the path of an SQLite file, created (mode 0600) if it is not there.
        readonly: only look; safe while a send is running, and refused if there is no ledger yet.

    Raises:
        ConfigError: `location` is an address of a server.
        LedgerError: the file cannot be opened, or is no ledger.
    """
    if "://" in str(location):
        # The address itself may hold a password.
        scheme = str(location).partition("://")[0]
        raise ConfigError(f"ledger: {scheme}:// is not supported", "Give the path of a file, such as newsletter.db.")
    return SqliteLedger(Path(location), readonly=readonly)
