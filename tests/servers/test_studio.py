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
