"""The whole line by its commands: the sample workspace, real SMTP, and what each promise means."""

from __future__ import annotations

import email
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from email import policy
from pathlib import Path

import pytest

from newsletter.deliver import freeze, open_ledger
from newsletter.demo.inbox import receiving
from newsletter.demo.workspace import copy_workspace
from newsletter.model import Recipient
from tests.servers.deliver_support import messages

pytestmark = pytest.mark.servers

MONTH = ("--month", "2026-10")


class Workspace:
    """A copy of the sample company, and the command run in it."""

    def __init__(self, folder: Path) -> None:
        """Copy the sample."""
        self.folder = folder
        self.config = copy_workspace(folder)

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace text in a file that must hold it."""
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def relay(self, port: int) -> None:
        """Point the config at a relay on this machine."""
        text = self.config.read_text(encoding="utf-8")
        text = re.sub(r"(?m)^(\s+port:) \d+", rf"\1 {port}", text)
        self.config.write_text(text, encoding="utf-8")

    def run(self, command: str, *args: str, **kwargs) -> subprocess.CompletedProcess[str]:
        """`newsletter COMMAND` as a process."""
        line = [sys.executable, "-m", "newsletter", command, "--config", str(self.config), *MONTH, *args]
        return subprocess.run(line, capture_output=True, text=True, timeout=120, check=False, **kwargs)


@pytest.fixture
def workspace(tmp_path):
    """The sample company in a folder of its own."""
    return Workspace(tmp_path / "acme")


def body(content: bytes) -> bytes:
    """A mail without the header lines that are the recipient's own, and without their address."""
    head, _, rest = content.partition(b"\r\n\r\n")
    own = (b"to:", b"date:", b"message-id:")
    unfolded = re.sub(rb"\r\n[ \t]", b" ", head)
    kept = [line for line in unfolded.split(b"\r\n") if not line.lower().startswith(own)]
    return b"\r\n".join(kept) + b"\r\n\r\n" + rest


def without(content: bytes, address: str) -> bytes:
    """The mail's parts, decoded, with one address cut out: what every reader shares."""
    message = email.message_from_bytes(content, policy=policy.default)
    parts = [part.get_content() for part in message.walk() if not part.is_multipart()]
    assert all(address in part for part in parts)
    return "\0".join(part.replace(address, "") for part in parts).encode()


def test_two_builds_give_the_same_bytes(workspace):
    """In two processes, with two hash seeds."""
    for name, seed in (("one", "1"), ("two", "2")):
        done = workspace.run("build", "--output", str(workspace.folder / name), env={"PYTHONHASHSEED": seed})
        assert done.returncode == 0, done.stderr
    files = sorted(path.name for path in (workspace.folder / "one").iterdir())
    variants = [
        f"{audience}.{locale}.{kind}"
        for audience in ("managers", "staff")
        for locale in ("en", "it")
        for kind in ("eml", "html", "mjml", "txt")
    ]
    assert files == sorted([*variants, "facts.json"])
    for name in files:
        assert (workspace.folder / "one" / name).read_bytes() == (workspace.folder / "two" / name).read_bytes()


def test_build_test_mail_and_send_are_the_same_mail(workspace, tmp_path):
    """Byte for byte, but for To, Date, Message-ID and the reader's own address (guarantee G5)."""
    workspace.run("build", "--output", str(tmp_path / "built"))
    with receiving(tmp_path / "inbox") as inbox:
        workspace.relay(inbox.port)
        done = workspace.run("send", "--to", "boss@acme.example")
        assert done.returncode == 0, done.stderr
        tests = {letter(mail.content): mail.content for mail in inbox.mails}
        assert workspace.run("approve", "--by", "Head of IT").returncode == 0
        done = workspace.run("send", "--yes")
        assert done.returncode == 0, done.stderr
        sent = [mail for mail in inbox.mails if mail.rcpt_to != "boss@acme.example"]
    assert len(sent) == 30
    assert len(tests) == 4
    for path in (tmp_path / "built").glob("*.eml"):
        built = path.read_bytes()
        shared = without(built, "reader@acme.example")
        test = tests[letter(built)]
        assert without(test, "boss@acme.example") == shared
        same = [mail for mail in sent if letter(mail.content) == letter(built)]
        assert len(same) >= 3
        for mail in same:
            assert without(mail.content, mail.rcpt_to) == shared
            assert headers(mail.content) == headers(built) == headers(test)


