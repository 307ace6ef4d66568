"""`newsletter explain FACT`: where one number comes from."""

from __future__ import annotations

from datetime import datetime
from difflib import get_close_matches

import click

from newsletter.cli.facts import where_told
from newsletter.cli.options import Session, edition_options
from newsletter.cli.values import plain_value
from newsletter.errors import UsageError
from newsletter.model import Evidence, Fact, Origin, Selection

_WORDS: dict[Origin, tuple[str, str, str]] = {
    "query": ("query", "asked at", "samples"),
    "export": ("file", "counted until", "rows in month"),
    "hand": ("entered by hand", "entered on", "entries"),
}


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
    if fact_id not in known and fact_id in draft.selection.passed_over:
        click.secho(fact_id, bold=True)
        _line("not claimed", draft.selection.passed_over[fact_id])
        return
    if fact_id not in known:
        near = get_close_matches(fact_id, known, n=1)
        raise UsageError(
            f"no fact {fact_id!r} in {session.month.label}",
            f"Did you mean {near[0]}?" if near else "List them with: newsletter facts",
        )
    _show_fact(known[fact_id], session)
    _show_choice(known[fact_id], draft.selection)
    for key in known[fact_id].evidence:
        if key in draft.snapshot.evidence:
            _show_evidence(draft.snapshot.evidence[key])


def _show_fact(fact: Fact, session: Session) -> None:
    click.secho(fact.id, bold=True)
    _line("value", plain_value(fact.value, fact.unit))
    _line("month before", plain_value(fact.previous, fact.unit))
    if fact.target is not None:
        verdict = {True: ", met", False: ", missed", None: ", not judged: too little was measured"}[fact.met]
        _line("target", plain_value(fact.target, fact.unit) + verdict)
    for key, value in fact.detail.items():
        _line(*_detail(key, value, session))
    from newsletter.facts import wilson_interval

    interval = wilson_interval(fact)
    if interval:
        _line("95% interval", f"{interval[0]:.1%} to {interval[1]:.1%} (Wilson)")
    month = session.month
    _line("window", f"{month.start.isoformat()} to {month.end.isoformat()} ({month.seconds / 3600:g} hours)")


def _show_choice(fact: Fact, selection: Selection) -> None:
    """The score with its parts, and why the fact is told or not."""
    if fact.score is not None:
        score = fact.score
        click.echo()
        click.secho(f"score {score.total:.3f}", bold=True)
        _line("impact", f"{score.impact:.3f}  people concerned, and whether their work stands still")
        _line("significance", f"{score.significance:.3f}  how well the claim is backed")
        _line("effect", f"{score.effect:.3f}  how far from what it is compared with")
        _line("novelty", f"{score.novelty:.3f}  1 = never told")
    place = where_told(fact, selection)
    _line("told", place or selection.passed_over.get(fact.id, "where its section prints it"))


def _detail(key: str, value: float | str | None, session: Session) -> tuple[str, str]:
    """A detail with its name in words; instants as local times, durations also in minutes."""
    if key in ("start", "end") and value is not None:
        return key, datetime.fromtimestamp(float(value), session.config.timezone).isoformat(timespec="seconds")
    name = key.removesuffix("_s").replace("_", " ")
    if value is None or not key.endswith("_s"):
        return name, "-" if value is None else str(value)
    seconds = float(value)
    minutes = f" ({seconds / 60:,.1f} min)" if abs(seconds) >= 60 else ""
    return name, f"{seconds:,.10g} s{minutes}"


def _show_evidence(evidence: Evidence) -> None:
    click.echo()
    click.secho(f"evidence {evidence.id}", bold=True)
    asked, at, samples = _WORDS[evidence.origin]
    _line(asked, evidence.query)
    _line(at, evidence.evaluated_at.isoformat())
    _line(samples, f"{evidence.samples:,}")
    _line("coverage", f"{evidence.coverage * 100:.3f}%")
    for warning in evidence.warnings:
        _line("warning", warning)


def _line(label: str, value: str) -> None:
    click.echo(f"  {label + ':':<17}{value}")
