"""Running public pages over a copy of the sample company, as a process of their own behind no proxy."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from newsletter import config as configuration
from newsletter import pipeline
from newsletter.config import Config
from newsletter.deliver import Ledger, freeze, open_ledger
from newsletter.deliver.ledger import Outcome
from newsletter.deliver.links import Links
from newsletter.model import Recipient
from newsletter.pipeline import archive
from tests.previewing import small_workspace

MONTH = "2026-10"
HOST = "news.acme.example"
SECRET = "a secret of the tests, long enough to sign"
ONE_CLICK = b"List-Unsubscribe=One-Click"
FORM = "application/x-www-form-urlencoded"


def workspace(folder: Path, public: str = "  archive: [staff]\n", locales: str = "[en, it]", base: str = "") -> Path:
    """The sample company with public pages; its config."""
    path = small_workspace(folder)
    (folder / "public.secret").write_text(SECRET, encoding="utf-8")
    text = path.read_text(encoding="utf-8").replace("locales: [en, it]", f"locales: {locales}")
    path.write_text(
        f"{text}\npublic:\n  url: https://{HOST}{base}\n  secret: file:public.secret\n{public}", encoding="utf-8"
    )
    return path


def mailed(config: Config, people: Mapping[str, str]) -> dict[str, str]:
    """Freeze the edition for these addresses (with their variants) as accepted; the path of each one's link."""
    draft = pipeline.build(config, pipeline.resolve_month(config, MONTH, datetime.now(UTC)), now=datetime.now(UTC))
    archive.keep(config, draft)
    planned = [(Recipient(address=address), variant) for address, variant in people.items()]
    with open_ledger(config.ledger) as ledger:
        freeze(ledger, MONTH, pipeline.messages(config, draft), planned)
        _accept(ledger)
        assert config.public
        links = Links(config.public)
        return {
            one.address: f"{config.public.base}/u/{links.token(one.message_id)}"
            for one in ledger.deliveries(MONTH, ["accepted"])
        }


def _accept(ledger: Ledger) -> None:
    claimed = ledger.claim(MONTH, "test", 100, 1.0)
    ledger.begin("test", claimed)
    ledger.record("test", [Outcome(id=one.id, state="accepted", code=250) for one in claimed], 1.0)


@dataclass
class Answer:
    """What the server said."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()


@dataclass
class Pages:
    """A server under test."""

    config: Config
    address: str
    internal: str
    process: subprocess.Popen[str]
    log: Path

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
        """One request as the reverse proxy passes it on: under the public name, unless given."""
        at = urlsplit(self.address)
        named = {"Host": HOST} | {key.replace("_", "-"): value for key, value in headers.items()}
        with closing(http.client.HTTPConnection(str(at.hostname), at.port, timeout=20)) as link:
            link.request(method, path, body=body, headers=named)
            with link.getresponse() as answer:
                return Answer(answer.status, answer.headers, answer.read())

    def post(self, path: str, body: bytes = ONE_CLICK, content_type: str = FORM, **headers: str) -> Answer:
        """A form."""
        return self.ask(path, "POST", body, Content_Type=content_type, **headers)

    def suppressed(self) -> list[str]:
        """Who gets no mail."""
        with open_ledger(self.config.ledger, readonly=True) as ledger:
            return [one.address for one in ledger.suppressions()]


@contextmanager
def serving(path: Path, **environment: str) -> Iterator[Pages]:
    """`newsletter serve` until the block ends; then it ends with 0, as for systemd."""
    log = path.parent / "serve.log"
    command = [sys.executable, "-m", "newsletter", "serve", "--config", str(path)]
    command += ["--listen", "127.0.0.1:0", "--internal", "127.0.0.1:0"]
    with log.open("w") as errors:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, env=os.environ | environment
        )
    assert process.stdout
    try:
        address, internal = process.stdout.readline().strip(), process.stdout.readline().strip()
        assert internal, log.read_text(encoding="utf-8")
        yield Pages(configuration.load(path), address, internal, process, log)
    finally:
        process.terminate()
        code = process.wait(timeout=20)
        process.stdout.close()
    assert code == 0, log.read_text(encoding="utf-8")
