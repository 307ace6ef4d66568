"""What `send` tells Prometheus, read by promtool and a real Pushgateway, and the alert rules for it."""

from __future__ import annotations

import re
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from newsletter.config import MetricsConfig
from newsletter.deliver import freeze, open_ledger, publish_metrics, send
from newsletter.errors import DeliveryError, FileError
from tests.servers.deliver_support import EDITION, QUICK, messages, people, relay, server
from tests.servers.smtp_scripted import Fault

pytestmark = pytest.mark.servers

ROOT = Path(__file__).parents[2]
MONTH_END = 1_793_491_200.0  # 1 November 2026 in UTC
NOW = 1_793_700_000.0
TLS_ALERT = bytes.fromhex("15 03 01 00 02 02 46")  # fatal, protocol_version (RFC 8446, 6)


def samples(text: str) -> dict[str, float]:
    lines = (line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#"))
    return {
        re.sub(r'(instance|job)="[^"]*",?', "", name).replace(",}", "}").replace("{}", ""): float(n)
        for name, n in lines
    }


def publish(folder: Path, *faults: Fault, **metrics: object) -> None:
    content = messages()
    with server(*faults) as (_, port), open_ledger(folder / "l.db") as ledger:
        freeze(ledger, EDITION, content, people("ada", "bob", "eve"))
        report = send(ledger, EDITION, content, relay(port), pace=QUICK)
        config = MetricsConfig.model_validate(metrics)
        publish_metrics(config, ledger, report, lambda edition: {EDITION: MONTH_END}[edition], NOW)


@contextmanager
def answering(data: bytes) -> Iterator[str]:
    """A server that takes one whole request and answers with `data`."""

    def answer() -> None:
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as request:
            head = b"".join(iter(request.readline, b"\r\n"))
            length = re.search(rb"(?i)content-length: (\d+)", head)
            assert length
            request.read(int(length[1]))  # what is left unread would reset the connection before the answer
            connection.sendall(data)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(10)


@contextmanager
def pushgateway() -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    command = ["prometheus-pushgateway", f"--web.listen-address={address}", "--log.level=error"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            until = time.monotonic() + 30
            while True:
                try:
                    urllib.request.urlopen(f"http://{address}/-/ready", timeout=1).close()
                    break
                except OSError:
                    assert time.monotonic() < until
                    time.sleep(0.05)
            yield f"http://{address}"
        finally:
            process.terminate()


def test_the_textfile_tells_the_edition_and_promtool_finds_nothing_to_complain_of(tmp_path):
    file = tmp_path / "newsletter.prom"
    publish(tmp_path, Fault("rcpt", "550 5.1.1 unknown", match="bob"), textfile=str(file))
    told = samples(file.read_text())
    assert told['newsletter_edition_recipients{edition="2026-10",state="accepted"}'] == 2
    assert told['newsletter_edition_recipients{edition="2026-10",state="refused"}'] == 1
    assert told['newsletter_edition_recipients{edition="2026-10",state="in_doubt"}'] == 0
    assert sum(value for name, value in told.items() if "recipients" in name) == 3
    assert told['newsletter_last_send_timestamp_seconds{edition="2026-10"}'] == NOW
    assert told['newsletter_last_send_accepted{edition="2026-10"}'] == 2
    assert 0 < told['newsletter_last_send_duration_seconds{edition="2026-10"}'] < 60
    assert told["newsletter_last_complete_edition_end_timestamp_seconds"] == MONTH_END
    checked = subprocess.run(["promtool", "check", "metrics"], input=file.read_bytes(), capture_output=True, check=True)
    assert checked.stdout + checked.stderr == b""
    assert [one.name for one in tmp_path.glob("*.prom*")] == ["newsletter.prom"]
    assert "acme.example" not in file.read_text()


def test_an_edition_that_somebody_still_waits_for_is_not_called_complete(tmp_path):
    file = tmp_path / "newsletter.prom"
    publish(tmp_path, Fault("rcpt", "450 4.2.1 later", match="bob"), textfile=str(file))
    told = samples(file.read_text())
    assert told['newsletter_edition_recipients{edition="2026-10",state="deferred"}'] == 1
    assert "newsletter_last_complete_edition_end_timestamp_seconds" not in told


def test_a_pushgateway_takes_the_same_metrics_and_replaces_the_former_ones(tmp_path):
    with pushgateway() as url:
        for folder in ("first", "second"):
            (tmp_path / folder).mkdir()
            publish(tmp_path / folder, pushgateway=url, textfile=str(tmp_path / "x.prom"))
        with urllib.request.urlopen(f"{url}/metrics", timeout=5) as page:
            told = samples(page.read().decode())
    ours = {name: value for name, value in told.items() if name.startswith("newsletter_")}
    assert ours == samples((tmp_path / "x.prom").read_text())
    assert ours['newsletter_edition_recipients{edition="2026-10",state="accepted"}'] == 3


def test_a_place_that_takes_no_metrics_is_named(tmp_path):
    with pytest.raises(FileError, match=r"gone/x\.prom: No such file"):
        publish(tmp_path, textfile=str(tmp_path / "gone/x.prom"))
    with pytest.raises(DeliveryError, match=r"http://127\.0\.0\.1:9: .*refused"):
        publish(tmp_path, pushgateway="http://127.0.0.1:9", textfile=str(tmp_path / "x.prom"))
    assert (tmp_path / "x.prom").exists()


def test_a_pushgateway_that_answers_in_tls_where_http_is_expected_is_named(tmp_path):
    with answering(TLS_ALERT) as url, pytest.raises(DeliveryError) as caught:
        publish(tmp_path, pushgateway=url, textfile=str(tmp_path / "x.prom"))
    assert caught.value.message == f"{url}: the answer is not HTTP (BadStatusLine)"
    assert (tmp_path / "x.prom").exists()


def test_the_alert_rules_fire_when_they_should_and_only_then():
    rules = subprocess.run(
        ["promtool", "check", "rules", str(ROOT / "docs/alerts.yml")], capture_output=True, text=True, check=False
    )
    assert rules.returncode == 0, rules.stderr
    test = str(ROOT / "tests/alerts/alerts_test.yml")
    done = subprocess.run(["promtool", "test", "rules", test], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no file match" not in done.stdout + done.stderr


def test_every_metric_in_the_alert_rules_is_one_that_send_tells(tmp_path):
    file = tmp_path / "newsletter.prom"
    publish(tmp_path, textfile=str(file))
    told = {name.partition("{")[0] for name in samples(file.read_text())}
    assert set(re.findall(r"newsletter_[a-z_]+", (ROOT / "docs/alerts.yml").read_text())) <= told
