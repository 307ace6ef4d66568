"""The `newsletter` command. Each subcommand lives in a file of its own and loads when it runs.

The table below is all that `newsletter --help` needs, so help costs hardly more than importing
click. A test keeps it equal to the commands' own help.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
from importlib import import_module
from typing import Any

import click

from newsletter import __version__
from newsletter.errors import FileError, NewsletterError

COMMANDS = {
    "init": "Begin a new workspace, made of what your Prometheus holds.",
    "doctor": "Check everything outside at once: Prometheus, lists, relay, ledger.",
    "collect": "Ask Prometheus for a month's numbers and freeze them in a snapshot.",
    "textfile": "Count a help desk's export into a file that Prometheus can read.",
    "note": "Begin a note for an edition, in every language.",
    "facts": "Show what an edition can say, the numbers behind it, and which of it is told.",
    "explain": "Show where one number comes from: query, window, samples, coverage.",
    "subjects": "Show the subjects proposed for an edition, and which one is chosen.",
    "check": "Check an edition before anybody approves it: its notes, and every finished letter.",
    "build": "Write every variant of an edition to files, offline.",
    "preview": "Read the edition in the browser; it follows every saved file.",
    "templates": "List, copy or compare the templates that lay the letters out.",
    "approve": "Put your name to exactly this edition.",
    "send": "Mail the edition; run it again to resume.",
    "status": "Tell how far the sending of an edition is.",
    "pause": "Stop the sending of an edition until it is resumed.",
    "resume": "Take a pause back; `newsletter send` then goes on where it stopped.",
    "cancel": "End the sending of an edition for good: whoever has no copy yet gets none.",
    "resolve": "Settle copies in doubt: by what you know, or by the relay's log.",
    "suppress": "Never mail an address again; without an address, list them.",
    "bounces": "Read mails that came back: addresses that take none get none any more.",
    "feedback": "Count what readers answered, without knowing who.",
    "dkim": "Print the DNS record that receivers check the signatures with.",
    "serve": "Answer the public pages: leaving the list, past editions.",
    "history": "List the editions that were sent, and to how many people.",
    "language": "Examine the wordings of a language, one TOML file each.",
    "demo": "Run the whole line on a sample company, into an inbox of its own.",
}


_INTERRUPTED = 130
"""128 + SIGINT, as a shell tells it."""

_READER_GONE = 141
"""128 + SIGPIPE, as of a program that the signal ends: what read the output, `head` perhaps, has enough of it."""


class LazyGroup(click.Group):
    """Knows its commands by name and imports one only to run it or to show its own help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands, in the order of the work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the one command asked for."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"newsletter.cli.{cmd_name}").command
        return command

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Like click's, but Ctrl-C while help is printed ends as everywhere."""
        try:
            return super().make_context(*args, **extra)
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            raise click.exceptions.Exit(_INTERRUPTED) from None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Like click's, with the nearest name for a mistyped one."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            guess = f" Did you mean {near[0]!r}?" if near else ""
            ctx.fail(f"No such command {args[0]!r}.{guess}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from the table, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; a foreseen error becomes two lines and its exit code."""
        try:
            return super().invoke(ctx)
        except NewsletterError as error:
            report(error)
            ctx.exit(error.exit_code)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains of it once more
            ctx.exit(_READER_GONE)
        except OSError as error:
            from newsletter.replacing import is_of_the_disk, what_to_do  # help has no need of it

            if not is_of_the_disk(error):
                raise
            hint = what_to_do(error, "Check who owns it and its permissions.")
            report(FileError(f"{error.filename or 'the output'}: {error.strerror}", hint))
            ctx.exit(FileError.exit_code)
        except (KeyboardInterrupt, click.Abort):
            click.echo("interrupted", err=True)
            ctx.exit(_INTERRUPTED)


def report(error: NewsletterError) -> None:
    """Print what is at fault and what to do, to stderr."""
    click.echo(click.style("error: ", fg="red", bold=True) + error.message, err=True)
    if error.hint:
        click.echo(click.style("  fix: ", fg="cyan") + error.hint, err=True)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="newsletter")
@click.pass_context
def main(ctx: click.Context) -> None:
    """A monthly email newsletter that an IT department writes from its monitoring data.

    The way of an edition: collect, preview, approve, send.
    """
    # What a start makes stays: looking a hundred times for rings among it takes a tenth of the start.
    gc.set_threshold(100_000, 20, 100)
    atexit.register(gc.freeze)  # nor need anybody look for rings in what ends with the process: an eighth of a build
    # No package that happens to be installed has a say in how the config is read; looking for one takes 15 ms.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")
    # Bold and colours are for terminals that know them and people who want them (no-color.org).
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        ctx.color = False
    # Reports must survive a pipe to a terminal or file that cannot show every letter.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
