"""`newsletter language check`: what a catalogue of wordings lacks."""

from __future__ import annotations

import click

from newsletter.counting import counted


@click.group("language")
def command() -> None:
    """Examine the wordings of a language, one TOML file each."""


@command.command("check")
@click.argument("wanted", nargs=-1, metavar="[LOCALE|FILE]...")
def check(wanted: tuple[str, ...]) -> None:
    """Compare a language with English: keys, plural forms, placeholders, numbers, words of change.

    LOCALE is one that is there; FILE is a new one, named after its locale: pt.toml. Without either,
    all of them. Every fault is told with its file and key; with any, the command ends with 65.
    """
    from newsletter.errors import ContentError
    from newsletter.language import supported_locales
    from newsletter.language.parity import Fault
    from newsletter.language.parity import check as faults_of

    faults: list[Fault] = []
    for one in wanted or supported_locales():
        found = faults_of(one)
        faults += found
        click.echo("\n".join(map(str, found)) or f"{one}: complete")
    if faults:
        raise ContentError(f"the wordings have {counted(len(faults), 'fault')}", "Mend the keys named above.")