def letter(content: bytes) -> str | None:
    """Which letter it is: two may have the same subject, but the boundary is of the digest."""
    return email.message_from_bytes(content, policy=policy.default).get_boundary()


def headers(content: bytes) -> list[bytes]:
    """The header lines that are not the recipient's own."""
    return body(content).partition(b"\r\n\r\n")[0].split(b"\r\n")


def test_only_a_send_remembers_what_was_told(workspace, tmp_path):
    """A preview, a build or a test mail uses nothing up; the next edition lets the facts rest."""
    memory = workspace.folder / "editions" / "2026-10" / "told.json"
    with receiving(tmp_path / "inbox") as inbox:
        workspace.relay(inbox.port)
        workspace.run("build", "--output", str(tmp_path / "built"))
        workspace.run("send", "--to", "boss@acme.example")
        workspace.run("approve", "--by", "Head of IT")
        assert not memory.exists()
        assert workspace.run("send", "--yes").returncode == 0
    chosen = json.loads(workspace.run("facts", "--json").stdout)["selection"]
    assert json.loads(memory.read_text())["told"] == sorted([*chosen["did_you_know"], chosen["spotlight"]])
    assert chosen["did_you_know"]


def test_sending_again_sends_nothing(workspace, tmp_path):
    """Run again = resume; when all have a copy there is nothing to resume."""
    with receiving(tmp_path / "inbox") as inbox:
        workspace.relay(inbox.port)
        workspace.run("approve", "--by", "Head of IT")
        assert workspace.run("send", "--yes").returncode == 0
        again = workspace.run("send", "--yes")
        assert again.returncode == 0
        assert "30 people have their copy already and get no other." in workspace.run("send", "--dry-run").stderr
        assert "30 of 30 accepted" in again.stdout
        assert max(Counter(mail.rcpt_to for mail in inbox.mails).values()) == 1
    status = json.loads(workspace.run("status", "--json").stdout)
    assert status.pop("edition") == "2026-10"
    assert status.pop("total") == sum(status.values()) == status["accepted"] == 30


def test_each_reader_gets_their_language(workspace, tmp_path):
    """By the list's locale column; the variant is one recipient a message."""
    with receiving(tmp_path / "inbox") as inbox:
        workspace.relay(inbox.port)
        workspace.run("approve", "--by", "Head of IT")
        workspace.run("send", "--yes")
        wanted = {
            row.split(",")[0]: row.split(",")[2]
            for name in ("managers.csv", "audience.csv")
            for row in (workspace.folder / name).read_text(encoding="utf-8").splitlines()[1:]
            if row
        }
        got = {mail.rcpt_to: mail.header("Content-Language") for mail in inbox.mails}
        assert got == {address: locale or "en" for address, locale in wanted.items()}
        assert all(mail.header("To").endswith(f"<{mail.rcpt_to}>") for mail in inbox.mails)


def test_an_unapproved_edition_is_not_sent(workspace, tmp_path):
    """Exit 77; a change after the approval voids it; a test mail needs none."""
    with receiving(tmp_path / "inbox") as inbox:
        workspace.relay(inbox.port)
        assert workspace.run("send", "--yes").returncode == 77
        workspace.run("approve", "--by", "Head of IT")
        note = min((workspace.folder / "editions/2026-10/notes").glob("*.en.md"))
        note.write_text(note.read_text(encoding="utf-8") + "\nOne more sentence.\n", encoding="utf-8")
        voided = workspace.run("send", "--yes")
        assert voided.returncode == 77
        assert "staff.en" in voided.stderr
        assert "staff.it" not in voided.stderr
        assert inbox.mails == ()


def test_a_dry_run_contacts_nobody(workspace):
    """No relay listens here, and no ledger is made."""
    workspace.relay(1)
    done = workspace.run("send", "--dry-run")
    assert done.returncode == 77, done.stderr
    assert "staff.en" in done.stdout
    assert "2026-10 is not approved: send would refuse (exit 77)" in done.stderr
    both = workspace.run("send", "--dry-run", "--to", "boss@acme.example")
    assert both.returncode == 2
    assert list(workspace.folder.glob("newsletter.db*")) == []


