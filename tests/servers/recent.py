"""Samples up to this minute, as a small company's Prometheus holds them: probes, nodes, tickets.

Every five minutes from a day before the last complete month until now, so that the commands that
look at the present find one.
"""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from newsletter.model import Period
from newsletter.period import last_complete

ROME = ZoneInfo("Europe/Rome")
EVERY = 300
HOUR, DAY = 3600, 86400
NOW = time.time()
MONTH: Period = last_complete(datetime.fromtimestamp(NOW, UTC), ROME)
BEGIN = int(MONTH.start_s) - DAY
MIDDLE = MONTH.start_s + 14 * DAY
DOWN = (MIDDLE, MIDDLE + HOUR)  # mail
UNSEEN = (MIDDLE + DAY, MIDDLE + DAY + 20 * HOUR)  # files
RETIRED = MONTH.end_s - 12 * HOUR  # fax
FAILURES = 20.0  # of each Ingress
VANISHED = NOW - 30 * HOUR  # print

Value = Callable[[float], float | None]


def always(value: float) -> Value:
    return lambda _: value


def growing(start: float, every: float) -> Value:
    return lambda at: start + math.floor((at - BEGIN) / every)


def probes() -> Iterator[tuple[str, str, Value]]:
    """(metric, labels, value at a time): five services seen from two places."""
    told: dict[str, Value] = {
        "mail": lambda at: 0.0 if DOWN[0] <= at < DOWN[1] else 1.0,
        "files": lambda at: None if UNSEEN[0] <= at < UNSEEN[1] else 1.0,
        "erp-orders": always(1.0),
        "fax": lambda at: 1.0 if at < RETIRED else None,
        "print": lambda at: 1.0 if at < VANISHED else None,
    }
    for service, value in told.items():
        for prober in ("north", "south"):
            labels = f'job="blackbox",service="{service}",prober="{prober}",instance="https://{service}.acme.example/"'
            yield "probe_success", labels, value
            yield "probe_ssl_earliest_cert_expiry", labels, always(MONTH.end_s + 90 * DAY)
    yield (
        "maintenance_active",
        'job="planner",service="mail"',
        lambda at: float(MIDDLE + 5 * DAY <= at < MIDDLE + 5 * DAY + HOUR),
    )


def nodes() -> Iterator[tuple[str, str, Value]]:
    for host in ("web1:9100", "db1:9100"):
        labels = f'job="node",instance="{host}"'
        yield "up", labels, always(1.0)
        yield "node_boot_time_seconds", labels, lambda at: BEGIN - DAY if at < MIDDLE else MIDDLE


def ingresses(*names: str) -> Iterator[tuple[str, str, Value]]:
    """Requests of each Ingress: 200s every five minutes, and 20 failures in all (a child born in the month)."""
    yield "up", 'job="ingress-nginx",instance="controller:10254"', always(1.0)
    for name in names:
        for method in ("GET", "POST"):
            labels = f'job="ingress-nginx",ingress="{name}",method="{method}"'
            yield "nginx_ingress_controller_requests", f'{labels},status="200"', growing(5000, EVERY)
        yield (
            "nginx_ingress_controller_requests",
            f'job="ingress-nginx",ingress="{name}",method="GET",status="502"',
            lambda at: min((at - MIDDLE) // EVERY + 1, FAILURES) if at >= MIDDLE else None,
        )


def tickets() -> Iterator[tuple[str, str, Value]]:
    for queue in ("desktop", "network"):
        for kind in ("incident", "request"):
            labels = f'job="helpdesk",queue="{queue}",kind="{kind}"'
            yield "tickets_opened_total", labels, growing(100, 7200)
            yield "tickets_resolved_total", labels, growing(90, 7200)
        yield "tickets_open", f'job="helpdesk",queue="{queue}"', always(7.0)
        for edge, share in (("3600", 4), ("14400", 2), ("+Inf", 1)):
            labels = f'job="helpdesk",queue="{queue}",le="{edge}"'
            yield "ticket_resolution_seconds_bucket", labels, growing(0, HOUR * share)


def write(path: Path, *worlds: Iterator[tuple[str, str, Value]], begin: float = BEGIN, end: float = NOW) -> Path:
    """OpenMetrics text of all series of `worlds`, families together as the format wants."""
    families: dict[str, list[tuple[str, Value]]] = {}
    for world in worlds:
        for metric, labels, value in world:
            families.setdefault(metric, []).append((labels, value))
    with path.open("w", encoding="utf-8") as file:
        for metric, series in families.items():
            file.write(f"# TYPE {metric} unknown\n")
            for labels, value in series:
                for at in range(int(begin), int(end), EVERY):
                    if (found := value(at)) is not None:
                        file.write(f"{metric}{{{labels}}} {found:g} {at}\n")
        file.write("# EOF\n")
    return path


def write_json(path: Path, *worlds: Iterator[tuple[str, str, Value]], begin: float = BEGIN, end: float = NOW) -> Path:
    """The same samples as VictoriaMetrics imports them: a line of JSON for each series."""
    with path.open("w", encoding="utf-8") as file:
        for metric, labels, value in (one for world in worlds for one in world):
            samples = [(at, value(at)) for at in range(int(begin), int(end), EVERY)]
            kept = [(at * 1000, found) for at, found in samples if found is not None]
            names = {"__name__": metric, **dict(re.findall(r'(\w+)="([^"]*)"', labels))}
            times, values = zip(*kept, strict=True)
            file.write(json.dumps({"metric": names, "timestamps": times, "values": values}) + "\n")
    return path
