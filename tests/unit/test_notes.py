"""Notes: what people may write, what is refused, and in which words."""

from __future__ import annotations

import random
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from newsletter import notes
from newsletter.config import Config
from newsletter.errors import ContentError
from newsletter.model import Because, Note
from newsletter.notes import body as note_body

ROME = ZoneInfo("Europe/Rome")
NOW = datetime(2026, 11, 3, 9, 0, tzinfo=ROME)
CONFIG = Config.model_validate(
    {
        "organisation": "Acme",
        "timezone": "Europe/Rome",
        "locales": ["en", "it"],
        "prometheus": {"url": "http://127.0.0.1:9090"},
        "services": {"mail": {"name": "E-mail"}, "erp": {"name": "Orders"}},
        "audiences": {"staff": {"recipients": "a.csv"}, "managers": {"recipients": "b.csv"}},
        "smtp": {"from": "it@acme.example"},
    }
)
TIP = "---\ntitle: Lock your screen\nkind: tip\nowner: Service desk\n---\nPress two keys.\n"


def write(folder: Path, **files: str) -> None:
    """Write notes; `mail_it` is the file mail.it.md."""
    for name, text in files.items():
        (folder / f"{name.replace('_', '.')}.md").write_bytes(text.encode())


def load(folder: Path, *, now: datetime = NOW, drafts: bool = False) -> tuple[Note, ...]:
    return notes.load(folder, config=CONFIG, now=now, drafts=drafts)


def one(folder: Path, *, front: str = "", body: str = "Text.", kind: str = "tip") -> Note:
    write(folder, a=f"---\ntitle: T\nkind: {kind}\nowner: IT\n{front}---\n{body}\n")
    (note,) = load(folder)
    return note


def faults(folder: Path) -> list[str]:
    """The faults without the folder: "FILE:LINE: key: text"."""
    with pytest.raises(ContentError) as raised:
        load(folder)
    assert raised.value.exit_code == 65
    assert raised.value.hint
    lines = raised.value.message.split("\n")
    assert all(line.startswith(f"{folder}/") for line in lines), lines
    return [line.removeprefix(f"{folder}/") for line in lines]


def fault(folder: Path, *, front: str = "", body: str = "Text.", kind: str = "tip") -> str:
    """The only fault of a note whose added front matter begins in line 5."""
    write(folder, a=f"---\ntitle: T\nkind: {kind}\nowner: IT\n{front}---\n{body}\n")
    (found,) = faults(folder)
    return found.removeprefix("a.md:")


# --- what is read -------------------------------------------------------------------------------


def test_no_folder_means_no_notes(tmp_path):
    assert load(tmp_path / "notes") == ()


def test_an_empty_folder_means_no_notes(tmp_path):
    assert load(tmp_path) == ()


def test_a_file_instead_of_the_folder_is_refused(tmp_path):
    (tmp_path / "notes").write_text("", encoding="utf-8")
    with pytest.raises(ContentError, match="is a file, not a folder of notes"):
        load(tmp_path / "notes")


def test_a_note_with_every_key_becomes_the_value(tmp_path):
    write(
        tmp_path,
        mail_it="""---
title: "Posta: ferma per due ore"
kind: incident
owner: Sistemi
audiences: [staff]
segments: [all]
status: ready
publish_from: 2026-11-01
expires: 2026-11-30 18:00
order: 5
facts: [mail.availability]
because: {text: A disk was full, ref: CHG-4711}
service: mail
date: 2026-10-12
time: "09:12-11:00"
steps:
  - 09:12 Mail stops
  - "11:00": Mail is back
department: Sales
answer: planned
evidence: INC-1
---

**Sorry.**

Second paragraph.
""",
    )
    (note,) = load(tmp_path)
    assert [note.line(part) for part in ("title", "because", "steps", "body", "nothing")] == [2, 12, 16, 24, None]
    assert replace(note, lines=()) == Note(
        id="mail",
        kind="incident",
        title="Posta: ferma per due ore",
        body="**Sorry.**\n\nSecond paragraph.",
        owner="Sistemi",
        locale="it",
        source=str(tmp_path / "mail.it.md"),
        audiences=("staff",),
        segments=("all",),
        status="ready",
        expires=datetime(2026, 11, 30, 18, 0, tzinfo=ROME),
        order=5,
        facts=("mail.availability",),
        because=Because(text="A disk was full", ref="CHG-4711"),
        service="mail",
        date=datetime(2026, 10, 12, tzinfo=ROME),
        time="09:12-11:00",
        steps=(("09:12", "Mail stops"), ("11:00", "Mail is back")),
        department="Sales",
        answer="planned",
        evidence="INC-1",
    )


