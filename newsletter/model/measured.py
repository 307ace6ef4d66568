"""What Prometheus said about a month: the snapshot and its parts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal

from msgspec import Struct, field

from newsletter.model.perceived import Ratings


class Period(Struct, frozen=True, kw_only=True):
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


Origin = Literal["query", "export", "hand", "answers"]
"""Whom to ask again: the monitoring, a file that a help desk wrote, a person, or nobody: answers of readers were counted."""


class Evidence(Struct, frozen=True, kw_only=True):
    """Where a number comes from, enough to ask the server again.

    `samples` is how many raw samples (or rows, or entries) answered; `coverage` the share (0-1) of the
    expected ones. `query` is what was asked: a query, a file with its checksum, or who entered it from what.
    """

    id: str
    query: str
    evaluated_at: datetime
    samples: int
    coverage: float
    warnings: tuple[str, ...] = ()
    origin: Origin = "query"


class Interval(Struct, frozen=True, kw_only=True):
    """A half-open stretch of time, in seconds since the epoch."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.end - self.start


ExclusionReason = Literal["hours", "maintenance"]


class Exclusion(Interval, frozen=True, kw_only=True):
    """A stretch in which a service did not have to be up: outside its business hours, or planned maintenance.

    Planned maintenance outside the business hours is told as `hours`: nobody needed the service anyway.
    """

    reason: ExclusionReason = "maintenance"


class Outage(Struct, frozen=True, kw_only=True):
    """One interruption of a service, counted once, in the month it begins.

    `down_s` is less than `end - start` where monitoring gaps, excluded time or merged recoveries
    lie inside; then `stretches` are the times it was seen down (empty: all of it).
    """

    start: float
    end: float
    down_s: float
    continues_before: bool = False
    continues_after: bool = False
    stretches: tuple[Interval, ...] = ()


NEXT_TO_NOTHING = 0.01
"""An hour of maintenance that begins late says nothing about a month, however long it was watched."""

Basis = Literal["time", "requests", "indicator"]
"""What availability is a share of: of time, of requests, or of whatever a service level indicator counts."""


class Requests(Struct, frozen=True, kw_only=True):
    """How many requests a service got, and how many of them failed."""

    total: int
    failed: int


class Latency(Struct, frozen=True, kw_only=True):
    """How fast a service answered: at least the share `quantile` (0-1) of its answers came within `seconds`.

    `seconds` is an upper bound to the millisecond, never less than the true quantile. `evidence` is the id of what it was read
    from; `show` whether the mail may tell it.
    """

    quantile: float
    seconds: float
    evidence: str
    show: bool = False


class ServiceMonth(Struct, frozen=True, kw_only=True):
    """Four states of one service; they add up to the seconds it existed in the month.

    `availability` is up / (up + down), or None when too little was measured (or nothing).
    Where `basis` is not time, all seconds are 0: `availability` is then the share of what was asked that did
    not fail, `requests` the counts behind it if they are known. `target` is the ratio that the source of the
    numbers itself promises.
    `lifetime` is the part of the month in which the service existed; None = all of it, or not recorded.
    `latency` is None where nobody asked for it, or its source had nothing.
    """

    id: str
    availability: float | None
    up_s: float
    down_s: float
    excluded_s: float
    unknown_s: float
    coverage: float
    outages: tuple[Outage, ...] = ()
    excluded: tuple[Exclusion, ...] = ()
    unknown: tuple[Interval, ...] = ()
    evidence: tuple[str, ...] = ()
    lifetime: Interval | None = None
    basis: Basis = "time"
    requests: Requests | None = None
    target: float | None = None
    latency: Latency | None = None

    @property
    def exempt(self) -> bool:
        """Whether planned maintenance (or its hours) left next to nothing of the time it was needed to judge it by."""
        left = self.up_s + self.down_s + self.unknown_s
        needed = max(left + self.excluded_s - self.excluded_for("hours"), 0.0)
        return self.excluded_s > 0 and left <= NEXT_TO_NOTHING * needed

    def excluded_for(self, reason: ExclusionReason) -> float:
        """The seconds excluded for one of the reasons."""
        return sum(one.seconds for one in self.excluded if one.reason == reason)


