"""A PostgreSQL server that refuses, is missing or is not ours: one error each, with its remedy, and no password in it."""

from __future__ import annotations

import re
import socket

import pytest
from click.testing import CliRunner

from newsletter.cli import main
from newsletter.config import load
from newsletter.deliver import examine_ledger
from newsletter.errors import NewsletterError
from tests.previewing import small_workspace
from tests.servers.postgres import PASSWORD

pytestmark = pytest.mark.servers

STATUS = ("status", "--month", "2026-10")


class Workspace:
    """The sample company, its ledger on a server."""

    def __init__(self, config):
        self._config = config
        self._text = re.sub(r"(?m)^ledger:.*\n", "", config.read_text())

    def keep_ledger(self, settings):
        lines = "".join(f"  {name}: {value}\n" for name, value in settings.items())
        self._config.write_text(f"{self._text}\nledger:\n{lines}")

    def run(self, *arguments):
        """Exit code and all that was told, in one line."""
        done = CliRunner().invoke(main, [*arguments, "--config", str(self._config)])
        told = done.stdout + done.stderr
        assert PASSWORD not in told
        assert "Traceback" not in told
        return done.exit_code, " ".join(told.split())

    def examined(self):
        """What is found about the ledger, as `doctor` tells it: status, what and remedy of each."""
        found = list[tuple[str, str, str]]()
        try:
            found += [(one.status, one.what, one.do) for one in examine_ledger(load(self._config).ledger)]
        except NewsletterError as error:
            found.append(("fault", error.message, error.hint))
        assert PASSWORD not in str(found)
        return found

    def faults(self):
        return [(what, do) for status, what, do in self.examined() if status == "fault"]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return small_workspace(tmp_path_factory.mktemp("ledger") / "acme")


@pytest.fixture
def workspace(files):
    before = files.read_text()
    yield Workspace(files)
    files.write_text(before)


@pytest.fixture(scope="module")
def accounts(postgres):
    """`guest` may log in and nothing else."""
    postgres.execute(f"CREATE ROLE guest LOGIN PASSWORD '{PASSWORD}'; CREATE ROLE other LOGIN PASSWORD 'another-one'")
    postgres.execute("CREATE DATABASE latin OWNER newsletter ENCODING 'LATIN1' TEMPLATE template0", database="postgres")
    yield postgres
    postgres.execute("DROP DATABASE latin", database="postgres")
    postgres.execute("DROP OWNED BY guest; DROP ROLE guest; DROP ROLE other")


def test_a_server_without_a_ledger_is_ready_for_one(workspace, postgres, tmp_path):
    settings = postgres.settings(tmp_path / "receipts")
    workspace.keep_ledger(settings)
    assert workspace.run(*STATUS) == (0, "2026-10: not sent yet")
    found = workspace.examined()
    assert [status for status, _, _ in found] == ["ok", "ok", "warning", "ok"]
    assert "is PostgreSQL 1" in found[0][1]
    assert found[1][1] == f"the schema {settings['schema']} will be filled by the first send"
    assert found[2][1].startswith("fsync is off")  # as the tests run it


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"account": "other"}, ('password authentication failed for user "other"', "ledger.password")),
        ({"account": "nobody"}, ('password authentication failed for user "nobody"', "ledger.password")),
        ({"database": "nowhere"}, ('database "nowhere" does not exist', "Create the database")),
        ({"database": "latin"}, ("keeps its texts in LATIN1, not in UTF8", "ENCODING 'UTF8'")),
        ({"port": 1}, ("Connection refused", "Check that the server runs")),
    ],
)
def test_a_server_that_will_not_do_is_told_by_every_command(workspace, accounts, tmp_path, where, expected):
    what, remedy = expected
    url = accounts.url(**where)
    workspace.keep_ledger(accounts.settings(tmp_path / "receipts", url=url))
    code, told = workspace.run(*STATUS)
    assert code == 74
    assert told.startswith(f"error: {url}")
    assert (what in told, remedy in told) == (True, True)
    assert "FATAL" not in told
    assert len(told) < 250
    ((found, do),) = workspace.faults()
    assert (what in found, remedy in do) == (True, True)


def test_doctor_tells_a_fault_of_the_server_beside_all_others(workspace, accounts, tmp_path):
    workspace.keep_ledger(accounts.settings(tmp_path / "receipts", url=accounts.url(account="other")))
    code, told = workspace.run("doctor", "--month", "2026-10")
    assert code == 78
    assert "FAULT ledger postgresql://other@" in told
    assert "authentication failed" in told


def test_a_name_that_nobody_knows(workspace, postgres, tmp_path):
    url = "postgresql://newsletter@ledger.invalid/newsletter"
    workspace.keep_ledger(postgres.settings(tmp_path / "receipts", url=url))
    code, told = workspace.run(*STATUS)
    assert (code, "resolve host 'ledger.invalid'" in told) == (74, True)


