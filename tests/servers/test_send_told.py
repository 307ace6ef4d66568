"""What a `newsletter send` records of the facts it told, and what it says when that cannot be recorded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.servers.deliver_support import Company, server
from tests.servers.smtp_scripted import Fault

pytestmark = pytest.mark.servers
SEND = ("send", "--yes", "--json", "--month", "2026-10")


@pytest.fixture
def company(tmp_path: Path) -> Company:
    return Company(tmp_path / "acme")


@pytest.fixture
def memory(company: Company) -> Path:
    return company.config.parent / "editions" / "2026-10" / "told.json"


def test_facts_that_nobody_was_mailed_do_not_rest_until_somebody_is(company, memory):
    with server(Fault("mail", "550 5.4.5 daily quota exceeded")) as (script, port):
        code, report, _ = company(*SEND, port=port)
        assert (code, json.loads(report)["accepted"]) == (75, 0)
        assert not memory.exists()
        script.faults.clear()
        assert company(*SEND, port=port)[0] == 0
    assert json.loads(memory.read_text())["told"]


def test_facts_rest_if_a_copy_of_them_may_have_arrived(company, memory):
    company.readers("p0@acme.example", "p1@acme.example")
    with server(Fault("dot", "drop")) as (_, port):
        code, report, _ = company(*SEND, port=port)
    told = json.loads(report)
    assert (told["accepted"], told["in_doubt"] > 0, code != 0) == (0, True, True)
    assert json.loads(memory.read_text())["told"]


def test_a_record_that_cannot_be_written_is_a_warning_beside_the_whole_report(company, memory):
    memory.mkdir()
    with server() as (script, port):
        code, report, told = company(*SEND, port=port)
        assert (code, json.loads(report)["accepted"]) == (0, 6)
        assert "told.json: cannot be written: Is a directory; later editions may tell the same facts" in told
        assert "Traceback" not in told
        memory.rmdir()
        assert company(*SEND, port=port)[0] == 0
        assert len(script.recipients) == 6
    assert json.loads(memory.read_text())["told"]
