"""What a save does to the open pages: one picture, the right one first, and errors that say where."""

from __future__ import annotations

import asyncio
import queue
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest

from newsletter import studio
from newsletter.studio.desk import Desk
from newsletter.studio.frame import View
from newsletter.studio.proofs import Proofs
from tests import images
from tests.previewing import MONTH, Preview, replaced, small_workspace, start, until

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def own(tmp_path_factory) -> Preview:
    """A workspace of its own: these tests write into it."""
    return start(small_workspace(tmp_path_factory.mktemp("workspace") / "acme"))


@pytest.fixture
def preview(own) -> Iterator[Preview]:
    """The files are put back after each test, and the server has read them."""
    before = {path: path.read_bytes() for path in own.folder.rglob("*") if path.is_file()}
    yield own
    with own.events() as events:
        until(events, "edition")
        for path in own.folder.rglob("*"):
            if path.is_file() and path not in before:
                path.unlink()
        for path, content in before.items():
            if not path.is_file() or path.read_bytes() != content:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        settled(own)


def settled(preview: Preview, after: int = 0, seconds: float = 0.3) -> dict[str, Any]:
    """The edition once it is newer than `after` and nothing has happened for a while."""
    edition: dict[str, Any] = {}
    rev, since = -1, time.monotonic()
    while time.monotonic() - since < seconds:
        edition = preview.json("/api/edition")
        if edition["rev"] != rev or edition["rev"] <= after:
            rev, since = edition["rev"], time.monotonic()
        time.sleep(0.05)
    return edition


def after(events: Iterator[tuple[str, Any, int]], count: int) -> list[tuple[str, Any, int]]:
    """The next events."""
    return [next(events) for _ in range(count)]


def opened(events: Iterator[tuple[str, Any, int]]) -> Any:
    """Past the greeting of a new page; its picture."""
    return until(events, "picture")


def another_digest(events: Iterator[tuple[str, Any, int]], digest: str) -> str:
    """That of the next other picture; one that was being told when the page opened may come once more."""
    while (told := until(events, "picture")["digest"]) == digest:
        pass
    return str(told)


# --- order --------------------------------------------------------------------------------


def test_the_letter_on_show_comes_first_then_the_edition_then_all_letters(preview):
    """Nobody waits for letters that nobody looks at."""
    with preview.events("variant=staff.it") as events:
        opened(events)
        settled(preview)
        replaced(preview.note("lock-screen.it"), "title: ", "title: Piano ")
        until(events, "picture")
        names = [name for name, _, _ in after(events, 6)]
        assert names == ["edition", "variant", "variant", "variant", "variant", "edition"]


def test_two_pages_get_each_their_own_letter(preview):
    """In the event itself, so that a save costs no second request."""
    with preview.events("variant=staff.en&look=dark") as one, preview.events("variant=managers.it") as other:
        opened(one), opened(other)
        settled(preview)
        replaced(preview.config, "organisation: Acme", "organisation: Acme Works")
        first, second = until(one, "picture"), until(other, "picture")
    assert (first["variant"], second["variant"]) == ("staff.en", "managers.it")
    assert "@media all" in first["html"]
    assert "@media not all" in second["html"]


def test_ids_are_revisions_and_a_page_that_saw_the_last_one_gets_no_picture_again(preview):
    """On reconnect one `edition` is enough."""
    with preview.events() as events:
        opened(events)
    rev = settled(preview)["rev"]
    with preview.events("variant=staff.en", Last_Event_ID=str(rev)) as events:
        assert next(events)[0] == "edition"
        replaced(preview.note("lock-screen.en"), "title: ", "title: Softly ")
        name, data, told = next(events)
        assert (name, data["rev"]) == ("picture", told)
        assert told > rev


def test_many_saves_in_a_row_end_in_the_picture_of_the_last(preview):
    """Older work is dropped, and nothing is told twice at the end."""
    note = preview.note("lock-screen.en")
    with preview.events() as events:
        opened(events)
        settled(preview)
        for number in range(20):
            text = note.read_text(encoding="utf-8").replace(f"Try {number - 1}. ", "")
            note.write_text(text.rstrip("\n") + f" Try {number}. \n", encoding="utf-8")
            time.sleep(0.01)
        while "Try 19." not in (picture := until(events, "picture"))["html"]:
            pass
        assert "Try 18." not in picture["html"]


