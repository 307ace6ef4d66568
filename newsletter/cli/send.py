"""`newsletter send`: the real thing, the test mail and the dry run."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from newsletter.cli.options import Session, edition_options, log
from newsletter.cli.progress import sending_progress
from newsletter.cli.table import table
from newsletter.errors import DeliveryError, PartialDelivery, UsageError

if TYPE_CHECKING:
    from newsletter.deliver import DeliveryReport
    from newsletter.deliver.message import CompiledMessage
    from newsletter.pipeline import Audience, Draft


@click.command("send")
@edition_options
@click.option("--snapshot", type=click.Path(path_type=Path), help="Use these numbers instead of the edition's own.")
@click.option("--to", "test_addresses", multiple=True, metavar="ADDR", help="A test mail of every variant, to this address only; never recorded.")
@click.option("--dry-run", is_flag=True, help="Check everything and tell who would get what; no mail, no ledger.")
@click.option("--yes", is_flag=True, help="Do not ask: for timers.")
@click.option("--in-doubt", type=click.Choice(["hold", "resend"]), default="hold", show_default=True, help="What to do with copies whose reply never came.")
@click.option("--skip-invalid", is_flag=True, help="Leave out bad rows of the lists instead of refusing them.")
def command(
    session: Session,
    snapshot: Path | None,
    test_addresses: tuple[str, ...],
    dry_run: bool,
    yes: bool,
    in_doubt: Literal["hold", "resend"],
    skip_invalid: bool,
) -> None:
    """Mail the edition; run it again to resume.

    Everything is read and checked before the first mail leaves. Each address gets one
    copy: a ledger remembers who was mailed, whatever is killed when. Test mail (--to) has
    the same bytes as the real one, but for the recipient's own fields.
    """
    from newsletter import pipeline

    draft = pipeline.build(session.config, session.month, now=session.now, snapshot_path=snapshot)
    messages = pipeline.messages(session.config, draft)
    if test_addresses:
        _send_test(session, messages, test_addresses)
        return
    people = pipeline.audience(session.config, skip_invalid=skip_invalid)
    for remark in people.remarks:
        log.warning("%s", remark)
    if dry_run:
        _plan(session, draft, people)
        return
    pipeline.require_approval(session.config, draft)
    if not yes:
        _confirm(session, draft, people)
    with sending_progress(session.month.label) as progress:
        report = pipeline.deliver(
            session.config, draft, messages, people, now=session.now, in_doubt=in_doubt, progress=progress
        )
    _report(session, report)


def _send_test(session: Session, messages: Mapping[str, CompiledMessage], addresses: tuple[str, ...]) -> None:
    from newsletter import pipeline

    results = pipeline.deliver_test(session.config, session.month, messages, addresses, now=session.now)
    table(("address", "variant", "relay's answer"), [(one.address, one.variant, f"{one.code} {one.reply}") for one in results])
    refused = [one for one in results if not one.accepted]
    if refused:
        raise PartialDelivery(f"{len(refused)} of {len(results)} test mails were not accepted", "The relay's answers are above.")


def _plan(session: Session, draft: Draft, people: Audience) -> None:
    counts = people.counts()
    rows = [
        (name, str(counts.get(name, 0)), f"{len(one.html.parts[0]) // 1024} KB", one.subject)
        for name, one in draft.variants.items()
    ]
    table(("variant", "people", "html", "subject"), rows)
    smtp = session.config.smtp
    log.info("%d people by %s:%d. Dry run: nothing was sent, nothing was recorded.", len(people.planned), smtp.host, smtp.port)


def _confirm(session: Session, draft: Draft, people: Audience) -> None:
    if not sys.stdin.isatty():
        raise UsageError("send asks before it mails, and there is no terminal to answer on", "For a timer: --yes")
    _plan_for_confirmation(session, draft, people)
    if not click.confirm("Send it now?", default=False, err=True):
        raise UsageError("nothing was sent")


def _plan_for_confirmation(session: Session, draft: Draft, people: Audience) -> None:
    counts = people.counts()
    click.echo(f"{session.month.label} goes to {len(people.planned)} people:", err=True)
    rows = [(name, str(counts.get(name, 0)), one.subject) for name, one in draft.variants.items()]
    table(("variant", "people", "subject"), rows, err=True)


def _report(session: Session, report: DeliveryReport) -> None:
    month = session.month.label
    counts = report.counts
    total = counts["total"]
    click.echo(f"{month}: {counts['accepted']} of {total} accepted by the relay")
    for state in ("refused", "in_doubt", "deferred", "pending", "claimed", "sending", "suppressed", "cancelled"):
        if counts[state]:
            click.echo(f"  {state.replace('_', ' ')}: {counts[state]}")
    for address, reply in report.refused[:20]:
        click.echo(f"  refused {address}: {reply}")
    if report.interrupted:
        raise KeyboardInterrupt
    if report.fault:
        raise DeliveryError(report.fault, f"Mend it, then run the same command again; {total - counts['accepted']} are left.")
    waiting = counts["pending"] + counts["deferred"] + counts["claimed"] + counts["sending"]
    if waiting:
        raise DeliveryError(f"{waiting} of {total} are still to be sent", "Run the same command again later; nobody gets it twice.")
    if counts["refused"] or counts["in_doubt"]:
        raise PartialDelivery(_what_is_left(counts), f"Details: newsletter status --month {month} --json")


def _what_is_left(counts: Mapping[str, int]) -> str:
    parts = []
    if counts["refused"]:
        parts.append(f"{counts['refused']} refused by the relay")
    if counts["in_doubt"]:
        parts.append(f"{counts['in_doubt']} in doubt (no reply came; held, so that nobody gets it twice)")
    return ", ".join(parts)
