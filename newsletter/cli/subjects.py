"""`newsletter subjects`: what the mail could be called."""

from __future__ import annotations

import json

import click

from newsletter.cli.options import Session, edition_options
from newsletter.cli.table import table
from newsletter.language import without_isolates


@click.command("subjects")
@edition_options
@click.option("--json", "as_json", is_flag=True, help="A list of JSON objects, one for each subject of each variant.")
def command(session: Session, as_json: bool) -> None:
    """Show the subjects proposed for an edition, and which one is chosen.

    To choose another, write its number into edition.yaml beside the edition's notes: `subject: 2`.
    """
    from newsletter import pipeline

    draft = pipeline.build(session.config, session.month, now=session.now)
    proposed = [
        (variant, nth, without_isolates(text), text == edition.subject)
        for variant, edition in draft.editions.items()
        for nth, text in enumerate(edition.subjects, start=1)
    ]
    if as_json:
        keys = ("variant", "subject", "text", "chosen")
        click.echo(json.dumps([dict(zip(keys, one, strict=True)) for one in proposed], ensure_ascii=False))
        return
    rows = [(variant, f"{nth}", "*" if chosen else "", text) for variant, nth, text, chosen in proposed]
    table(("variant", "subject", "chosen", "text"), rows)
