"""From a new note to a letter that may be sent: references, missing notes, segments, other eyes."""

from __future__ import annotations

import os
import re
import shlex
from datetime import UTC, datetime
from typing import Any, get_args

import pytest

from newsletter import notes, pipeline
from newsletter.compose import unexplained
from newsletter.errors import ApprovalError, ContentError, FileError, UsageError
from newsletter.facts import facts
from newsletter.model import Because, NoteKind, Recipient
from tests.unit.edition_samples import (
    NAMES,
    OCTOBER,
    config,
    edition,
    figure,
    note,
    outage,
    section,
    service,
    snapshot,
    span,
    tickets,
)

NOW = datetime(2026, 11, 2, tzinfo=UTC)
MONTH = snapshot(
    service("files", outage("2026-10-14 09:12", 97)),
    service("mail"),
    service("wifi", unknown=[span("2026-10-02 00:00", 400)], coverage=0.4),
    tickets=tickets(),
    figures=[figure("spam", 1 / 3, unit="ratio", kind="ratio", numerator=1, denominator=3), figure("logins", 91533)],
)
FIGURES = {"logins": {"counter": "c", "noun": "n"}, "spam": {"ratio": {"part": "a", "total": "b"}, "noun": "n"}}


def told(body: str, locale: str = "en", **fields: Any) -> str:
    """What the letter makes of a win's text."""
    win = note("win", "Title", body=body, evidence="change 1", locale=locale, **fields)
    (row,) = section(edition(MONTH, win, locale=locale, figures=FIGURES), "wins").notes
    return row.body_markdown.replace("\xa0", " ")


# --- references ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reference", "english", "italian"),
    [
        ('fact("files.availability")', "99.78%", "99,78%"),
        ('fact("files.interruption_1")', "97 minutes", "97 minuti"),
        ('n("files.interruption_1")', "97", "97"),
        ('fact("tickets.resolved")', "1,301", "1.301"),
        ('n("logins.count")', "91,533", "91.533"),
        ('n("files.availability")', "99.78", "99,78"),
        (" fact( 'logins.count' ) ", "91,533", "91.533"),
    ],
)
def test_a_reference_becomes_the_number_in_the_readers_language(reference, english, italian):
    assert told(f"It was {{{{{reference}}}}}.") == f"It was {english}."
    assert told(f"It was {{{{{reference}}}}}.", "it") == f"It was {italian}."


def test_references_work_in_title_steps_and_cause():
    incident = note(
        "incident",
        'Down for {{ fact("files.interruption_1") }}',
        service="files",
        steps=(("09:12", '{{ n("files.interruption_1") }} minutes'),),
        because=Because(text='A disk of {{ n("logins.count") }} files was full.', ref="c 1"),
    )
    (card,) = section(edition(MONTH, incident, figures=FIGURES), "incidents").incidents
    assert "97\xa0minutes" in card.heading
    assert card.steps == (("09:12", "97 minutes"),)
    assert "91,533 files" in card.body_markdown


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ('fact("files.availabilty")', "Did you mean files.availability"),
        ('n("nothing.at.all")', "names no fact"),
        ('fact("wifi.availability")', "has no number this month"),
    ],
)
def test_a_reference_to_nothing_is_refused_with_the_file(reference, words):
    with pytest.raises(ContentError) as refused:
        told(f"{{{{ {reference} }}}}")
    assert "notes/x.md" in refused.value.message
    assert words in f"{refused.value.message} {refused.value.hint}"


@pytest.mark.parametrize("text", ["{{ config }}", "{% raw %}", "{{ fact(1) }}", '{{ fact("a") + 1 }}', "{{ n() }}"])
def test_anything_else_in_braces_stays_text(text):
    assert told(text) == text


# --- incidents without a note -------------------------------------------------------------


def missing(*written: Any, **settings: Any) -> Any:
    wanted = config(**settings)
    return unexplained(facts(MONTH, past=(), config=wanted), written, wanted)


def test_a_missed_target_needs_a_note_in_every_language():
    assert missing() == (("files", "en"), ("files", "it"))
    english = note("incident", "Disk", service="files")
    assert missing(english) == (("files", "it"),)
    assert missing(english, note("incident", "Disco", service="files", locale="it")) == ()
    assert missing(note("incident", "Disk", service="mail"), note("win", "Disk", service="files")) == missing()


def test_a_draft_explains_nothing_and_a_note_may_speak_for_several_services():
    draft = note("incident", "Disk", service="files", status="draft")
    both = note("incident", "Rete", service="mail", facts=("files.availability",), locale="it")
    assert missing(draft, both) == (("files", "en"),)


