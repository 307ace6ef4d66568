"""The record of who was mailed, and with what result."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from newsletter.config import LedgerServer
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
    LockLostError,
    Outcome,
    Planned,
    RowsLostError,
    RunLock,
    State,
    Summary,
    Suppression,
)
from newsletter.deliver.ledger.sqlite import SqliteLedger
from newsletter.errors import ConfigError
from newsletter.model import Finding

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
    "LedgerPlace",
    "LockLostError",
    "Outcome",
    "Planned",
    "RowsLostError",
    "RunLock",
    "State",
    "Summary",
    "Suppression",
    "examine_server",
    "ledger_exists",
    "open_ledger",
]


LedgerPlace = str | Path | LedgerServer
"""The path of an SQLite file, or a PostgreSQL server."""


def ledger_exists(place: LedgerPlace) -> bool:
    """Whether anything was ever recorded at `place`.

    Raises:
        ConfigError: the extra for a server is not installed, or its password cannot be read.
        LedgerError: the file is no database, or file or server cannot be read.
    """
    if isinstance(place, LedgerServer):
        return bool(_postgres().exists(place))
    return sqlite_file.holds_tables(Path(place))


def open_ledger(place: LedgerPlace, *, readonly: bool = False) -> Ledger:
    """Open the ledger at `place`; a context manager that closes it.

    Args:
        place: the path of an SQLite file, created (mode 0600) if it is not there, or a server.
        readonly: only look; safe while a send is running, and refused if there is no ledger yet.

    Raises:
        ConfigError: the extra for a server is not installed, or its password cannot be read.
        LedgerError: the file cannot be opened, the server cannot be reached, or there is no ledger there.
    """
    if isinstance(place, LedgerServer):
        server: Ledger = _postgres().PostgresLedger(place, readonly=readonly)
        return server
    return SqliteLedger(Path(place), readonly=readonly)


def examine_server(server: LedgerServer) -> Iterator[Finding]:
    """Whether a server would do: connection, encryption, tables, rights, and the folder of this machine.

    Raises:
        ConfigError: the extra is not installed, or the address or the password cannot be used.
        LedgerError: the server cannot be reached, or is none that can keep a ledger.
    """
    _postgres()
    from newsletter.deliver.ledger import postgres_examine

    yield from postgres_examine.examine_server(server)


def _postgres() -> ModuleType:
    try:
        from newsletter.deliver.ledger import postgres
    except ImportError as error:
        if (error.name or "").partition(".")[0] != "psycopg":
            raise
        raise ConfigError(
            "ledger: postgresql:// needs the extra postgres", "Run: pip install 'newsletter[postgres]'"
        ) from error
    return postgres
