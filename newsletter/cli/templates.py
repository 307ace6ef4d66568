"""`newsletter templates`: the files that lay the letters out, and what an organisation changed in them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsletter.cli.options import config_option, log
from newsletter.cli.table import table

if TYPE_CHECKING:
    from newsletter.config import Config
    from newsletter.render.packaged import Template


@click.group("templates")
def command() -> None:
    """List, copy or compare the templates that lay the letters out.

    Colours, faces and width need none: they are under `theme` in config.yaml.
    """


@command.command("list")
@config_option
def list_(config: Config) -> None:
    """List the packaged templates, their blocks, and what your own folder does to them.

    A packaged template that changed since yours was copied is marked: see `diff`.
    """
    from newsletter.render import packaged

    found = list(packaged.listing(config.templates))
    table(["template", "used", "blocks"], [[one.name, _used(one), ", ".join(one.blocks)] for one in found])


def _used(template: Template) -> str:
    since = ", packaged one changed since" if template.outdated else ""
    match template.use:
        case "packaged":
            return "packaged"
        case "replaced":
            return f"your file{since}"
        case _:
            return f"your {', '.join(template.own) or 'file'}{since}"


@command.command("export")
@config_option
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--block", "blocks", multiple=True, metavar="BLOCK", help="Only this block of it; may be repeated.")
@click.option(
    "--to",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder to write to. Default: `templates` of the config.",
)
@click.option("--force", is_flag=True, help="Replace files that are there.")
def export(config: Config, names: tuple[str, ...], blocks: tuple[str, ...], to: Path | None, force: bool) -> None:
    """Copy packaged templates to change them; with --block a file that changes that block alone.

    NAME is that of a file, or a part: `hero`, `services`, `services.txt.j2`. Without any, all are
    copied. Copy as little as you can: what you do not copy gets better with the next version.
    """
    from newsletter.render import packaged

    folder = to or config.templates or config.path.parent / "templates"
    for path in packaged.export(names, folder, blocks=blocks, force=force):
        click.echo(path)
    if config.templates is None or folder.resolve() != config.templates.resolve():
        log.info("They are used once `templates: %s` stands in %s.", folder, config.path)


@command.command("diff")
@config_option
@click.argument("names", nargs=-1, metavar="[NAME]...")
def diff(config: Config, names: tuple[str, ...]) -> None:
    """Show what your templates changed, and which packaged ones changed since you copied them."""
    from newsletter.render import packaged

    compared = list(packaged.compare(config.templates, names))
    for one in compared:
        click.echo(one.diff, nl=False)
    for one in compared:
        for block in one.outdated:
            what = f"block {block} of {one.name}" if block else one.name
            log.warning("%s has changed since it was copied into %s: take over what you need", what, one.path)
    if not compared:
        log.info("None of these templates is yours.")