@pytest.mark.parametrize(("minutes", "critical", "needed"), [(60, True, True), (59, True, False), (60, False, False)])
def test_a_long_interruption_of_a_critical_service_needs_a_note_too(minutes, critical, needed):
    month = snapshot(service("mail", outage("2026-10-14 09:12", minutes)))
    wanted = config(services={"mail": {"name": "E-mail", "target": 90, "critical": critical}}, locales=["en"])
    found = unexplained(facts(month, past=(), config=wanted), (), wanted)
    assert found == ((("mail", "en"),) if needed else ())


# --- segments -----------------------------------------------------------------------------

WAREHOUSE = {"warehouse": {"services": ["wifi"]}}


def test_a_segments_note_reaches_nobody_else():
    for_them = note("tip", "Scanner", segments=("warehouse",))
    for_all = note("tip", "Windows", segments=("all",), order=200)
    settings = config(segments=WAREHOUSE)
    assert "Scanner" not in str(edition(MONTH, for_them, for_all, settings=settings).sections)
    own = edition(MONTH, for_them, for_all, settings=settings, segment="warehouse")
    assert "Scanner" in str(own.sections)
    assert own.variant == "staff.warehouse.en"


def test_a_segments_services_come_first_but_after_what_was_missed():
    month = snapshot(
        service("mail", outage("2026-10-02 09:00", 30)),
        service("files", outage("2026-10-14 09:12", 97)),
        service("wifi", outage("2026-10-03 09:00", 5)),
    )
    for_all, own = (
        [
            row.id
            for row in section(edition(month, settings=config(segments=WAREHOUSE), segment=one), "services").services
        ]
        for one in ("", "warehouse")
    )
    assert for_all == ["files", "mail", "wifi"]
    assert own == ["files", "wifi", "mail"]


def test_a_segments_spotlight_is_one_of_its_services():
    services = {
        name: {"name": name.upper(), "target": 90, "outcome": "it works", "work": "we care", "users": users}
        for name, users in (("mail", 900), ("files", 500), ("wifi", 10))
    }
    month = snapshot(*(service(name) for name in NAMES))
    settings = config(services=services, segments=WAREHOUSE)
    assert section(edition(month, settings=settings), "spotlight").cards[0].number == "MAIL"
    assert section(edition(month, settings=settings, segment="warehouse"), "spotlight").cards[0].number == "WIFI"


@pytest.mark.parametrize(
    ("audience", "segments", "locale", "expected"),
    [
        ("staff", (), "en", "staff.en"),
        ("staff", ("warehouse",), "it", "staff.warehouse.it"),
        ("staff", ("shop", "warehouse"), "en", "staff.warehouse.en"),
        ("staff", ("office",), "en", "staff.en"),
        ("managers", ("warehouse",), "en", "managers.en"),
    ],
)
def test_somebody_gets_the_variant_of_their_first_configured_segment(audience, segments, locale, expected):
    lists = {"managers": {"recipients": "m.csv"}, "staff": {"recipients": "s.csv"}}
    settings = config(audiences=lists, segments={"warehouse": {}, "shop": {}})
    person = Recipient(address="a@acme.example", audience=audience, segments=segments, locale=locale)
    assert pipeline.variant_of(person, settings) == expected


# --- a new note ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", get_args(NoteKind))
def test_a_new_note_is_valid_at_once_as_a_draft_in_every_language(tmp_path, kind):
    wanted = config(audiences={"staff": {"recipients": "s.csv"}})
    paths = notes.begin(tmp_path, kind, "Über: Disk “full”?", config=wanted, month=OCTOBER, service="files")
    assert [path.name for path in paths] == ["uber-disk-full.en.md", "uber-disk-full.it.md"]
    read = notes.load(tmp_path, config=wanted, now=NOW, drafts=True)
    assert {(one.kind, one.locale, one.title, one.service) for one in read} == {
        (kind, locale, "Über: Disk “full”?", "files") for locale in ("en", "it")
    }
    assert notes.load(tmp_path, config=wanted, now=NOW) == ()


EXAMPLES = {
    "incident": {
        "owner: Your team": "owner: Network team",
        "What people saw": "Mail stops",
        "What works again": "Mail runs",
        "Why it happened, as one sentence.": "A disk was full.",
        "change or ticket number": "c 7",
    },
    "win": {"owner: Your team": "owner: Network team", "change number, fact or address that backs it": "c 7"},
    "heard": {"owner: Your team": "owner: Network team", "Who said it": "Sales"},
    "visit": {"owner: Your team": "owner: Network team", "Whom we met": "Sales"},
}
"""What the skeleton of each kind leaves to its writer, and something they could write."""


