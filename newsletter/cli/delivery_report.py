"""How a send ended: a table or JSON on stdout, and the exit code."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import click

from newsletter.cli.options import log
from newsletter.cli.table import table
from newsletter.counting import counted
from newsletter.errors import DeliveryError, PartialDelivery

if TYPE_CHECKING:
    from newsletter.deliver import Delivery, DeliveryReport


def show_report(report: DeliveryReport, *, as_json: bool) -> None:
    """Print how the run ended."""
    if as_json:
        click.echo(json.dumps(_as_json(report)))
        return
    counts = report.counts
    click.echo(f"{report.edition}: {counts['accepted']} of {counts['total']} accepted by the relay{_speed(report)}")
    show_counts(counts)
    show_deliveries((*report.refused, *report.in_doubt, *report.deferred), counts)


def show_counts(counts: Mapping[str, int]) -> None:
    """One row for each state that anybody is in."""
    rows = [(state.replace("_", " "), str(number)) for state, number in counts.items() if state != "total" and number]
    table(("state", "people"), rows)


def show_deliveries(deliveries: Iterable[Delivery], counts: Mapping[str, int]) -> None:
    """Whom an operator may want to look after, with the relay's words; and how many are not shown."""
    shown = list(deliveries)
    if not shown:
        return
    click.echo()
    rows = [(one.state.replace("_", " "), one.address, one.message_id, one.reply) for one in shown]
    table(("state", "address", "Message-ID", "relay's answer"), rows)
    if left := sum(counts[state] for state in ("refused", "in_doubt", "deferred")) - len(shown):
        click.echo(f"and {left} more: newsletter status --all")


def end(report: DeliveryReport) -> None:
    """Leave with the code that the report deserves (0 only if nobody is left).

    Raises:
        NewsletterError: somebody has no copy, and why.
        KeyboardInterrupt: the run was interrupted.
    """
    from newsletter.deliver import held_error

    counts = report.counts
    if report.interrupted:
        log.warning("%d are left; the same command goes on where this one stopped", report.unsettled)
        raise KeyboardInterrupt
    if report.fault:
        raise report.fault
    if report.hold:
        raise held_error(report.edition, report.hold)
    if report.unsettled:
        of = f"of {counts['total']}"
        raise DeliveryError(f"{counted(report.unsettled, f'{of} is', f'{of} are')} still to be sent", _when(report))
    if counts["refused"] or counts["in_doubt"] or counts["cancelled"]:
        raise PartialDelivery(_what_is_left(counts), _what_to_do(counts, report.edition))


def _as_json(report: DeliveryReport) -> dict[str, object]:
    told = ("refused", "in_doubt", "deferred")
    people = {
        state: [{"address": one.address, "message_id": one.message_id, "reply": one.reply} for one in rows]
        for state, rows in zip(told, (report.refused, report.in_doubt, report.deferred), strict=True)
    }
    return {
        "edition": report.edition,
        **report.counts,
        "sent_now": report.sent,
        "seconds": round(report.seconds, 3),
        "next_try": report.next_try.isoformat(timespec="seconds") if report.next_try else None,
        "hold": report.hold.state if report.hold else None,
        "interrupted": report.interrupted,
        "fault": report.fault.message if report.fault else None,
        "people": people,
    }


def _speed(report: DeliveryReport) -> str:
    if not report.sent:
        return ""
    return f" ({report.sent} now, {report.seconds:.1f} s, {report.sent / report.seconds:.0f} a second)"


def _when(report: DeliveryReport) -> str:
    if report.next_try is None:
        return "Run the same command again later; nobody gets it twice."
    return f"Run the same command again from {report.next_try.astimezone():%H:%M} on; nobody gets it twice."


def _what_is_left(counts: Mapping[str, int]) -> str:
    parts = []
    if counts["refused"]:
        parts.append(f"{counts['refused']} refused by the relay")
    if counts["cancelled"]:
        parts.append(f"{counts['cancelled']} cancelled")
    if counts["in_doubt"]:
        parts.append(f"{counts['in_doubt']} in doubt: no reply came, so they are held and nobody gets it twice")
    return "; ".join(parts)


def _what_to_do(counts: Mapping[str, int], month: str) -> str:
    if not counts["in_doubt"]:
        return "Mend these addresses in the list for the next edition." if counts["refused"] else ""
    return (
        f"Look for the Message-IDs in the relay's log: newsletter resolve --month {month} --relay-log FILE."
        f" To send these copies again, knowing that some may arrive twice: newsletter send --month {month}"
        " --in-doubt resend"
    )