class Count(Struct, frozen=True, kw_only=True):
    """A total and its parts; part keys join label values with "/" ("desktop/incident").

    `weeks` is the total week by week (`period.weeks`), None for a week that is not known; empty where none is.
    """

    total: int
    by: Mapping[str, int] = field(default_factory=dict)
    weeks: tuple[int | None, ...] = ()


class Resolution(Struct, frozen=True, kw_only=True):
    """How long tickets took, as far as a histogram can say it exactly.

    `share_within_s` maps a bucket edge in seconds to the share (0-1) solved within it;
    `median_between_s` are the two edges around the median (upper edge None = beyond the last).
    `median_s` is the median itself, where every ticket's own time is known; a histogram never tells it.
    """

    count: int
    share_within_s: Mapping[float, float]
    median_between_s: tuple[float, float | None] | None
    median_s: float | None = None


class Satisfaction(Struct, frozen=True, kw_only=True):
    """How many of those who answered were satisfied."""

    satisfied: int
    answers: int


class TicketMonth(Struct, frozen=True, kw_only=True):
    """Tickets of the month; None where the config does not ask or the source had nothing.

    `resolution` maps a label key (and "" for all together) to its distribution. `requesters` are people, not tickets, by
    department; under "" all those of small ones.
    """

    opened: Count | None = None
    resolved: Count | None = None
    open_at_end: Count | None = None
    resolution: Mapping[str, Resolution] = field(default_factory=dict)
    satisfaction: Satisfaction | None = None
    requesters: Count | None = None
    evidence: Mapping[str, str] = field(default_factory=dict)  # part name -> evidence id


FigureKind = Literal["count", "ratio", "duration", "gauge"]


class Figure(Struct, frozen=True, kw_only=True):
    """Any other number the config asks for. `value` None = the source had nothing."""

    id: str
    value: float | None
    unit: str
    kind: FigureKind
    evidence: tuple[str, ...] = ()
    numerator: float | None = None  # ratios only: "214,300 of 642,900"
    denominator: float | None = None


class Rule(Struct, frozen=True, kw_only=True):
    """How the services of one source of 0/1 samples were judged.

    Args:
        interval_s: seconds between two samples; an interruption is exact to about one of them.
        vote: how several probers of a service decide that it is down.
        merge_within_s: interruptions at most so far apart are one.
        maintenance: whether series of the monitoring tell planned maintenance.
    """

    interval_s: float
    vote: Literal["majority", "any", "all"]
    merge_within_s: float = 0.0
    maintenance: bool = False


class Times(Struct, frozen=True, kw_only=True):
    """Times of a service as the configuration writes them, on the clock of a time zone."""

    texts: tuple[str, ...]
    timezone: str


class Policy(Struct, frozen=True, kw_only=True):
    """How availability was accounted for in a month, as it was configured when the month was collected.

    `hours` and `maintenance` are by service; under "" in `maintenance`, planned maintenance on all.
    """

    timezone: str
    rules: tuple[Rule, ...]
    hours: Mapping[str, Times] = field(default_factory=dict)
    holidays: tuple[str, ...] = ()
    maintenance: Mapping[str, Times] = field(default_factory=dict)
    coverage_fail: float = 0.0


class Snapshot(Struct, frozen=True, kw_only=True):
    """All numbers of one month, frozen in a file; everything after it works offline.

    `policy` is None in snapshots written before policies were recorded. `ratings` are what readers said about the
    edition of the month before, None if nobody counted; they stand in a file of their own.
    """

    edition: str
    period: Period
    source: str
    services: Mapping[str, ServiceMonth]
    tickets: TicketMonth
    figures: Mapping[str, Figure]
    evidence: Mapping[str, Evidence]
    policy: Policy | None = None
    ratings: Ratings | None = None
    schema: int = 1