@pytest.mark.parametrize("kind", get_args(NoteKind))
def test_a_ready_note_with_any_text_of_the_example_left_is_refused_at_its_line(tmp_path, kind):
    wanted = config(audiences={"staff": {"recipients": "s.csv"}}, locales=["en"])
    (path,) = notes.begin(tmp_path, kind, "Disk", config=wanted, month=OCTOBER, service="files")
    begun = "".join(line for line in path.read_text().splitlines(keepends=True) if not line.startswith("status:"))
    hint = begun.rstrip("\n").rsplit("\n", 1)[1]
    own = EXAMPLES.get(kind, {"owner: Your team": "owner: Network team"}) | {hint: "The disk is new."}
    for kept in own:
        text = begun
        for example, words in own.items():
            text = text if example == kept else text.replace(example, words)
        path.write_text(text)
        line = next(number for number, one in enumerate(text.splitlines(), 1) if kept in one)
        with pytest.raises(ContentError) as refused:
            notes.load(tmp_path, config=wanted, now=NOW)
        (told,) = refused.value.message.splitlines()
        assert f"disk.en.md:{line}: " in told
        assert f'"{kept.removeprefix("owner: ")[:50]}' in re.sub(r'"\d\d:\d\d ', '"', told)
        assert "still the text of the example" in told
    for example, words in own.items():
        begun = begun.replace(example, words)
    path.write_text(begun)
    assert len(notes.load(tmp_path, config=wanted, now=NOW)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "owner: your  team\n---\nText.",
        'owner: O\nsteps: [{"9:59": What people saw.}]\n---\nText.',
        "owner: O\n---\nAll is new.\nOne thing that\nsaves time today.",
    ],
)
def test_the_example_in_other_capitals_at_another_time_or_wrapped_is_still_the_example(tmp_path, text):
    (tmp_path / "a.en.md").write_text(f"---\ntitle: T\nkind: tip\n{text}\n")
    with pytest.raises(ContentError, match="still the text of the example"):
        notes.load(tmp_path, config=config(), now=NOW)


@pytest.mark.parametrize("kind", get_args(NoteKind))
def test_the_skeleton_has_no_word_that_check_objects_to(tmp_path, kind):
    wanted = config(audiences={"staff": {"recipients": "s.csv"}}, locales=["en"])
    notes.begin(tmp_path, kind, "Disk", config=wanted, month=OCTOBER, service="files")
    read = notes.manuscripts(tmp_path, config=wanted, now=NOW)
    (found,) = notes.examine(read, facts=(), config=wanted, month=OCTOBER, now=NOW).values()
    assert [one.check for one in found] == ["left-out"]


def test_the_suggested_command_has_a_title_and_survives_a_shell():
    command = pipeline.incident_command(OCTOBER, "shared files; rm")
    assert shlex.split(command) == [
        *("newsletter", "note", "new", "incident", "TITLE"),
        *("--month", "2026-10", "--service", "shared files; rm"),
    ]


def test_a_new_note_never_touches_an_existing_one(tmp_path):
    (tmp_path / "disk.it.md").write_text("mine")
    with pytest.raises(FileError, match=r"disk\.it\.md: exists already"):
        notes.begin(tmp_path, "tip", "Disk", config=config(), month=OCTOBER)
    assert [path.name for path in tmp_path.iterdir()] == ["disk.it.md"]


@pytest.mark.parametrize(
    ("kind", "fields", "words"),
    [
        ("incident", {}, "needs its service"),
        ("tip", {"service": "fles"}, 'did you mean "files"'),
        ("tip", {"locales": ("fr",)}, "not one of the edition's languages"),
        ("tip", {"title": os.fsdecode(b"Gr\xf6\xdfe")}, "bytes that are not UTF-8"),
        ("tip", {"title": "a\x1b[2Jb"}, "a control character"),
    ],
)
def test_a_new_note_about_nothing_known_is_refused(tmp_path, kind, fields, words):
    with pytest.raises(UsageError, match=words):
        notes.begin(tmp_path, kind, **{"title": "X", **fields}, config=config(), month=OCTOBER)
    assert list(tmp_path.iterdir()) == []


# --- other eyes ---------------------------------------------------------------------------


def test_with_four_eyes_nobody_approves_their_own_incident(tmp_path):
    folder = tmp_path / "editions" / "2026-10" / "notes"
    folder.mkdir(parents=True)
    (folder / "disk.en.md").write_text(
        "---\ntitle: Disk\nkind: incident\nowner: Storage team\nservice: files\n---\nFull.\n"
    )
    wanted = config(editions=str(tmp_path / "editions"), audiences={"staff": {"recipients": "s.csv"}}, four_eyes=True)
    with pytest.raises(ApprovalError, match=r"owns .*disk"):
        pipeline.require_other_eyes(wanted, OCTOBER, by="storage  TEAM", now=NOW)
    pipeline.require_other_eyes(wanted, OCTOBER, by="Head of IT", now=NOW)
