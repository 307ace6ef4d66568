"""`newsletter note new`: a note with the keys that its kind needs, in every language of the edition."""

from __future__ import annotations

import typing

import click

from newsletter.cli.options import Session, edition_options
from newsletter.model import NoteKind


@click.group("note")
def command() -> None:
    """Begin a note for an edition, in every language."""


@command.command("new")
@edition_options
@click.argument("kind", metavar="KIND", type=click.Choice(typing.get_args(NoteKind)))
@click.argument("title")
@click.option("--service", metavar="ID", help="The service it is about; an incident needs one.")
@click.option("--locale", "locales", multiple=True, metavar="LOCALE", help="Only this language; may be repeated.")
def new(session: Session, kind: NoteKind, title: str, service: str | None, locales: tuple[str, ...]) -> None:
    """Write an empty note of this KIND, with TITLE, for each language.

    KIND is win, incident, coming, tip, visit, heard, people, service or correction. The note begins as a draft, which the preview shows and a send leaves out: write the text, then take
    the line `status: draft` away. An existing file is never touched.
    """
    from newsletter import notes, pipeline

    folder = pipeline.edition_folder(session.config, session.month) / "notes"
    begun = notes.begin(
        folder, kind, title, config=session.config, month=session.month, service=service, locales=locales
    )
    for path in begun:
        click.echo(path)
