"""`newsletter serve`: the pages that readers open."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from newsletter.cli.options import config_option, log
from newsletter.config import Config

if TYPE_CHECKING:
    from newsletter.public import Listening


def _listening(_context: click.Context, _parameter: click.Parameter, value: str) -> Listening:
    from newsletter.public import Listening

    found = re.fullmatch(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<host>[\w.-]+)):(?P<port>\d{1,5})", value, re.ASCII)
    if not found or int(found["port"]) > 65535:
        raise click.BadParameter(f"{value!r} is not an address and a port, such as 127.0.0.1:8026")
    return Listening(found["six"] or found["host"], int(found["port"]))


@click.command("serve")
@config_option
@click.option(
    "--listen",
    "pages",
    metavar="HOST:PORT",
    default="127.0.0.1:8026",
    show_default=True,
    callback=_listening,
    help="Where your reverse proxy finds the pages; port 0 takes a free one.",
)
@click.option(
    "--internal",
    metavar="HOST:PORT",
    default="127.0.0.1:8027",
    show_default=True,
    callback=_listening,
    help="Where operators find /metrics and /healthz; never pass it on.",
)
def command(config: Config, pages: Listening, internal: Listening) -> None:
    """Answer the public pages: leaving the list, past editions.

    Needs the block `public` of the config, and a reverse proxy that adds TLS. Prints both
    addresses and answers until it is stopped; docs/public-pages.md shows the whole set-up.
    """
    from newsletter import public

    def ready(readers: str, operators: str) -> None:
        click.echo(readers)
        click.echo(operators)
        log.info("Answering as %s; Ctrl-C or SIGTERM ends it.", config.public.url if config.public else "")

    public.serve(config, pages=pages, internal=internal, ready=ready)
