"""`newsletter textfile FILE`: a help desk's export as counters for Prometheus."""

from __future__ import annotations

from pathlib import Path

import click

from newsletter.cli.options import config_options, log, open_session
from newsletter.counting import counted
from newsletter.errors import UsageError


@click.command("textfile")
@config_options
@click.argument("output", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--export",
    type=click.Path(path_type=Path, dir_okay=False, readable=False),
    help="The export to read; default: tickets.csv.path.",
)
def command(config_path: Path, output: Path, export: Path | None) -> None:
    """Count a help desk's export into a file that Prometheus can read.

    FILE belongs in the folder of the node exporter's textfile collector and ends in .prom. Run it
    from a timer after each export of all tickets: every run counts anew, and a counter never falls.
    """
    from newsletter import pipeline

    if output.suffix != ".prom":
        raise UsageError(f"{output}: the textfile collector reads files that end in .prom only", "Name it so.")
    session = open_session(config_path, None)
    written = pipeline.write_textfile(session.config, output, export=export, now=session.now)
    log.info("%s in %d series", counted(written.tickets, "ticket"), written.series)
    if written.held:
        log.warning(
            "%s fewer than last time in some queues (deleted or moved): these counters were held",
            counted(written.held, "ticket"),
        )
    click.echo(written.path)
