"""`newsletter check`: the notes, the services and the finished letters of an edition, examined together."""

from __future__ import annotations

import json
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from msgspec import structs

from newsletter import check, compose, notes, pipeline
from newsletter.cli import main
from newsletter.compose import WORD_BUDGET, examine
from newsletter.compose.examine import running
from newsletter.config import load
from newsletter.language.readability import words
from newsletter.render.checks import RULES
from tests import images
from tests.unit import edition_samples as samples

ROOT = Path(__file__).parents[2]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A copy of the sample company: its config, and three of its months."""
    shutil.copy(ROOT / "config.yaml", tmp_path)
    for month in ("2026-08", "2026-09", "2026-10"):
        shutil.copytree(ROOT / "editions" / month, tmp_path / "editions" / month)
    shutil.copytree(ROOT / "templates", tmp_path / "templates")
    return tmp_path


def checked(workspace: Path, *options: str) -> Result:
    return CliRunner().invoke(
        main, ["check", "--config", str(workspace / "config.yaml"), "--month", "2026-10", *options]
    )


def found(workspace: Path) -> list[dict[str, Any]]:
    """All findings, as the JSON tells them."""
    result = checked(workspace, "--json")
    told = json.loads(result.stdout)
    assert told["exit_code"] == result.exit_code
    findings: list[dict[str, Any]] = told["findings"]
    return findings


def note(workspace: Path, name: str, text: str) -> Path:
    path = workspace / "editions/2026-10/notes" / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_sample_company_has_no_finding(workspace):
    """Also for somebody strict."""
    result = checked(workspace, "--strict")
    passed = len({*check.LETTER_RULES, *notes.RULES}) + 6  # and those of the edition as a whole
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"All is well: {passed} checks passed.\n"


def test_an_error_ends_65_and_is_told_with_file_line_column_and_fix(workspace):
    """In the form that editors and CI systems follow."""
    path = note(workspace, "extra.en.md", "---\ntitle: T\nkind: people\nowner: IT\n---\nFine.\nIt never stops.\n")
    note(workspace, "extra.it.md", "---\ntitle: T\nkind: people\nowner: IT\n---\nBene.\n")
    result = checked(workspace)
    assert result.exit_code == 65
    first, fix = result.stdout.splitlines()
    assert first == f'{path}:7:4: error "never" promises too much [absolute]'
    assert fix.startswith("  fix: Say what was measured")
    assert re.fullmatch(r"1 error, 0 warnings; \d\d checks passed\n", result.stderr)


def test_files_below_the_current_folder_are_told_as_one_types_them_there(workspace, monkeypatch):
    """A path from the root is long, and differs on every machine."""
    note(workspace, "extra.en.md", "---\ntitle: T\nkind: people\nowner: IT\n---\nIt never stops.\n")
    note(workspace, "extra.it.md", "---\ntitle: T\nkind: people\nowner: IT\n---\nBene.\n")
    monkeypatch.chdir(workspace)
    assert checked(workspace).stdout.startswith("editions/2026-10/notes/extra.en.md:6:4: error ")


def test_a_second_tip_is_told_once_as_the_error_that_it_is(workspace):
    """A build refuses it, so a warning beside the error would say the opposite."""
    for locale in ("en", "it"):
        note(workspace, f"more.{locale}.md", "---\ntitle: T\nkind: tip\nowner: IT\nstatus: ready\n---\nOk.\n")
    told = [(one["check"], one["status"], Path(one["place"]["file"]).name) for one in found(workspace)]
    assert told == [("second-tip", "fault", "more.en.md"), ("second-tip", "fault", "more.it.md")]


def test_a_warning_ends_0_but_with_strict_65(workspace):
    """A CI system may want no warnings either."""
    note(workspace, "extra.en.md", "---\ntitle: T\nkind: people\nowner: IT\n---\nWe help in order to help.\n")
    note(workspace, "extra.it.md", "---\ntitle: T\nkind: people\nowner: IT\n---\nBene.\n")
    assert [one["check"] for one in found(workspace)] == ["officialese"]
    assert (checked(workspace).exit_code, checked(workspace, "--strict").exit_code) == (0, 65)


def test_an_incident_without_a_note_in_one_language_is_an_error(workspace):
    """`send` would refuse it."""
    (workspace / "editions/2026-10/notes/shared-files.it.md").unlink()
    note(workspace, "broken.en.md", "no front matter")
    told = [(one["check"], one["status"], one["what"]) for one in found(workspace)]
    assert ("incident-unexplained", "fault", "no incident note in Italian tells what went wrong with files") in told
    (do,) = [one["do"] for one in found(workspace) if one["check"] == "incident-unexplained"]
    assert do == 'Run: newsletter note new incident "TITLE" --month 2026-10 --service files'


def test_a_managers_letter_without_an_ask_is_told_unless_the_section_is_left_out(workspace):
    """Managers can help with one thing a month."""
    decisions = workspace / "editions/2026-10/edition.yaml"
    decisions.write_text("subject: 1\n")
    (told,) = found(workspace)
    assert (told["check"], told["status"], told["place"]["file"]) == ("ask-missing", "warning", str(decisions))
    config = workspace / "config.yaml"
    config.write_text(config.read_text() + "\nsections: {managers: [brief, targets, measure]}\n")
    assert found(workspace) == []


def test_without_managers_nothing_has_to_be_asked_of_them(workspace):
    """An edition for the staff alone needs no ask."""
    (workspace / "editions/2026-10/edition.yaml").unlink()
    config = workspace / "config.yaml"
    lines = [one for one in config.read_text().splitlines() if not one.startswith("  managers: {recipients")]
    config.write_text("\n".join(lines) + "\n")
    assert found(workspace) == []


def test_a_service_without_outcome_in_a_language_is_told_with_what_to_write(workspace):
    """Readers know what works because of it, not what it is called."""
    config = workspace / "config.yaml"
    config.write_text(config.read_text().replace(", it: ordini e offerte partono}", "}"))
    (told,) = found(workspace)
    line = config.read_text().splitlines().index("  mail:") + 1
    assert told["place"] == {"file": str(config), "line": line, "column": 1}
    assert (told["check"], told["what"]) == ("outcome-missing", "services.mail has no `outcome` in Italian")
    assert told["do"].startswith("Write `outcome: {en: TEXT, it: TEXT}` in its entry; TEXT ends the sentence ")
    assert (checked(workspace).exit_code, checked(workspace, "--strict").exit_code) == (0, 65)


def test_a_measured_service_without_entry_is_told_once(workspace):
    """It has neither a name nor an outcome; a letter goes out all the same."""
    config = workspace / "config.yaml"
    text = config.read_text()
    begin = text.index("  mail:")
    end = re.compile(r"^ {0,2}\S", re.MULTILINE).search(text, begin + 8)
    assert end
    config.write_text(text[:begin] + text[end.start() :])
    told = [one["what"] for one in found(workspace) if one["check"] == "outcome-missing"]
    assert told == ["services.mail is not there, so it has no name and no `outcome`"]


def test_a_note_that_cannot_be_read_hides_nothing_of_the_others(workspace):
    """Each note at fault once, and the others linted."""
    note(workspace, "a.en.md", "---\ntitle: T\nkind: hint\nowner: IT\n---\nText.\n")
    note(workspace, "b.en.md", "---\ntitle: T\nkind: people\nowner: IT\n---\nIt never stops.\n")
    told = [(Path(one["place"]["file"]).name, one["check"]) for one in found(workspace) if one["status"] == "fault"]
    assert told == [("a.en.md", "note"), ("b.en.md", "absolute")]


def test_what_stops_a_build_and_is_no_note_is_told(workspace):
    """The decisions about the edition as a whole."""
    (workspace / "editions/2026-10/edition.yaml").write_text("subject: many\n")
    told = found(workspace)
    assert [(one["check"], one["status"]) for one in told] == [("edition", "fault")]
    assert "edition.yaml:1" in told[0]["what"]


def test_a_month_without_numbers_cannot_be_checked(workspace):
    """It is said what to do."""
    (workspace / "editions/2026-10/snapshot.json").unlink()
    result = checked(workspace)
    assert result.exit_code == 65
    assert "newsletter collect --month 2026-10" in result.stderr


def test_every_rule_is_explained_to_editors():
    """With a row in docs/plain-language.md, and no row without a rule."""
    places = [*(ROOT / "newsletter/notes/lint").glob("*.py"), ROOT / "newsletter/notes/examining.py"]
    places += [*(ROOT / "newsletter/check").glob("*.py"), ROOT / "newsletter/compose/examine.py"]
    code = "\n".join(path.read_text(encoding="utf-8") for path in places)
    told = r'\b(?:warn|wrong|_wrong|tell|warning|fault|_advised)\(\s*(?:edition, |context, )?"([a-z-]+)"'
    rules = set(re.findall(told, code))
    page = (ROOT / "docs/plain-language.md").read_text(encoding="utf-8")
    rows = {name for row in re.findall(r"(?m)^\| (`[^|]+) \|", page) for name in re.findall(r"`([a-z-]+)`", row)}
    assert len(rules) > 25
    assert rows == rules
    assert rules == {
        *notes.RULES,
        *compose.RULES,
        "ask-missing",
        "edition",
        "incident-unexplained",
        "logo",
        "outcome-missing",
        "sender",
    }


def test_every_rule_about_finished_letters_is_explained_in_order():
    """With a row in docs/checks.md, and no row without a rule."""
    page = (ROOT / "docs/checks.md").read_text(encoding="utf-8")
    rows = re.findall(r"(?m)^\| `([a-z-]+)` \|", page)
    assert rows == [*RULES, *check.ONLINE_RULES]


# --- the letters ----------------------------------------------------------------------------------


def letter(**changes: Any) -> list[tuple[str, str]]:
    """What is found in a letter of the hand-written sample month with some fields replaced."""
    month = samples.snapshot(samples.service("files"), samples.service("mail"))
    edition = structs.replace(samples.edition(month), **changes)
    return [(one.check, one.what) for one in examine(edition, config=samples.config(), snapshot=month)]


def test_a_letter_of_the_sample_month_is_within_its_budget():
    """Nothing is found."""
    assert letter() == []


def test_a_letter_over_its_word_budget_is_an_error():
    """600 words of running text for the staff, 250 for the managers' brief."""
    assert WORD_BUDGET == {"staff": 600, "managers": 250}
    ((rule, what),) = letter(lead="word " * 600)
    assert rule == "word-budget"
    assert re.fullmatch(r"6\d\d words of running text; 600 are read", what)


