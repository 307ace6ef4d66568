"""`newsletter collect`: Prometheus to snapshot."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsletter.cli.cost import cost_table
from newsletter.cli.options import Session, edition_options, log
from newsletter.cli.progress import collecting_progress
from newsletter.cli.table import table
from newsletter.counting import counted
from newsletter.errors import CoverageError, UsageError

if TYPE_CHECKING:
    from newsletter.collect.cost import Cost
    from newsletter.collect.step import Step


@click.command("collect")
@edition_options
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), help="Where to write; default: the edition's folder."
)
@click.option("--since", metavar="YYYY-MM", help="Fill all months from this one to --month that have no snapshot yet.")
@click.option("--overwrite", is_flag=True, help="With --since: collect months that have a snapshot again.")
@click.option("--again", is_flag=True, help="Replace a snapshot even if its edition was approved or mailed.")
@click.option("--explain-cost", is_flag=True, help="Also print what the queries cost, like ones together.")
def command(
    session: Session, output: Path | None, since: str | None, overwrite: bool, again: bool, explain_cost: bool
) -> None:
    """Ask Prometheus for a month's numbers and freeze them in a snapshot.

    Everything after this works offline from that file. Ends with 3, and without a
    percentage for the services concerned, when too little of the month was measured. A snapshot
    that has enough of them is kept, and so is one whose edition was approved or mailed, unless --again
    is given.

    With --since it prints a line for each month: kept, written, incomplete or not there.
    """
    if since is not None:
        if explain_cost:
            raise UsageError("--explain-cost tells of one month", "Leave out --since.")
        if again and not overwrite:
            raise UsageError("--since keeps every snapshot that is there", "To replace them: --overwrite --again.")
        if output is not None:
            raise UsageError("--since writes a file for each month, --output names one", "Leave out one of them.")
        _fill(session, since, overwrite=overwrite, again=again)
    elif overwrite:
        raise UsageError("--overwrite goes with --since", "A single month is always collected again.")
    elif again or output or not _is_kept(session):
        _collect(session, output, explain_cost=explain_cost)


def _is_kept(session: Session) -> bool:
    """Say that a snapshot stays that people rely on: a timer that runs the same line again goes on with it."""
    from newsletter import pipeline

    reason = pipeline.settled(session.config, session.month)
    if reason:
        path = pipeline.edition_folder(session.config, session.month) / pipeline.SNAPSHOT_NAME
        log.warning("%s: its numbers stay. To look at new ones: --output FILE; to replace them: --again", reason)
        click.echo(path)
    return bool(reason)


def _collect(session: Session, output: Path | None, *, explain_cost: bool) -> None:
    from newsletter import pipeline

    costs: list[Cost] = []
    tell = costs.append if explain_cost else None
    try:
        with collecting_progress(f"Collecting {session.month.label}") as progress:
            path, snapshot = pipeline.collect_edition(
                session.config, session.month, now=session.now, output=output, progress=progress, costs=tell
            )
    finally:
        if costs:
            table(*cost_table(costs))
    outages = sum(len(one.outages) for one in snapshot.services.values())
    parts = (
        counted(len(snapshot.services), "service"),
        counted(outages, "outage"),
        counted(len(snapshot.figures), "figure"),
    )
    log.info("%s: %s", session.month.label, ", ".join(parts))
    for remark in pipeline.remarks_on(session.config, snapshot):
        log.warning("%s", remark)
    for name in pipeline.figures_to_enter(session.config, session.month):
        log.warning(
            "figures.%s: entered by hand, and not there yet: write it in %s", name, path.parent / "figures.yaml"
        )
    click.echo(path)


def _quietly(step: Step) -> None:
    """Where each month has its line already."""
    if not step.done:
        log.debug("%s", step.what)


def _fill(session: Session, since: str, *, overwrite: bool, again: bool) -> None:
    """A line for each month as soon as it is done."""
    from newsletter import past_months

    wanted = past_months.months(session.config, since, session.month)
    missing = 0
    filled = past_months.fill(
        session.config, wanted, now=session.now, overwrite=overwrite, again=again, progress=_quietly
    )
    for month in filled:
        told = " ".join(part for part in (str(month.path or ""), month.remark) if part)
        click.echo(f"{month.label}  {month.outcome:<10}  {told}")
        for warning in month.warnings:
            log.info("%s: %s", month.label, warning)
        missing += bool(month.remark)
    if missing:
        raise CoverageError(
            f"{counted(missing, f'of {len(wanted)} months is', f'of {len(wanted)} months are')} incomplete or not there",
            "The lines above say why; what a server has forgotten cannot be collected any more.",
        )
