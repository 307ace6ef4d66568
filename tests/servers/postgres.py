"""A private PostgreSQL server: its own port, folder, accounts and schemas, ended by its own process."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from newsletter.config import LedgerServer
from newsletter.config.surroundings import Surroundings
from tests.servers.listening import free_ports, wait_until_listening

PASSWORD = "pass-8d21"
_SETTINGS = {
    "fsync": "off",  # what survives a power cut is not what is tested here, but a server that dies
    "listen_addresses": "127.0.0.1",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "log_min_messages": "fatal",
}


@dataclass
class Postgres:
    """Where it listens; `newsletter` is the account and the database of everyday, `postgres` may everything."""

    folder: Path
    port: int
    _process: subprocess.Popen[bytes]
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def url(self, *, account: str = "newsletter", database: str = "newsletter", port: int = 0) -> str:
        return f"postgresql://{account}@127.0.0.1:{port or self.port}/{database}"

    def settings(self, receipts: Path, **more: Any) -> dict[str, Any]:
        """A ledger in a schema of its own, as it stands in config.yaml."""
        (self.folder / "password").write_text(PASSWORD)
        return {
            "url": self.url(),
            "password": f"file:{self.folder / 'password'}",
            "schema": f"ledger_{next(self._numbers)}",
            "receipts": str(receipts),
            **more,
        }

    def ledger(self, folder: Path, **more: Any) -> LedgerServer:
        return ledger_server(self.settings(folder / "receipts", **more))

    def execute(self, statement: str, *, database: str = "newsletter") -> list[Any]:
        """As the superuser."""
        url = self.url(account="postgres", database=database)
        with closing(psycopg.connect(url, password=PASSWORD, autocommit=True)) as db:
            found = db.execute(statement)
            return found.fetchall() if found.description else []

    def terminate_all(self) -> int:
        """End the session of every account but the superuser; how many there were."""
        found = self.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'newsletter'")
        return len(found)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT ends all sessions first, SIGQUIT ends at once as a crash would."""
        self._process.send_signal(how)
        self._process.wait()

    def start(self) -> None:
        self._process = _started(self.folder, self.port)


def ledger_server(settings: Mapping[str, Any]) -> LedgerServer:
    return LedgerServer.model_validate(dict(settings), context=Surroundings(file=Path("/config.yaml")))


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A server of its own."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        shutil.chown(folder, *_owner())
        (port,) = free_ports(1)
        (folder / "superuser").write_text(PASSWORD)
        (folder / "superuser").chmod(0o644)
        _run("initdb", "-D", f"{folder}/data", "-U", "postgres", "-A", "scram-sha-256", "-E", "UTF8", "--no-sync",
             "--locale=C", f"--pwfile={folder}/superuser")  # fmt: skip
        server = Postgres(folder, port, _started(folder, port))
        try:
            server.execute(f"CREATE ROLE newsletter LOGIN PASSWORD '{PASSWORD}'", database="postgres")
            server.execute("CREATE DATABASE newsletter OWNER newsletter", database="postgres")
            yield server
        finally:
            server.stop(signal.SIGQUIT)
    finally:
        shutil.rmtree(folder)


def _binaries() -> Path:
    """Debian keeps them out of PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    place = shutil.which("initdb") or (str(found[-1]) if found else "")
    assert place, "initdb is missing: run tests/install-debian.sh"
    return Path(place).parent


def _owner() -> tuple[str | int, str | int]:
    """The server refuses to run as root."""
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    names = {one.pw_name for one in pwd.getpwall()}
    name = "postgres" if "postgres" in names else "nobody"
    return name, pwd.getpwnam(name).pw_gid


def _as_owner() -> dict[str, Any]:
    user, group = _owner()
    return {"user": user, "group": group, "extra_groups": []} if os.geteuid() == 0 else {}


def _run(program: str, *arguments: str) -> None:
    done = subprocess.run(
        [_binaries() / program, *arguments], capture_output=True, text=True, check=False, cwd="/", **_as_owner()
    )
    assert done.returncode == 0, done.stderr


def _started(folder: Path, port: int) -> subprocess.Popen[bytes]:
    settings = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
    command = [str(_binaries() / "postgres"), "-D", f"{folder}/data", "-p", str(port), "-k", str(folder), *settings]
    with (folder / "log").open("ab") as log:
        process: subprocess.Popen[bytes] = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", **_as_owner())
    wait_until_listening("postgres", process, [port], folder / "log")
    while "the database system is" in _refusal(port):  # it listens before it has recovered
        time.sleep(0.02)
    return process


def _refusal(port: int) -> str:
    try:
        psycopg.connect(host="127.0.0.1", port=port, user="postgres", dbname="postgres", password=PASSWORD).close()
    except psycopg.OperationalError as error:
        return str(error)
    return ""
