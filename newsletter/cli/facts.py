"""`newsletter facts`: what an edition can say, and what it says."""

from __future__ import annotations

import click

from newsletter.cli.options import Session, edition_options
from newsletter.cli.table import table
from newsletter.language.values import plain_value
from newsletter.model import Fact, Selection


@click.command("facts")
@edition_options
@click.option("--all", "with_refused", is_flag=True, help="Also the claims that could not be made, and why.")
@click.option("--json", "as_json", is_flag=True, help="All of it, with scores and evidence, as JSON.")
def command(session: Session, with_refused: bool, as_json: bool) -> None:
    """Show what an edition can say, the numbers behind it, and which of it is told.

    Missed targets and interruptions are always told. The others compete: `score` says how much a
    fact is worth telling, `told` where it stands in the mail. `newsletter explain FACT` says why.
    """
    from newsletter import pipeline

    material = pipeline.numbers(session.config, session.month)
    if as_json:
        click.echo(pipeline.facts_json(material), nl=False)
        return
    rows = [_row(one, material.selection) for one in material.facts]
    table(("fact", "type", "value", "month before", "target", "score", "told"), rows)
    if with_refused:
        known = {one.id for one in material.facts}
        refused = [(name, why) for name, why in material.selection.passed_over.items() if name not in known]
        click.echo()
        table(("not claimed", "why"), refused)


def _row(fact: Fact, selection: Selection) -> tuple[str, ...]:
    from newsletter import pipeline

    return (
        fact.id,
        fact.type,
        plain_value(fact.value, fact.unit),
        plain_value(fact.previous, fact.unit),
        _verdict(fact),
        f"{fact.score.total:.2f}" if fact.score else "",
        pipeline.where_told(fact, selection).replace("_", " "),
    )


def _verdict(fact: Fact) -> str:
    """Whether the target was met, and of an availability the minutes used of its error budget."""
    if fact.target is None:
        return ""
    verdict = {True: "met", False: "missed", None: "not judged"}[fact.met]
    used, allowed = fact.detail.get("down_s"), fact.detail.get("allowed_s")
    if used is None or allowed is None:
        return verdict
    return f"{verdict}, {float(used) / 60:,.1f} of {float(allowed) / 60:,.1f} min"