def test_the_locale_comes_from_the_key_or_the_file_name_or_is_the_default(tmp_path):
    write(tmp_path, a=TIP, b_it=TIP, c=TIP.replace("kind", "locale: it\nkind"), d_en=TIP)
    assert [(note.id, note.locale) for note in load(tmp_path)] == [("a", "en"), ("b", "it"), ("c", "it"), ("d", "en")]


def test_one_note_in_two_locales_keeps_one_id(tmp_path):
    write(tmp_path, a_it=TIP, a_en=TIP)
    assert [(note.id, note.locale) for note in load(tmp_path)] == [("a", "en"), ("a", "it")]


def test_notes_come_by_order_and_then_by_name(tmp_path):
    first = TIP.replace("kind", "order: 1\nkind")
    write(tmp_path, z=first, b=TIP, a=TIP)
    assert [note.id for note in load(tmp_path)] == ["z", "a", "b"]


def test_other_files_beside_the_notes_are_left_alone(tmp_path):
    write(tmp_path, a=TIP)
    (tmp_path / ".a.md").write_text("swap", encoding="utf-8")
    (tmp_path / "photo.png").write_bytes(b"\x89PNG")
    (tmp_path / "later").mkdir()
    assert [note.id for note in load(tmp_path)] == ["a"]


@pytest.mark.parametrize("text", ["\ufeff" + TIP, TIP.replace("\n", "\r\n"), TIP.replace("---", "---  ")])
def test_a_byte_order_mark_and_other_line_ends_are_fine(tmp_path, text):
    write(tmp_path, a=text)
    assert load(tmp_path)[0].body == "Press two keys."


def test_template_syntax_is_ordinary_text(tmp_path):
    body = "{{ 7*7 }} {% raw %} ${x} {{ fact('a') }}"
    assert one(tmp_path, body=body).body == body


def test_a_rule_in_the_body_does_not_end_it(tmp_path):
    assert one(tmp_path, body="Above\n\n---\n\nbelow").body == "Above\n\n---\n\nbelow"


@pytest.mark.parametrize(
    "body",
    [
        "<https://acme.example/help>",
        "`<b>`",
        "```\n<div>\n```",
        "1 < 2 and 3 > 2",
        "a \\<b>",
        "AT&amp;T",
        "**a *b* c**",
    ],
)
def test_markdown_that_only_looks_like_html_is_fine(tmp_path, body):
    assert one(tmp_path, body=body).body == body


def test_an_incident_may_be_told_by_its_steps_alone(tmp_path):
    assert one(tmp_path, kind="incident", front="service: mail\nsteps: [09:12 Mail stops]\n", body="").body == ""


def test_an_unquoted_no_is_an_answer(tmp_path):
    assert one(tmp_path, kind="heard", front="department: Sales\nanswer: no\n").answer == "no"


@pytest.mark.parametrize(
    ("written", "read"), [("06:00-08:00", "06:00-08:00"), ('"06:00 \u2013 08:00"', "06:00-08:00"), ("06:00", "06:00")]
)
def test_a_time_of_day_may_be_a_span(tmp_path, written, read):
    assert one(tmp_path, kind="coming", front=f"date: 2026-11-20\ntime: {written}\n").time == read


# --- what is left out ---------------------------------------------------------------------------


def test_a_note_without_status_is_ready(tmp_path):
    assert one(tmp_path).status == "ready"


