"""The tables in the ledger's schema: made once, and known by their version."""

from __future__ import annotations

import re
import secrets
import uuid
from contextlib import suppress
from importlib import resources

import psycopg
from msgspec import Struct
from psycopg import sql

from newsletter.deliver.ledger.postgres_link import Db, Link
from newsletter.deliver.ledger.rows import nothing_there, other_version
from newsletter.errors import LedgerError

VERSION = 1
_PRODUCT = "newsletter"  # the value of setting `product`: tells our tables from another program's
_MAKING = 0x6E6C7470  # advisory locks have two numbers: these are ours, the other one is the schema's
_SETTINGS = "SELECT key, value FROM setting WHERE key IN ('product', 'version', 'id')"
# Not to_regclass(): that may still answer from what this session knew before it waited for a lock.
_TABLE = "SELECT 1 FROM pg_tables WHERE schemaname = %s AND tablename = 'setting'"
_SPACE = "SELECT oid::bigint FROM pg_namespace WHERE nspname = %s"


class Identity(Struct, frozen=True, kw_only=True):
    """What tells this ledger from others.

    Args:
        id: random, and the same for ever.
        space: the number of its schema, for advisory locks: they are of the whole database.
    """

    id: str
    space: int


def exists(db: Db, link: Link) -> bool:
    """Whether there are tables of a ledger."""
    return bool(db.execute(_TABLE, (link.schema,)).fetchone())


def require_room(db: Db, link: Link) -> None:
    """Check that nothing stands where the tables would be made.

    Raises:
        LedgerError: another program's table, view or index has the name of one of them.
    """
    names = re.findall(r"CREATE (?:TABLE|(?:UNIQUE )?INDEX) (\w+)", _tables())
    query = "SELECT 1 FROM pg_class WHERE relnamespace = to_regnamespace(quote_ident(%s)) AND relname = ANY(%s)"
    if db.execute(query, (link.schema, names)).fetchone():
        raise _others(link)


def prepare(db: Db, link: Link) -> Identity:
    """Check the tables, and make them if there are none and the link may write.

    Raises:
        LedgerError: there is no ledger yet, another program's tables stand there, or another version's.
        psycopg.Error: the account may not.
    """
    if not exists(db, link):
        if link.readonly:
            raise nothing_there(link.place)
        _make(db, link)
    found: dict[str, str] = {}
    with suppress(psycopg.errors.UndefinedColumn, psycopg.errors.UndefinedFunction):  # another program's table
        found = dict(db.execute(_SETTINGS).fetchall())
    if found.get("product") != _PRODUCT:
        raise _others(link)
    if found["version"] != str(VERSION):
        raise other_version(f"{link.place}, schema {link.schema},", found["version"], VERSION)
    return Identity(id=found["id"], space=_space(db, link))


def _make(db: Db, link: Link) -> None:
    """All or nothing; of two that try at once, one waits and finds what the other has made."""
    settings = {
        "product": _PRODUCT,
        "version": str(VERSION),
        "id": uuid.uuid4().hex[:12],
        "secret": secrets.token_hex(32),
    }
    with db.transaction():
        db.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", (_MAKING, link.schema))
        if exists(db, link):
            return
        if not db.execute(_SPACE, (link.schema,)).fetchone():
            db.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(link.schema)))
        try:
            db.execute(_tables())
        except (psycopg.errors.DuplicateTable, psycopg.errors.DuplicateFunction):
            raise _others(link) from None
        for one in settings.items():
            db.execute("INSERT INTO setting VALUES (%s, %s)", one)


def _tables() -> str:
    return resources.files(__package__).joinpath("postgres.sql").read_text(encoding="utf-8")


def _space(db: Db, link: Link) -> int:
    # A number of four bytes without sign, where advisory locks take one with a sign.
    row = db.execute(_SPACE, (link.schema,)).fetchone()
    assert row
    number = int(row[0])
    return number - (1 << 32) if number >= 1 << 31 else number


def _others(link: Link) -> LedgerError:
    return LedgerError(
        f"{link.place}: the schema {link.schema} holds tables of another program", "Choose another ledger.schema."
    )
