"""The values that travel from stage to stage: frozen, behaviour-free, in one vocabulary.

Ratios are 0 to 1 (never percents), durations and instants are seconds or aware datetimes,
collections are tuples or read-only mappings. Everything a reader will see is text already
worded for one locale; nothing after `compose` chooses a word.
"""

from newsletter.model.composed import (
    Bar,
    BarChart,
    Day,
    DayState,
    Edition,
    FactCard,
    Heard,
    IncidentCard,
    Mark,
    MinuteRow,
    NoteRow,
    Section,
    SectionKind,
    ServiceRow,
    Tile,
)
from newsletter.model.finding import Finding, FindingStatus
from newsletter.model.mailed import Fillable, Recipient, Rendered
from newsletter.model.measured import (
    Count,
    Evidence,
    Figure,
    FigureKind,
    Interval,
    Origin,
    Outage,
    Period,
    Resolution,
    Satisfaction,
    ServiceMonth,
    Snapshot,
    TicketMonth,
)
from newsletter.model.told import Because, ClaimLevel, Fact, Note, NoteKind

__all__ = [
    "Bar",
    "BarChart",
    "Because",
    "ClaimLevel",
    "Count",
    "Day",
    "DayState",
    "Edition",
    "Evidence",
    "Fact",
    "FactCard",
    "Figure",
    "FigureKind",
    "Fillable",
    "Finding",
    "FindingStatus",
    "Heard",
    "IncidentCard",
    "Interval",
    "Mark",
    "MinuteRow",
    "Note",
    "NoteKind",
    "NoteRow",
    "Origin",
    "Outage",
    "Period",
    "Recipient",
    "Rendered",
    "Resolution",
    "Satisfaction",
    "Section",
    "SectionKind",
    "ServiceMonth",
    "ServiceRow",
    "Snapshot",
    "TicketMonth",
    "Tile",
]
