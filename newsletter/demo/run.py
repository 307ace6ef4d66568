"""`newsletter demo`: the sample company's October, from raw samples to mails that can be read.

Every step is the real one: the collector asks a Prometheus, the edition is approved, a relay
takes the mails, the ledger records them. Only the servers belong to the demo, and both listen
on this machine alone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from newsletter import approval, pipeline
from newsletter.collect import snapshot
from newsletter.config import Config, load
from newsletter.counting import counted
from newsletter.demo import plan
from newsletter.demo.inbox import Inbox, receiving
from newsletter.demo.inbox_page import served
from newsletter.demo.measure import measure
from newsletter.demo.ports import HOST
from newsletter.demo.private_prometheus import prometheus_available
from newsletter.demo.workspace import copy_workspace, temporary_workspace
from newsletter.errors import PartialDelivery
from newsletter.model import Period
from newsletter.studio.loopback import open_browser

Say = Callable[[str], None]

_READ_AFTER = timedelta(hours=8)  # the sample's editors read and approve at eight on the first


def run(*, once: bool, directory: Path | None, browser: bool, say: Say) -> Path:
    """Run the whole line in a copy of the sample workspace.

    Args:
        once: end when the mails are sent, instead of showing the inbox until Ctrl-C.
        directory: an empty or new folder to work in; a temporary one by default, which stays.
        browser: open the inbox in the browser.
        say: told line by line what happens.

    Returns:
        The folder: the workspace, `out/` with every variant, `inbox/` with every mail, the ledger.

    Raises:
        UsageError: `directory` is not empty.
        NewsletterError: whatever a step of the line raises.
    """
    path = copy_workspace(directory) if directory else temporary_workspace()
    config, folder = load(path), path.parent
    month = plan.months()[-1]
    say(f"{config.organisation} is a sample company. This is its {month.start:%B %Y}, in {folder}")
    _collect(config, month, say)
    draft = _build(config, month, folder, say)
    with receiving(folder / "inbox") as inbox:
        config = _to_inbox(config, inbox)
        _approve(config, draft, month.end + _READ_AFTER, say)
        _send(config, draft, say)
    for line in _mails(inbox):
        say(f"  {line}")
    say("")
    _tell_files(folder, say)
    if not once:
        _show(inbox, browser=browser, say=say)
    return folder


def _collect(config: Config, month: Period, say: Say) -> None:
    """Measure the month if a Prometheus is installed, and compare with what was recorded."""
    path = pipeline.edition_folder(config, month) / pipeline.SNAPSHOT_NAME
    if not prometheus_available():
        _step(say, "collect", f"Prometheus is not installed here, so the recorded numbers are used: {path}")
        return
    recorded, began = path.read_bytes(), time.monotonic()
    _step(say, "collect", "a month of samples goes into a Prometheus of its own ...")
    snapshot.write(measure(config, month), path)
    same = "the same as" if path.read_bytes() == recorded else "NOT the same as"
    _step(say, "", f"measured in {time.monotonic() - began:.0f} s; the numbers are {same} those recorded earlier")


def _build(config: Config, month: Period, folder: Path, say: Say) -> pipeline.Draft:
    draft = pipeline.build(config, month, now=month.end + _READ_AFTER)
    written = pipeline.write_build(config, draft, folder / "out")
    _step(say, "build", f"{len(draft.facts)} facts, {len(draft.variants)} variants, {len(written)} files")
    return draft


def _to_inbox(config: Config, inbox: Inbox) -> Config:
    """The config with the demo's own relay."""
    relay = {"host": HOST, "port": inbox.port, "security": "none", "user": None, "password": None}
    return config.model_copy(update={"smtp": config.smtp.model_copy(update=relay)})


def _approve(config: Config, draft: pipeline.Draft, at: datetime, say: Say) -> None:
    folder = pipeline.edition_folder(config, draft.month)
    approval.approve(folder, digest=draft.digest, variants=draft.digests, by="The demo", at=at)
    pipeline.require_approval(config, draft)
    _step(say, "approve", f"bound to the hash {draft.digest[:12]}")


def _send(config: Config, draft: pipeline.Draft, say: Say) -> None:
    people = pipeline.audience(config)
    report, _ = pipeline.deliver(config, draft, pipeline.messages(config, draft), people)
    if report.fault:
        raise report.fault
    accepted, total = report.counts["accepted"], report.counts["total"]
    if accepted < total:
        raise PartialDelivery(
            f"{counted(total - accepted, f'of {total} mails was', f'of {total} mails were')} not accepted",
            f"See {config.ledger}.",
        )
    _step(say, "send", f"{accepted} of {total} accepted by the relay")
    say("")
    for line in _table(draft, people.counts()):
        say(f"  {line}")
    say("")


def _table(draft: pipeline.Draft, counts: Mapping[str, int]) -> list[str]:
    """Variant, recipients and subject of everything that was sent."""
    width = max(len(name) for name in (*draft.variants, "variant"))
    rows = [f"{name:{width}}  {counts.get(name, 0):>6}  {one.subject}" for name, one in draft.variants.items()]
    return [f"{'variant':{width}}  people  subject", *rows]


def _mails(inbox: Inbox) -> list[str]:
    """One line for each mail that came in: its file, its reader, its language."""
    return [f"{one.path.name}  {one.header('Content-Language')}  {one.rcpt_to}" for one in inbox.mails]


def _step(say: Say, name: str, what: str) -> None:
    say(f"  {name:8}  {what}")


def _tell_files(folder: Path, say: Say) -> None:
    say(f"Every variant:  {folder / 'out'}")
    say(f"Every mail:     {folder / 'inbox'}")
    say(f"The workspace:  {folder / 'config.yaml'}")


def _show(inbox: Inbox, *, browser: bool, say: Say) -> None:
    """Serve the inbox until Ctrl-C."""
    with served(inbox) as url:
        say(f"The inbox:      {url}  (Ctrl-C ends it)")
        if browser:
            open_browser(url)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            say("")