def refusals(workspace: Workspace) -> list[tuple[int, str]]:
    """What a dry run says in JSON; it ends with the code of the first."""
    done = workspace.run("send", "--dry-run", "--json")
    found = [(one["exit_code"], one["message"]) for one in json.loads(done.stdout)["obstacles"]]
    assert done.returncode == (found[0][0] if found else 0)
    told = [line.partition(": send would refuse") for line in done.stderr.splitlines()]
    assert [message for message, sentence, _ in told if sentence] == [message for _, message in found]
    return found


def test_a_dry_run_names_everything_that_would_stop_a_send_and_ends_as_it_would(workspace, tmp_path):
    """Each in a line; when the first is mended, the second decides, and the real send ends the same."""
    login, late = "  user: newsletter\n  password: env:RELAY_PASSWORD\n", "max_lateness_days: 1"
    hours = f"\n  hours: ['{another_day()} 00:00-00:01']\n"
    workspace.run("pause", "--by", "ops")
    workspace.edit("config.yaml", "smtp:\n", f"smtp:\n{login}")
    workspace.edit("config.yaml", "max_lateness_days: null", late)
    workspace.edit("config.yaml", "\nsending:\n", f"\nsending:{hours}")
    found = refusals(workspace)
    parts = ("not approved", "RELAY_PASSWORD", "max_lateness_days", "sending.hours", "paused since")
    assert [code for code, _ in found] == [77, 78, 65, 75, 75]
    assert all(part in message for part, (_, message) in zip(parts, found, strict=True))
    workspace.run("approve", "--by", "Head of IT")
    assert [code for code, _ in refusals(workspace)] == [78, 65, 75, 75]
    assert workspace.run("send", "--yes").returncode == 78
    workspace.edit("config.yaml", login, "")
    assert workspace.run("send", "--yes").returncode == 65
    workspace.edit("config.yaml", late, "max_lateness_days: null")
    workspace.edit("config.yaml", hours, "\n")
    assert [code for code, _ in refusals(workspace)] == [75]
    workspace.run("resume")
    assert refusals(workspace) == []
    workspace.run("cancel", "--yes")
    assert [code for code, _ in refusals(workspace)] == [4]


def another_day() -> str:
    """Not today, nor yesterday or tomorrow, in whatever time zone."""
    return ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")[(time.gmtime().tm_wday + 3) % 7]


def test_a_service_without_a_percentage_is_told_before_it_is_sent(workspace):
    """It stops nothing, but whoever sends should know."""
    path = workspace.folder / "editions/2026-10/snapshot.json"
    snapshot = json.loads(path.read_text(encoding="utf-8"))
    told = workspace.run("send", "--dry-run").stderr
    assert "too little was measured" not in told
    service = next(name for name, one in snapshot["services"].items() if one["availability"] == 1.0)
    snapshot["services"][service]["availability"] = None
    path.write_text(json.dumps(snapshot), encoding="utf-8")
    told = workspace.run("send", "--dry-run").stderr
    assert f"2026-10: too little was measured for a percentage of {service}\n" in told


def test_a_build_into_a_folder_that_cannot_be_is_told(workspace):
    done = workspace.run("build", "--output", "/proc/x")
    assert done.returncode == 74
    assert "/proc/x: No such file or directory" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_terminal_send_wants_yes(workspace):
    """A timer must say so; nothing is sent by accident."""
    workspace.run("approve", "--by", "Head of IT")
    done = workspace.run("send", stdin=subprocess.DEVNULL)
    assert done.returncode == 2
    assert "--yes" in done.stderr


def test_a_no_at_the_question_sends_nothing(workspace):
    """On a real terminal, with the count and the subjects before the question; exit 130, no ledger."""
    workspace.run("approve", "--by", "Head of IT")
    done = on_a_terminal(workspace, b"n\n")
    assert done.returncode == 130
    assert "2026-10 goes to 30 people" in done.stderr
    assert "1 of 12 services missed its target" in done.stderr
    assert done.stderr.endswith("Nothing was sent.\n")
    assert list(workspace.folder.glob("newsletter.db*")) == []


