"""The values that travel from stage to stage: frozen, behaviour-free, in one vocabulary.

Ratios are 0 to 1 (never percents), durations and instants are seconds or aware datetimes,
collections are tuples or read-only mappings. Everything a reader will see is text already
worded for one locale; nothing after `compose` chooses a word.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

# --- measured -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A half-open stretch of time [start, end), both aware, in one IANA time zone."""

    start: datetime
    end: datetime
    timezone: str
    label: str

    def __post_init__(self) -> None:
        """Refuse naive or empty periods: they would silently use the machine's zone."""
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("a period needs aware datetimes")
        if self.seconds <= 0:
            raise ValueError("a period must end after it starts")

    @property
    def start_s(self) -> float:
        """Start as seconds since the epoch."""
        return self.start.timestamp()

    @property
    def end_s(self) -> float:
        """End as seconds since the epoch."""
        return self.end.timestamp()

    @property
    def seconds(self) -> float:
        """True elapsed seconds, clock changes included (subtracted in UTC)."""
        return (self.end.astimezone(UTC) - self.start.astimezone(UTC)).total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Where a number comes from, enough to ask the server again.

    `samples` is how many raw samples answered; `coverage` the share (0-1) of the expected ones.
    """

    id: str
    query: str
    evaluated_at: datetime
    samples: int
    coverage: float
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A half-open stretch of time, in seconds since the epoch."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.end - self.start


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """One interruption of a service, counted once, in the month it begins.

    `down_s` is less than `end - start` where monitoring gaps or planned work lie inside.
    """

    start: float
    end: float
    down_s: float
    continues_before: bool = False
    continues_after: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceMonth:
    """Four states of one service; they add up to the seconds it existed in the month.

    `availability` is up / (up + down), or None when too little was measured (or nothing).
    `lifetime` is the part of the month in which the service existed; None = all of it, or not recorded.
    """

    id: str
    availability: float | None
    up_s: float
    down_s: float
    excluded_s: float
    unknown_s: float
    coverage: float
    outages: tuple[Outage, ...] = ()
    excluded: tuple[Interval, ...] = ()
    unknown: tuple[Interval, ...] = ()
    evidence: tuple[str, ...] = ()
    lifetime: Interval | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """A total and its parts; part keys join label values with "/" ("desktop/incident")."""

    total: int
    by: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """How long tickets took, as far as a histogram can say it exactly.

    `share_within_s` maps a bucket edge in seconds to the share (0-1) solved within it;
    `median_between_s` are the two edges around the median (upper edge None = beyond the last).
    """

    count: int
    share_within_s: Mapping[float, float]
    median_between_s: tuple[float, float | None] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketMonth:
    """Tickets of the month; None where the config does not ask or the source had nothing.

    `resolution` maps a label key (and "" for all together) to its distribution.
    """

    opened: Count | None = None
    resolved: Count | None = None
    open_at_end: Count | None = None
    resolution: Mapping[str, Resolution] = field(default_factory=dict)
    evidence: Mapping[str, str] = field(default_factory=dict)  # part name -> evidence id


FigureKind = Literal["count", "ratio", "duration", "gauge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """Any other number the config asks for. `value` None = the source had nothing."""

    id: str
    value: float | None
    unit: str
    kind: FigureKind
    evidence: tuple[str, ...] = ()
    numerator: float | None = None  # ratios only: "214,300 of 642,900"
    denominator: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All numbers of one month, frozen in a file; everything after it works offline."""

    edition: str
    period: Period
    source: str
    services: Mapping[str, ServiceMonth]
    tickets: TicketMonth
    figures: Mapping[str, Figure]
    evidence: Mapping[str, Evidence]
    schema: int = 1


# --- told ---------------------------------------------------------------------------------

