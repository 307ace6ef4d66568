"""`newsletter preview`: the edition in the browser, following every saved file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsletter.cli.options import Session, edition_options, log, open_session

if TYPE_CHECKING:
    from newsletter.studio import Letters


@click.command("preview")
@edition_options
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8025, show_default=True, help="On 127.0.0.1; 0 takes a free one."
)
@click.option("--no-browser", is_flag=True, help="Only print the address.")
def command(session: Session, port: int, no_browser: bool) -> None:
    """Read the edition in the browser; it follows every saved file.

    Shows each variant as mail and as text, made out to a sample reader, drafts left out:
    the very bytes that `send` would mail. Only this machine can open it. Ctrl-C ends it.
    """
    from newsletter import pipeline, studio
    from newsletter.render import template_folders
    from newsletter.studio.loopback import open_browser

    def ready(address: str) -> None:
        click.echo(address)
        log.info("Preview of %s; Ctrl-C ends it.", session.month.label)
        if not no_browser:
            open_browser(address)

    folder = pipeline.edition_folder(session.config, session.month)
    if not folder.is_dir():  # it may come while we look: `collect` makes it
        folder = session.config.editions
    path, label = session.config.path, session.month.label
    studio.serve(
        lambda: letters(path, label),
        folders=[folder, *template_folders(session.config.templates)],
        files=[path],
        port=port,
        ready=ready,
    )


def letters(path: Path, label: str) -> Letters:
    """Everything anew from the files, the config included."""
    from newsletter import approval, pipeline
    from newsletter.language import Catalogue, Formats
    from newsletter.render import fill_html, fill_text
    from newsletter.studio import Letter, Letters

    session = open_session(path, label)
    draft = pipeline.build(session.config, session.month, now=session.now)
    reader = pipeline.sample_reader(session.config)
    values = {"address": reader.address, "name": reader.name}
    made = {
        name: Letter(
            variant=name,
            locale=one.locale,
            subject=one.subject,
            preheader=one.preheader,
            sender=session.config.smtp.sender,
            html=fill_html(one, values),
            text=fill_text(one, values),
            digest=one.digest,
        )
        for name, one in draft.variants.items()
    }
    # The studio speaks English, whatever the letters speak.
    month = Formats(Catalogue.load("en"), session.config.timezone).month(session.month.start)
    title = f"{session.config.organisation}, {month}"
    state = approval.describe(
        pipeline.edition_folder(session.config, session.month),
        needed=session.config.approvals,
        digest=draft.digest,
        variants=draft.digests,
    )
    return Letters(month=label, title=title, approval=state, variants=made)