def test_a_list_that_lost_half_of_its_people_asks_first(workspace, tmp_path):
    """A timer ends with 65, a person is asked, and a flag says that it is right."""
    earlier = [Recipient(address=f"p{i}@acme.example", audience="staff") for i in range(48)]
    with open_ledger(workspace.folder / "newsletter.db") as ledger:
        message = messages()["staff.en"]
        freeze(ledger, "2026-09", {"staff.en": message}, [(one, "staff.en") for one in earlier])
    workspace.run("approve", "--by", "Head of IT")
    told = "the list of staff: 48 in 2026-09, 24 now"
    dry = workspace.run("send", "--dry-run")
    assert dry.returncode == 65
    assert told in dry.stderr
    with receiving(tmp_path / "inbox") as inbox:
        workspace.relay(inbox.port)
        refused = workspace.run("send", "--yes")
        assert refused.returncode == 65
        assert told in refused.stderr
        assert "--accept-shrunk-list" in refused.stderr
        asked = on_a_terminal(workspace, b"n\n")
        assert asked.returncode == 130
        assert told in asked.stderr
        assert "Send it to those who are left?" in asked.stderr
        assert inbox.mails == ()
        accepted = workspace.run("send", "--yes", "--accept-shrunk-list")
        assert accepted.returncode == 0, accepted.stderr
        assert len(inbox.mails) == 30
    assert workspace.run("send", "--yes").returncode == 0  # frozen now: the same list is no news


def people_from(workspace: Workspace, script: str) -> None:
    """Let a program print the staff."""
    program = workspace.folder / "people.sh"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    workspace.edit("config.yaml", "recipients: audience.csv", "recipients: {command: [./people.sh]}")


def test_a_list_of_a_command_is_mailed_and_a_failing_command_sends_nothing(workspace, tmp_path):
    """Half of a list is no list: 69 and no ledger; run again, everybody gets a copy."""
    people_from(workspace, "cat audience.csv; test -e ready || { echo 'no link to hr-db' >&2; exit 3; }")
    workspace.run("approve", "--by", "Head of IT")
    with receiving(tmp_path / "inbox") as inbox:
        workspace.relay(inbox.port)
        failed = workspace.run("send", "--yes")
        assert failed.returncode == 69
        assert "the command ./people.sh ended with 3: no link to hr-db" in failed.stderr
        assert list(workspace.folder.glob("newsletter.db*")) == []
        (workspace.folder / "ready").touch()
        assert workspace.run("send", "--yes").returncode == 0
        addresses = {row.split(",")[0] for row in (workspace.folder / "audience.csv").read_text().splitlines()[1:]}
        got = Counter(mail.rcpt_to for mail in inbox.mails)
        assert addresses <= got.keys()
        assert max(got.values()) == 1