def test_rows_labels_and_axes_are_no_running_text():
    """Adding a service with a row adds no word."""

    def count(*ids: str) -> int:
        month = samples.snapshot(*(samples.service(one, samples.outage("2026-10-14 09:12", 5)) for one in ids))
        return sum(len(words(text)) for text in running(samples.edition(month)))

    assert abs(count("files", "mail", "wifi") - count("files", "mail")) <= 3  # names in the sentence of the minute


def test_template_marks_and_labels_of_the_monitoring_do_not_reach_readers():
    """Neither `{{ }}` nor the name of a job."""
    assert [rule for rule, _ in letter(lead="Dear {{ name }}, all is well.")] == ["leftover"]
    config = samples.config(availability=[{"preset": "blackbox", "match": {"job": "probe-http"}}])
    month = samples.snapshot(samples.service("files"))
    edition = structs.replace(samples.edition(month), lead="The probe-http job says so.")
    assert [one.check for one in examine(edition, config=config, snapshot=month)] == ["host-name"]


def test_a_service_that_is_only_known_by_its_label_is_told():
    """ "web-01:443" means nothing to readers."""
    month = samples.snapshot(samples.service("web-01:443", samples.outage("2026-10-14 09:12", 500)))
    (finding,) = examine(samples.edition(month), config=samples.config(), snapshot=month)
    assert finding.check == "host-name"
    assert '"web-01:443"' in finding.what


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (images.png(160, 40), []),
        (images.png(160, 40, (27, 35, 40, 255), border=(255, 255, 255, 255)), []),
        (images.png(160, 40, (27, 35, 40, 255)), ["the logo is transparent and can hardly be seen on the dark sheet"]),
        (
            images.png(160, 40, (255, 255, 255, 255)),
            ["the logo is transparent and can hardly be seen on the light sheet"],
        ),
        (
            images.png(160, 40, (27,), images.chunk(b"tRNS", b"\0\0")),
            ["the logo is transparent, and whether it can be seen on the dark sheet cannot be told"],
        ),
    ],
)
def test_a_logo_that_a_sheet_swallows_is_warned_of_with_its_line(workspace, content, told):
    (workspace / "logo.png").write_bytes(content)
    config = workspace / "config.yaml"
    config.write_text(config.read_text() + "\ntheme:\n  logo: {file: logo.png}\n")
    line = config.read_text().splitlines().index("  logo: {file: logo.png}") + 1
    warned = [one for one in found(workspace) if one["check"] == "logo"]
    assert [one["what"] for one in warned] == told
    assert all(one["place"]["line"] == line and one["status"] == "warning" for one in warned)


