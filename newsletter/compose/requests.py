"""At the service desk: tickets opened and solved week by week, open at the end, and thirteen months of solved ones."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from newsletter import period
from newsletter.compose.context import Context
from newsletter.compose.months import first_known, months
from newsletter.counting import SMALL_SAMPLE
from newsletter.model import Bar, BarChart, Interval, Period, Quoted, Section, Snapshot, WeekRow, Weeks

_UNKNOWN = "–"

DEPARTMENTS = 3
"""So many are named; the others are one number."""


def requests_section(context: Context) -> Section | None:
    """The section, or None when no ticket number was measured."""
    counts = tuple(_table(context))
    if not counts:
        return None
    people = _people(context)
    kinds, chart, weeks = tuple(_kinds(context)), _chart(context), _weeks(context)
    return Section(
        kind="requests",
        title=context.text("section.requests"),
        intro=people.text if people else "",
        table=tuple((one.before, one.text) for one in counts),
        quoted=(*([people] if people else []), *counts, *kinds, *_quoted_months(chart), *_quoted_weeks(weeks)),
        table_note=" ".join(one.text for one in kinds),
        weeks=weeks,
        chart=chart,
    )


def _people(context: Context) -> Quoted | None:
    """With how many of them we talked: people, not tickets, and from where, in departments that have a name."""
    fact = context.facts.get("tickets.requesters")
    if fact is None or not fact.value:
        return None
    number, names = context.formats.number, context.config.tickets.names
    named = sorted((-int(count or 0), name) for name, count in fact.detail.items() if name in names)[:DEPARTMENTS]
    parts = [
        context.text("requests.department", name=context.localised(names[name]), number=number(-count))
        for count, name in named
    ]
    others = int(fact.value) + sum(count for count, _ in named)
    if not parts:
        return Quoted(fact=fact.id, text=context.text("requests.people", n=int(fact.value)))
    if others:
        parts.append(context.text("requests.elsewhere", number=number(others)))
    text = context.text("requests.people_from", n=int(fact.value), names=context.catalogue.enumerate(tuple(parts)))
    return Quoted(fact=fact.id, text=text)


def _weeks(context: Context) -> Weeks | None:
    """Opened and solved week by week; None where one of them is known for the month only."""
    opened, solved = context.snapshot.tickets.opened, context.snapshot.tickets.resolved
    if not (opened and solved and opened.weeks and solved.weeks):
        return None
    spans = period.weeks(context.snapshot.period, context.config.timezone)
    rows = tuple(
        _week(context, _days(context, span), *counts)
        for span, counts in zip(spans, zip(opened.weeks, solved.weeks, strict=True), strict=True)
    )
    text = context.text
    heads = (text("requests.week"), text("requests.opened"), text("requests.solved"))
    gaps = None in (*opened.weeks, *solved.weeks)
    return Weeks(heads=heads, rows=rows, note=text("requests.weeks_hole", mark=_UNKNOWN) if gaps else "")


def _quoted_weeks(weeks: Weeks | None) -> Iterator[Quoted]:
    for row in weeks.rows if weeks else ():
        yield Quoted(fact="tickets.opened", text=row.opened_text, before=row.days, of="week")
        yield Quoted(fact="tickets.resolved", text=row.solved_text, of="week")


def _days(context: Context, span: Interval) -> str:
    """The days of a week within the month: "5–11"."""
    first, last = (context.formats.local(at).day for at in (span.start, span.end - 1e-3))
    return str(first) if first == last else f"{first}–{last}"


def _week(context: Context, days: str, opened: int | None, solved: int | None) -> WeekRow:
    opened_text, solved_text = (
        _UNKNOWN if count is None else context.formats.number(count) for count in (opened, solved)
    )
    return WeekRow(days=days, opened=opened, solved=solved, opened_text=opened_text, solved_text=solved_text)


def _table(context: Context) -> Iterator[Quoted]:
    """Each number with its label before it."""
    last = context.formats.local(context.snapshot.period.end - timedelta(microseconds=1))
    for part, key in (("opened", "opened"), ("resolved", "solved"), ("open_at_end", "open_at_end")):
        fact = context.facts.get(f"tickets.{part}")
        if fact and fact.value is not None:
            label = context.text(f"requests.{key}", day=context.formats.day(last))
            yield Quoted(fact=fact.id, text=context.formats.number(fact.value), before=label)
    yield from _satisfied(context)


def _satisfied(context: Context) -> Iterator[Quoted]:
    """The satisfied among those who answered, never without how many of how many that is."""
    fact = context.facts.get("tickets.satisfied")
    if fact is None or fact.value is None:
        return
    part, answers, resolved = (int(fact.detail[slot] or 0) for slot in ("part", "whole", "resolved"))
    formats = context.formats
    small = answers < SMALL_SAMPLE
    counted = context.text("numbers.part_of_whole", part=formats.number(part), whole=formats.number(answers))
    asked = context.text("numbers.part_of_whole", part=formats.number(answers), whole=formats.number(resolved))
    label = context.text("requests.satisfied", answered=asked)
    yield Quoted(fact=fact.id, text=counted if small else formats.ratio(fact.value, "floor"), before=label)


def _kinds(context: Context) -> Iterator[Quoted]:
    """What the solved tickets were, where their labels tell it: planned work is a ticket that nobody sent in."""
    fact = context.facts.get("tickets.proactive_share")
    if fact is None or fact.value is None:
        return
    proactive, labelled, unlabelled = (int(fact.detail[slot] or 0) for slot in ("part", "whole", "unlabelled"))
    counts = {"proactive": proactive, "reactive": labelled - proactive, "unlabelled": unlabelled}
    told = {name: context.formats.number(count) for name, count in counts.items() if count or name != "unlabelled"}
    key = "requests.kinds" if unlabelled else "requests.kinds_all"
    yield Quoted(fact=fact.id, text=context.text(key, None, **told))


def _chart(context: Context) -> BarChart | None:
    """Solved tickets a month, from the first one known; None with too few months to show a course."""
    shown = months(context)
    values = [_solved(snapshot) for _, snapshot in shown]
    first = first_known(values)
    if first is None:
        return None
    shown, values = shown[first:], values[first:]
    bars = tuple(
        _bar(context, month, value, first=index == 0, current=index == len(shown) - 1)
        for index, ((month, _), value) in enumerate(zip(shown, values, strict=True))
    )
    spoken = "; ".join(
        context.text("requests.chart_month", month=context.formats.month(month.start), value=bar.text or _hole(context))
        for (month, _), bar in zip(shown, bars, strict=True)
    )
    return BarChart(
        title=context.text("requests.chart"), label=context.text("requests.chart_label", months=spoken), bars=bars
    )


def _quoted_months(chart: BarChart | None) -> Iterator[Quoted]:
    """The bars whose numbers are printed in every layout: the first and this month's."""
    for bar in (chart.bars[0], chart.bars[-1]) if chart else ():
        yield Quoted(fact="tickets.resolved", text=bar.text, of="month" if bar.current else "earlier_months")


def _solved(snapshot: Snapshot | None) -> int | None:
    return snapshot.tickets.resolved.total if snapshot and snapshot.tickets.resolved else None


def _bar(context: Context, month: Period, value: int | None, *, first: bool, current: bool) -> Bar:
    """One bar; the year stands under the first one and under each January."""
    start = context.formats.local(month.start)
    return Bar(
        initial=context.formats.month_initial(start),
        value=value,
        text="" if value is None else context.formats.number(value),
        year=str(start.year) if first or start.month == 1 else "",
        current=current,
    )


def _hole(context: Context) -> str:
    return context.text("requests.chart_hole")
