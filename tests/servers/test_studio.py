"""The preview server: what it shows, how it follows files, and whom it refuses."""

from __future__ import annotations

import http.client
import json
import queue
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from newsletter import studio
from newsletter.errors import ContentError, UsageError

pytestmark = pytest.mark.servers

MAIL = "<html><style>@media (prefers-color-scheme: dark) { p { color: #fff } }</style><p>{}</p></html>"


def letters_from(path: Path) -> studio.Letters:
    """Letters whose text is a file's content; a file that says "broken" is an editor's mistake."""
    words = path.read_text(encoding="utf-8")
    if "bug" in words:
        raise ZeroDivisionError("by zero")
    if "broken" in words:
        raise ContentError("notes/x.md:3: broken on purpose", "Mend line 3.")
    letter = studio.Letter(
        variant="staff.en",
        locale="en",
        subject="A subject",
        preheader="A preheader",
        sender="IT <it@acme.example>",
        html=MAIL.replace("{}", words),
        text=words,
        digest="d" * 64,
    )
    return studio.Letters(
        month="2026-10", title="Acme, October 2026", approval="not approved", variants={"staff.en": letter}
    )


@dataclass
class Running:
    """A preview under test."""

    port: int
    note: Path

    def get(self, path: str, method: str = "GET", **headers: str) -> tuple[http.client.HTTPResponse, str]:
        """One request, with the Host that a browser would send unless given."""
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        named = {"Host": f"127.0.0.1:{self.port}"} | {key.replace("_", "-"): value for key, value in headers.items()}
        with closing(link):
            link.request(method, path, headers=named)
            with link.getresponse() as answer:
                return answer, answer.read().decode()

    @contextmanager
    def events(self) -> Iterator[Iterator[dict[str, Any]]]:
        """The stream of states."""
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        link.request("GET", "/events", headers={"Host": f"127.0.0.1:{self.port}"})
        answer = link.getresponse()

        def states() -> Iterator[dict[str, Any]]:
            while True:
                line = answer.readline().decode()
                if line.startswith("data: "):
                    yield json.loads(line[6:])

        with closing(link), answer:
            yield states()


@pytest.fixture(scope="module")
def preview(tmp_path_factory) -> Running:
    """`serve` in a thread of its own, on a free port, over one folder."""
    folder = tmp_path_factory.mktemp("edition")
    note = folder / "note.md"
    note.write_text("first words", encoding="utf-8")
    addresses: queue.Queue[str] = queue.Queue()
    thread = threading.Thread(
        target=studio.serve,
        kwargs={
            "build": lambda: letters_from(note),
            "folders": [folder],
            "files": [],
            "port": 0,
            "ready": addresses.put,
        },
        daemon=True,
    )
    thread.start()
    return Running(port=int(addresses.get(timeout=20).rsplit(":", 1)[1].rstrip("/")), note=note)


def test_the_mail_is_served_byte_for_byte(preview):
    """Without a chosen look nothing is touched."""
    answer, body = preview.get("/mail/staff.en")
    assert answer.status == 200
    assert "@media (prefers-color-scheme: dark)" in body
    assert answer.headers["X-Digest"] == "d" * 64


@pytest.mark.parametrize(("look", "media"), [("dark", "@media all"), ("light", "@media not all")])
def test_a_look_switches_the_dark_rules(preview, look, media):
    """The template's own dark rules, on or off."""
    assert media in preview.get(f"/mail/staff.en?look={look}")[1]


def test_the_text_part_is_served(preview):
    """As plain text."""
    answer, _ = preview.get("/mail/staff.en/text")
    assert answer.headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize("path", ["/mail/nobody", "/static/../desk.py", "/static/app.py", "/etc/passwd"])
def test_nothing_else_is_served(preview, path):
    """No route takes a file path."""
    assert preview.get(path)[0].status == 404


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1", "localhost:1", ""])
def test_a_foreign_host_is_refused(preview, host):
    """A name that an attacker points at this machine does not open the preview (DNS rebinding)."""
    assert preview.get("/", Host=host)[0].status in (400, 421)


def test_localhost_is_this_machine(preview):
    """Both names work."""
    assert preview.get("/", Host=f"localhost:{preview.port}")[0].status == 200


@pytest.mark.parametrize("path", ["/", "/events", "/api/edition", "/mail/staff.en"])
def test_another_site_cannot_read(preview, path):
    """A page elsewhere cannot load drafts through the editor's browser."""
    assert preview.get(path, Sec_Fetch_Site="cross-site")[0].status == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_the_preview_only_reads(preview, method):
    """No request changes anything."""
    assert preview.get("/api/edition", method=method)[0].status == 405


@pytest.mark.parametrize("path", ["/", "/static/studio.js", "/mail/staff.en", "/mail/staff.en/text", "/api/edition"])
def test_every_answer_carries_a_strict_policy(preview, path):
    """Nothing is loaded from anywhere else, and no script runs inside the mail."""
    headers = preview.get(path)[0].headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-eval" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    if path.startswith("/mail"):
        assert policy.startswith("sandbox allow-same-origin")
        assert "script-src" not in policy


def test_it_listens_on_loopback_only(preview):
    """The machine's other addresses refuse the connection."""
    others = {str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)} - {
        "127.0.0.1"
    }
    for address in others:
        with pytest.raises(OSError), socket.create_connection((address, preview.port), timeout=2):
            pass


def test_a_taken_port_is_told(preview):
    """With the way out."""
    with pytest.raises(UsageError, match=f"port {preview.port} is taken") as caught:
        studio.serve(lambda: letters_from(preview.note), folders=[], files=[], port=preview.port, ready=print)
    assert "--port 0" in caught.value.hint


def test_a_saved_file_reaches_the_page(preview):
    """Written in place or by rename: one event with the new letters."""
    with preview.events() as states:
        before = next(states)
        preview.note.write_text("second words", encoding="utf-8")
        after = next(states)
        assert after["rev"] > before["rev"]
        assert "second words" in preview.get("/mail/staff.en")[1]
        beside = preview.note.with_suffix(".new")
        beside.write_text("third words", encoding="utf-8")
        beside.replace(preview.note)
        while "third words" not in preview.get("/mail/staff.en")[1]:
            next(states)


def test_a_mistake_is_shown_over_the_last_good_letter(preview):
    """Never a blank page; the card goes by itself."""
    with preview.events() as states:
        next(states)
        preview.note.write_text("good words", encoding="utf-8")
        while next(states)["error"]:
            pass
        preview.note.write_text("broken", encoding="utf-8")
        while not (state := next(states))["error"]:
            pass
        assert state["error"] == {"message": "notes/x.md:3: broken on purpose", "fix": "Mend line 3."}
        assert "good words" in preview.get("/mail/staff.en")[1]
        preview.note.write_text("mended", encoding="utf-8")
        while next(states)["error"]:
            pass
        assert "mended" in preview.get("/mail/staff.en")[1]


def test_even_a_bug_is_shown_and_the_files_are_still_watched(preview):
    """The page never looks alive while nobody watches any more."""
    with preview.events() as states:
        next(states)
        preview.note.write_text("bug", encoding="utf-8")
        while not (state := next(states))["error"]:
            pass
        assert state["error"]["message"] == "a bug: ZeroDivisionError: by zero"
        preview.note.write_text("good again", encoding="utf-8")
        while next(states)["error"]:
            pass
        assert "good again" in preview.get("/mail/staff.en")[1]