@pytest.mark.parametrize("status", ["draft", "review"])
def test_what_is_not_ready_is_left_out_unless_drafts_are_asked_for(tmp_path, status):
    write(tmp_path, a=TIP.replace("kind", f"status: {status}\nkind"), b=TIP)
    assert [note.id for note in load(tmp_path)] == ["b"]
    assert [(note.id, note.status) for note in load(tmp_path, drafts=True)] == [("a", status), ("b", "ready")]


def test_a_draft_that_is_not_finished_does_not_stop_the_edition(tmp_path):
    write(tmp_path, a="---\nstatus: draft\ntitle: Later\n---\n", b=TIP)
    assert [note.id for note in load(tmp_path)] == ["b"]
    with pytest.raises(ContentError, match="kind: is required, but missing"):
        load(tmp_path, drafts=True)


@pytest.mark.parametrize(
    ("front", "begin", "end"),
    [
        ("publish_from: 2026-11-03", datetime(2026, 11, 3, tzinfo=ROME), None),
        ("publish_from: 2026-11-03 12:30", datetime(2026, 11, 3, 12, 30, tzinfo=ROME), None),
        ("expires: 2026-11-03", None, datetime(2026, 11, 4, tzinfo=ROME)),
        ("expires: '2026-11-03'", None, datetime(2026, 11, 4, tzinfo=ROME)),
        ("expires: 2026-11-03 12:30:00", None, datetime(2026, 11, 3, 12, 30, tzinfo=ROME)),
        ("expires: 2026-11-03T12:30:00Z", None, datetime(2026, 11, 3, 12, 30, tzinfo=UTC)),
        ("publish_from: 2026-10-25\nexpires: 2026-10-25", *(datetime(2026, 10, day, tzinfo=ROME) for day in (25, 26))),
    ],
)
def test_a_note_is_shown_from_its_first_day_to_the_end_of_its_last(tmp_path, front, begin, end):
    write(tmp_path, a=TIP.replace("kind", f"{front}\nkind"))
    moment = timedelta(seconds=1)
    if begin:
        assert load(tmp_path, now=begin - moment) == ()
        assert len(load(tmp_path, now=begin)) == 1
    if end:
        assert len(load(tmp_path, now=(end.astimezone(UTC) - moment))) == 1
        assert load(tmp_path, now=end) == ()


# --- what is refused: front matter --------------------------------------------------------------


