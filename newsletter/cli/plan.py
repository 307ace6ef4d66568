"""What a send would do: a table or JSON on stdout, what would stop it, and the exit code."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from newsletter.cli.options import Session, log
from newsletter.cli.table import table
from newsletter.counting import counted

if TYPE_CHECKING:
    from newsletter.errors import NewsletterError
    from newsletter.pipeline import Audience, Draft


def show_plan(
    session: Session, draft: Draft, people: Audience, obstacles: Sequence[NewsletterError], *, as_json: bool
) -> None:
    """Print who would get what, and leave with the code that a send would end with before its first mail."""
    if as_json:
        click.echo(json.dumps(_as_json(session, draft, people, obstacles)))
    else:
        _show(session, draft, people)
    for one in obstacles:
        log.warning("%s: send would refuse (exit %d). %s", one.message, one.exit_code, one.hint)
    log.info("Dry run: nothing was sent, nothing was recorded.")
    if obstacles:
        click.get_current_context().exit(obstacles[0].exit_code)


def _show(session: Session, draft: Draft, people: Audience) -> None:
    counts = people.counts()
    rows = [
        (name, str(counts.get(name, 0)), f"{len(one.html.parts[0]) // 1024} KB", one.subject)
        for name, one in draft.variants.items()
    ]
    table(("variant", "people", "html", "subject"), rows)
    log.info("%s. %s", counted(len(people.recipients), "person", "people"), how(session, people))
    if accepted := already_accepted(session):
        log.info("%s", have_theirs(accepted))


def _as_json(
    session: Session, draft: Draft, people: Audience, obstacles: Sequence[NewsletterError]
) -> dict[str, object]:
    from newsletter.deliver import describe

    counts = people.counts()
    return {
        "edition": session.month.label,
        "dry_run": True,
        "people": len(people.recipients),
        "accepted": already_accepted(session),
        "variants": {
            name: {"people": counts.get(name, 0), "subject": one.subject} for name, one in draft.variants.items()
        },
        "relay": describe(session.config.smtp),
        "without_percentage": draft.without_percentage,
        "obstacles": [{"exit_code": one.exit_code, "message": one.message, "hint": one.hint} for one in obstacles],
    }


def already_accepted(session: Session) -> int:
    """How many copies an earlier run has sent."""
    from newsletter.deliver import status

    return status(session.config.ledger, session.month.label).counts["accepted"]


def have_theirs(accepted: int) -> str:
    """Who gets nothing although they are in the plan."""
    have, get = ("has a", "gets") if accepted == 1 else ("have their", "get")
    return f"{counted(accepted, 'person', 'people')} {have} copy already and {get} no other."


def how(session: Session, people: Audience) -> str:
    """The relay, the limits in force, and how long they make the sending."""
    from newsletter.deliver import describe, estimate_s

    smtp = session.config.smtp
    said = [f"By {describe(smtp)}."]
    seconds = estimate_s(smtp, (one.address for one, _ in people.planned()))
    if seconds is not None:
        said.append(f"At this pace it takes {_duration(seconds)}.")
    if session.config.sending.hours:
        said.append(f"Only in these hours: {', '.join(session.config.sending.hours)}.")
    return " ".join(said)


def _duration(seconds: float) -> str:
    """A length of time that a person can plan with: never shorter than it is."""
    if seconds < 60:
        return "less than a minute"
    minutes = math.ceil(seconds / 60)
    if minutes < 120:
        return counted(minutes, "minute")
    hours = math.ceil(minutes / 60)
    return counted(hours, "hour") if hours <= 48 else counted(math.ceil(hours / 24), "day")