@pytest.mark.parametrize("mode", ["require", "verify-full"])
def test_encryption_that_the_server_does_not_offer_is_not_done_without(workspace, postgres, tmp_path, mode):
    workspace.keep_ledger(postgres.settings(tmp_path / "receipts", url=f"{postgres.url()}?sslmode={mode}"))
    code, told = workspace.run(*STATUS)
    assert code == 74
    assert "server does not support SSL, but SSL was required fix: Check sslmode and sslrootcert" in told


def test_a_misspelt_parameter_is_a_fault_of_the_config(workspace, postgres, tmp_path):
    workspace.keep_ledger(postgres.settings(tmp_path / "receipts", url=f"{postgres.url()}?sslmod=require"))
    assert workspace.run(*STATUS)[0] == 78
    assert 'ledger.url: invalid URI query parameter: "sslmod"' in workspace.run(*STATUS)[1]


def test_a_server_that_never_answers_is_given_up(workspace, postgres, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"{postgres.url(port=silent.getsockname()[1])}?connect_timeout=2"
        workspace.keep_ledger(postgres.settings(tmp_path / "receipts", url=url))
        code, told = workspace.run(*STATUS)
    assert (code, "connection timeout expired" in told) == (74, True)


def test_an_account_that_may_not_make_the_tables(workspace, accounts, tmp_path):
    workspace.keep_ledger(accounts.settings(tmp_path / "receipts", url=accounts.url(account="guest")))
    ((found, do),) = workspace.faults()
    assert "the account may not make the schema" in found
    assert do == "See docs/postgresql.md for the rights that the account needs."
    code, told = workspace.run("suppress", "ann@acme.example")
    assert (code, "permission denied for database newsletter" in told) == (74, True)


def test_an_account_that_may_only_read_tells_the_state_and_changes_nothing(workspace, accounts, tmp_path):
    settings = accounts.settings(tmp_path / "receipts")
    workspace.keep_ledger(settings)
    assert workspace.run("suppress", "ann@acme.example") == (0, "1 address suppressed")
    schema = settings["schema"]
    accounts.execute(f"GRANT USAGE ON SCHEMA {schema} TO guest; GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO guest")
    workspace.keep_ledger({**settings, "url": accounts.url(account="guest")})
    assert workspace.run(*STATUS)[0] == 0
    ((found, _),) = workspace.faults()
    assert "the account lacks rights on bounce (DELETE), bounce (INSERT), bounce (UPDATE) and " in found
    code, told = workspace.run("suppress", "ben@acme.example")
    assert (code, "permission denied for table suppression" in told) == (74, True)
    assert accounts.execute(f"SELECT address FROM {schema}.suppression") == [("ann@acme.example",)]


def test_the_rights_that_the_documentation_names_are_enough(workspace, accounts, tmp_path):
    settings = accounts.settings(tmp_path / "receipts", url=accounts.url(account="guest"))
    schema = settings["schema"]
    accounts.execute(f"CREATE SCHEMA {schema} AUTHORIZATION guest")
    workspace.keep_ledger(settings)
    assert workspace.faults() == []
    assert workspace.run("suppress", "ann@acme.example") == (0, "1 address suppressed")
    assert workspace.faults() == []


def test_tables_of_another_version_are_left_alone(workspace, postgres, tmp_path):
    settings = postgres.settings(tmp_path / "receipts")
    workspace.keep_ledger(settings)
    workspace.run("suppress", "ann@acme.example")
    postgres.execute(f"UPDATE {settings['schema']}.setting SET value = '2' WHERE key = 'version'")
    code, told = workspace.run("suppress", "ben@acme.example")
    assert code == 74
    assert "has version 2, this program knows 1 fix: Use the version that wrote it." in told
    assert len(postgres.execute(f"SELECT address FROM {settings['schema']}.suppression")) == 1
    assert "has version 2" in workspace.faults()[0][0]


@pytest.mark.parametrize("table", ["setting (a int)", "setting (key text, value text)", "delivery (a int)"])
def test_tables_of_another_program_are_left_alone(workspace, postgres, tmp_path, table):
    settings = postgres.settings(tmp_path / "receipts")
    schema = settings["schema"]
    postgres.execute(f"CREATE SCHEMA {schema} AUTHORIZATION newsletter; CREATE TABLE {schema}.{table}")
    postgres.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA {schema} TO newsletter")
    workspace.keep_ledger(settings)
    code, told = workspace.run("suppress", "ann@acme.example")
    assert code == 74
    assert f"the schema {schema} holds tables of another program fix: Choose another ledger.schema." in told
    assert workspace.faults()[0][0].endswith(f"the schema {schema} holds tables of another program")
    assert len(postgres.execute(f"SELECT 1 FROM pg_tables WHERE schemaname = '{schema}'")) == 1