def test_ending_a_send_ends_the_command_that_prints_its_list(workspace):
    """SIGTERM to newsletter: 130, and no program goes on in the background."""
    people_from(workspace, "echo $$ > running; exec sleep 60")
    workspace.run("approve", "--by", "Head of IT")
    command = [sys.executable, "-m", "newsletter", "send", "--yes", "--config", str(workspace.config), *MONTH]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    running = workspace.folder / "running"
    deadline = time.monotonic() + 60
    while not (running.exists() and running.read_text().strip()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.terminate()
    process.communicate(timeout=30)
    assert process.returncode == 130
    with pytest.raises(ProcessLookupError):
        os.kill(int(running.read_text()), 0)


def test_people_who_asked_for_a_language_that_is_not_written_are_counted(workspace):
    """They get the default, and whoever sends is told."""
    path = workspace.folder / "audience.csv"
    rows = (
        path.read_text(encoding="utf-8")
        + "x@acme.example,X,fr-CA,,\ny@acme.example,Y,it-CH,,\nz@acme.example,Z,fr-CA,,\n"
    )
    path.write_text(rows, encoding="utf-8")
    workspace.relay(1)
    done = workspace.run("send", "--dry-run")
    assert "2 readers asked for fr-CA, which is not offered: they get en" in done.stderr
    assert "it-CH" not in done.stderr


def on_a_terminal(workspace: Workspace, answer: bytes) -> subprocess.CompletedProcess[str]:
    """`newsletter send` as a person sees it."""
    command = [sys.executable, "-m", "newsletter", "send", "--config", str(workspace.config), *MONTH]
    read, write = os.openpty()
    os.write(read, answer)
    done = subprocess.run(command, stdin=write, capture_output=True, text=True, timeout=60, check=False)
    os.close(read)
    os.close(write)
    return done


def test_a_relay_that_is_down_ends_75_and_loses_nobody(workspace, tmp_path):
    """The same command later reaches everybody once."""
    workspace.relay(1)
    workspace.run("approve", "--by", "Head of IT")
    down = workspace.run("send", "--yes")
    assert down.returncode == 75, down.stderr
    assert "127.0.0.1:1" in down.stderr
    with receiving(tmp_path / "inbox") as inbox:
        workspace.relay(inbox.port)
        assert workspace.run("send", "--yes").returncode == 0
        assert sorted(Counter(mail.rcpt_to for mail in inbox.mails).values()) == [1] * 30


def test_content_that_changes_between_two_runs_is_refused(workspace, tmp_path):
    """Half the people must not get another letter than the other half."""
    with receiving(tmp_path / "inbox") as inbox:
        workspace.relay(inbox.port)
        workspace.edit("config.yaml", "approvals: 1", "approvals: 0")
        assert workspace.run("send", "--yes").returncode == 0
        before = len(inbox.mails)
        workspace.edit("config.yaml", "organisation: Acme", "organisation: Acme Ltd")
        changed = workspace.run("send", "--yes")
        assert changed.returncode == 65
        assert "staff.en" in changed.stderr
        assert len(inbox.mails) == before


@pytest.mark.parametrize(
    ("label", "words"), [("2030-01", "not over yet"), ("2026-13", "not a month"), ("2019-01", "no snapshot")]
)
def test_a_month_that_cannot_be_told_is_refused(workspace, label, words):
    """Running, impossible or never collected."""
    line = [sys.executable, "-m", "newsletter", "build", "--config", str(workspace.config), "--month", label]
    done = subprocess.run([*line, "--output", str(workspace.folder / "o")], capture_output=True, text=True, check=False)
    assert done.returncode in (2, 65)
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_every_number_of_the_facts_has_its_evidence(workspace):
    """No fact without a query that exists (guarantee G3)."""
    told = json.loads(workspace.run("facts", "--json").stdout)
    assert told["facts"]
    for fact in told["facts"]:
        assert fact["evidence"], fact["id"]
        assert all(told["evidence"][key]["query"] for key in fact["evidence"])


def test_explain_shows_where_a_number_comes_from(workspace):
    """Query, window, samples and coverage, on stdout."""
    shown = workspace.run("explain", "files.availability").stdout
    for word in ("99.78", "probe_success", "2026-10-01T00:00:00+02:00", "2026-11-01T00:00:00+01:00", "745", "samples"):
        assert word in shown
    assert workspace.run("explain", "files.availabilty").stderr.count("files.availability") == 1


def test_a_secret_never_shows(workspace):
    """Neither in an error nor in verbose output, when the relay is down or the variable is missing."""
    workspace.relay(1)
    workspace.edit(
        "config.yaml", "  security: none", "  security: none\n  user: mailer\n  password: env:RELAY_PASSWORD"
    )
    secret = "correct-horse-battery"
    workspace.run("approve", "--by", "Head of IT")
    down = workspace.run("send", "--yes", "-v", env={"RELAY_PASSWORD": secret})
    assert down.returncode == 75
    missing = workspace.run("send", "--yes", "-v", env={})
    assert missing.returncode == 78
    assert "RELAY_PASSWORD" in missing.stderr
    assert secret not in down.stdout + down.stderr + missing.stdout + missing.stderr
    assert not any(secret.encode() in path.read_bytes() for path in workspace.folder.rglob("*") if path.is_file())


def test_an_own_template_replaces_the_packaged_one(workspace):
    """One file in a folder of one's own; a mistake in it is told with file and line."""
    own = workspace.folder / "own"
    own.mkdir()
    packaged = workspace.folder / "templates"
    shutil.copy(packaged / "footer.mjml.j2", own / "footer.mjml.j2")
    with (own / "footer.mjml.j2").open("a", encoding="utf-8") as file:
        file.write("\n{{ no_such_thing }}\n")
    workspace.config.write_text(
        re.sub(r"(?m)^templates:.*$\n?", "", workspace.config.read_text(encoding="utf-8")) + "\ntemplates: own\n",
        encoding="utf-8",
    )
    done = workspace.run("build", "--output", str(workspace.folder / "o"))
    assert done.returncode == 65
    assert "footer.mjml.j2" in done.stderr
    assert "no_such_thing" in done.stderr
