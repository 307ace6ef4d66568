"""`newsletter build`: every variant as files, offline."""

from __future__ import annotations

from pathlib import Path

import click

from newsletter.cli.options import Session, edition_options, log
from newsletter.counting import counted


@click.command("build")
@edition_options
@click.option(
    "--output", type=click.Path(path_type=Path, file_okay=False), required=True, help="The folder to write to."
)
@click.option("--snapshot", type=click.Path(path_type=Path), help="Use these numbers instead of the edition's own.")
def command(session: Session, output: Path, snapshot: Path | None) -> None:
    """Write every variant of an edition to files, offline.

    For each variant .html, .txt, .eml and .mjml, and facts.json for all. The same
    snapshot, notes and templates give the same bytes every time. The .eml is the
    mail; where it carries images, the .html names them in the folder images.
    """
    from newsletter import pipeline

    draft = pipeline.build(session.config, session.month, now=session.now, snapshot_path=snapshot)
    for path in pipeline.write_build(session.config, draft, output):
        click.echo(path)
    log.info("%s: %s, digest %s", session.month.label, counted(len(draft.variants), "variant"), draft.digest[:12])
