"""The preview server: what it shows, and how it follows files."""

from __future__ import annotations

import pytest

from newsletter import config as configuration
from newsletter import pipeline, studio
from newsletter.errors import UsageError
from tests.previewing import MONTH, Preview, replaced, small_workspace, start, until

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def preview(tmp_path_factory) -> Preview:
    """One for all tests that leave the files as they were."""
    return start(small_workspace(tmp_path_factory.mktemp("workspace") / "acme"))


@pytest.fixture(scope="module")
def built(preview, tmp_path_factory):
    """What `build` writes from the same files."""
    from datetime import UTC, datetime

    loaded = configuration.load(preview.config)
    now = datetime.now(UTC)
    month = pipeline.resolve_month(loaded, MONTH, now)
    output = tmp_path_factory.mktemp("built")
    pipeline.write_build(loaded, pipeline.build(loaded, month, now=now), output)
    return output


@pytest.mark.parametrize("variant", ["staff.en", "staff.it", "managers.en", "managers.it"])
def test_every_letter_is_what_build_writes_but_for_its_links_and_dark_rules(preview, built, variant):
    """Links have no target in the frame, and the media query is switched; nothing else is touched."""
    answer, body = preview.get(f"/mail/{variant}")
    written = (built / f"{variant}.html").read_text(encoding="utf-8")
    assert answer.status == 200
    assert body.replace(" data-href=", " href=").replace("not all", "(prefers-color-scheme:dark)") == written.replace(
        "(prefers-color-scheme: dark)", "(prefers-color-scheme:dark)"
    )


def test_a_picture_holds_sections_words_and_numbers_in_the_order_of_the_text(preview):
    """Each number stands in the visible text at least as often as its place says."""
    picture = preview.json("/api/mail/staff.en")
    assert {"services", "incidents", "numbers"} <= {one["id"] for one in picture["sections"]}
    assert 0 < picture["words"] < picture["budget"]
    assert any(one["fact"] == "files.availability" and one["text"] == "99.78%" for one in picture["numbers"])
    assert picture["digest"] == preview.get("/mail/staff.en")[0].headers["X-Digest"]


@pytest.mark.parametrize(
    ("variant", "told"),
    [
        (
            "staff.en",
            {
                ("files.availability", "97 minutes", 0),  # the lead
                ("files.availability", "97 minutes", 1),  # the minute
                ("files.availability", "97 minutes down, 44 allowed", 0),
                ("files.availability", "97 of 44 min", 0),
                ("tickets.resolved", "1,322", 0),
                ("tickets.opened", "1,283", 0),
                ("tickets.resolved", "1,322", 1),
                ("tickets.open_at_end", "122", 0),
                ("tickets.solved_within", "September: 65%", 0),
                ("sign_ins.count", "Last 13 months: lowest 54,722, highest 95,750", 0),
                ("files.availability", "September: 100.00%", 0),
                ("tickets.resolved", "1,321", 0),  # the first bar
                ("tickets.opened", "118", 0),  # the first week
                ("tickets.resolved", "149", 0),
                ("meetings.spotlight", "99.90% available, 1–31 October 2026", 0),
            },
        ),
        (
            "managers.en",
            {
                ("files.availability", "97 minutes", 0),
                ("tickets.solved_within", "61%", 0),
                ("tickets.proactive_share", "11%", 0),
                ("tickets.proactive_share", "89%", 0),
                ("time.availability", "Time recording (2 hours 59 minutes)", 0),
            },
        ),
    ],
)
def test_numbers_in_sentences_and_tables_open_their_evidence_too(preview, variant, told):
    """Not only those of cards, tiles and rows."""
    numbers = preview.json(f"/api/mail/{variant}")["numbers"]
    assert told <= {(one["fact"], one["text"], one["nth"]) for one in numbers}
    assert all(one["evidence"] for one in numbers if (one["fact"], one["text"], one["nth"]) in told)


def test_words_are_counted_as_check_counts_them(preview):
    """What a manager looks up below the brief is no part of it; the letter passes `word-budget`."""
    picture = preview.json("/api/mail/managers.en")
    looked_up = next(one["words"] for one in picture["sections"] if one["id"] == "measure")
    assert looked_up > 0
    assert 0 < picture["words"] <= picture["budget"] < picture["words"] + looked_up


def test_the_edition_tells_its_letters_notes_and_approval(preview):
    """All that the page draws around the letter."""
    with preview.events() as events:
        until(events, "edition")
    edition = preview.json("/api/edition")
    assert [one["id"] for one in edition["variants"]] == ["managers.en", "managers.it", "staff.en", "staff.it"]
    assert edition["approval"]["state"] == "none"
    assert edition["snapshot"]["present"] is True
    assert any(one["id"] == "shared-files" and one["locales"] == ["en", "it"] for one in edition["notes"])


