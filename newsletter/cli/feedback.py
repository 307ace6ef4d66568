"""`newsletter feedback`: what readers answered, counted and never traced."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import to_builtins

from newsletter.cli.mailbox import places_argument, show_accounts
from newsletter.cli.options import config_option
from newsletter.cli.table import table
from newsletter.config import Config
from newsletter.counting import SMALL_SAMPLE, counted
from newsletter.model import Ratings, Tally

if TYPE_CHECKING:
    from newsletter.feedback import Account

_WORDS: dict[Account, str] = {
    "counted": "answers: counted",
    "changed": "a later answer of the same sender: took the place of the earlier one",
    "known": "counted before: nothing changed",
    "closed": "for an edition that is closed: not counted",
    "unknown_edition": "for an edition that there is not: not counted",
    "not_asked": "a question or audience that the edition did not have: not counted",
    "malformed": "like an answer, but not as our links write it, or without one sender: not counted",
    "automatic": "absences, bounces, receipts: ignored",
    "other": "other mail: ignored",
    "unreadable": "cannot be read: ignored",
}


@click.group("feedback", invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """Count what readers answered, without knowing who.

    Without a subcommand: show.
    """
    if context.invoked_subcommand is None:
        context.invoke(show)


@command.command("import")
@config_option
@places_argument
@click.option("--json", "as_json", is_flag=True, help="The totals as one JSON object.")
def import_(config: Config, places: tuple[Path, ...], as_json: bool) -> None:
    """Count the answers in a mailbox.

    Give mails, an mbox, a maildir or another folder; - reads a pipe. Nothing is moved or deleted, and
    the same mails read again change nothing. A sender counts once for each question of an edition, by the
    last answer. Neither names nor words are kept: read the mails with words in the mailbox.
    """
    from newsletter import pipeline
    from newsletter.mailbox import mails

    done, closed = pipeline.import_ratings(config, chain.from_iterable(map(mails, places)), now=datetime.now(UTC))
    if as_json:
        more = {"with_words": done.with_words, "closed_now": [one.edition for one in closed]}
        click.echo(json.dumps({**done.counts, **more}))
        return
    if not show_accounts(done.counts, _WORDS):
        return
    if done.with_words:
        click.echo(f"\n{counted(done.with_words, 'message')} with words: read them in the mailbox.")
    _tell_closed(closed)


@command.command("close")
@config_option
@click.option(
    "--month", metavar="YYYY-MM", help="The edition. Default: all that are older than the last complete month."
)
def close(config: Config, month: str | None) -> None:
    """End the counting of an edition, so that the next letter can tell of it.

    Groups with enough answers are written beside its snapshot; its votes, and the key that told one
    sender from another, are deleted. Import the mailbox first: what comes later is not counted.
    """
    from newsletter import pipeline

    closed = pipeline.close_ratings(config, month=month, now=datetime.now(UTC))
    if not closed:
        click.echo("no edition to close")
    _tell_closed(closed)


@command.command("show")
@config_option
@click.option("--json", "as_json", is_flag=True, help="Closed and open editions as one JSON object.")
def show(config: Config, as_json: bool) -> None:
    """Show what readers answered, edition by edition.

    Groups with too few answers are not told, nor a sum from which they could be found. Of an edition that
    is open only the number of answers is told: two looks at shares would tell the answer between them.
    """
    from newsletter import pipeline

    closed = pipeline.closed_ratings(config)
    waiting = pipeline.open_ratings(config)
    if as_json:
        told = {"closed": [_as_dict(one) for one in closed], "open": waiting}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    if not closed and not waiting:
        click.echo("no answers yet: newsletter feedback import MAILBOX counts them")
        return
    _show_closed(closed)
    for edition, number in waiting.items():
        told_number = (
            counted(number, "answer") if number is not None else f"fewer than {config.ratings.min_group} answers"
        )
        click.echo(
            f"{edition} is open: {told_number} by now. Close it with: newsletter feedback close --month {edition}"
        )


def _show_closed(closed: Sequence[Ratings]) -> None:
    rows = [
        (one.edition, tally.audience or "all", tally.question, tally.channel, *_numbers(tally))
        for one in closed
        for tally in one.tallies
    ]
    if rows:
        heads = ("edition", "audience", "question", "by", "answers", "1", "2", "3", "4", "5", "4 or 5", "share")
        table(heads, rows)
    for one in closed:
        if one.withheld:
            what = counted(one.withheld, "group")
            click.echo(f"{one.edition}: {what} with fewer than {one.min_group} answers not told", err=True)


def _numbers(tally: Tally) -> tuple[str, ...]:
    share = f"{100 * tally.yes / tally.n:.0f}%" if tally.n >= SMALL_SAMPLE else "-"
    return (str(tally.n), *map(str, tally.answers), f"{tally.yes} of {tally.n}", share)


def _as_dict(one: Ratings) -> dict[str, object]:
    told = [{**to_builtins(tally), "n": tally.n, "yes": tally.yes} for tally in one.tallies]
    return {**to_builtins(one), "tallies": told}


def _tell_closed(closed: Sequence[Ratings]) -> None:
    for one in closed:
        told = counted(len(one.tallies), "group") if one.tallies else "no group"
        left_out = f", {one.withheld} too small to tell" if one.withheld else ""
        click.echo(f"{one.edition} is closed: {told} told{left_out}; votes and hashes are deleted.")
