"""`newsletter facts`: what an edition can say."""

from __future__ import annotations

import click

from newsletter.cli.options import Session, edition_options
from newsletter.cli.table import table
from newsletter.cli.values import plain_value


@click.command("facts")
@edition_options
@click.option("--json", "as_json", is_flag=True, help="All of it, with evidence, as JSON.")
def command(session: Session, as_json: bool) -> None:
    """Show what an edition can say, and the numbers behind it."""
    from newsletter import pipeline

    draft = pipeline.build(session.config, session.month, now=session.now)
    if as_json:
        click.echo(pipeline.facts_json(draft), nl=False)
        return
    rows = [
        (one.id, one.type, plain_value(one.value, one.unit), plain_value(one.previous, one.unit), _verdict(one.met))
        for one in draft.facts
    ]
    table(("fact", "type", "value", "month before", "target"), rows)


def _verdict(met: bool | None) -> str:
    return {True: "met", False: "missed", None: ""}[met]
