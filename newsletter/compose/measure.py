"""How we measure: what the config does, said so that a reader can judge the numbers."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.compose.context import Context
from newsletter.model import NoteRow, Section


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
        paragraphs=(*_policy(context), *_unmeasured(context), context.text("measure.privacy")),
    )


def _policy(context: Context) -> Iterator[str]:
    if context.standings and context.config.availability:
        yield " ".join(_sentences(context))


def _sentences(context: Context) -> Iterator[str]:
    sources = [source for source in context.config.availability if not source.counts_requests]
    if sources:
        yield _interval(context, sorted({source.interval_s for source in sources}))
    votes = {source.vote for source in sources}
    if len(votes) == 1:
        yield context.text(f"measure.vote_{votes.pop()}")
    if any(not one.by_time for one in context.standings):
        yield context.text("measure.requests" if sources else "measure.requests_only")
    if any(source.maintenance for source in sources):
        yield context.text("measure.planned")
    yield context.text("measure.floor")


def _interval(context: Context, intervals: list[float]) -> str:
    if len(intervals) > 1 or intervals[0] != int(intervals[0]):
        shortest, longest = (context.formats.short_duration(one) for one in (intervals[0], intervals[-1]))
        return context.text("measure.every_mixed", shortest=shortest, longest=longest)
    minutes, seconds = divmod(int(intervals[0]), 60)
    if seconds:
        return context.text("measure.every_seconds", n=int(intervals[0]))
    return context.text("measure.every_minutes", n=minutes)


def _unmeasured(context: Context) -> Iterator[str]:
    names = tuple(one.name for one in context.standings if not one.measured)
    if names:
        yield context.text("measure.unmeasured", names=context.catalogue.enumerate(names))
