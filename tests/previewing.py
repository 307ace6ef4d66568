"""A running preview over a copy of the sample company, for the tests of its server and of its page."""

from __future__ import annotations

import http.client
import json
import os
import queue
import re
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from newsletter import studio
from newsletter.demo.workspace import copy_workspace

MONTH = "2026-10"
SILENCE_S = 30
"""Longer than any save takes; the heartbeats of the stream keep the connection's own limit from ending a wait."""


def small_workspace(folder: Path) -> Path:
    """The sample company with one year of months; its config."""
    config = copy_workspace(folder)
    for old in (folder / "editions").iterdir():
        if old.name < "2025-10":
            shutil.rmtree(old)
    return config


@dataclass
class Preview:
    """A preview under test."""

    address: str
    config: Path

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.address.rsplit(":", 1)[1].rstrip("/"))

    @property
    def folder(self) -> Path:
        """The workspace."""
        return self.config.parent

    @property
    def edition(self) -> Path:
        """The edition's own folder."""
        return self.folder / "editions" / MONTH

    def note(self, name: str) -> Path:
        """A file of notes."""
        return self.edition / "notes" / f"{name}.md"

    def get(
        self, path: str, method: str = "GET", body: bytes | None = None, **headers: str
    ) -> tuple[http.client.HTTPResponse, str]:
        """One request, with the Host that a browser would send unless given."""
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        named = {"Host": f"127.0.0.1:{self.port}"} | {key.replace("_", "-"): value for key, value in headers.items()}
        with closing(link):
            link.request(method, path, body=body, headers=named)
            with link.getresponse() as answer:
                return answer, answer.read().decode()

    def json(self, path: str) -> Any:
        """What a route answers, as data."""
        return json.loads(self.get(path)[1])

    @property
    def token(self) -> str:
        """The token that the page holds."""
        found = re.search(r'name="studio-token" content="([^"]+)"', self.get("/")[1])
        assert found, "the page holds a token"
        return found[1]

    def change(self, method: str, path: str, data: Any, **headers: str) -> tuple[int, Any]:
        """A change as our own page sends it, with other headers if given; an empty one is left out."""
        own = {
            "Content-Type": "application/json",
            "Origin": f"http://127.0.0.1:{self.port}",
            "Sec-Fetch-Site": "same-origin",
            "X-Studio-Token": self.token,
        } | {key.replace("_", "-"): value for key, value in headers.items()}
        sent = {key: value for key, value in own.items() if value}
        answer, body = self.get(path, method, json.dumps(data).encode(), **sent)
        return answer.status, json.loads(body)

    def change_status(self, method: str, path: str) -> int:
        """The status of a change with all that our page sends, whatever is answered."""
        headers = {
            "Content-Type": "application/json",
            "Origin": f"http://127.0.0.1:{self.port}",
            "Sec-Fetch-Site": "same-origin",
            "X-Studio-Token": self.token,
        }
        return self.get(path, method, b"{}", **headers)[0].status

    @contextmanager
    def events(self, query: str = "variant=staff.en", **headers: str) -> Iterator[Iterator[tuple[str, Any, int]]]:
        """The stream of (event, data, id) for a view."""
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        named = {"Host": f"127.0.0.1:{self.port}"} | {key.replace("_", "-"): value for key, value in headers.items()}
        link.request("GET", f"/events?{query}", headers=named)
        answer = link.getresponse()

        def told() -> Iterator[tuple[str, Any, int]]:
            event: dict[str, str] = {}
            since = time.monotonic()
            while line := answer.readline().decode():
                name, _, value = line.rstrip("\n").partition(": ")
                if name:
                    event[name] = value
                elif event.get("event"):
                    yield event["event"], json.loads(event["data"]), int(event["id"])
                    event, since = {}, time.monotonic()
                elif time.monotonic() - since > SILENCE_S:
                    raise TimeoutError(f"no event within {SILENCE_S} s")

        with closing(link), answer:
            yield told()


def until(events: Iterator[tuple[str, Any, int]], name: str, **wanted: Any) -> Any:
    """The data of the next event of a name, with these values in it."""
    deadline = time.monotonic() + 2 * SILENCE_S
    for event, data, _ in events:
        if time.monotonic() > deadline:
            raise TimeoutError(f"no {name} {wanted} within {2 * SILENCE_S} s")
        if event == name and all(data.get(key) == value for key, value in wanted.items()):
            return data
    raise AssertionError(f"the stream ended without {name} {wanted}")


def replaced(path: Path, old: str, new: str, *, by_rename: bool = False) -> None:
    """Save a file as an editor does, with other words in it."""
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} stands in {path.name}"
    if by_rename:
        beside = path.with_name(f".{path.name}.swp")
        beside.write_text(text.replace(old, new), encoding="utf-8")
        os.replace(beside, path)  # noqa: PTH105 - the plain call says what it does
    else:
        path.write_text(text.replace(old, new), encoding="utf-8")


@contextmanager
def edited(path: Path, old: str, new: str) -> Iterator[None]:
    """A file with other words in it; as before at the end."""
    before = path.read_text(encoding="utf-8")
    replaced(path, old, new)
    try:
        yield
    finally:
        path.write_text(before, encoding="utf-8")


def start(config: Path) -> Preview:
    """`serve` in a thread of its own, on a free port; it ends with the tests."""
    addresses: queue.Queue[str] = queue.Queue()
    run = threading.Thread(
        target=studio.serve, args=(config, MONTH), kwargs={"port": 0, "ready": addresses.put}, daemon=True
    )
    run.start()
    return Preview(addresses.get(timeout=60), config)
