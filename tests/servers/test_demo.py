"""`newsletter demo` as a whole: raw samples in, mails out."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
import urllib.request
from collections import Counter
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

import pytest

from newsletter.demo import run as demo
from newsletter.demo.private_prometheus import prometheus_available
from newsletter.errors import UsageError

pytestmark = pytest.mark.servers


def read_inbox(folder: Path) -> list[EmailMessage]:
    parser = BytesParser(policy=policy.default)
    return [parser.parsebytes(path.read_bytes()) for path in sorted((folder / "inbox").glob("*.eml"))]


def test_measuring_again_gives_the_recorded_bytes_and_everybody_gets_one_mail(tmp_path):
    assert prometheus_available(), "this test needs prometheus and promtool"
    said: list[str] = []
    folder = demo.run(once=True, directory=tmp_path / "acme", browser=False, say=said.append)
    assert folder == tmp_path / "acme"
    assert any("the numbers are the same as those recorded earlier" in line for line in said), said

    mails = read_inbox(folder)
    listed = [
        row.split(",")
        for name in ("managers.csv", "audience.csv")
        for row in (folder / name).read_text(encoding="utf-8").splitlines()[1:]
    ]
    assert Counter(str(mail["To"]).rsplit("<", 1)[1].rstrip(">") for mail in mails) == {row[0]: 1 for row in listed}
    languages = {str(mail["To"]).rsplit("<", 1)[1].rstrip(">"): mail["Content-Language"] for mail in mails}
    assert languages == {row[0]: row[2] for row in listed}
    told = {tuple(line.split()[1:]) for line in said if re.match(r"  \d{4}\.eml ", line)}
    assert told == {(row[2], row[0]) for row in listed}


def test_without_prometheus_the_recorded_numbers_are_used_and_said_to_be(tmp_path, monkeypatch):
    monkeypatch.setattr(demo, "prometheus_available", lambda: False)
    said: list[str] = []
    folder = demo.run(once=True, directory=tmp_path / "acme", browser=False, say=said.append)
    assert sum("Prometheus is not installed here" in line for line in said) == 1
    assert any("30 of 30 accepted" in line for line in said)
    assert any(line.split()[:2] == ["staff.en", "10"] for line in said)
    assert any(line.split()[:2] == ["staff.it", "14"] for line in said)
    assert any(line.split()[:2] == ["managers.en", "3"] for line in said)
    with sqlite3.connect(folder / "newsletter.db") as ledger:
        tables = {name for (name,) in ledger.execute("select name from sqlite_master where type = 'table'")}
    ledger.close()
    assert tables
    assert {path.name for path in (folder / "out").iterdir()} >= {"staff.en.html", "staff.it.txt", "facts.json"}


def test_the_mails_tell_the_story_in_both_languages(tmp_path, monkeypatch):
    monkeypatch.setattr(demo, "prometheus_available", lambda: False)
    folder = demo.run(once=True, directory=tmp_path / "acme", browser=False, say=lambda _: None)
    texts = {}
    for mail in read_inbox(folder):
        part = mail.get_body(preferencelist=("plain",))
        assert part is not None
        texts[mail["Content-Language"]] = " ".join(part.get_content().split())
    assert "97 minutes down, 44 allowed" in texts["en"].replace("\u00a0", " ")
    assert "Wednesday 14 October" in texts["en"].replace("\u00a0", " ")
    assert "97 minuti" in texts["it"].replace("\u00a0", " ")
    assert "mercoledì 14 ottobre" in texts["it"].replace("\u00a0", " ")


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="not empty"):
        demo.run(once=True, directory=tmp_path, browser=False, say=lambda _: None)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_the_inbox_stays_open_until_ctrl_c_which_ends_it_well(tmp_path):
    command = [sys.executable, "-m", "newsletter", "demo", "--no-browser", "--directory", str(tmp_path / "acme")]
    nowhere = {**os.environ, "PATH": str(tmp_path)}  # no Prometheus there: the recorded numbers are quicker
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=nowhere) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            url = next(
                (found[0] for line in process.stdout if (found := re.search(r"http://127\.0\.0\.1:\d+/", line))), None
            )
            assert url, process.stderr.read()
            with urllib.request.urlopen(url, timeout=10) as answer:
                assert answer.read().count(b"<li ") == 30
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0
            assert process.stderr.read() == ""
        finally:
            process.kill()