@pytest.mark.parametrize(
    ("front", "expected"),
    [
        ("titel: x\n", '5: titel: unknown key; did you mean "title"?'),
        ("audience: [staff]\n", '5: audience: unknown key; did you mean "audiences"?'),
        ("because: {text: a, reff: b}\n", '5: because.reff: unknown key; did you mean "ref"?'),
        ("because: {text: a}\n", "5: because.ref: is required, but missing"),
        ("because: the disk\n", "5: because: must be keys and values, not text"),
        ("audiences: staff\n", "5: audiences: must be a list, not text"),
        (
            "audiences: [staf]\n",
            '5: audiences[0]: "staf" is not one of the audiences of config.yaml; did you mean "staff"?',
        ),
        (
            "audiences: [all]\n",
            '5: audiences[0]: "all" is not one of the audiences of config.yaml (they are: staff, managers)',
        ),
        ("segments: [no]\n", '5: segments[0]: must be text, but YAML reads no as false: put it in quotes, "no"'),
        ("segments: [milan]\n", '5: segments[0]: "milan" is not one of the segments of config.yaml (they are: none)'),
        ("locale: no\n", '5: locale: must be text, but YAML reads no as false: put it in quotes, "no"'),
        ("locale: fr\n", '5: locale: "fr" is not one of locales (they are: en, it)'),
        ("service: mial\n", '5: service: "mial" is not one of the services of config.yaml; did you mean "mail"?'),
        ("status: done\n", '5: status: must be draft, review or ready, not "done"'),
        ("order: first\n", '5: order: must be a whole number: "first" is text'),
        ("order: 1_000\n", "5: order: YAML reads 1_000 as the number 1000"),
        ("facts: mail.availability\n", "5: facts: must be a list, not text"),
        ("publish_from: soon\n", "5: publish_from: must be a date such as 2026-11-30, or a date and time such as"),
        ("publish_from: 20261101\n", "5: publish_from: must be a date such as"),
        ("expires: 2026-02-30\n", '5: expires: "2026-02-30" is not a date or number that exists'),
        ("expires: '2026-02-30'\n", '5: expires: "2026-02-30" is not a date that exists'),
        ("expires: 9999-12-31\n", "5: expires: the year 9999 is out of range"),
        ("publish_from: 2026-11-05\nexpires: 2026-11-01\n", "6: expires: is not after publish_from"),
        (
            "date: 2026-11-05 08:00\n",
            "5: date: must be a date alone, such as 2026-11-30; a time of day stands under time",
        ),
        ("time: 16:00\n", '5: time: YAML reads 16:00 as the number 960: put it in quotes, "16:00"'),
        ("time: 6-8\n", '5: time: "6-8" is not a time of day: write it as "06:00-08:00" or "06:00"'),
        ("time: 25:00-26:00\n", '5: time: "25:00-26:00" is not a time of day'),
        ("time: 06:00-07:00-08:00\n", '5: time: "06:00-07:00-08:00" is not a time of day'),
        ("steps: 09:12 Mail stops\n", "5: steps: must be a list, not text"),
        ("steps: [Mail stops]\n", "5: steps[0]: must be a clock time and a sentence, such as: 09:12 Mail stops"),
        ("steps:\n  - 09:12 Mail stops\n  - 10:00\n", "7: steps[1]: YAML reads 10:00 as the number 600"),
        ("steps:\n  - 09:12 Mail stops\n  - 19:12: back\n", '7: steps[1]."19:12": this key is not read as text'),
        ("steps:\n  - '09:12'\n", "6: steps[0]: must be a clock time and a sentence"),
        (
            "steps:\n  - 09:12 Mail stops: all of it\n",
            '6: steps[0]: the sentence holds ": ", so put the whole step in quotes',
        ),
        ("steps:\n  - {'09:12': {a: b}}\n", "6: steps[0]: must be a clock time and a sentence"),
        ("order: 1\norder: 2\n", "6: order: is written twice (first in line 5)"),
        ("evidence: 'CHG\n", "5: a quotation mark is opened here but not closed"),
        ("\tevidence: a\n", "5: a tab stands where spaces are needed: YAML is indented with spaces"),
        ("evidence: a: b\n", '5: a ":" stands where none can: put the text that holds it in quotes'),
        ("evidence: {{ 7 }}\n", "5: evidence: a key must be a single word or text"),
        ('evidence: "a\\nb"\n', "5: evidence: must be one line of text"),
        ("evidence: a\x00b\n", "5: holds the invisible character U+0000: remove it"),
    ],
)
def test_a_fault_of_the_front_matter_is_told_with_its_line(tmp_path, front, expected):
    assert fault(tmp_path, front=front).startswith(expected)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("title: no", 'a.md:2: title: must be text, but YAML reads no as false: put it in quotes, "no"'),
        ("title: ''", "a.md:2: title: must not be empty"),
        ("title: " + "x" * 201, "a.md:2: title: has 201 characters; 200 are allowed"),
        (
            "kind: news",
            'a.md:3: kind: must be win, incident, coming, tip, visit, heard, people, service or correction, not "',
        ),
        ("owner:", "a.md:4: owner: must be text, not empty"),
        ("owner: 12", 'a.md:4: owner: must be text: put it in quotes, "12"'),
    ],
)
def test_a_bad_value_of_a_required_key_is_told(tmp_path, line, expected):
    write(tmp_path, a=re.sub(rf"(?m)^{line.split(':')[0]}:.*$", line, TIP))
    (found,) = faults(tmp_path)
    assert found.startswith(expected)


