"""What all commands share: the config file, the month, and how much to say on stderr."""

from __future__ import annotations

import functools
import json
import logging
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click
from msgspec import Struct

from newsletter.config import Config
from newsletter.errors import UsageError
from newsletter.model import Period

log = logging.getLogger("newsletter")

Command = TypeVar("Command", bound=Callable[..., Any])


class Session(Struct, frozen=True, kw_only=True):
    """One run of one command: its config, its month, and the moment it began."""

    config: Config
    month: Period
    now: datetime


class JsonFormatter(logging.Formatter):
    """One JSON object a line, for machines that read the log."""

    def format(self, record: logging.LogRecord) -> str:
        """Time (UTC, ISO 8601), level and message."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        return json.dumps(
            {"time": at, "level": record.levelname.lower(), "message": record.getMessage()}, ensure_ascii=False
        )


def _set_up_log(verbose: int, quiet: bool, log_format: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if log_format == "json" else logging.Formatter("%(message)s"))
    log.handlers[:] = [handler]
    log.propagate = False
    log.setLevel(logging.WARNING if quiet else logging.DEBUG if verbose else logging.INFO)


def log_options(function: Command) -> Command:
    """-v, -q and --log-format: how much goes to stderr, and how."""

    @functools.wraps(function)
    def run(*args: Any, verbose: int, quiet: bool, log_format: str, **kwargs: Any) -> Any:
        _set_up_log(verbose, quiet, log_format)
        return function(*args, **kwargs)

    for option in (
        click.option("-v", "--verbose", count=True, help="Say more on stderr."),
        click.option("-q", "--quiet", is_flag=True, help="Only warnings and errors on stderr."),
        click.option(
            "--log-format", type=click.Choice(["text", "json"]), default="text", help="Form of the lines on stderr."
        ),
    ):
        run = option(run)
    return run  # type: ignore[return-value]  # click adds parameters; the decorated function keeps its role


def place_options(function: Command) -> Command:
    """--config and --month, as `config_path` and `month_label`."""
    month = click.option(
        "--month", "month_label", metavar="YYYY-MM", help="The edition. Default: the last complete month."
    )
    return _config_path(month(function))


def _config_path(function: Command) -> Command:
    return click.option(
        "--config",
        "config_path",
        type=click.Path(path_type=Path, readable=False),  # `config.load` tells what is wrong with it
        default=Path("config.yaml"),
        show_default=True,
        help="The configuration; paths inside it are relative to it.",
    )(function)


def config_options(function: Command) -> Command:
    """--config and what all commands share; the command gets `config_path`."""
    return log_options(_config_path(function))


def edition_options(function: Command) -> Command:
    """--config and --month; the command gets a `Session` as its first argument."""

    @functools.wraps(function)
    def run(*args: Any, config_path: Path, month_label: str | None, **kwargs: Any) -> Any:
        return function(open_session(config_path, month_label), *args, **kwargs)

    option = click.option(
        "--month", "month_label", metavar="YYYY-MM", help="The edition. Default: the last complete month."
    )
    return config_options(option(run))  # type: ignore[return-value]  # click adds parameters


def config_option(function: Command) -> Command:
    """--config for commands that concern no edition; the command gets the `Config` as its first argument."""

    @functools.wraps(function)
    def run(*args: Any, config_path: Path, **kwargs: Any) -> Any:
        from newsletter import config

        return function(config.load(config_path), *args, **kwargs)

    return log_options(_config_path(run))  # type: ignore[return-value]


def printable_line(_context: click.Context, parameter: click.Parameter, value: str) -> str:
    """A text for a record and its tables: folded to one line, without characters that a terminal obeys.

    Raises:
        UsageError: it holds a control or invisible character.
    """
    folded = " ".join(value.split())
    if not folded.isprintable():
        raise UsageError(f"{parameter.opts[0]} holds a control or invisible character", "Write plain text.")
    return folded


def actor_option(function: Command) -> Command:
    """--by: who does this; the command gets it as `actor`."""
    return click.option(
        "--by",
        "actor",
        metavar="NAME",
        default=_login_name,
        callback=printable_line,
        help="Who does this. Default: the login name.",
    )(function)


def _login_name() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user may have a number only
        return "unknown"


def open_session(config_path: Path, month_label: str | None) -> Session:
    """Read the config and settle which month this is about."""
    from newsletter import config, pipeline

    now = datetime.now(UTC)
    loaded = config.load(config_path)
    return Session(config=loaded, month=pipeline.resolve_month(loaded, month_label, now), now=now)
