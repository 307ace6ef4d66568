"""What the page may change, and what changed since an edition was approved."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from starlette.requests import Request

from newsletter.cli import main
from newsletter.demo.inbox import Inbox, receiving
from newsletter.studio.api import Api
from newsletter.studio.desk import Desk
from newsletter.studio.proofs import Proofs
from tests.previewing import MONTH, Preview, replaced, small_workspace, start, until

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def inbox(tmp_path_factory) -> Iterator[Inbox]:
    """A relay on this machine that takes every mail."""
    with receiving(tmp_path_factory.mktemp("inbox")) as opened:
        yield opened


@pytest.fixture(scope="module")
def preview(tmp_path_factory, inbox) -> Preview:
    """A workspace whose relay is the inbox."""
    config = small_workspace(tmp_path_factory.mktemp("workspace") / "acme")
    replaced(config, "port: 25\n", f"port: {inbox.port}\n")
    return start(config)


def decisions(preview: Preview) -> tuple[str, dict[str, object]]:
    """edition.yaml as text and as data."""
    text = (preview.edition / "edition.yaml").read_text(encoding="utf-8")
    return text, yaml.safe_load(text)


# --- pins, mutes, the subject -------------------------------------------------------------


def test_a_pin_is_written_like_a_person_would_and_seen_at_once(preview):
    """The file keeps everything else, and the answer tells the state that shows it."""
    before, _ = decisions(preview)
    passed = next(one for one in preview.json("/api/facts")["passed"] if one.get("score") and "told" in one["reason"])
    with preview.events() as events:
        until(events, "picture")
        status, told = preview.change("PUT", f"/api/facts/{passed['id']}", {"state": "pin"})
        assert status == 200
        assert until(events, "picture")["rev"] == told["rev"]
    text, read = decisions(preview)
    assert text == before + f"pin: [{passed['id']}]\n"
    assert passed["id"] in {one["id"] for one in preview.json("/api/facts")["chosen"]}
    assert preview.change("PUT", f"/api/facts/{passed['id']}", {"state": "none"})[0] == 200
    assert decisions(preview)[1]["pin"] == []
    assert read["ask"]


def test_bad_news_cannot_be_muted(preview):
    """409 with the reason, and nothing is written."""
    before, _ = decisions(preview)
    status, error = preview.change("PUT", "/api/facts/files.availability", {"state": "mute"})
    assert status == 409
    assert "always told" in error["message"]
    assert decisions(preview)[0] == before


def test_an_unknown_fact_cannot_be_pinned(preview):
    """Not even one that looks like a path."""
    for name in ("no.such.fact", "..%2f..%2fetc"):
        assert preview.change("PUT", f"/api/facts/{name}", {"state": "pin"})[0] == 404


def test_another_subject_can_be_chosen(preview):
    """One that is proposed; the mail has it at once."""
    proposed = preview.json("/api/mail/staff.en")["subjects"]
    assert preview.change("PUT", "/api/subject", {"nth": 2})[0] == 200
    assert preview.json("/api/mail/staff.en")["subject"] == proposed[1]["text"]
    assert preview.change("PUT", "/api/subject", {"nth": 1})[0] == 200
    for wrong in (0, 99, True, "1", None):
        assert preview.change("PUT", "/api/subject", {"nth": wrong})[0] == 422


# --- approval -----------------------------------------------------------------------------


def approve(preview: Preview) -> None:
    """As on the command line."""
    asked = ["approve", "--config", str(preview.config), "--month", MONTH, "--by", "An editor"]
    done = CliRunner().invoke(main, asked)
    assert done.exit_code == 0, done.output


def test_after_an_approval_every_change_is_shown_where_it_is(preview):
    """The letter, the section, the note, the words; and nothing of it once it is taken back."""
    with preview.events() as events:
        until(events, "picture")
        approve(preview)
        until(events, "edition")
        while preview.json("/api/edition")["approval"]["state"] != "approved":
            next(events)
        replaced(preview.note("lock-screen.en"), "title: ", "title: Softly ")
        picture = until(events, "picture")
        while (edition := until(events, "edition"))["approval"]["state"] != "void":
            pass
    assert [one["id"] for one in picture["sections"] if one["changed"]] == ["tip"]
    assert edition["approval"]["changed"] == ["staff.en"]
    assert [one["id"] for one in edition["variants"] if one["changed"]] == ["staff.en"]
    assert [one["id"] for one in edition["notes"] if one["changed"]] == ["lock-screen"]
    changes = preview.json("/api/changes")
    assert changes["approved"] != changes["now"]
    assert changes["files"] == [{"file": "notes/lock-screen.en.md", "added": 1, "removed": 1}]
    diffs = {one["id"]: one["diff"] for one in changes["variants"]}
    assert "\n+Softly " in diffs["staff.en"]
    assert diffs["staff.it"] is None
    replaced(preview.note("lock-screen.en"), "title: Softly ", "title: ")
    with preview.events() as events:
        while until(events, "edition")["approval"]["state"] != "approved":
            pass
    (preview.edition / "approval.json").unlink()


def test_without_the_kept_words_a_change_is_still_known(preview, tmp_path):
    """An approval of an older version says that something changed, not what."""
    copy = tmp_path / "acme"
    shutil.copytree(preview.folder, copy)
    other = start(copy / "config.yaml")
    approve(other)
    (other.edition / "approved.json").unlink()
    replaced(other.note("lock-screen.en"), "title: ", "title: Softly ")
    with other.events() as events:
        while until(events, "edition")["approval"]["state"] != "void":
            pass
    changes = other.json("/api/changes")
    assert changes["approved"] != changes["now"]
    assert changes["files"] == []
    assert {one["diff"] for one in changes["variants"]} == {None}


# --- test mails ---------------------------------------------------------------------------


def ask(preview: Preview, to: list[str], variants: list[str], **more: object) -> tuple[int, Any]:
    """A request for test mails."""
    status, answer = preview.change("POST", "/api/test", {"to": to, "variants": variants, **more})
    return status, answer


def test_a_test_mail_is_the_letter_with_a_mark_and_no_ledger(preview, inbox):
    """The same bytes but for the recipient's own lines and the mark; the relay's own answer is told."""
    status, answer = ask(preview, ["reader@acme.example"], ["staff.en"])
    assert status == 200
    (result,) = answer["results"]
    assert (result["to"], result["variant"], result["accepted"]) == ("reader@acme.example", "staff.en", True)
    assert result["reply"].startswith("250")
    mail = inbox.mails[0]
    assert mail.header("Subject").startswith("[TEST] ")
    assert mail.html.replace("\r\n", "\n") == preview.get("/api/mail/staff.en/source")[1]
    assert not list(preview.folder.glob("newsletter.db*"))


def test_what_is_read_while_a_test_mail_leaves_changes_nothing_about_it(preview, inbox, tmp_path, monkeypatch):
    """It has all that it is made of before it leaves the thread of the letters, even if the month is gone from there."""
    shutil.copytree(preview.folder, tmp_path / "acme")
    config = tmp_path / "acme" / "config.yaml"

    async def asked() -> Any:
        desk = Desk(Proofs(config, MONTH))
        await desk.refresh()
        leave = asyncio.to_thread

        async def meanwhile(mailing: Any, *given: Any) -> Any:
            (config.parent / "editions" / MONTH / "snapshot.json").unlink()
            await desk.by_hand(desk.proofs.read)
            return await leave(mailing, *given)

        async def body() -> dict[str, Any]:
            content = {"to": ["meanwhile@acme.example"], "variants": ["staff.en"]}
            return {"type": "http.request", "body": json.dumps(content).encode()}

        monkeypatch.setattr(asyncio, "to_thread", meanwhile)
        request = Request({"type": "http", "method": "POST", "path": "/api/test", "headers": []}, body)
        answer = await Api(desk).test(request)
        desk.close()
        return json.loads(bytes(answer.body))

    assert [one["accepted"] for one in asyncio.run(asked())["results"]] == [True]
    mail = next(one for one in inbox.mails if one.rcpt_to == "meanwhile@acme.example")
    html = mail.html.replace("\r\n", "\n").replace("meanwhile@", "reader@")
    assert html == preview.get("/api/mail/staff.en/source")[1]


def test_without_the_mark_the_subject_is_that_of_the_letter(preview, inbox):
    """And the copy is made out to whom the page says."""
    readers = {one["id"]: one["fields"] for one in preview.json("/api/edition")["readers"]}
    assert ask(preview, ["it@acme.example"], ["managers.it"], mark=False, **{"as": "staff-1"})[0] == 200
    mail = max(inbox.mails, key=lambda one: one.number)
    assert not mail.header("Subject").startswith("[TEST]")
    assert mail.rcpt_to == "it@acme.example"
    assert readers["staff-1"]["name"] in mail.header("To")


@pytest.mark.parametrize(
    ("to", "status"),
    [
        (["somebody@elsewhere.example"], 422),
        (["x@acme.example.evil.example"], 422),
        (["not an address"], 422),
        (["a@acme.example\r\nBcc: b@elsewhere.example"], 422),
        ([f"{number}@acme.example" for number in range(6)], 429),
        ([], 422),
        ("it@acme.example", 422),
    ],
)
def test_test_mails_go_to_few_people_of_known_domains(preview, inbox, to, status):
    """Nothing leaves otherwise."""
    before = len(inbox.mails)
    assert ask(preview, to, ["staff.en"])[0] == status
    assert len(inbox.mails) == before


def test_an_unknown_letter_is_not_sent(preview):
    """Nor one that looks like a path."""
    assert ask(preview, ["it@acme.example"], ["../x"])[0] == 404


def test_more_than_ten_mails_a_minute_are_refused(preview):
    """Whatever they are; the first ones left."""
    people = [f"{number}@acme.example" for number in range(5)]
    statuses = [ask(preview, people, ["staff.en"])[0] for _ in range(3)]
    assert 429 in statuses
    assert statuses[-1] == 429


def test_a_sent_edition_is_only_read(preview):
    """What it told stands beside its numbers; 409 for any change."""
    told = preview.edition / "told.json"
    told.write_text('{"edition": "2026-10", "told": []}\n', encoding="utf-8")
    assert preview.change("PUT", "/api/facts/spam.ratio", {"state": "pin"})[0] == 409
    assert preview.change("PUT", "/api/subject", {"nth": 2})[0] == 409
    assert preview.json("/api/edition")["sent"]["at"]
    assert preview.json("/api/facts")["editable"] is False
    told.unlink()


def test_a_relay_that_cannot_be_reached_is_told_for_each_mail(preview, tmp_path):
    """Not as a fault of the page."""
    copy = tmp_path / "acme"
    shutil.copytree(preview.folder, copy)
    config = Path(copy / "config.yaml")
    text = config.read_text(encoding="utf-8").splitlines(keepends=True)
    config.write_text(
        "".join("  port: 9\n" if line.startswith("  port: ") else line for line in text), encoding="utf-8"
    )
    status, answer = ask(start(config), ["it@acme.example"], ["staff.en", "staff.it"])
    assert status == 200
    assert [one["accepted"] for one in answer["results"]] == [False, False]
    assert answer["results"][0]["reply"]
