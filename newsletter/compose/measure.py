"""How we measure: what the config does, said so that a reader can judge the numbers."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.compose.context import Context
from newsletter.compose.standing import LOST_SAMPLES_S, Standing
from newsletter.model import NoteRow, Policy, Section


def measure_section(context: Context) -> Section:
    """Always there: without it no number would have a source."""
    corrections = tuple(
        NoteRow(
            key=context.text("measure.correction"),
            body_markdown=note.body or note.title,
            source="",
            draft=note.status != "ready",
        )
        for note in context.notes_of("correction")
    )
    return Section(
        kind="measure",
        title=context.text("section.measure"),
        notes=corrections,
        paragraphs=(*_policy(context), *_unmeasured(context), _privacy(context)),
    )


def _policy(context: Context) -> Iterator[str]:
    """The rules that the month was measured by: those frozen with its numbers, whatever the config says today."""
    policy = context.snapshot.policy
    if context.standings and policy:
        yield " ".join(_sentences(context, policy))


def _sentences(context: Context, policy: Policy) -> Iterator[str]:
    by_time = tuple(one for one in context.standings if one.by_time)
    if by_time:
        yield from _tested(context, policy)
    if len(by_time) < len(context.standings):
        yield context.text("measure.requests" if by_time else "measure.requests_only")
    if by_time:
        yield from _left_out(context, policy, by_time)
    yield context.text("measure.zone", zone=policy.timezone)
    yield context.text("measure.floor")


def _tested(context: Context, policy: Policy) -> Iterator[str]:
    """How often services are tested, who decides that they are down, and what counts as one interruption."""
    intervals = sorted({rule.interval_s for rule in policy.rules})
    if intervals:
        yield _interval(context, intervals)
        votes = {rule.vote for rule in policy.rules}
        if len(votes) == 1:
            yield context.text(f"measure.vote_{votes.pop()}")
        yield context.text("measure.exact", interval=context.formats.duration(intervals[-1]))
    if merged := max((rule.merge_within_s for rule in policy.rules), default=0):
        yield context.text("measure.merged", distance=context.formats.duration(merged))


def _privacy(context: Context) -> str:
    public = context.config.public
    if public is not None and public.unsubscribe:
        return context.text("measure.privacy_but_unsubscribe")
    return context.text("measure.privacy")


def _left_out(context: Context, policy: Policy, by_time: tuple[Standing, ...]) -> Iterator[str]:
    """What counts neither as up nor as down: time outside the hours, planned maintenance, and what nobody measured."""
    if policy.maintenance or any(rule.maintenance for rule in policy.rules):
        yield context.text("measure.planned")
    names = tuple(one.name for one in by_time if one.id in policy.hours)
    if names:
        yield context.text("measure.hours", n=len(names), names=context.catalogue.enumerate(names))
    unknown = max(one.month.unknown_s for one in by_time)
    if unknown > LOST_SAMPLES_S:
        yield context.text("measure.gaps", unknown=context.formats.duration(unknown, "ceiling"))


def _interval(context: Context, intervals: list[float]) -> str:
    if len(intervals) > 1 or intervals[0] != int(intervals[0]):
        shortest, longest = (context.formats.short_duration(one) for one in (intervals[0], intervals[-1]))
        return context.text("measure.every_mixed", shortest=shortest, longest=longest)
    minutes, seconds = divmod(int(intervals[0]), 60)
    if seconds:
        return context.text("measure.every_seconds", n=int(intervals[0]))
    return context.text("measure.every_minutes", n=minutes)


def _unmeasured(context: Context) -> Iterator[str]:
    names = tuple(one.name for one in context.standings if one.undecided)
    if names:
        yield context.text("measure.unmeasured", names=context.catalogue.enumerate(names))
