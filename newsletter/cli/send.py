"""`newsletter send`: the real thing, the test mail and the dry run."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from newsletter.cli.delivery_report import end, show_report
from newsletter.cli.options import Session, edition_options, log
from newsletter.cli.plan import already_accepted, have_theirs, how, show_plan
from newsletter.cli.progress import sending_progress
from newsletter.cli.table import table
from newsletter.counting import counted
from newsletter.errors import ContentError, PartialDelivery, UsageError

if TYPE_CHECKING:
    from newsletter.deliver import CompiledMessage
    from newsletter.pipeline import Audience, Draft


@click.command("send")
@edition_options
@click.option("--snapshot", type=click.Path(path_type=Path), help="Use these numbers instead of the edition's own.")
@click.option(
    "--to",
    "test_addresses",
    multiple=True,
    metavar="ADDR",
    help="A test mail of every variant, to this address only; never recorded.",
)
@click.option("--dry-run", is_flag=True, help="Check everything and tell who would get what; no mail, no ledger.")
@click.option("--yes", is_flag=True, help="Do not ask: for timers.")
@click.option(
    "--in-doubt",
    type=click.Choice(["hold", "resend"]),
    default="hold",
    show_default=True,
    help="What to do with copies whose reply never came.",
)
@click.option("--retry-now", is_flag=True, help="Try those that the relay put off at once, not when they are due.")
@click.option("--json", "as_json", is_flag=True, help="The report, or the plan of a dry run, as one JSON object.")
@click.option(
    "--believe-refusals",
    is_flag=True,
    help="Record refused addresses even if the relay refuses many in a row, which otherwise stops the run.",
)
@click.option(
    "--accept-shrunk-list",
    is_flag=True,
    help="Send even if a list has lost half of its people or more since the last edition.",
)
@click.option("--skip-invalid", is_flag=True, help="Leave out bad rows of the lists instead of refusing them.")
def command(
    session: Session,
    snapshot: Path | None,
    test_addresses: tuple[str, ...],
    dry_run: bool,
    yes: bool,
    in_doubt: Literal["hold", "resend"],
    retry_now: bool,
    as_json: bool,
    believe_refusals: bool,
    accept_shrunk_list: bool,
    skip_invalid: bool,
) -> None:
    """Mail the edition; run it again to resume.

    Everything is read and checked before the first mail leaves. Each address gets one
    copy: a ledger remembers who was mailed, whatever is killed when. Test mail (--to) has
    the same bytes as the real one, but for the recipient's own fields.

    A dry run names everything that would stop a send now, without asking the relay, and ends
    with the code of the first of them; 0 if a send would start.
    """
    from newsletter import pipeline

    draft = pipeline.build(session.config, session.month, now=session.now, snapshot_path=snapshot)
    messages = pipeline.messages(session.config, draft)
    if test_addresses and dry_run:
        raise UsageError("--to sends a test mail, --dry-run sends nothing", "Use one of them.")
    if test_addresses:
        _send_test(session, messages, test_addresses)
        return
    _stop_like_ctrl_c()
    people = pipeline.audience(session.config, skip_invalid=skip_invalid)
    _warn(people.remarks)
    if thin := draft.without_percentage:
        _warn([f"{session.month.label}: too little was measured for a percentage of {', '.join(thin)}"])
    asks = not yes and not dry_run and sys.stdin.isatty()
    obstacles = pipeline.obstacles(
        session.config,
        draft,
        messages,
        people,
        now=session.now,
        accept_shrunk_list=accept_shrunk_list or asks,  # a person is asked about it
    )
    if dry_run:
        show_plan(session, draft, people, tuple(obstacles), as_json=as_json)
        return
    if obstacle := next(obstacles, None):
        raise obstacle
    if not yes:
        _confirm(session, draft, people, None if accept_shrunk_list else _shrinkage(session, people))
    with sending_progress(session.month.label) as progress:
        report, remarks = pipeline.deliver(
            session.config,
            draft,
            messages,
            people,
            in_doubt=in_doubt,
            retry_now=retry_now,
            believe_refusals=believe_refusals,
            progress=progress,
        )
    _warn(remarks)
    show_report(report, as_json=as_json)
    end(report)


def _stop_like_ctrl_c() -> None:
    """A service manager ends a unit with SIGTERM, a closed terminal sends SIGHUP.

    They end a command that prints recipients; while mails leave, the first one finishes the copies on the
    wire, and a second one stops at once.
    """
    for stop in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(stop, signal.default_int_handler)


def _warn(remarks: Iterable[str]) -> None:
    for remark in remarks:
        log.warning("%s", remark)


def _send_test(session: Session, messages: Mapping[str, CompiledMessage], addresses: tuple[str, ...]) -> None:
    from newsletter import pipeline

    results = pipeline.deliver_test(session.config, messages, addresses)
    rows = [(one.address, one.variant, f"{one.code or 'no answer:'} {one.reply}") for one in results]
    table(("address", "variant", "relay's answer"), rows)
    refused = [one for one in results if not one.accepted]
    if refused:
        of = f"of {len(results)} test mails"
        raise PartialDelivery(
            f"{counted(len(refused), f'{of} was', f'{of} were')} not accepted", "The relay's answers are above."
        )


def _shrinkage(session: Session, people: Audience) -> ContentError | None:
    from newsletter import pipeline

    try:
        pipeline.require_steady_lists(session.config, session.month, people)
    except ContentError as error:
        return error
    return None


def _confirm(session: Session, draft: Draft, people: Audience, shrinkage: ContentError | None) -> None:
    if not sys.stdin.isatty():
        raise UsageError("send asks before it mails, and there is no terminal to answer on", "For a timer: --yes")
    _plan_for_confirmation(session, draft, people)
    question = "Send it now?"
    if shrinkage:
        click.echo(f"Careful: {shrinkage.message}.", err=True)
        question = "Send it to those who are left?"
    if not click.confirm(question, default=False, err=True):
        click.echo("Nothing was sent.", err=True)
        click.get_current_context().exit(130)


def _plan_for_confirmation(session: Session, draft: Draft, people: Audience) -> None:
    counts = people.counts()
    click.echo(f"{session.month.label} goes to {counted(len(people.recipients), 'person', 'people')}:", err=True)
    if accepted := already_accepted(session):
        click.echo(have_theirs(accepted), err=True)
    rows = [(name, str(counts.get(name, 0)), one.subject) for name, one in draft.variants.items()]
    table(("variant", "people", "subject"), rows, err=True)
    click.echo(how(session, people), err=True)
