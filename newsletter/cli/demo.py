"""`newsletter demo`: the whole line on a sample company."""

from __future__ import annotations

from pathlib import Path

import click

from newsletter.cli.options import log_options


@click.command("demo")
@log_options
@click.option("--once", is_flag=True, help="Do it, print what was sent and where the files are, and end.")
@click.option(
    "--directory",
    type=click.Path(path_type=Path, file_okay=False),
    help="Work here instead of in a new temporary folder.",
)
@click.option("--no-browser", is_flag=True, help="Do not open a browser; the address is printed.")
def command(once: bool, directory: Path | None, no_browser: bool) -> None:
    """Run the whole line on a sample company, into an inbox of its own.

    Collects from a private Prometheus where one is installed, otherwise starts from the
    recorded numbers; builds the edition and sends it to an inbox on this machine, which
    then opens in the browser. Nothing leaves this machine.
    """
    from newsletter.demo import run

    run.run(once=once, directory=directory, browser=not no_browser, say=click.echo)
