"""`newsletter dkim`: the DNS record that the signatures need."""

from __future__ import annotations

import json

import click

from newsletter.cli.options import config_option
from newsletter.config import Config
from newsletter.errors import ConfigError


@click.command("dkim")
@config_option
@click.option("--json", "as_json", is_flag=True, help="Name and value as one JSON object.")
def command(config: Config, as_json: bool) -> None:
    """Print the DNS record that receivers check the signatures with.

    It is made of the key of smtp.dkim: a line for a zone file, its long text cut into strings as
    DNS wants them. --json prints the text in one piece, for a web form.
    """
    from newsletter.deliver import load_signer

    if config.smtp.dkim is None:
        hint = "Write smtp.dkim with domain, selector and key, if the relay does not sign."
        raise ConfigError(f"{config.path}: no smtp.dkim, so the mails are not signed here", hint)
    record = load_signer(config.smtp.dkim).record()
    if as_json:
        click.echo(json.dumps({"name": record.name, "type": "TXT", "value": record.value}))
        return
    click.echo(record.zone_line)
