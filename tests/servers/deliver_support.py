"""What the tests of sending share: a compiled variant, a ledger, a run."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from newsletter.config import SmtpConfig
from newsletter.deliver import (
    CompiledMessage,
    DeliveryReport,
    Pace,
    compile_message,
    freeze,
    open_ledger,
    send,
)
from newsletter.deliver.ledger import LedgerPlace
from newsletter.demo.workspace import copy_workspace
from newsletter.model import Fillable, Image, Recipient, Rendered
from tests.servers.smtp_scripted import Script, scripted

EDITION = "2026-10"
VARIANT = "staff.en"
QUICK = Pace(retries=(0.05, 0.1), later=60.0)


def relay(port: int, **more: Any) -> SmtpConfig:
    return SmtpConfig.model_validate(
        {"port": port, "security": "none", "from": "IT <it@acme.example>", "timeout_s": 2, "connections": 1, **more}
    )


def rendered(
    text: str = "Hello ", variant: str = VARIANT, subject: str = "October", attachments: tuple[Image, ...] = ()
) -> Rendered:
    return Rendered(
        variant=variant,
        locale=variant.rpartition(".")[2],
        subject=subject,
        html=Fillable(parts=(f"<p>{text}", "name", ", sent to ", "address", "</p>\n")),
        text=Fillable(parts=(text, "name", ", sent to ", "address", "\n")),
        mjml="",
        digest="0123456789abcdef" * 4,
        attachments=attachments,
    )


def messages(
    text: str = "Hello ", *, config: SmtpConfig | None = None, attachments: tuple[Image, ...] = ()
) -> dict[str, CompiledMessage]:
    smtp, letter = config or relay(25), rendered(text, attachments=attachments)
    return {VARIANT: compile_message(letter, smtp=smtp, organisation="Acme", edition=EDITION)}


def people(*names: str) -> list[tuple[Recipient, str]]:
    return [(Recipient(address=f"{name}@acme.example", name=name.title()), VARIANT) for name in names]


def run(
    place: LedgerPlace,
    port: int,
    planned: Sequence[tuple[Recipient, str]],
    *,
    content: Mapping[str, CompiledMessage] | None = None,
    smtp: Mapping[str, Any] | None = None,
    **more: Any,
) -> DeliveryReport:
    """Freeze and send, as a command does."""
    content = content or messages()
    with open_ledger(place) as ledger:
        freeze(ledger, EDITION, content, planned)
        return send(ledger, EDITION, content, relay(port, **(smtp or {})), **{"pace": QUICK, **more})


@contextmanager
def server(*faults: Any, **more: Any) -> Iterator[tuple[Script, int]]:
    script = Script(faults=list(faults), **more)
    with scripted(script) as port:
        yield script, port
    assert "SERVER ERROR" not in script.commands


def counted(report: DeliveryReport) -> dict[str, int]:
    """The states that anybody is in; asserts that they add up."""
    states = {state: n for state, n in report.counts.items() if state != "total"}
    assert sum(states.values()) == report.counts["total"]
    return {state: n for state, n in states.items() if n}


class Company:
    """The sample company with six readers, p0 to p5, and nothing to approve."""

    def __init__(self, folder: Path) -> None:
        self.config = copy_workspace(folder)
        self.readers(*(f"p{number}@acme.example" for number in range(6)))
        self.replace("approvals: 1", "approvals: 0")

    def readers(self, *addresses: str) -> None:
        """The first one is a manager."""
        for name, some in (("managers.csv", addresses[:1]), ("audience.csv", addresses[1:])):
            rows = "".join(f"{address},,en,\n" for address in some)
            (self.config.parent / name).write_text(f"email,name,locale,segments\n{rows}", encoding="utf-8")

    def replace(self, pattern: str, text: str) -> None:
        """Change the one place of the config that `pattern` matches."""
        changed, number = re.subn(f"(?m){pattern}", text, self.config.read_text(encoding="utf-8"))
        assert number == 1
        self.config.write_text(changed, encoding="utf-8")

    def arguments(self, name: str, *more: str) -> list[str]:
        return [sys.executable, "-m", "newsletter", name, *more, "--config", str(self.config)]

    def __call__(self, name: str, *more: str, port: int = 1) -> tuple[int, str, str]:
        """Run a command with the relay at `port`; its exit code, stdout and stderr."""
        self.replace(r"^(\s+port:) \d+", rf"\1 {port}")
        done = subprocess.run(self.arguments(name, *more), capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr
