"""Ten small months whose truth is known: other seasons, zones, intervals and numbers of probers than `world`.

Each is decided from its seed: first what really happened, then what the probers and counters wrote
down of it. All of them fit into one server, told apart by the label `world`.
"""

from __future__ import annotations

import json
import math
import random
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from zoneinfo import ZoneInfo

from newsletter.model import Period
from newsletter.period import month
from tests.servers.world import DAY, MARGIN, Service, Span, overlap

TICKETS_EVERY = 240
FALSE_FAILURES = 0.0003
LOST = 0.0002
QUEUES, KINDS = ("desktop", "network"), ("incident", "request")
EDGES = ("3600.0", "14400.0", "86400.0", "+Inf")


@dataclass(frozen=True)
class Shape:
    """What makes one world different from the others. `stories` are told of a service each (see `Stories`)."""

    name: str
    month: str
    zone: str
    interval: int
    probers: int
    stories: tuple[str, ...]
    plain: int  # further services with nothing but outages
    jitter_ms: int = 0

    @property
    def period(self) -> Period:
        return month(self.month, ZoneInfo(self.zone))


ALL = ("edges", "clock", "born", "retired", "planned", "unseen", "over_gap", "renamed", "doubtful")
SHAPES = (
    Shape("w01", "2025-02", "Europe/Rome", 15, 2, ("edges",), 1),  # 28 days
    Shape("w02", "2024-02", "America/New_York", 60, 3, ("planned", "doubtful", "renamed"), 1),  # 29 days
    Shape("w03", "2025-03", "Europe/Berlin", 30, 2, ("clock", "over_gap"), 1),  # an hour less
    Shape("w04", "2024-10", "Europe/Rome", 15, 1, ("clock", "planned"), 1),  # an hour more
    Shape("w05", "2024-11", "America/St_Johns", 60, 1, ("clock", "born", "edges"), 2, 400),  # half-hour zone, DST ends
    Shape("w06", "2025-04", "Australia/Lord_Howe", 30, 3, ("edges",), 1),  # half an hour more
    Shape("w07", "2024-10", "Australia/Lord_Howe", 60, 2, ("edges", "unseen", "retired"), 1),  # half an hour less
    Shape("w08", "2025-07", "Asia/Kolkata", 300, 3, ALL, 4),  # 31 days, half-hour zone
    Shape("w09", "2025-06", "Asia/Kathmandu", 300, 1, ALL, 6, 2000),  # 30 days, three quarters of an hour
    Shape("w10", "2024-12", "Pacific/Chatham", 30, 1, ("renamed", "unseen"), 1),
)


@dataclass(frozen=True)
class Recorded:
    """One series as a server keeps it."""

    labels: dict[str, str]  # with __name__
    times_ms: list[int]
    values: list[int]

    def openmetrics(self) -> str:
        inner = ",".join(f'{name}="{value}"' for name, value in self.labels.items() if name != "__name__")
        head = f"{self.labels['__name__']}{{{inner}}}"
        times = map(str, self.times_ms)
        return "".join([f"{head} {v} {t[:-3]}.{t[-3:]}\n" for t, v in zip(times, self.values, strict=True)])

    def json_line(self) -> str:
        return json.dumps({"metric": self.labels, "values": self.values, "timestamps": self.times_ms}) + "\n"

    @property
    def samples(self) -> list[tuple[float, float]]:
        return [(at / 1000, float(value)) for at, value in zip(self.times_ms, self.values, strict=True)]


@dataclass
class World:
    """The truth of one month. `lost` are the samples of each service that never came, by time."""

    shape: Shape
    period: Period
    gap: Span
    services: dict[str, Service]
    lost: dict[str, list[float]] = field(default_factory=dict)
    tickets: list[Recorded] = field(default_factory=list)

    def tolerance(self, service: Service, at: float) -> float:
        """How far off an edge may be found: a scrape, and another one where a sample at it was lost."""
        scrape = self.shape.interval
        return scrape * (1 + any(abs(at - lost) <= 2 * scrape for lost in self.lost[service.name])) + 0.001

    def edges_s(self, service: Service) -> float:
        """How far off sums of a service may be: a scrape for each edge."""
        return self.shape.interval * (service.edges(self.period) + len(self.lost[service.name]))


def decided(shape: Shape) -> tuple[World, random.Random]:
    """The truth of a world and its tickets, and the luck that its samples are to be made with."""
    rng = random.Random(f"world {shape.name}")
    world = _decided(shape, rng)
    world.tickets = list(_tickets(world, rng))
    return world, rng


def recorded(shape: Shape) -> tuple[World, list[Recorded]]:
    """A world with all its series in memory."""
    world, rng = decided(shape)
    return world, [one for _, series in _families(world, rng) for one in series]


def written(shape: Shape, folder: Path) -> tuple[World, Path, Path]:
    """Make a world: its truth, its OpenMetrics text and its JSON lines."""
    world, rng = decided(shape)
    texts, lines = folder / f"{shape.name}.txt", folder / f"{shape.name}.jsonl"
    with texts.open("w") as text, lines.open("w") as line:
        for name, series in _families(world, rng):
            text.write(f"# TYPE {name} unknown\n")
            for one in series:
                text.write(one.openmetrics())
                line.write(one.json_line())
        text.write("# EOF\n")
    return world, texts, lines


def _families(world: World, rng: random.Random) -> Iterator[tuple[str, Iterator[Recorded]]]:
    yield "probe_success", (one for service in world.services.values() for one in _probed(world, service, rng))
    yield "maintenance_active", (_maintenance(world, one) for one in world.services.values() if one.planned)
    names = dict.fromkeys(series.labels["__name__"] for series in world.tickets)
    for name in names:
        yield name, (series for series in world.tickets if series.labels["__name__"] == name)


# --- what happened ------------------------------------------------------------------------


def _decided(shape: Shape, rng: random.Random) -> World:
    period = shape.period
    hole = period.start_s + rng.uniform(2, 26) * DAY
    gap = (hole, hole + rng.uniform(1800, 3 * 3600))
    world = World(shape, period, gap, {})
    forever = (period.start_s - 3 * DAY, period.end_s + 3 * DAY)
    stories = Stories(shape, period, gap, rng)
    for name in shape.stories:
        world.services[name] = Service(name, forever)
        getattr(stories, name)(world.services[name])
    for number in range(shape.plain):
        name = f"plain-{number}"
        world.services[name] = Service(name, forever, down=_outages(shape, period, gap, rng))
    for service in world.services.values():
        service.unseen = sorted([*service.unseen, gap])
    return world


@dataclass
class Stories:
    """What is easy to get wrong."""

    shape: Shape
    period: Period
    gap: Span
    rng: random.Random

    def moment(self) -> float:
        """Some time in the month, a day off the gap and the edges."""
        while True:
            at = self.rng.uniform(self.period.start_s + DAY, self.period.end_s - 2 * DAY)
            if not overlap((at - DAY, at + DAY), self.gap):
                return at

    def edges(self, s: Service) -> None:
        step, start, end = self.shape.interval, self.period.start_s, self.period.end_s
        s.down = [(start - 40 * step, start + self.rng.uniform(5, 90) * step), (end - 7.4 * step, end + 30 * step)]

    def clock(self, s: Service) -> None:
        """Down while the clocks are changed."""
        at = _clock_change(self.period) or self.moment()
        s.down = [] if overlap((at - 7200, at + 7200), self.gap) else [(at - 1800.3, at + 1800.2)]

    def born(self, s: Service) -> None:
        s.life = (self.moment(), s.life[1])
        s.down = [(s.life[0] + 40 * self.shape.interval, s.life[0] + 55.5 * self.shape.interval)]

    def retired(self, s: Service) -> None:
        s.life = (s.life[0], self.moment())
        s.down = [(s.life[1] - 50 * self.shape.interval, s.life[1] - 31.5 * self.shape.interval)]

    def planned(self, s: Service) -> None:
        """Two stretches of planned work, the second overrun."""
        for length, overrun in ((40, 0), (35, 21.3)):
            at, step = self.moment(), self.shape.interval
            if not any(overlap((at - DAY / 4, at + DAY / 4), span) for span in s.planned):
                s.planned.append((at, at + length * step))
                s.down.append((at + 4 * step, at + (length + overrun if overrun else length - 10) * step))
        s.planned.sort()
        s.down.sort()

    def unseen(self, s: Service) -> None:
        at = self.moment()
        s.unseen = [(at, at + 6 * 3600)]

    def over_gap(self, s: Service) -> None:
        s.down = [(self.gap[0] - 20 * self.shape.interval, self.gap[1] + 12 * self.shape.interval)]

    def renamed(self, s: Service) -> None:
        s.renamed_at = self.moment()
        s.down = [(s.renamed_at - 7 * self.shape.interval, s.renamed_at + 9.3 * self.shape.interval)]

    def doubtful(self, s: Service) -> None:
        """One of several probers is away, and one of three says down all the time."""
        away = self.moment()
        if self.shape.probers > 1:
            s.away = {"p1": (away, away + DAY / 3)}
        if self.shape.probers == 3:
            s.lying = {"p2": (away + DAY / 2, away + DAY)}


def _clock_change(period: Period) -> float | None:
    """When the offset from UTC changes in the month."""
    zone = period.start.tzinfo
    at, offset = period.start_s, period.start.utcoffset()
    while at < period.end_s:
        if period.start.fromtimestamp(at, zone).utcoffset() != offset:
            return at
        at += 900
    return None


def _outages(shape: Shape, period: Period, gap: Span, rng: random.Random) -> list[Span]:
    """Interruptions from a third of a scrape to hours, four scrapes clear of each other and of the gap."""
    spans: list[Span] = []
    clear = 4 * shape.interval
    for _ in range(rng.randrange(4, 14)):
        begin = rng.uniform(period.start_s + 3600, period.end_s - 4 * 3600)
        span = (begin, begin + shape.interval * 0.3 * 500 ** rng.random())
        if all(not overlap((span[0] - clear, span[1] + clear), other) for other in (*spans, gap)):
            spans.append(span)
    return sorted(spans)


# --- what was written down ----------------------------------------------------------------


def _probed(world: World, service: Service, rng: random.Random) -> Iterator[Recorded]:
    """The series of all probers of a service, with losses and false failures that leave the vote right."""
    grids = {f"p{number}": _times(world, rng) for number in range(1, world.shape.probers + 1)}
    lost = {prober: rng.sample(range(len(times)), round(len(times) * LOST)) for prober, times in grids.items()}
    world.lost[service.name] = sorted(grids[prober][k] / 1000 for prober, chosen in lost.items() for k in chosen)
    marks = [at for span in (*service.down, *service.planned, *service.unseen) for at in span]
    marks += world.lost[service.name]
    for prober, times in grids.items():
        values: list[int | None] = [1] * len(times)
        for k in rng.sample(range(len(times)), round(len(times) * FALSE_FAILURES)) if len(grids) > 1 else ():
            if _harmless(world, service, times[k] / 1000, marks):
                marks.append(times[k] / 1000)
                values[k] = 0
        for span in (*service.down, *([service.lying[prober]] if prober in service.lying else [])):
            _write(values, times, span, 0)
        absent = [(0.0, service.life[0]), (service.life[1], 1e11), *service.unseen]
        for span in (*absent, *([service.away[prober]] if prober in service.away else [])):
            _write(values, times, span, None)
        for k in lost[prober]:
            values[k] = None
        yield from _split(world, service, prober, times, values)


def _harmless(world: World, service: Service, at: float, marks: list[float]) -> bool:
    """Whether a false failure at `at` stands alone, so that the majority is right."""
    near = (at - 4 * world.shape.interval, at + 4 * world.shape.interval)
    delicate = (*service.down, *service.away.values(), *service.lying.values())
    return not any(near[0] < mark < near[1] for mark in marks) and not any(overlap(near, span) for span in delicate)


def _times(world: World, rng: random.Random) -> list[int]:
    """When a prober measures, in milliseconds: one phase for ever, with the jitter of the world."""
    step, jitter = world.shape.interval * 1000, world.shape.jitter_ms
    begin = math.floor(world.period.start_s - MARGIN) * 1000 + rng.randrange(step)
    times = list(range(begin, round(world.period.end_s + MARGIN) * 1000, step))
    return [at + rng.randint(-jitter, jitter) for at in times] if jitter else times


