"""Recipients from a command: whole and well, or one clear error and nobody on the list."""

from __future__ import annotations

import json
import sys
import time
import tracemalloc
from pathlib import Path

import pytest
import yaml

from newsletter.audience import RecipientList, load
from newsletter.config import AudienceConfig, loads
from newsletter.errors import ConfigError, ContentError, NewsletterError, SourceError

REST = {"organisation": "Acme", "timezone": "UTC", "prometheus": {"url": "http://a"}, "smtp": {"from": "it@acme.test"}}


@pytest.fixture
def audience(tmp_path: Path):
    """An audience whose program runs Python code."""

    def made(code: str, *arguments: str, fields: dict[str, object] | None = None, **source: object) -> AudienceConfig:
        program = tmp_path / "bin" / "people"
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!{sys.executable}\n{code}\n")
        program.chmod(0o755)
        recipients = {"command": ["bin/people", *arguments], **source}
        staff = {"recipients": recipients, "fields": fields or {}}
        return loads(yaml.safe_dump(REST | {"audiences": {"staff": staff}}), tmp_path / "config.yaml").audiences[
            "staff"
        ]

    return made


def read(config: AudienceConfig, *, skip_invalid: bool = False) -> RecipientList:
    return load(config, audience="staff", skip_invalid=skip_invalid)


def refusal(config: AudienceConfig, kind: type[NewsletterError]) -> str:
    with pytest.raises(kind) as caught:
        read(config)
    assert type(caught.value) is kind
    return f"{caught.value.message} -> {caught.value.hint}"


def test_what_a_command_prints_as_csv_is_the_list(audience):
    config = audience("print('email,name,locale\\nada@acme.test,Ada Ünal,it')")
    (one,) = read(config).recipients
    assert (one.address, one.name, one.locale, one.audience) == ("ada@acme.test", "Ada Ünal", "it", "staff")


def test_json_gives_texts_lists_and_nothing_for_null(audience):
    people = [
        {"email": "ada@acme.test", "name": None, "segments": ["Finance ", "Sales, EMEA"], "manager": {"floor": 3.5}},
        {"EMAIL": "bob@acme.test", "segments": "it; Milan|IT"},
    ]
    ada, bob = read(audience(f"print({json.dumps(people)!r})", format="json")).recipients
    assert (ada.name, ada.segments) == ("", ("finance", "sales-emea"))
    assert bob.segments == ("it", "milan")


def test_other_names_of_columns_are_mapped(audience):
    fields = {"email": "Mail", "name": "cn", "locale": "lang", "segments": ["dept", "site"]}
    config = audience("print('mail;CN;lang;dept;site;x\\na@acme.test;Ada;de;IT;Rome;y')", fields=fields)
    (one,) = read(config).recipients
    assert (one.name, one.locale, one.segments) == ("Ada", "de", ("it", "rome"))


def test_arguments_reach_the_program_as_they_are_and_no_shell_sees_them(audience, tmp_path):
    nasty = "$(touch pwned); `id` * \"'"
    config = audience("import sys\nprint('email,name\\na@acme.test,' + sys.argv[1].replace('\"', ''))", nasty)
    (one,) = read(config).recipients
    assert one.name == nasty.replace('"', "")
    assert not (tmp_path / "pwned").exists()


def test_it_runs_in_the_folder_of_the_config_with_the_environment_and_no_input(audience, tmp_path, monkeypatch):
    monkeypatch.setenv("PEOPLE_DOMAIN", "acme.test")
    code = "import os, sys\nassert sys.stdin.read() == ''\nprint(f'email,name\\na@{os.environ[\"PEOPLE_DOMAIN\"]},{os.getcwd()}')"
    (one,) = read(audience(code)).recipients
    assert one.name == str(tmp_path)


def test_a_failing_command_is_told_with_the_end_of_its_complaints_but_no_address(audience):
    code = (
        "import sys\nprint('email\\na@acme.test')\nprint('x' * 9000, file=sys.stderr)\n"
        "sys.exit('no access to <ada.rossi@acme.test>\\x1b[2J')"
    )
    told = refusal(audience(code, "--password=hunter2"), SourceError)
    assert "the command bin/people ended with 1" in told
    assert "no access to <(address)>" in told
    assert len(told) < 500
    assert not {"ada.rossi", "hunter2", "\x1b"} & {part for part in ("ada.rossi", "hunter2", "\x1b") if part in told}


