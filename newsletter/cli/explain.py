"""`newsletter explain FACT`: where one number comes from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from newsletter.cli.options import Session, edition_options
from newsletter.language.bidi import without_isolates
from newsletter.language.values import plain_value
from newsletter.model import Evidence, Fact, Origin, Outage

if TYPE_CHECKING:
    from newsletter.pipeline import Explanation

_WORDS: dict[Origin, tuple[str, str, str]] = {
    "query": ("query", "asked at", "samples"),
    "export": ("file", "counted until", "rows in month"),
    "hand": ("entered by hand", "entered on", "entries"),
    "answers": ("counted", "until", "answers"),
}


@click.command("explain")
@edition_options
@click.argument("fact_id", metavar="FACT")
@click.option("--json", "as_json", is_flag=True, help="All of it as JSON, with the days of a service and its outages.")
def command(session: Session, fact_id: str, as_json: bool) -> None:
    """Show where one number comes from: query, window, samples, coverage.

    FACT is an id that `newsletter facts` lists, for example mail.availability. Also shown: whether
    it is told, why, and how each variant prints it.
    """
    from newsletter import pipeline

    draft = pipeline.build(session.config, session.month, now=session.now)
    explained = pipeline.explain(draft, fact_id, session.config)
    if as_json:
        click.echo(json.dumps(explained.as_dict(), indent=2, ensure_ascii=False))
        return
    click.secho(explained.id, bold=True)
    if explained.fact is None:
        _line("not claimed", explained.reason)
        return
    _show_fact(explained.fact, explained)
    _show_choice(explained.fact, explained)
    for evidence in explained.evidence:
        _show_evidence(evidence)
    _show_earlier(explained)


def _show_fact(fact: Fact, explained: Explanation) -> None:
    _line("value", plain_value(fact.value, fact.unit))
    _line("month before", plain_value(fact.previous, fact.unit))
    if fact.target is not None:
        verdict = {True: ", met", False: ", missed", None: ", not judged: too little was measured"}[fact.met]
        _line("target", plain_value(fact.target, fact.unit) + verdict)
    for name, value in explained.details():
        _line(name, value)
    if explained.interval:
        _line("95% interval", "{:.1%} to {:.1%} (Wilson)".format(*explained.interval))
    if fact.type != "interruption":
        for outage in explained.outages:
            _line("outage", _span(outage, explained))
    month = explained.window
    _line("window", f"{month.start.isoformat()} to {month.end.isoformat()} ({month.seconds / 3600:g} hours)")


def _span(outage: Outage, explained: Explanation) -> str:
    start, end = (f"{explained.local(at):%Y-%m-%d %H:%M:%S}" for at in (outage.start, outage.end))
    edges = {"from the month before": outage.continues_before, "into the month after": outage.continues_after}
    going = "".join(f", {text}" for text, there in edges.items() if there)
    return f"{start} to {end}, {plain_value(outage.down_s, 'seconds')}{going}"


def _show_choice(fact: Fact, explained: Explanation) -> None:
    """The score with its parts, why the fact is told or not, and how it is printed."""
    if fact.score is not None:
        score = fact.score
        click.echo()
        click.secho(f"score {score.total:.3f}", bold=True)
        _line("impact", f"{score.impact:.3f}  people concerned, and whether their work stands still")
        _line("significance", f"{score.significance:.3f}  how well the claim is backed")
        _line("effect", f"{score.effect:.3f}  how far from what it is compared with")
        _line("novelty", f"{score.novelty:.3f}  1 = never told")
    _line("told", explained.told.replace("_", " ") or explained.reason or "where its section prints it")
    places: dict[str, list[str]] = {}
    for one in explained.printed:
        places.setdefault(one.text, []).append(f"{one.variant} ({one.section.replace('_', ' ')})")
    for text, where in places.items():
        _line("printed", f"{without_isolates(text)} in {', '.join(where)}")


def _show_earlier(explained: Explanation) -> None:
    """What this number was in the months before, each with the command that tells where it came from."""
    if not explained.earlier or explained.fact is None:
        return
    click.echo()
    click.secho("earlier months", bold=True)
    for one in explained.earlier:
        _line(
            one.month,
            f"{plain_value(one.value, explained.fact.unit)}, from {', '.join(each.id for each in one.evidence)}",
        )
    _line("more", f"newsletter explain {explained.id} --month {explained.earlier[0].month}")


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
    click.echo(f"  {label + ':':<18}{value}")