# --- the finished letters, and the files they come from ------------------------------------------

PEOPLE = "---\ntitle: T\nkind: people\nowner: IT\n---\n"


def test_a_fault_in_a_letter_is_placed_in_the_note_that_holds_its_words(workspace):
    """Line and column, although the letter has neither; and once, however many letters hold it."""
    path = note(workspace, "extra.en.md", f"{PEOPLE}Fine.\n\nLook at [the wiki](https://wiki.corp/page) for\nmore.\n")
    note(workspace, "extra.it.md", f"{PEOPLE}Bene.\n")
    (told,) = [one for one in found(workspace) if one["check"] == "link-inside"]
    assert told["place"] == {"file": str(path), "line": 8, "column": 20}
    assert (told["variant"], told["excerpt"], told["nth"]) == ("staff.en", "the wiki", 0)


def test_a_fault_in_a_letter_is_placed_in_the_config_that_holds_its_words(workspace):
    """A service's outcome with a machine in it."""
    config = workspace / "config.yaml"
    config.write_text(config.read_text().replace("orders and offers go out", "offers leave mx.acme.internal"))
    told = [one for one in found(workspace) if one["check"] == "host-name"]
    line = next(n for n, one in enumerate(config.read_text().splitlines(), 1) if "mx.acme.internal" in one)
    assert {(one["place"]["file"], one["place"]["line"]) for one in told} == {(str(config), line)}
    assert {one["variant"] for one in told} == {"staff.en"}