@pytest.mark.parametrize(
    ("kind", "front", "expected"),
    [
        ("win", "", ["evidence: is required where kind is win: a fact, a change number or an address that backs it"]),
        ("incident", "", ["service: is required where kind is incident: readers must know which service it was"]),
        ("coming", "", ["date: is required where kind is coming: the day it happens"]),
        ("heard", "answer: done\n", ["department: is required where kind is heard: who said it"]),
        ("heard", "department: Sales\n", ["answer: is required where kind is heard: done, planned or no"]),
        (
            "heard",
            "department: Sales\nanswer: yes\n",
            ["answer: must be done, planned or no, but YAML reads yes as true"],
        ),
    ],
)
def test_a_kind_of_note_asks_for_what_it_cannot_do_without(tmp_path, kind, front, expected):
    write(tmp_path, a=f"---\ntitle: T\nkind: {kind}\nowner: IT\n{front}---\nText.\n")
    assert [found.partition(": ")[2] for found in faults(tmp_path)] == expected


def test_a_misspelt_key_that_the_kind_needs_is_one_fault(tmp_path):
    assert fault(tmp_path, kind="win", front="evidnce: CHG-1\n") == '5: evidnce: unknown key; did you mean "evidence"?'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 'a.md:1: a note begins with front matter: the first line must be "---"'),
        ("Hello\n", 'a.md:1: a note begins with front matter: the first line must be "---"'),
        ("\n---\ntitle: T\n---\n", 'a.md:1: a note begins with front matter: the first line must be "---"'),
        ("---\ntitle: T\nkind: tip\n", 'a.md:1: the front matter that begins here is not closed by a line "---"'),
        ("---\n---\nText.\n", "a.md:2: is empty"),
        ("---\n- title\n---\nText.\n", "a.md:2: must be keys and values (key: value)"),
    ],
)
def test_a_file_without_complete_front_matter_is_refused(tmp_path, text, expected):
    write(tmp_path, a=text)
    assert faults(tmp_path) == [expected]


def test_another_encoding_is_told_with_its_line(tmp_path):
    (tmp_path / "a.md").write_bytes(TIP.encode() + "\n\nUniversità".encode("latin-1"))
    assert faults(tmp_path) == ["a.md:9: is not UTF-8 text: save the file with the encoding UTF-8"]


def test_a_folder_named_like_a_note_is_refused(tmp_path):
    (tmp_path / "a.md").mkdir()
    assert faults(tmp_path) == ["a.md:1: cannot be read (Is a directory)"]


def test_a_huge_file_is_refused(tmp_path):
    write(tmp_path, a=TIP + "x" * 200_000)
    assert faults(tmp_path) == ["a.md:1: is larger than 200 kB"]


def test_a_file_name_in_a_locale_that_the_config_does_not_have_is_refused(tmp_path):
    write(tmp_path, a_fr=TIP)
    assert faults(tmp_path) == [
        'a.fr.md:1: the file name ends in ".fr", which is not one of locales (they are: en, it)'
    ]


def test_a_file_name_and_a_key_that_disagree_are_refused(tmp_path):
    write(tmp_path, a_it=TIP.replace("kind", "locale: en\nkind"))
    assert faults(tmp_path) == ['a.it.md:1: locale: says "en", but the file name says "it"']


def test_the_same_note_twice_in_one_locale_is_refused(tmp_path):
    write(tmp_path, a=TIP, a_en=TIP)
    assert faults(tmp_path) == ['a.md:1: is the same note in "en" as a.en.md: keep one of them']


def test_the_faults_of_all_files_are_told_at_once(tmp_path):
    write(tmp_path, a=TIP.replace("tip", "tipp") + "<b>", b=TIP, c="Hello", d=TIP.replace("owner", "ownr"))
    assert [found.split(": ")[0] for found in faults(tmp_path)] == ["a.md:3", "a.md:7", "c.md:1", "d.md:4"]


