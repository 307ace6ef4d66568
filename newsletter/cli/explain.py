"""`newsletter explain FACT`: where one number comes from."""

from __future__ import annotations

from difflib import get_close_matches

import click

from newsletter.cli.options import Session, edition_options
from newsletter.cli.values import plain_value
from newsletter.errors import UsageError
from newsletter.model import Evidence, Fact


@click.command("explain")
@edition_options
@click.argument("fact_id", metavar="FACT")
def command(session: Session, fact_id: str) -> None:
    """Show where one number comes from: query, window, samples, coverage.

    FACT is an id that `newsletter facts` lists, for example mail.availability.
    """
    from newsletter import pipeline

    draft = pipeline.build(session.config, session.month, now=session.now)
    known = {one.id: one for one in draft.facts}
    if fact_id not in known:
        near = get_close_matches(fact_id, known, n=1)
        raise UsageError(
            f"no fact {fact_id!r} in {session.month.label}",
            f"Did you mean {near[0]}?" if near else "List them with: newsletter facts",
        )
    _show_fact(known[fact_id], session)
    for key in known[fact_id].evidence:
        if key in draft.snapshot.evidence:
            _show_evidence(draft.snapshot.evidence[key])


def _show_fact(fact: Fact, session: Session) -> None:
    click.secho(fact.id, bold=True)
    _line("value", plain_value(fact.value, fact.unit))
    _line("month before", plain_value(fact.previous, fact.unit))
    if fact.target is not None:
        verdict = {True: ", met", False: ", missed", None: ""}[fact.met]
        _line("target", plain_value(fact.target, fact.unit) + verdict)
    for key, value in fact.detail.items():
        _line(key.replace("_", " "), "-" if value is None else str(value))
    month = session.month
    _line("window", f"{month.start.isoformat()} to {month.end.isoformat()} ({month.seconds / 3600:g} hours)")


def _show_evidence(evidence: Evidence) -> None:
    click.echo()
    click.secho(f"evidence {evidence.id}", bold=True)
    _line("query", evidence.query)
    _line("asked at", evidence.evaluated_at.isoformat())
    _line("samples", f"{evidence.samples:,}")
    _line("coverage", f"{evidence.coverage * 100:.3f}%")
    for warning in evidence.warnings:
        _line("warning", warning)


def _line(label: str, value: str) -> None:
    click.echo(f"  {label + ':':<16}{value}")