def test_a_fault_of_a_template_is_placed_in_its_line(workspace):
    """In a macro that is called for every row, each time."""
    path = workspace / "templates/sections/services.mjml.j2"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("<b>{{ service.name }}</b>", '<b style="color:#AAAAAA">{{ service.name }}</b>'))
    told = [one for one in found(workspace) if one["check"] == "contrast"]
    line = next(n for n, one in enumerate(path.read_text().splitlines(), 1) if "#AAAAAA" in one)
    assert len(told) > 4
    assert {(Path(one["place"]["file"]).name, one["place"]["line"]) for one in told} == {("services.mjml.j2", line)}
    assert "E-mail" in {one["excerpt"] for one in told}


def test_a_secret_behind_the_config_is_found_in_a_letter(workspace, monkeypatch):
    """An editor pasted the password of the relay; the error does not repeat it."""
    config = workspace / "config.yaml"
    config.write_text(
        re.sub(r"(?m)^smtp:\n", "smtp:\n  user: it\n  password: env:RELAY_PASSWORD\n", config.read_text())
    )
    monkeypatch.setenv("RELAY_PASSWORD", "Tr0ub4dor-and-3")
    note(workspace, "extra.en.md", f"{PEOPLE}The word is Tr0ub4dor-and-3.\n")
    note(workspace, "extra.it.md", f"{PEOPLE}Bene.\n")
    result = checked(workspace)
    assert "staff.en: the mail holds the value of smtp.password [secret]" in result.stdout
    assert "Tr0ub4dor" not in result.stdout + result.stderr


def test_a_host_that_readers_know_may_stand_in_letters(workspace):
    """`checks.known_hosts` allows just this one."""
    config = workspace / "config.yaml"
    config.write_text(config.read_text() + "\nchecks: {known_hosts: [intranet.acme.internal]}\n")
    body = "See [the form](https://intranet.acme.internal/form) on intranet.acme.internal, not on old.acme.internal."
    note(workspace, "extra.en.md", f"{PEOPLE}{body}\n")
    note(workspace, "extra.it.md", f"{PEOPLE}Bene.\n")
    told = [(one["check"], one["excerpt"]) for one in found(workspace) if one["variant"]]
    assert told == []
    assert [one["what"] for one in found(workspace)] == ['"old.acme.internal" is the name of a machine']


def test_a_sender_without_a_name_and_answers_to_nobody_are_warnings(workspace):
    """With the line of the config."""
    config = workspace / "config.yaml"
    config.write_text(re.sub(r"(?m)^  from:.*$", "  from: no-reply@acme.example", config.read_text()))
    config.write_text(re.sub(r"(?m)^  reply_to:.*$", "", config.read_text()))
    told = [(one["status"], one["what"]) for one in found(workspace) if one["check"] == "sender"]
    assert ("warning", "smtp.from has no name: lists of mails show the bare address") in told
    assert ("warning", "answers to the letter go to no-reply@acme.example") in told


@pytest.mark.parametrize("label", sorted(path.name for path in (ROOT / "editions").iterdir() if path.is_dir())[-12:])
def test_every_letter_of_the_sample_year_passes(label):
    """Twelve months, each in all variants; also for somebody strict."""
    config = load(ROOT / "config.yaml")
    month = pipeline.resolve_month(config, label, now=datetime(2026, 12, 1, tzinfo=UTC))
    draft = pipeline.build(config, month, now=datetime(2026, 12, 1, tzinfo=UTC))
    examined = check.letters(config, draft)
    assert [(one.variant, one.check, one.what) for one in examined.findings] == []
    assert len(draft.variants) == 4
    one_only = check.letters(config, draft, variant="staff.en")
    assert one_only.passed == examined.passed