ClaimLevel = Literal["number", "target", "change", "cause"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing that may be said, with the evidence behind it.

    Args:
        id: subject and metric, "mail.availability".
        unit: ratio, seconds, count or gauge.
        previous: the same metric one month earlier, as a plain number.
        target: the promised value in the same unit, if any.
        met: whether the target was met; None without target or without enough coverage.
        level: the highest claim this fact supports.
    """

    id: str
    type: str
    subject: str
    value: float | None
    unit: str
    previous: float | None = None
    target: float | None = None
    met: bool | None = None
    level: ClaimLevel = "number"
    evidence: tuple[str, ...] = ()
    detail: Mapping[str, float | int | str | None] = field(default_factory=dict)


NoteKind = Literal["win", "incident", "coming", "tip", "visit", "heard", "people", "service", "correction"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Because:
    """A cause, told by a person, with the reference that backs it."""

    text: str
    ref: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What a person wrote, in Markdown. `source` is the file, for messages.

    `date` and `time` belong to coming items ("06:00-08:00") and incidents; `steps` is an
    incident's timeline: (clock time, sentence).
    """

    id: str
    kind: NoteKind
    title: str
    body: str
    owner: str
    locale: str
    source: str
    audiences: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    status: Literal["draft", "review", "ready"] = "ready"
    expires: datetime | None = None
    order: int = 100
    facts: tuple[str, ...] = ()
    because: Because | None = None
    service: str | None = None
    date: datetime | None = None
    time: str = ""
    steps: tuple[tuple[str, str], ...] = ()
    department: str = ""
    answer: Literal["", "done", "planned", "no"] = ""
    evidence: str = ""


# --- composed -----------------------------------------------------------------------------
# All strings below are plain text in the edition's locale unless the name ends in _markdown.

Mark = Literal["met", "missed", "none"]
DayState = Literal["up", "down", "planned", "unknown", "absent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MinuteRow:
    """A line of "the month in one minute". `tone` signal = bad news."""

    label: str
    sentence: str
    tone: Literal["accent", "signal"] = "accent"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentCard:
    """What went wrong, as a box: heading, verdict, timeline, what changed, who says so."""

    heading: str
    verdict: str  # "97 minutes down, 44 allowed"
    verdict_label: str  # "Target missed:" / "Interrupted:"
    missed: bool
    steps: tuple[tuple[str, str], ...]
    body_markdown: str  # empty when no person has written about it yet
    source: str
    service: str = ""
    draft: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FactCard:
    """A "Did you know?": the number, the sentence it begins, and its source line."""

    number: str
    sentence: str
    source: str
    fact: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A number with its label and its context: target, then the mark, then last month's number."""

    number: str
    label: str
    context: str
    mark: Mark = "none"
    mark_text: str = ""
    previous: str = ""  # "September 61%", printed after the mark
    fact: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One cell of the availability strip."""

    number: int
    state: DayState
    down_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRow:
    """One service: result, strip of days, and how much of the allowed downtime was used.

    `used` is down / allowed (may exceed 1), None without a target.
    """

    id: str
    name: str
    outcome: str
    result: str  # "99.78%" or "none seen"
    days: tuple[Day, ...]
    strip_label: str  # one sentence for screen readers
    used: float | None
    budget: str  # "97 of 44 min"
    mark: Mark
    mark_text: str  # "met" / "missed"
    remark: str = ""  # "3 h on 25 October not measured"
    title: str = ""  # tooltip: window and coverage
    previous: str = ""  # last month's plain number
    fact: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One month of a bar chart; `value` None leaves a hole."""

    initial: str
    value: float | None
    text: str
    year: str
    current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BarChart:
    """Monthly bars from a zero axis; `label` says all of them in one sentence."""

    title: str
    label: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteRow:
    """A key, a text, and who answers for it (new for you, coming up)."""

    key: str
    body_markdown: str
    source: str
    key_small: str = ""
    draft: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a department said, and what we did: done, planned, or no with the reason."""

    quote: str
    department: str
    mark: Literal["done", "planned", "no"]
    mark_text: str
    body_markdown: str
    draft: bool = False


SectionKind = Literal[
    "incidents",
    "did_you_know",
    "numbers",
    "services",
    "requests",
    "wins",
    "heard",
    "coming",
    "tip",
    "people",
    "measure",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One part of the mail. Only the fields that its kind uses are filled."""

    kind: SectionKind
    title: str
    intro: str = ""
    incidents: tuple[IncidentCard, ...] = ()
    cards: tuple[FactCard, ...] = ()
    tiles: tuple[Tile, ...] = ()
    legend: Mapping[str, str] = field(default_factory=dict)  # DayState -> words
    services: tuple[ServiceRow, ...] = ()
    closing: tuple[tuple[str, str, str], ...] = ()  # (bold lead, names, muted tail)
    table: tuple[tuple[str, str], ...] = ()  # (label, number)
    table_note: str = ""
    chart: BarChart | None = None
    notes: tuple[NoteRow, ...] = ()
    heard: tuple[Heard, ...] = ()
    button_text: str = ""
    button_href: str = ""
    paragraphs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One variant (audience x locale) of one month, fully worded, not yet laid out."""

    id: str
    variant: str
    locale: str
    direction: Literal["ltr", "rtl"]
    department: str
    month: str
    subject: str
    preheader: str
    headline: str
    lead: str
    minute_title: str
    minute: tuple[MinuteRow, ...]
    sections: tuple[Section, ...]
    recipient_line: str  # holds the field mark {address}
    footer_links: tuple[tuple[str, str], ...] = ()
    contents: Mapping[str, str] = field(
        default_factory=dict
    )  # words the layout needs (e.g. legend headings of the text part)


# --- rendered and sent --------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Fillable:
    """Text with holes: even positions are literal, odd ones are names of recipient fields."""

    parts: tuple[str, ...]

    @property
    def fields(self) -> frozenset[str]:
        """The recipient fields it needs."""
        return frozenset(self.parts[1::2])

    def fill(self, values: Mapping[str, str], quote: Callable[[str], str] = str) -> str:
        """The text for one recipient; each value passes through `quote` (HTML escaping)."""
        return "".join(quote(values[part]) if i % 2 else part for i, part in enumerate(self.parts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """One variant as it will be mailed, but for the recipient's own fields.

    `digest` is the sha256 (hex) over subject, parts and field names: equal digest, equal mail.
    """

    variant: str
    locale: str
    subject: str
    preheader: str = ""
    html: Fillable
    text: Fillable
    mjml: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One person on a list. `address` is the deliverable form, `locale` empty = default."""

    address: str
    name: str = ""
    locale: str = ""
    audience: str = ""
    segments: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The address as compared with others: writing it in capitals makes no second person."""
        return self.address.casefold()
