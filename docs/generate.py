"""Writes the pages of docs/ that are made from the code; with --check it only compares.

The pages: config.md (from the config models), presets.md (from the presets' data files), cli.md
(from the commands' own help) and exit-codes.md (from the error classes).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import click

from newsletter import errors
from newsletter.cli import COMMANDS, main

DOCS = Path(__file__).parent


def config_page() -> str:
    """Every key of config.yaml."""
    from newsletter.config.document import render

    return render()


def cli_page() -> str:
    """The help of every command, as the terminal shows it at 100 columns."""
    parts = [
        "# The command line\n",
        "Made from the commands' own help by `make docs`. Data goes to stdout, everything else to stderr.\n",
        _help_block("newsletter", main),
    ]
    for name in COMMANDS:
        command = import_module(f"newsletter.cli.{name}").command
        parts += [f"## newsletter {name}\n", _help_block(f"newsletter {name}", command)]
        for part in getattr(command, "commands", {}).values():
            parts.append(_help_block(f"newsletter {name} {part.name}", part))
    return "\n".join(parts)


def _help_block(path: str, command: click.Command) -> str:
    context = click.Context(command, info_name=path, terminal_width=100, max_content_width=100)
    text = re.sub(r"[ \t]+$", "", command.get_help(context), flags=re.MULTILINE)
    return f"```\n{text}\n```\n"


def exit_codes_page() -> str:
    """Each exit code with the error classes that end with it."""
    lines = [
        "# Exit codes\n",
        "Made from `newsletter/errors.py` by `make docs`. Scripts and timers may rely on these numbers.\n",
        "| code | error | meaning |",
        "|---|---|---|",
        "| 0 | | done |",
    ]
    classes = sorted(_subclasses(errors.NewsletterError), key=lambda one: one.exit_code)
    lines += ["| 1 | | a bug: the traceback is shown |"]
    lines += [f"| {one.exit_code} | {one.__name__} | {(one.__doc__ or '').splitlines()[0]} |" for one in classes]
    lines += ["| 130 | | interrupted by Ctrl-C or SIGTERM; nothing is lost |"]
    lines += ["| 141 | | nobody reads the output any more: a closed pipe |"]
    return "\n".join(lines) + "\n"


def _subclasses(base: type[errors.NewsletterError]) -> list[type[errors.NewsletterError]]:
    found = []
    for one in base.__subclasses__():
        found += [one, *_subclasses(one)]
    return found


def presets_page() -> str:
    """Every preset, kind by kind."""
    from newsletter.presets.document import render

    return render()


PAGES: dict[str, Callable[[], str]] = {
    "config.md": config_page,
    "presets.md": presets_page,
    "cli.md": cli_page,
    "exit-codes.md": exit_codes_page,
}


def run() -> int:
    """Write or compare all pages; 1 when one is out of date."""
    stale = []
    for name, make in PAGES.items():
        page, path = make(), DOCS / name
        if "--check" not in sys.argv:
            path.write_text(page, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != page:
            stale.append(name)
    for name in stale:
        print(f"docs/{name} is out of date: run `make docs`", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(run())