# --- what is refused: text ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", "6: there is no text below the front matter"),
        (" \n\n", "6: there is no text below the front matter"),
        (
            "a <b>bold</b> word",
            '6: raw HTML is not allowed: "<b>"; use Markdown, or write `...` around it to show it as it is',
        ),
        ("one\ntwo\nthree <br> four", '8: raw HTML is not allowed: "<br>"'),
        ("one\n\n- two\n- three <i>", '9: raw HTML is not allowed: "<i>"'),
        ("one\n\n<div>\n<p>x\n</div>", '8: raw HTML is not allowed: "<div>"'),
        ("<script>alert(1)</script>", '6: raw HTML is not allowed: "<script>alert(1)</script>"'),
        ("<!-- later -->", '6: raw HTML is not allowed: "<!-- later -->"'),
        ("press <Enter>", '6: raw HTML is not allowed: "<Enter>"'),
        ("a\x07b", "6: holds the invisible character U+0007: remove it"),
        ("a\n\nb\x00", "8: holds the invisible character U+0000: remove it"),
        ("x" * 20_001, "6: the text has 20,002 characters; 20,000 are allowed"),
        ("*" * 19_999, "6: 19,999 times * in a row is neither emphasis nor a line: remove them"),
        ("a\n" + "_" * 101, "7: 101 times _ in a row is neither emphasis nor a line: remove them"),
        ("*a " * 3000 + "b*" * 3000, "6: emphasis, lists or quotes stand 3000 deep in each other; 10 are allowed"),
        ("one\n\n" + "> " * 15 + "a", "8: emphasis, lists or quotes stand 15 deep in each other; 10 are allowed"),
    ],
)
def test_a_text_that_must_not_reach_a_mail_is_refused_with_its_line(tmp_path, body, expected):
    assert fault(tmp_path, body=body).startswith(expected)


def test_twenty_thousand_asterisks_are_refused_at_once(tmp_path):
    started = time.process_time()
    assert fault(tmp_path, body="*" * 20_000).startswith("6: the text has 20,001 characters")
    assert time.process_time() - started < 1


def test_no_text_that_nests_too_deeply_is_spared_the_look_at_its_structure():
    """Most texts are not parsed, as too little in them opens anything; those parsed anyway show what that misses."""
    draw = random.Random(11)
    openers, rest = (
        ("- ", "* ", "+ ", "7. ", "8) ", "> ", ">", "*", "_", "**", "["),
        ("a", "\n", "\n\n", "# ", "](x)", "    "),
    )
    deep = 0
    for _ in range(3000):
        text = "".join(
            draw.choices(openers, k=draw.randrange(12)) + draw.choices((*openers, *rest), k=draw.randrange(9))
        )
        found = list(note_body._structure(text, 1))
        deep += bool(found)
        assert note_body.check(text, first_line=1) == found, text
    assert deep > 50


# --- whatever stands in the file ----------------------------------------------------------------

_SNIPPETS = st.lists(
    st.sampled_from(
        [*"{}[]:,-#&*!|>'\"%@`<_~ \n\t", "a", "no", "16:00", "---\n", "title: T\n", "kind: win\n", "steps: [", "\x00"]
    ),
    max_size=30,
).map("".join)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(front=_SNIPPETS | st.text(max_size=30), body=_SNIPPETS, after=st.booleans())
def test_garbage_is_a_content_error_and_nothing_else(tmp_path, front, body, after):
    start = "title: T\nkind: tip\nowner: IT\n" if after else ""
    (tmp_path / "a.md").write_bytes(f"---\n{start}{front}\n---\n{body}".encode("utf-8", "surrogatepass"))
    try:
        load(tmp_path, drafts=True)
    except ContentError as error:
        told = error.message.split("\n")
    else:
        told = []
    assert all(re.match(r".*a\.md:\d+: ", line) and line.isprintable() for line in told)


_STRANGE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.dates() | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=5,
)
_KEYS = [
    "audiences",
    "segments",
    "publish_from",
    "expires",
    "facts",
    "because",
    "service",
    "date",
    "time",
    "steps",
    "answer",
]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.dictionaries(st.sampled_from(_KEYS), _STRANGE, max_size=4))
def test_wrong_types_are_told_without_jargon(tmp_path, values):
    import yaml

    front = yaml.safe_dump(values, allow_unicode=True) if values else ""
    write(tmp_path, a=f"---\ntitle: T\nkind: tip\nowner: IT\n{front}---\nText.\n")
    try:
        load(tmp_path)
    except ContentError as error:
        told = re.sub('"[^"]*"', "", error.message)
    else:
        told = ""
    assert not re.search(r"Input should|validat|pydantic|NoneType|dict\b|\bstr\b", told)
