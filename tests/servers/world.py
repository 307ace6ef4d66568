"""A month of monitoring whose truth is known: what happened, and what the probers wrote down of it.

The world decides first when each service was really down, unmeasured, under maintenance or not
there at all; then it lets probers sample it, with their faults. Nothing here asks the collector:
the truth comes from the decisions, and ticket counts from the very samples that are written.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

from newsletter.model import Period
from newsletter.period import month

ROME = ZoneInfo("Europe/Rome")
OCTOBER = month("2026-10", ROME)  # daylight saving time ends in it: 745 hours
DAY = 86400.0
MARGIN = 26 * 3600.0  # recorded before and after the month
FALSE_FAILURES = 0.0003
LOST = 0.0002

Span = tuple[float, float]


def overlap(a: Span, b: Span) -> float:
    return max(min(a[1], b[1]) - max(a[0], b[0]), 0.0)


def without(spans: Iterable[Span], holes: Iterable[Span]) -> list[Span]:
    """`spans` minus `holes`."""
    left = list(spans)
    for begin, end in holes:
        left = [
            piece
            for span in left
            for piece in ((span[0], min(span[1], begin)), (max(span[0], end), span[1]))
            if piece[0] < piece[1]
        ]
    return sorted(left)


def inside(at: float, spans: Iterable[Span]) -> bool:
    return any(begin <= at < end for begin, end in spans)


@dataclass
class Service:
    """What really happened to one service, and what kept its probers from seeing it."""

    name: str
    life: Span
    down: list[Span] = field(default_factory=list)
    unseen: list[Span] = field(default_factory=list)  # nobody measured
    planned: list[Span] = field(default_factory=list)
    away: dict[str, Span] = field(default_factory=dict)  # one prober did not measure
    lying: dict[str, Span] = field(default_factory=dict)  # one prober said down
    renamed_at: float | None = None

    def measurable(self, period: Period) -> list[Span]:
        """When the service lived, outside maintenance and gaps, in the period."""
        start, end = max(self.life[0], period.start_s), min(self.life[1], period.end_s)
        return without([(start, end)], [*self.unseen, *self.planned])

    def down_s(self, period: Period) -> float:
        return sum(overlap(down, seen) for down in self.down for seen in self.measurable(period))

    def measurable_s(self, period: Period) -> float:
        return sum(end - begin for begin, end in self.measurable(period))

    def visible_outages(self, period: Period) -> list[Span]:
        """Interruptions as a reader would count them: clipped to the month, planned work cut off."""
        clipped = [(max(b, period.start_s), min(e, period.end_s)) for b, e in self.down]
        found = []
        for span in clipped:
            pieces = without([span], [*self.planned, *self.unseen]) if span[0] < span[1] else []
            if pieces:
                found.append((pieces[0][0], pieces[-1][1]))
        return found

    def edges(self, period: Period) -> int:
        """How many times something changed, each of which is only known to one scrape."""
        spans = [*self.down, *self.unseen, *self.planned]
        return 2 * sum(1 for span in spans if overlap(span, (period.start_s, period.end_s))) + 2


@dataclass
class World:
    """Everything a test needs: services with their truth, ticket samples, and the files to back-fill."""

    period: Period
    interval: float
    services: dict[str, Service]
    probers: tuple[str, ...]
    global_gap: Span
    tickets: dict[str, list[tuple[float, float]]]  # series text -> samples
    seed: int

    def write(self, folder: Path) -> list[Path]:
        folder.mkdir(parents=True, exist_ok=True)
        probes, others = folder / "probes.txt", folder / "tickets.txt"
        with probes.open("w", encoding="utf-8") as file:
            file.write("# TYPE probe_success gauge\n")
            file.writelines(self._probes())
            file.write("# TYPE maintenance_active gauge\n")
            file.writelines(self._maintenance())
            file.write("# EOF\n")
        with others.open("w", encoding="utf-8") as file:
            last = ""
            for series, samples in self.tickets.items():
                name = series.partition("{")[0]
                if name != last:
                    file.write(f"# TYPE {name} unknown\n")
                    last = name
                file.write("".join([f"{series} {value:g} {at:.3f}\n" for at, value in samples]))
            file.write("# EOF\n")
        return [probes, others]

    def _probes(self) -> Iterator[str]:
        for number, service in enumerate(self.services.values()):
            rng = random.Random(f"{self.seed}/{number}")
            failed: list[float] = []  # false failures of all its probers
            for prober in self.probers:
                yield self._series(service, prober, rng, failed)

    def _series(self, service: Service, prober: str, rng: random.Random, failed: list[float]) -> str:
        """All lines of one prober: a value for each scrape, "" where none was written."""
        first = int(self.period.start_s - MARGIN)
        phase_ms = rng.randrange(int(self.interval * 1000))
        begin = first + phase_ms / 1000
        count = int((self.period.end_s + MARGIN - first) / self.interval)
        values = ["1"] * count

        def write(span: Span, value: str) -> None:
            low, high = (math.ceil(min(max((at - begin) / self.interval, 0), count)) for at in span)
            values[low:high] = [value] * (high - low)

        for k in rng.sample(range(count), round(count * FALSE_FAILURES)):
            at = begin + k * self.interval
            if self._harmless(service, at, failed):
                failed.append(at)
                values[k] = "0"
        for span in (*service.down, *([service.lying[prober]] if prober in service.lying else [])):
            write(span, "0")
        for k in rng.sample(range(count), round(count * LOST)):
            values[k] = ""
        for span in (*service.unseen, *([service.away[prober]] if prober in service.away else [])):
            write(span, "")
        write((-math.inf, service.life[0]), "")
        write((service.life[1], math.inf), "")
        return self._lines(service, prober, first * 1000 + phase_ms, values)

    def _harmless(self, service: Service, at: float, failed: list[float]) -> bool:
        """Whether a false failure at `at` leaves the majority right, so that the truth stays what it is."""
        near = (at - 4 * self.interval, at + 4 * self.interval)
        delicate = [*service.lying.values(), *service.away.values(), *service.down]
        return not any(overlap(near, span) for span in delicate) and not any(near[0] < f < near[1] for f in failed)

    def _lines(self, service: Service, prober: str, begin_ms: int, values: list[str]) -> str:
        labels = f'job="blackbox",service="{service.name}",prober="{prober}"'
        old, new = (f'probe_success{{{labels},instance="{prober}-{n}:9115"}}' for n in (1, 2))
        seconds, fraction = divmod(begin_ms, 1000)
        step = int(self.interval)
        end = seconds + step * len(values)
        turn = int(service.renamed_at) if service.renamed_at is not None else end
        return "".join(
            [
                f"{old if at < turn else new} {value} {at}.{fraction:03d}\n"
                for at, value in zip(range(seconds, end, step), values, strict=True)
                if value
            ]
        )

    def _maintenance(self) -> Iterator[str]:
        for service in self.services.values():
            if not service.planned:
                continue
            phase = 17.25
            begin, end = self.period.start_s - DAY, self.period.end_s + DAY
            name = f'maintenance_active{{job="planner",service="{service.name}"}}'
            for k in range(int((end - begin) / self.interval)):
                at = begin + phase + k * self.interval
                yield f"{name} {int(inside(at, service.planned))} {at:.3f}\n"


# --- the services -------------------------------------------------------------------------

GLOBAL_GAP = (OCTOBER.start_s + 12.3 * DAY, OCTOBER.start_s + 12.3 * DAY + 5400)
START, END = OCTOBER.start_s, OCTOBER.end_s
DST_END = 1792890000.0  # 2026-10-25 01:00 UTC, when the clock in Rome goes back from 03:00 to 02:00


def special_services() -> dict[str, Callable[[Service], None]]:
    """One service for each thing that is easy to get wrong."""

    def noon(day: int) -> float:
        return START + (day - 1) * DAY + 43211.5

    def perfect(_: Service) -> None: ...

    def born(s: Service) -> None:
        s.life = (noon(15), END + 2 * DAY)
        s.down = [(noon(20), noon(20) + 1800)]

    def retired(s: Service) -> None:
        s.life = (START - 2 * DAY, noon(18))
        s.down = [(noon(10), noon(10) + 2400)]

    def maintained(s: Service) -> None:
        s.planned = [(noon(6), noon(6) + 7200)]
        s.down = [(noon(6) + 300, noon(6) + 6900)]

    def overrun(s: Service) -> None:
        s.planned = [(noon(7), noon(7) + 7200)]
        s.down = [(noon(7) + 60, noon(7) + 7200 + 2400)]

    def unseen(s: Service) -> None:
        s.unseen = [(noon(9), noon(9) + 6 * 3600)]

    def one_away(s: Service) -> None:
        s.away = {"p1": (noon(9), noon(11))}
        s.down = [(noon(10), noon(10) + 1500)]

    def renamed(s: Service) -> None:
        s.renamed_at = noon(16)
        s.down = [(noon(16) - 700, noon(16) + 900)]

    def over_start(s: Service) -> None:
        s.down = [(START - 3000, START + 2000)]

    def over_end(s: Service) -> None:
        s.down = [(END - 2600, END + 3000)]

    def over_clock_change(s: Service) -> None:
        s.down = [(DST_END - 1800, DST_END + 1800)]

    def flapping(s: Service) -> None:
        s.down = [(noon(22) + 600 * k, noon(22) + 600 * k + 150) for k in range(30)]

    def lied_about(s: Service) -> None:
        s.lying = {"p2": (noon(12), noon(12) + 6 * 3600)}

    def down_all_month(s: Service) -> None:
        s.down = [(START - 10 * DAY, END + 10 * DAY)]

    def down_over_gap(s: Service) -> None:
        s.down = [(GLOBAL_GAP[0] - 1800, GLOBAL_GAP[1] + 1200)]

    return {name.replace("_", "-"): tell for name, tell in locals().items() if name != "noon"}


def random_outages(rng: random.Random) -> list[Span]:
    """Up to eight interruptions of three minutes to three hours, clear of each other and of the gap."""
    spans: list[Span] = []
    for _ in range(rng.randrange(9)):
        begin = START + rng.random() * (END - START - 12000) + 600
        span = (begin, begin + 180 * 60 ** rng.random())
        if all(overlap((span[0] - 900, span[1] + 900), other) == 0 for other in (*spans, GLOBAL_GAP)):
            spans.append(span)
    return sorted(spans)


def october(seed: int, services: int = 50, probers: int = 3, interval: float = 60.0) -> World:
    """The month with `services` services, the first of which are the special ones."""
    rng = random.Random(seed)
    forever = (START - 3 * DAY, END + 3 * DAY)
    found: dict[str, Service] = {}
    for name, tell in list(special_services().items())[:services]:
        found[name] = Service(name, forever)
        tell(found[name])
    for number in range(services - len(found)):
        found[f"plain-{number:02d}"] = Service(f"plain-{number:02d}", forever, down=random_outages(rng))
    for service in found.values():
        service.unseen.append(GLOBAL_GAP)
    return World(
        period=OCTOBER,
        interval=interval,
        services=found,
        probers=tuple(f"p{n}" for n in range(1, probers + 1)),
        global_gap=GLOBAL_GAP,
        tickets=tickets(rng),
        seed=seed,
    )


# --- tickets ------------------------------------------------------------------------------

QUEUES, KINDS = ("desktop", "network", "access"), ("incident", "request")
EDGES = (3600.0, 14400.0, 86400.0, 604800.0)


def tickets(rng: random.Random) -> dict[str, list[tuple[float, float]]]:
    """Counters with restarts, one with a renamed pod, one born lazily; a histogram; a gauge."""
    found: dict[str, list[tuple[float, float]]] = {}
    for metric in ("tickets_opened_total", "tickets_resolved_total"):
        for queue in QUEUES:
            for kind in KINDS:
                restarts = [START + rng.random() * (END - START) for _ in range(rng.randrange(4))]
                born = START + 9.4 * DAY if (queue, kind) == ("access", "request") else 0.0
                rename = START + 17.2 * DAY if (queue, kind) == ("network", "incident") else None
                for pod, samples in counter(rng, sorted(restarts), born, rename).items():
                    found[f'{metric}{{queue="{queue}",kind="{kind}",pod="{pod}"}}'] = samples
    for queue in QUEUES:
        for edge, samples in histogram(rng).items():
            found[f'ticket_resolution_seconds_bucket{{queue="{queue}",le="{edge}"}}'] = samples
    for number, queue in enumerate(QUEUES):
        steps = [START - DAY + 300 * k for k in range(int((END - START + 2 * DAY) / 300))]
        change = END - 3 * 3600 if queue == "network" else math.inf  # its pod is renamed on the last evening
        for pod, value, begin, end in (("a", 20 + number, 0.0, change), ("b", 31, change, math.inf)):
            samples = [(at, float(value)) for at in steps if begin <= at < end]
            found |= {f'tickets_open{{queue="{queue}",pod="{pod}"}}': samples} if samples else {}
    return found


def counter(
    rng: random.Random, restarts: list[float], born: float, rename: float | None
) -> dict[str, list[tuple[float, float]]]:
    """Samples a minute apart of a counter that starts at some value; a rename begins a new series at 0."""
    found: dict[str, list[tuple[float, float]]] = {"a": []}
    value, pod = (0 if born else rng.randrange(2000)), "a"
    begin, end = START - 2 * DAY, END + DAY
    phase = round(rng.random() * 60, 3)
    left = list(restarts)
    for k in range(int((end - begin) / 60)):
        at = begin + phase + 60 * k
        if left and at >= left[0]:
            value = 0
            left.pop(0)
        if rename is not None and pod == "a" and at >= rename:
            value, pod = 0, "b"
            found[pod] = []
        if rng.random() < 0.006:
            value += rng.choice((1, 1, 1, 2))
        if at >= born and not inside(at, [GLOBAL_GAP]) and not (born and value == 0):
            found[pod].append((at, value))
    return found


def histogram(rng: random.Random) -> dict[str, list[tuple[float, float]]]:
    """Cumulative buckets, five minutes apart."""
    edges = [*(f"{edge:.1f}" for edge in EDGES), "+Inf"]
    counts = [rng.randrange(100)] * len(edges)
    found: dict[str, list[tuple[float, float]]] = {edge: [] for edge in edges}
    begin, end = START - 2 * DAY, END + DAY
    for k in range(int((end - begin) / 300)):
        if rng.random() < 0.05:
            took = rng.expovariate(1 / 20000)
            counts = [c + (took <= float(edge)) for c, edge in zip(counts, edges, strict=True)]
        for edge, count in zip(edges, counts, strict=True):
            found[edge].append((begin + 300.0 * k + 7.5, count))
    return found


def shown(samples: list[tuple[float, float]], period: Period = OCTOBER, *, born_at_zero: bool = True) -> int:
    """What `samples` of a counter show for the period, restarts counting from 0."""
    before = [value for at, value in samples if at < period.start_s]
    within = [value for at, value in samples if period.start_s <= at < period.end_s]
    if not within:
        return 0
    walk = [before[-1] if before else 0 if born_at_zero else within[0], *within]
    return int(sum(new - old if new >= old else new for old, new in pairwise(walk)))
