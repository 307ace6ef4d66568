"""`newsletter collect`: Prometheus to snapshot."""

from __future__ import annotations

from pathlib import Path

import click

from newsletter.cli.options import Session, edition_options, log
from newsletter.cli.values import counted


@click.command("collect")
@edition_options
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), help="Where to write; default: the edition's folder."
)
def command(session: Session, output: Path | None) -> None:
    """Ask Prometheus for a month's numbers and freeze them in a snapshot.

    Everything after this works offline from that file. Ends with 3, and without a
    percentage for the services concerned, when too little of the month was measured.
    """
    from newsletter import pipeline

    path, snapshot = pipeline.collect_edition(
        session.config, session.month, now=session.now, output=output, progress=log.info
    )
    outages = sum(len(one.outages) for one in snapshot.services.values())
    parts = (
        counted(len(snapshot.services), "service"),
        counted(outages, "outage"),
        counted(len(snapshot.figures), "figure"),
    )
    log.info("%s: %s", session.month.label, ", ".join(parts))
    for evidence in snapshot.evidence.values():
        for warning in evidence.warnings:
            log.warning("%s: %s", evidence.id, warning)
    for name in pipeline.figures_to_enter(session.config, session.month):
        log.warning(
            "figures.%s: entered by hand, and not there yet: write it in %s", name, path.parent / "figures.yaml"
        )
    click.echo(path)