def _write(values: list[int | None], times: list[int], span: Span, value: int | None) -> None:
    low, high = bisect_left(times, span[0] * 1000), bisect_left(times, span[1] * 1000)
    values[low:high] = [value] * (high - low)


def _split(
    world: World, service: Service, prober: str, times: list[int], values: list[int | None]
) -> Iterator[Recorded]:
    """One series, or two where the instance was renamed."""
    turn = bisect_left(times, service.renamed_at * 1000) if service.renamed_at else len(times)
    for number, part in enumerate((slice(0, turn), slice(turn, None)), start=1):
        kept = [(at, value) for at, value in zip(times[part], values[part], strict=True) if value is not None]
        if kept:
            labels = {"service": service.name, "prober": prober, "instance": f"{prober}-{number}:9115"}
            yield _recorded(world, "probe_success", labels, kept)


def _maintenance(world: World, service: Service) -> Recorded:
    step = world.shape.interval * 1000
    times = list(range(round(world.period.start_s - DAY) * 1000 + step // 4, round(world.period.end_s) * 1000, step))
    values: list[int | None] = [0] * len(times)
    for span in service.planned:
        _write(values, times, span, 1)
    samples = [(at, value or 0) for at, value in zip(times, values, strict=True)]
    return _recorded(world, "maintenance_active", {"service": service.name}, samples)


def _recorded(world: World, name: str, labels: dict[str, str], samples: list[tuple[int, int]]) -> Recorded:
    head = {"__name__": name, "world": world.shape.name}
    return Recorded(head | labels, [at for at, _ in samples], [value for _, value in samples])


# --- tickets ------------------------------------------------------------------------------


def _tickets(world: World, rng: random.Random) -> Iterator[Recorded]:
    """Counters with restarts, a renamed pod and a late birth; a histogram; a gauge."""
    for metric, kinds in (("tickets_opened_total", KINDS), ("tickets_resolved_total", KINDS[:1])):
        for queue in QUEUES:
            for kind in kinds:
                late = (queue, kind) == ("network", "request")
                for pod, samples in _counter(world, rng, late=late).items():
                    yield _recorded(world, metric, {"queue": queue, "kind": kind, "pod": pod}, samples)
    ticks = list(_ticks(world))
    took = {at: rng.expovariate(1 / 20000) for at in ticks if rng.random() < 0.03}
    for edge in EDGES:
        below = accumulate(int(took.get(at, math.inf) <= float(edge) and at in took) for at in ticks)
        yield _recorded(world, "ticket_resolution_seconds_bucket", {"le": edge}, list(zip(ticks, below, strict=True)))
    for number, queue in enumerate(QUEUES):
        samples = [(at, 20 + number + at // 86_400_000 % 7) for at in ticks]
        yield _recorded(world, "tickets_open", {"queue": queue}, samples)


def _ticks(world: World) -> Iterator[int]:
    """Scrapes of an exporter from two days before the month to a day after, without those in the gap."""
    at = world.period.start_s - 2 * DAY + 7.125
    while at < world.period.end_s + DAY:
        if not world.gap[0] <= at < world.gap[1]:
            yield round(at * 1000)
        at += TICKETS_EVERY


def _counter(world: World, rng: random.Random, *, late: bool) -> dict[str, list[tuple[int, int]]]:
    """A counter that begins at some value, or late with 1; up to three restarts, a renamed pod among them."""
    start, seconds = world.period.start_s * 1000, world.period.seconds * 1000
    restarts = sorted(start + rng.random() * seconds for _ in range(rng.randrange(4)))
    born = start + seconds * 0.3 if late else 0.0
    value, pod = (0 if late else rng.randrange(2000)), "a"
    found: dict[str, list[tuple[int, int]]] = {}
    for at in _ticks(world):
        if restarts and at >= restarts[0]:
            restarts.pop(0)
            value, pod = 0, rng.choice((pod, pod + "x"))
        if at >= born and rng.random() < 0.02:
            value += rng.choice((1, 1, 2))
        if value or not late:
            found.setdefault(pod, []).append((at, value))
    return found
