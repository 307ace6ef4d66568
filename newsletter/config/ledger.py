"""Where it is kept who was mailed: a file, or a schema of a PostgreSQL server."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, urlsplit

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, ValidationInfo

from newsletter.config.faults import Model
from newsletter.config.places import WorkspacePath, workspace_path
from newsletter.config.refusals import fault
from newsletter.config.secret import Secret, secret
from newsletter.config.texts import Line, matching

_SCHEMES = ("postgresql", "postgres")
_SECRETS = frozenset({"password", "sslpassword"})
_SYSTEM = re.compile(r"pg_|information_schema$")
_NAME = matching(r"[a-z_][a-z0-9_]{0,62}", "cannot be a name here: use small letters, digits and _, at most 63")


def _is_url(value: Any) -> bool:
    return isinstance(value, str) and value.partition("://")[0].lower() in _SCHEMES and "://" in value


def _url(text: str) -> str:
    """An address as libpq takes it, of one or several servers. Never echoed: it may hold a password by mistake."""
    if not _is_url(text):
        raise fault('must begin with postgresql://, such as "postgresql://newsletter@db.acme.example/newsletter"')
    try:
        parts = urlsplit(text)
    except ValueError:
        raise fault("is not a valid address of a server") from None
    asked = {name.lower() for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    if ":" in parts.netloc.rpartition("@")[0] or asked & _SECRETS:
        raise fault("must not hold a password: write it as password: env:NAME or file:PATH, beside url")
    if parts.fragment or not text.isprintable() or " " in text:
        raise fault("must hold neither blanks nor #: write them as %20 and %23")
    return text


def _schema(text: str) -> str:
    if _SYSTEM.match(text):
        raise fault("belongs to PostgreSQL itself: choose another name")
    return text


class LedgerServer(Model):
    """A PostgreSQL server as the ledger (needs the extra `postgres`); see docs/postgresql.md."""

    url: Annotated[Line, AfterValidator(_url)] = Field(
        description="The server, the account and the database, as libpq writes them, without the password: "
        "`postgresql://ACCOUNT@HOST:PORT/DATABASE?sslmode=verify-full`. `ledger: postgresql://...` is short for a "
        "mapping of nothing else.",
        examples=["postgresql://newsletter@db.acme.example/newsletter?sslmode=verify-full"],
    )
    password: Annotated[Secret, secret("ledger.password")] | None = Field(
        default=None,
        description="The password of the account. Without it libpq looks where it always looks: `PGPASSWORD`, "
        "`~/.pgpass`, a client certificate, or the system's own account over a local socket.",
        examples=["env:LEDGER_PASSWORD"],
    )
    schema_name: Annotated[Line, _NAME, AfterValidator(_schema)] = Field(
        default="newsletter",
        alias="schema",
        description="The schema of the database that holds the tables; it is made by the first `send` if the account may.",
        examples=["it_newsletter"],
    )
    receipts: WorkspacePath = Field(
        default=Path("receipts"),
        validate_default=True,
        description="A folder on a local disk of this machine, where each run notes which mails have left before the "
        "server is told. Keep it between runs: it tells after a crash who was mailed.",
        examples=["/var/lib/newsletter/receipts"],
    )

    def __str__(self) -> str:
        """The address without its parameters; it holds no password."""
        return self.url.partition("?")[0]


def _file(text: str, info: ValidationInfo) -> str:
    if "://" in text or text.startswith(("file:", ":")):
        raise fault("must be the path of a SQLite file, or the address of a server: postgresql://ACCOUNT@HOST/DATABASE")
    return str(workspace_path(text, info))


def _kind(value: Any) -> Literal["<text>", "<texts>"]:
    """Decides which of the two kinds the faults are about."""
    return "<texts>" if isinstance(value, dict | LedgerServer) else "<text>"


def _spelled_out(value: Any) -> Any:
    return {"url": value} if _is_url(value) else value


LedgerFile = Annotated[Line, AfterValidator(_file)]
# The tags show in pydantic's locations and are taken out again (see faults.py).
LedgerSetting = Annotated[
    Annotated[LedgerFile, Tag("<text>")] | Annotated[LedgerServer, Tag("<texts>")],
    Discriminator(_kind),
    BeforeValidator(_spelled_out),
]
