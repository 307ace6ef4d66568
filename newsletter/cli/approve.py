"""`newsletter approve`: a name bound to the hash of what was read."""

from __future__ import annotations

import click

from newsletter.cli.options import Session, edition_options, log, printable_line


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
    a template or a number, voids it, and `send` asks for a new one.
    """
    from newsletter import approval, pipeline

    config, month = session.config, session.month
    draft = pipeline.build(config, month, now=session.now)
    if config.four_eyes:
        pipeline.require_other_eyes(config, month, by=by, now=session.now)
    approvals = approval.approve(
        pipeline.edition_folder(config, month), digest=draft.digest, variants=draft.digests, by=by, at=session.now
    )
    approval.keep(pipeline.edition_folder(config, month), pipeline.approved_words(config, draft))
    given, needed = len(approvals.given), config.approvals
    log.info("%s approved by %s: %d of %d, digest %s", month.label, by, given, max(needed, 1), draft.digest[:12])
    click.echo(pipeline.edition_folder(config, month) / approval.FILE_NAME)
