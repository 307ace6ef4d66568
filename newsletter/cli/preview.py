"""`newsletter preview`: the edition in the browser, following every saved file."""

from __future__ import annotations

import click

from newsletter.cli.options import Session, edition_options, log


@click.command("preview")
@edition_options
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8025, show_default=True, help="On 127.0.0.1; 0 takes a free one."
)
@click.option("--no-browser", is_flag=True, help="Only print the address.")
def command(session: Session, port: int, no_browser: bool) -> None:
    """Read the edition in the browser; it follows every saved file.

    Shows each variant as mail and as text, made out to a reader of your choice, with what `check`
    finds beside the words at fault, and where each number comes from. Only this machine can open
    it; nothing on the page approves or sends the edition. Ctrl-C ends it.
    """
    from newsletter import studio
    from newsletter.studio.loopback import open_browser

    def ready(address: str) -> None:
        click.echo(address)
        log.info("Preview of %s; Ctrl-C ends it.", session.month.label)
        if not no_browser:
            open_browser(address)

    studio.serve(session.config.path, session.month.label, port=port, ready=ready)
