"""Signatures, envelope senders, bounces and metrics through the commands that ops type."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from newsletter.config import DkimConfig
from newsletter.deliver import load_signer
from newsletter.demo.workspace import copy_workspace
from tests import dkim_keys
from tests.servers.deliver_support import server
from tests.unit.test_deliver_bounces import report

pytestmark = pytest.mark.servers
MONTH = ["--month", "2026-10"]


@pytest.fixture
def command(tmp_path: Path):
    """Run a command on the sample company with six readers (and its six managers) and more settings; exit code, stdout and stderr."""
    config = copy_workspace(tmp_path / "acme")
    rows = "".join(f"p{i}@acme.example,P {i},en,\n" for i in range(6))
    (config.parent / "audience.csv").write_text(f"email,name,locale,segments\n{rows}", encoding="utf-8")

    def run(
        name: str, *more: str, port: int = 1, smtp: dict[str, Any] | None = None, **settings: Any
    ) -> tuple[int, str, str]:
        whole = yaml.safe_load(config.read_text(encoding="utf-8"))
        whole["smtp"] |= {"port": port, **(smtp or {})}
        whole |= {"approvals": 0, **settings}
        config.write_text(yaml.safe_dump(whole, allow_unicode=True), encoding="utf-8")
        arguments = [sys.executable, "-m", "newsletter", name, *more, "--config", str(config)]
        done = subprocess.run(arguments, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    return run


def test_a_signed_edition_with_an_envelope_sender_each_goes_out_comes_back_and_is_told(command, tmp_path):
    dkim = dkim_keys.settings(tmp_path, "2048")
    prom = tmp_path / "newsletter.prom"
    smtp = {"dkim": dkim, "envelope": {"verp": True, "sender": "back@acme.example"}}
    with server() as (script, port):
        code, _, told = command("send", "--yes", *MONTH, port=port, smtp=smtp, metrics={"textfile": str(prom)})
        assert code == 0, told
        assert "warning" not in told
    record = load_signer(DkimConfig.model_validate(dkim)).record()
    assert all(dkim_keys.dkimpy_accepts(one.data, record) for one in script.received)
    senders = {one.recipient: one.sender for one in script.received}
    assert len(set(senders.values())) == len(senders) == 12
    assert all(re.fullmatch(r"back\+2026-10\.[0-9a-f]{20}@acme\.example", one) for one in senders.values())
    assert 'newsletter_edition_recipients{edition="2026-10",state="accepted"} 12.0' in prom.read_text()

    (tmp_path / "back").write_bytes(report("p3@acme.example", to=senders["p3@acme.example"]))
    assert command("bounces", str(tmp_path / "back"))[0] == 0
    assert [one["address"] for one in json.loads(command("suppress", "--json")[1])] == ["p3@acme.example"]
    assert "Came back after the relay had accepted it: 1 for good, 0" in command("status", *MONTH)[1]

    shown = json.loads(command("dkim", "--json")[1])
    assert shown == {"name": record.name, "type": "TXT", "value": record.value}


def test_a_key_that_is_missing_stops_send_before_anything_is_frozen(command, tmp_path):
    dkim = {"domain": "acme.example", "selector": "news", "key": "file:gone.pem"}
    with server() as (script, port):
        code, _, told = command("send", "--yes", *MONTH, port=port, smtp={"dkim": dkim})
    assert code == 78
    assert "smtp.dkim.key: the file" in told
    assert "gone.pem cannot be read (No such file or directory)" in told
    assert script.recipients == []
    assert command("status", *MONTH)[1] == "2026-10: not sent yet\n"
    code, _, told = command("dkim", smtp={"dkim": None})
    assert code == 78
    assert "no smtp.dkim" in told


def test_metrics_that_cannot_be_written_are_a_warning_and_the_mails_go_out(command, tmp_path):
    metrics = {"textfile": str(tmp_path / "gone" / "x.prom"), "pushgateway": "http://127.0.0.1:9"}
    with server() as (script, port):
        code, _, told = command("send", "--yes", *MONTH, port=port, metrics=metrics)
    assert (code, len(script.recipients)) == (0, 12)
    assert "the metrics were not told" in told
    assert "gone/x.prom: No such file or directory" in told
