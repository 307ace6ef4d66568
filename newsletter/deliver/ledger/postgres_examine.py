"""Whether a PostgreSQL server would do as the ledger, looked at without writing anything."""

from __future__ import annotations

import ipaddress
import os
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

from newsletter.config import LedgerServer
from newsletter.deliver.ledger import postgres_schema
from newsletter.deliver.ledger.postgres_link import Db, Link
from newsletter.errors import LedgerError
from newsletter.model import Finding
from newsletter.model.finding import fault, ok, warning

_MAY_NOT = """
SELECT tablename || ' (' || right_ || ')' FROM pg_tables, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS right_
WHERE schemaname = %(schema)s
    AND NOT has_table_privilege(quote_ident(schemaname) || '.' || quote_ident(tablename), right_)
ORDER BY 1
"""
_MAY_MAKE = """
SELECT coalesce((SELECT has_schema_privilege(oid, 'CREATE') FROM pg_namespace WHERE nspname = %(schema)s),
    has_database_privilege(current_database(), 'CREATE'))
"""
_RIGHTS = "See docs/postgresql.md for the rights that the account needs."


def examine_server(server: LedgerServer) -> Iterator[Finding]:
    """Connection, encryption, tables, rights, and the folder of this machine.

    Raises:
        ConfigError: the address or the password cannot be used.
        LedgerError: the server cannot be reached, or is none that can keep a ledger.
    """
    link, began = Link(server, readonly=True), time.monotonic()
    try:
        with link.connect() as db:
            took = (time.monotonic() - began) * 1000
            yield ok("ledger", f"{link.place} is PostgreSQL {_version(db)}, answered in {took:.0f} ms")
            yield from _encryption(db)
            yield from _tables(db, link)
            yield from _durability(db)
    except psycopg.Error as error:
        raise link.told(error) from error
    yield from _receipts(server.receipts)


def _version(db: Db) -> str:
    major, minor = divmod(db.info.server_version, 10_000)
    return f"{major}.{minor}"


def _encryption(db: Db) -> Iterator[Finding]:
    if _is_here(db.info.host):
        return
    if not db.pgconn.ssl_in_use:
        what = "addresses travel readable for everybody on the way to the server"
        yield warning("ledger.url", what, "Add ?sslmode=verify-full, and sslrootcert if the authority is your own.")
    elif not db.info.get_parameters().get("sslmode", "").startswith("verify"):
        what = "the server's certificate is not checked, so another machine may stand in for it"
        yield warning("ledger.url", what, "Write sslmode=verify-full, and sslrootcert if the authority is your own.")


def _is_here(host: str) -> bool:
    """Whether the server is this machine: a local socket is named by its folder."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.startswith("/") or host in ("", "localhost")


def _tables(db: Db, link: Link) -> Iterator[Finding]:
    values = {"schema": link.schema}
    if not postgres_schema.exists(db, link):
        postgres_schema.require_room(db, link)
        if db.execute(_MAY_MAKE, values).fetchone() == (True,):
            yield ok("ledger", f"the schema {link.schema} will be filled by the first send")
        else:
            error = LedgerError(f"{link.place}: the account may not make the schema {link.schema}", _RIGHTS)
            yield fault("ledger", error)
        return
    missing = [what for (what,) in db.execute(_MAY_NOT, values)]
    if db.execute("SELECT has_database_privilege(current_database(), 'TEMPORARY')").fetchone() != (True,):
        missing.append("temporary tables (TEMPORARY on the database)")
    if missing:
        some = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
        yield fault("ledger", LedgerError(f"{link.place}: the account lacks rights on {some}", _RIGHTS))
        return
    postgres_schema.prepare(db, link)
    yield ok("ledger", f"the schema {link.schema} can be read and written")


def _durability(db: Db) -> Iterator[Finding]:
    for name in ("fsync", "synchronous_commit"):
        if db.execute(f"SHOW {name}").fetchone() == ("off",):
            what = f"{name} is off: after a crash of the server it does not know who was mailed"
            yield warning("ledger", what, f"Set {name} = on for this server.")


def _receipts(folder: Path) -> Iterator[Finding]:
    parent = folder if folder.exists() else folder.parent
    if os.access(parent, os.W_OK | os.X_OK):
        yield ok("ledger.receipts", f"{folder} can be written")
    else:
        error = LedgerError(f"{parent} is missing or cannot be written", "Create it for the account that sends.")
        yield fault("ledger.receipts", error)