# --- how editors save ---------------------------------------------------------------------


def test_a_save_in_two_steps_gives_one_picture_and_no_error(preview):
    """Emptied first, written a moment later, as some editors do."""
    note = preview.note("lock-screen.en")
    template = preview.folder / "templates" / "hero.mjml.j2"
    with preview.events() as events:
        opened(events)
        settled(preview)
        for path, old, new in ((note, "title: ", "title: Softly "), (template, "edition.headline", "edition.lead")):
            text = path.read_text(encoding="utf-8")
            path.write_text(text[: len(text) // 2], encoding="utf-8")
            time.sleep(0.03)
            path.write_text(text.replace(old, new), encoding="utf-8")
            seen: list[tuple[str, Any]] = []
            while not seen or seen[-1][0] != "variant":
                seen.append(next(events)[:2])
            assert "error" not in [name for name, _ in seen]


@pytest.mark.parametrize("begun", ["", "---\nkind: ti"])
def test_a_note_that_is_being_written_never_leaves_the_letter(preview, begun):
    """Emptied first, or half of its head: not one picture is without it."""
    note = preview.note("lock-screen.en")
    text = note.read_text(encoding="utf-8")
    with preview.events() as events:
        opened(events)
        settled(preview)
        note.write_text(begun, encoding="utf-8")
        time.sleep(0.015)
        note.write_text(text.replace("title: ", "title: Softly "), encoding="utf-8")
        while "Softly" not in (picture := until(events, "picture"))["html"]:
            assert "tip" in {one["id"] for one in picture["sections"]}


def test_files_beside_the_edition_are_no_saves(preview):
    """Neither the swap files of editors, nor what lies next to the config."""
    before = settled(preview)["rev"]
    (preview.folder / "scratch.txt").write_text("nothing", encoding="utf-8")
    assert settled(preview)["rev"] == before


# --- errors -------------------------------------------------------------------------------


def test_a_fault_in_a_note_never_stops_the_picture(preview):
    """The letter is drawn without it, and the finding says where it is."""
    rev = settled(preview)["rev"]
    replaced(preview.note("lock-screen.en"), "kind: tip", "kind: tipp")
    edition = settled(preview, rev)
    assert edition["error"] is None
    picture = preview.json("/api/mail/staff.en")
    assert "tip" not in {one["id"] for one in picture["sections"]}
    found = next(one for one in picture["findings"] if one["file"] == "editions/2026-10/notes/lock-screen.en.md")
    assert found["severity"] == "error"
    assert found["line"] > 1
    assert "tip" in {one["id"] for one in preview.json("/api/mail/staff.it")["sections"]}


def test_a_reference_to_no_fact_takes_out_its_note_alone(preview):
    """Found only when the letter is composed, and told all the same."""
    rev = settled(preview)["rev"]
    note = preview.note("lock-screen.en")
    note.write_text(note.read_text(encoding="utf-8") + '\nSee {{ n("no.such.fact") }}.\n', encoding="utf-8")
    assert settled(preview, rev)["error"] is None
    picture = preview.json("/api/mail/staff.en")
    assert "tip" not in {one["id"] for one in picture["sections"]}
    assert any("no.such.fact" in one["message"] for one in picture["findings"])


def test_a_template_at_fault_is_told_with_its_line_and_the_last_picture_stays(preview):
    """File, line, column and four lines of code; `mended` when it is."""
    template = preview.folder / "templates" / "hero.mjml.j2"
    with preview.events() as events:
        digest = opened(events)["digest"]
        settled(preview)
        replaced(template, "edition.headline", "edition.headlime")
        error = until(events, "error")
        assert error["file"] == "templates/hero.mjml.j2"
        text = template.read_text(encoding="utf-8").splitlines()[error["line"] - 1]
        assert text[error["column"] - 1 :].startswith("headlime")
        assert [error["line"], text] in error["code"]
        assert len(error["code"]) == 4
        assert error["at"]
        assert str(preview.folder) not in str(error)
        assert preview.json("/api/mail/staff.en")["digest"] == digest
        assert preview.json("/api/edition")["error"]["line"] == error["line"]
        replaced(template, "edition.headlime", "edition.headline")
        assert next(name for name, _, _ in events if name != "edition") == "mended"
        assert until(events, "picture")["digest"] == digest


def test_a_letter_at_fault_keeps_none_of_the_others_from_being_told(preview):
    """The managers' letters come first, and only they are at fault: nobody looks at them."""
    template = preview.folder / "templates" / "hero.mjml.j2"
    fault = '{% if edition.variant.startswith("managers") %}{{ edition.nothing }}{% endif %}'
    with preview.events("variant=staff.en") as events:
        opened(events)
        before = settled(preview)["rev"]
        template.write_text(f"{template.read_text(encoding='utf-8')}{fault}\n", encoding="utf-8")
        told = []
        for name, data, rev in events:
            if name == "variant" and rev > before:
                told.append(data["id"])
            if name == "error":
                break
    assert told == ["staff.en", "staff.it"]
    assert data["file"] == "templates/hero.mjml.j2"


def test_all_faults_of_the_config_are_told_the_first_in_full(preview):
    """With the line of each."""
    with preview.events() as events:
        opened(events)
        settled(preview)
        replaced(preview.config, "approvals: 1", "approvals: -1\nno_such_key: 1")
        error = until(events, "error")
    assert error["file"] == "config.yaml"
    assert error["message"].startswith("approvals")
    assert any("no_such_key" in text for _, text in error["code"])
    assert [one["message"].partition(":")[0] for one in error["others"]] == ["no_such_key"]


def test_a_broken_snapshot_is_an_error_over_the_last_picture(preview):
    """Nothing true could be shown without it."""
    with preview.events() as events:
        opened(events)
        settled(preview)
        (preview.edition / "snapshot.json").write_text("{", encoding="utf-8")
        assert "snapshot.json" in until(events, "error")["message"]
        assert preview.json("/api/mail/staff.en")["html"]


# --- less than everything -----------------------------------------------------------------


def test_without_numbers_there_are_notes_but_no_letters(preview):
    """The page says which command collects them; when they come, the letters do."""
    rev = settled(preview)["rev"]
    snapshot = preview.edition / "snapshot.json"
    aside = snapshot.with_suffix(".aside")
    snapshot.rename(aside)
    edition = settled(preview, rev)
    assert edition["snapshot"]["present"] is False
    assert edition["snapshot"]["command"] == "newsletter collect --month 2026-10"
    assert edition["variants"] == []
    assert edition["error"] is None
    assert edition["notes"]
    assert preview.get("/mail/staff.en")[0].status == 404
    assert preview.get("/api/facts")[0].status == 404
    with preview.events() as events:
        until(events, "edition")
        aside.rename(snapshot)
        while len(until(events, "edition")["variants"]) < 4:
            pass


def test_without_notes_the_letter_stands_on_its_numbers(preview):
    """And what is missing is found, and said at every letter, because none can be sent."""
    rev = settled(preview)["rev"]
    shutil.rmtree(preview.edition / "notes")
    edition = settled(preview, rev)
    assert edition["notes"] == []
    assert edition["error"] is None
    assert {one["worst"] for one in edition["variants"]} == {"error"}
    assert preview.json("/api/mail/staff.en")["sections"]


def test_a_draft_is_shown_with_its_mark_and_is_not_what_is_sent(preview):
    """Digest, size and findings speak of what is sent."""
    rev = settled(preview)["rev"]
    replaced(preview.note("lock-screen.en"), "kind: tip", "kind: tip\nstatus: draft")
    settled(preview, rev)
    drafted, sent = (preview.json(f"/api/mail/staff.en?drafts={one}") for one in ("on", "off"))
    assert (drafted["drafts"], sent["drafts"]) == (1, 0)
    assert [one["draft"] for one in drafted["sections"] if one["id"] == "tip"] == [True]
    assert "tip" not in {one["id"] for one in sent["sections"]}
    assert drafted["digest"] == sent["digest"]
    assert drafted["bytes"] == sent["bytes"] < len(drafted["html"].encode())


def test_another_audience_in_the_config_is_another_letter_at_once(preview):
    """The list of letters follows the config."""
    rev = settled(preview)["rev"]
    replaced(preview.config, "  staff: {recipients", "  everybody: {recipients")
    assert [one["id"] for one in settled(preview, rev)["variants"]][2:] == ["everybody.en", "everybody.it"]


def test_another_logo_in_the_same_file_is_another_picture(preview):
    """And one that is broken is told; the next sound one mends it."""
    logo = preview.folder / "brand" / "logo.png"
    logo.parent.mkdir()
    logo.write_bytes(images.png(240, 96))
    before = settled(preview)["rev"]
    replaced(preview.config, "approvals: 1", "theme: {logo: {file: brand/logo.png}}\napprovals: 1")
    before = settled(preview, before)["rev"]
    digests = [preview.json("/api/mail/staff.en")["digest"]]
    with preview.events() as events:
        opened(events)
        logo.write_bytes(images.png(240, 96, (163, 58, 28)))
        digests.append(another_digest(events, digests[-1]))
        logo.write_bytes(b"no image")
        assert "logo.png" in until(events, "error")["message"]
        logo.write_bytes(images.png(240, 120))
        digests.append(another_digest(events, digests[-1]))
    assert len(set(digests)) == 3


def test_what_a_save_makes_wrong_in_the_letter_follows_its_picture(preview):
    """First the picture, which nobody waits for longer than needed, then the same one with the finding."""
    with preview.events() as events:
        opened(events)
        settled(preview)
        replaced(preview.config, "department: {en: Acme IT", "department: {en: IT on 10.1.2.3")
        first = until(events, "picture")
        (name, second, _), (around, edition, _) = after(events, 2)
        assert (name, around) == ("picture", "edition")
        assert second["html"] == first["html"]
        assert second["rev"] == first["rev"]
        added = {one["rule"] for one in second["findings"]} - {one["rule"] for one in first["findings"]}
        assert added == {"host-name"}
        assert "host-name" not in edition["passed"]


def test_a_finding_that_is_mended_goes_and_its_check_counts_as_passed(preview):
    """The picture comes with what was found before; the edition after it knows better."""
    rev = settled(preview)["rev"]
    replaced(preview.config, "department: {en: Acme IT", "department: {en: IT on 10.1.2.3")
    assert "host-name" not in settled(preview, rev)["passed"]
    with preview.events() as events:
        opened(events)
        replaced(preview.config, "department: {en: IT on 10.1.2.3", "department: {en: Acme IT")
        first, second = until(events, "picture"), until(events, "picture")
    assert "host-name" in {one["rule"] for one in first["findings"]}
    assert "host-name" not in {one["rule"] for one in second["findings"]}
    assert "host-name" in settled(preview)["passed"]


def test_what_is_saved_as_soon_as_the_address_is_told_is_shown(tmp_path):
    """Files are followed before anybody can be told where to look."""
    config = small_workspace(tmp_path / "acme")
    note = config.parent / "editions" / MONTH / "notes" / "lock-screen.en.md"
    addresses: queue.Queue[str] = queue.Queue()

    def ready(address: str) -> None:
        replaced(note, "title: ", "title: Softly ")
        addresses.put(address)

    threading.Thread(target=studio.serve, args=(config, MONTH), kwargs={"port": 0, "ready": ready}, daemon=True).start()
    fresh = Preview(addresses.get(timeout=60), config)
    with fresh.events() as events:
        while "Softly " not in until(events, "picture")["html"]:
            pass


def test_a_letter_that_goes_while_it_is_asked_for_is_answered(tmp_path):
    """Its numbers were moved away: the save is read before the letter is made, and nobody waits for ever."""
    config = small_workspace(tmp_path / "acme")

    async def asked() -> Any:
        desk = Desk(Proofs(config, MONTH))
        await desk.refresh(others=False)
        (config.parent / "editions" / MONTH / "snapshot.json").unlink()
        view = View(variant="staff.en")
        async with asyncio.timeout(30):
            _, picture = await asyncio.gather(desk.by_hand(desk.proofs.read), desk.picture(view))
        return picture, desk.proofs.error

    assert asyncio.run(asked()) == (None, None)


def test_a_page_with_nothing_new_hears_a_heartbeat(preview, monkeypatch):
    """So that both ends know that the other is there."""
    monkeypatch.setattr("newsletter.studio.desk.HEARTBEAT_S", 0.05)
    with socket.create_connection(("127.0.0.1", preview.port), timeout=20) as link:
        link.sendall(f"GET /events?variant=none HTTP/1.1\r\nHost: 127.0.0.1:{preview.port}\r\n\r\n".encode())
        lines = (line.strip() for line in link.makefile("rb"))
        assert next(line for line in lines if line.startswith(b"event:")) == b"event: edition"
        assert [line for line in islice(lines, 100) if line == b":"][1:]
