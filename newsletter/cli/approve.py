"""`newsletter approve`: a name bound to the hash of what was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from newsletter.cli.options import Session, edition_options, log, printable_line
from newsletter.cli.values import nearby, printable
from newsletter.counting import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from newsletter.model import Finding

_SHOWN = 5
"""Errors of the content that are told one by one."""


@click.command("approve")
@edition_options
@click.option(
    "--by",
    "by",
    metavar="NAME",
    required=True,
    callback=printable_line,
    help="Your name, as the record should show it.",
)
def command(session: Session, by: str) -> None:
    """Put your name to exactly this edition.

    The approval is bound to a hash of every variant and fact: any later change, of a note,
    a template or a number, voids it, and `send` asks for a new one. Errors that `newsletter check`
    finds are told and stop nothing: whether they matter is what you put your name to.
    """
    from newsletter import approval, check, pipeline

    config, month = session.config, session.month
    draft = pipeline.build(config, month, now=session.now)
    if config.four_eyes:
        pipeline.require_other_eyes(config, month, by=by, now=session.now)
    examined = check.examine(config, month, now=session.now, draft=draft)
    _tell_errors([one for one in examined.findings if one.status == "fault"])
    approvals = approval.approve(
        pipeline.edition_folder(config, month), digest=draft.digest, variants=draft.digests, by=by, at=session.now
    )
    approval.keep(pipeline.edition_folder(config, month), pipeline.approved_words(config, draft))
    given, needed = len(approvals.given), config.approvals
    log.info("%s approved by %s: %d of %d, digest %s", month.label, by, given, max(needed, 1), draft.digest[:12])
    click.echo(pipeline.edition_folder(config, month) / approval.FILE_NAME)


def _tell_errors(errors: Sequence[Finding]) -> None:
    """What an approver should have read: `check` is a command of its own, and easily left out."""
    for one in errors[:_SHOWN]:
        where = f"{nearby(str(one.place))}: " if one.place else ""
        log.warning("%s%s [%s]", where, printable(one.what), one.check)
    if errors:
        log.warning(
            "%s: read them with `newsletter check`, mend them, and approve again", counted(len(errors), "error")
        )