def test_a_command_that_was_killed_is_told(audience):
    assert "was ended by signal 9" in refusal(audience("import os\nos.kill(os.getpid(), 9)"), SourceError)


def test_a_command_that_hangs_is_ended_with_all_it_started(audience, tmp_path):
    child = tmp_path / "child"
    code = (
        "import subprocess, time, sys\n"
        "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"open({str(child)!r}, 'w').write(str(p.pid))\ntime.sleep(60)"
    )
    began = time.monotonic()
    told = refusal(audience(code, timeout_s=1.5), SourceError)
    assert "did not end within 1.5 s" in told
    assert time.monotonic() - began < 20
    pid = int(child.read_text())
    for _ in range(200):
        if not _runs(pid):
            break
        time.sleep(0.05)
    assert not _runs(pid)


def _runs(pid: int) -> bool:
    """A process that has ended stays as a zombie until its new parent looks."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


@pytest.mark.parametrize(
    ("code", "format_", "told"),
    [
        ("pass", "csv", "printed nothing"),
        ("pass", "json", "printed nothing"),
        ("print('email')", "csv", "names no recipient"),
        ("print('[]')", "json", "names no recipient"),
        ("print('nothing here')", "csv", "no column is called email"),
        ("print('{}')", "json", "is no list in JSON: it does not begin with ["),
        ('print(\'[{"email": "a@acme.test"}\')', "json", "neither a comma nor ] follows item 1"),
        ('print(\'[{"email": "a@acme.test"},]\')', "json", "is no list in JSON: Expecting value"),
        ('print(\'[{"email": "a@acme.test"}] x\')', "json", "something follows the list"),
        ("print('[' * 100000)", "json", "is no list in JSON"),
        ("print('[7, {\"email\": {}}]')", "json", "item 1: '': is not an object"),
        ('import sys\nsys.stdout.buffer.write(b\'[{"email": "\\xff"}]\')', "json", "is not UTF-8"),
        ("import sys\nsys.stdout.buffer.write(b'email,name\\na@acme.test,\\xe0\\n')", "csv", "line 2: not UTF-8"),
    ],
)
def test_output_that_is_no_list_is_refused(audience, code, format_, told):
    assert told in refusal(audience(code, format=format_), ContentError)


def test_bad_items_are_named_and_can_be_left_out(audience):
    people = [{"email": "ada@acme.test"}, {"email": "bob@acme.test", "name": "B\r\nBcc: x"}, {"name": "Cleo"}]
    config = audience(f"print({json.dumps(people)!r})", format="json")
    told = refusal(config, ContentError)
    assert "item 2: 'bob@acme.test': name holds a line break" in told
    assert "item 3: '': has no address" in told
    assert [one.address for one in read(config, skip_invalid=True).recipients] == ["ada@acme.test"]


@pytest.mark.parametrize("program", ["bin/nobody", "no-such-program-anywhere"])
def test_a_program_that_is_not_there_is_a_fault_of_the_config(tmp_path, program):
    staff = {"recipients": {"command": [program]}}
    config = loads(yaml.safe_dump(REST | {"audiences": {"staff": staff}}), tmp_path / "config.yaml")
    assert f"the command {program} cannot be started: No such file" in refusal(config.audiences["staff"], ConfigError)


def test_memory_does_not_grow_with_a_list_in_json(audience):
    code = (
        "import json, sys\nsys.stdout.write('[')\n"
        "for i in range(5000):\n"
        "    sys.stdout.write((',\\n' if i else '') + json.dumps({'email': f'p{i}@acme.test', 'name': f'P {i}'}))\n"
        "sys.stdout.write(']')"
    )
    config = audience(code, format="json")
    tracemalloc.start()
    found = read(config)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(found.recipients) == 5_000
    assert peak < 2**20


def test_nothing_of_the_list_stays_on_disk(audience, tmp_path, monkeypatch):
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    read(audience("print('email\\na@acme.test')"))
    assert list(folder.iterdir()) == []
