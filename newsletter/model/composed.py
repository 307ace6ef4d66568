"""A letter in words, not yet laid out.

All strings are plain text in the edition's locale unless the name ends in _markdown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct, field

from newsletter.model.mailed import Image

Mark = Literal["met", "missed", "none"]
TimeTold = Literal["month", "month_before", "earlier_months", "week"]
"""What time a printed number is of: the month told of, the one before, a run of months that ends here, or a week."""
DayState = Literal["up", "down", "planned", "unknown", "absent"]


class MinuteRow(Struct, frozen=True, kw_only=True):
    """A line of "the month in one minute". `tone` signal = bad news."""

    label: str
    sentence: str
    tone: Literal["accent", "signal"] = "accent"


class IncidentCard(Struct, frozen=True, kw_only=True):
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
    quoted: tuple[Quoted, ...] = ()  # of its verdict


class FactCard(Struct, frozen=True, kw_only=True):
    """A "Did you know?": the number, the sentence it begins, and its source line."""

    number: str
    sentence: str
    source: str
    fact: str = ""


class History(Struct, frozen=True, kw_only=True):
    """Past months of a number, the newest last; None is a month without one. `label` says all of them in a sentence."""

    values: tuple[float | None, ...]
    caption: str  # "13 months: 54,722 to 95,750"
    label: str


class Tile(Struct, frozen=True, kw_only=True):
    """A number with its label and its context: target, the mark, a remark, then last month's number."""

    number: str
    label: str
    context: str
    mark: Mark = "none"
    mark_text: str = ""
    remark: str = ""  # "Entered by hand."
    previous: str = ""  # "September 61%", printed last
    history: History | None = None
    fact: str = ""


class Day(Struct, frozen=True, kw_only=True):
    """One cell of the availability strip."""

    number: int
    state: DayState
    down_s: float = 0.0


class ServiceRow(Struct, frozen=True, kw_only=True):
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


class Bar(Struct, frozen=True, kw_only=True):
    """One month of a bar chart; `value` None leaves a hole."""

    initial: str
    value: float | None
    text: str
    year: str
    current: bool = False


class BarChart(Struct, frozen=True, kw_only=True):
    """Monthly bars from a zero axis; `label` says all of them in one sentence."""

    title: str
    label: str
    bars: tuple[Bar, ...]


class WeekRow(Struct, frozen=True, kw_only=True):
    """One week of requests: its days, and both counts as numbers and in words."""

    days: str  # "5–11"
    opened: int | None  # None: not known
    solved: int | None
    opened_text: str
    solved_text: str


class Weeks(Struct, frozen=True, kw_only=True):
    """Requests of a month week by week; where all are known they add up to those of the month."""

    heads: tuple[str, str, str]  # week, opened, solved
    rows: tuple[WeekRow, ...]
    note: str = ""  # what a missing number means, where one is missing


class NoteRow(Struct, frozen=True, kw_only=True):
    """A key, a text, and who answers for it (new for you, coming up)."""

    key: str
    body_markdown: str
    source: str
    key_small: str = ""
    draft: bool = False


class Heard(Struct, frozen=True, kw_only=True):
    """What a department said, and what we did: done, planned, or no with the reason."""

    quote: str  # between the quotation marks of its language
    department: str
    mark: Literal["done", "planned", "no"]
    mark_text: str
    body_markdown: str
    draft: bool = False


class BriefPoint(Struct, frozen=True, kw_only=True):
    """One of the few points a manager passes on: a first sentence that stands alone, and the rest."""

    number: str
    first: str
    rest_markdown: str = ""


class TargetRow(Struct, frozen=True, kw_only=True):
    """One line of the table of targets; the numbers stand without their unit, which the heads name."""

    service: str
    target: str
    result: str
    down: str
    mark: Mark
    mark_text: str
    fact: str = ""


class Part(Struct, frozen=True, kw_only=True):
    """One part of a divided bar: its share (0-1), and what stands below it."""

    share: float
    number: str
    label: str


class Divided(Struct, frozen=True, kw_only=True):
    """A whole in two or three parts; `label` says it in one sentence."""

    number: str
    sentence: str
    label: str
    parts: tuple[Part, ...]
    note: str = ""


class Rating(Struct, frozen=True, kw_only=True):
    """One answer to "was this useful?": it opens a prefilled mail, the same for every reader."""

    number: str
    word: str
    label: str
    href: str


SectionKind = Literal[
    "brief",
    "ask",
    "work",
    "targets",
    "meet",
    "spotlight",
    "pulse",
    "rate",
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


class Section(Struct, frozen=True, kw_only=True):
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
    quoted: tuple[Quoted, ...] = ()  # in its table, points and divided bar; cards and rows name their own fact
    table_note: str = ""
    weeks: Weeks | None = None
    chart: BarChart | None = None
    notes: tuple[NoteRow, ...] = ()
    heard: tuple[Heard, ...] = ()
    points: tuple[BriefPoint, ...] = ()
    divided: Divided | None = None
    heads: tuple[str, ...] = ()
    targets: tuple[TargetRow, ...] = ()
    ratings: tuple[Rating, ...] = ()
    button_text: str = ""
    button_href: str = ""
    paragraphs: tuple[str, ...] = ()


class Picture(Struct, frozen=True, kw_only=True):
    """An image as it is shown: its size in CSS pixels, and what is read or printed in its place."""

    image: Image
    alt: str
    width: int
    height: int


class Quoted(Struct, frozen=True, kw_only=True):
    """A number in a text that comes from a fact: how it is printed, words that stand before it, and what time it is of."""

    fact: str
    text: str
    before: str = ""
    of: TimeTold = "month"


class Edition(Struct, frozen=True, kw_only=True):
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
    minute_quoted: tuple[Quoted, ...] = ()  # in its rows and the lead above; like all `quoted` not for the layout
    quoted: tuple[Quoted, ...] = ()  # in the notes; for who asks where a number comes from
    subjects: tuple[str, ...] = ()  # what the subject was chosen from, the plainest first
    footer_links: tuple[tuple[str, str], ...] = ()
    pictures: Mapping[str, Picture] = field(default_factory=dict)  # "logo"; the only images that templates may show
    contents: Mapping[str, str] = field(
        default_factory=dict
    )  # words the layout needs (e.g. legend headings of the text part)