def test_a_taken_port_is_told(preview):
    """With the way out."""
    with pytest.raises(UsageError, match=f"port {preview.port} is taken") as caught:
        studio.serve(preview.config, MONTH, port=preview.port, ready=print)
    assert "--port 0" in caught.value.hint


@pytest.mark.parametrize("by_rename", [False, True])
def test_a_saved_note_reaches_the_page_as_one_picture(preview, by_rename):
    """Written in place or by rename: the letter on show first, and no error between."""
    with preview.events("variant=staff.en") as events:
        before = until(events, "picture")
        replaced(preview.note("lock-screen.en"), "title: ", "title: Softly ", by_rename=by_rename)
        name, after, _ = next(event for event in events if event[0] in ("picture", "error"))
        assert name == "picture"
        assert after["rev"] > before["rev"]
        assert "Softly " in after["html"]
        replaced(preview.note("lock-screen.en"), "title: Softly ", "title: ")
        while "Softly " in until(events, "picture")["html"]:
            pass


# --- the parts of a letter ----------------------------------------------------------------


@pytest.mark.parametrize(("part", "suffix"), [("text", "txt"), ("source", "html"), ("raw", "eml")])
def test_text_source_and_raw_are_the_bytes_of_build(preview, built, part, suffix):
    """Made out to the sample reader, as text and never as a page."""
    answer, body = preview.get(f"/api/mail/staff.it/{part}")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert body.encode() == (built / f"staff.it.{suffix}").read_bytes()


def test_headers_tell_which_are_the_recipients_own(preview):
    """To, Date and Message-ID; the subject is everybody's."""
    own = {one["name"]: one["own"] for one in preview.json("/api/mail/staff.en/headers")}
    assert {name for name, mine in own.items() if mine} == {"To", "Date", "Message-ID"}
    assert own["Subject"] is False


def test_a_letter_can_be_shown_as_a_real_reader(preview):
    """Only the rows that can be chosen leave the server."""
    readers = {one["id"]: one["fields"] for one in preview.json("/api/edition")["readers"]}
    assert {"sample", "no-name", "long-name", "staff-1"} <= set(readers)
    address = readers["staff-1"]["address"]
    assert address in preview.get("/mail/staff.en?as=staff-1")[1]
    assert address not in preview.get("/mail/staff.en?as=nobody")[1]
    lists = (preview.folder / "audience.csv").read_text(encoding="utf-8").splitlines()[1:]
    listed = {line.partition(",")[0] for line in lists}
    assert len(listed) > 10
    assert len(listed & {fields["address"] for fields in readers.values()}) <= 4


# --- facts --------------------------------------------------------------------------------


def test_every_fact_is_where_it_belongs(preview):
    """What must be told, what was chosen, and the others with a reason."""
    told = preview.json("/api/facts")
    assert "files.availability" in {one["id"] for one in told["must"]}
    assert len(told["chosen"]) >= 2
    assert all(one["reason"] for one in told["passed"])
    assert told["editable"] is True
    assert told["file"] == "editions/2026-10/edition.yaml"


def test_facts_are_called_as_the_letters_call_them(preview):
    """In each language of the letters: the service and what is measured, or the noun of the figure."""
    told = preview.json("/api/facts")
    titles = {one["id"]: one["titles"] for part in ("must", "chosen", "passed") for one in told[part]}
    assert titles["files.availability"] == {"en": "Shared files: availability", "it": "File condivisi: disponibilità"}
    assert titles["files.interruption_1"]["it"] == "File condivisi: interruzione, 14\N{NO-BREAK SPACE}ottobre"
    assert titles["payslips.count"] == {"en": "Payslips sent", "it": "Cedolini inviati"}
    assert titles["tickets.opened.change"] == {"en": "Tickets opened: change", "it": "Ticket aperti: variazione"}
    named_by_id = {name for name, each in titles.items() for one in each.values() if "_" in one or one == name}
    assert named_by_id == set()


def test_a_number_is_followed_to_its_query(preview):
    """Value, rounding, days, interruptions and what was asked."""
    told = preview.json("/api/evidence/files.availability")
    assert "99.78%" in told["printed"]["en"]["month"]
    assert "September: 100.00%" in told["printed"]["en"]["month_before"]
    assert [one["month"] for one in told["earlier"][:2]] == ["2026-09", "2026-08"]
    assert all(one["evidence"][0]["query"] for one in told["earlier"])
    assert len(told["strip"]) == 31
    assert told["outages"]
    assert told["evidence"][0]["query"]
    assert told["command"] == "newsletter explain files.availability --month 2026-10"


def test_an_unknown_fact_is_not_found(preview):
    """With the nearest one named."""
    answer, body = preview.get("/api/evidence/files.availabilty")
    assert answer.status == 404
    assert "files.availability" in body
