"""The monitoring data of the sample company, as OpenMetrics text for a back-fill.

Two places probe every service once a minute, each at its own second of the minute. Now and then
one of them fails by itself or loses a sample, never both in one day; a service desk bridge, the
mail gateway, the sign-in service and a planner are scraped every two minutes. The same stretch
of time is the same bytes on every machine.

Format: https://prometheus.io/docs/specs/om/open_metrics_spec/ (timestamps in seconds, `# EOF`).
"""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import chain
from pathlib import Path

from newsletter.demo import activity, plan
from newsletter.model import Interval, Period

PROBERS = ("milan", "turin")
PROBE_INTERVAL_S = 60
SCRAPE_INTERVAL_S = 120
MARGIN_S = 86_400  # counters need a value before the month, and probes are compared across its edges

_DAY_S = 86_400
_FALSE_FAILURE = 0.15  # chance of each of three a day, at one prober
_LOST_SAMPLE = 0.10

Reading = Callable[[float], float]


def write_month(month: Period, path: Path) -> Path:
    """Write the month's samples, with a day before and a day after it."""
    return write(path, Interval(start=month.start_s - MARGIN_S, end=month.end_s + MARGIN_S))


def write(path: Path, window: Interval) -> Path:
    """Write every sample with a timestamp in the window; about 250 MB for a month.

    Returns:
        `path`.
    """
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for block in samples(window):
            file.write(block)
        file.write("# EOF\n")
    return path


def samples(window: Interval) -> Iterator[str]:
    """OpenMetrics lines, one string a series, each family announced by its TYPE."""
    yield "# TYPE probe_success gauge\n"
    for service in plan.SERVICES:
        for prober in PROBERS:
            yield probe_samples(service, prober, window)
    yield "# TYPE maintenance_active gauge\n"
    yield from _maintenance(window)
    yield from _service_desk(window)
    yield from _other_counters(window)
    yield from _gauges(window)


# --- probes -------------------------------------------------------------------------------


def probe_samples(service: str, prober: str, window: Interval) -> str:
    """The 0/1 samples of one service from one place."""
    labels = f'job="blackbox",service="{service}",prober="{prober}",instance="https://{service}.acme.example/"'
    up, down = (f"probe_success{{{labels}}} {value} " for value in (1, 0))
    phase = _phase(f"probe/{service}/{prober}", PROBE_INTERVAL_S)
    seconds, milliseconds = divmod(phase, 1000)
    tail = f".{milliseconds:03d}\n"
    numbers = _numbers(Interval(start=max(window.start, plan.born(service)), end=window.end), phase, PROBE_INTERVAL_S)
    failed, lost = _bad_samples(service, prober, phase, window)
    return "".join(
        [f"{down if n in failed else up}{n * PROBE_INTERVAL_S + seconds}{tail}" for n in numbers if n not in lost]
    )


def _phase(name: str, interval_s: int) -> int:
    """The millisecond within the interval at which a target is scraped, fixed for good."""
    return int(random.Random(f"{plan.SEED}/phase/{name}").random() * interval_s * 1000)  # noqa: S311 - data, not a secret


def _numbers(window: Interval, phase: int, interval_s: int) -> range:
    """The scrapes n, taken at n * interval + phase, that lie in the window."""
    first, last = (math.ceil((edge - phase / 1000) / interval_s) for edge in (window.start, window.end))
    return range(first, last)


def _bad_samples(service: str, prober: str, phase: int, window: Interval) -> tuple[set[int], set[int]]:
    """The scrapes that say 0, and those that never arrived."""
    outages = [one.interval for one in plan.outages() if one.concerns(service)]
    blind = [one.interval for one in plan.BLIND if one.concerns(service)]
    failed = set(chain.from_iterable(_numbers(one, phase, PROBE_INTERVAL_S) for one in outages))
    lost = set(chain.from_iterable(_numbers(one, phase, PROBE_INTERVAL_S) for one in blind))
    for day in range(int(window.start // _DAY_S), int(window.end // _DAY_S) + 1):
        dice = random.Random(f"{plan.SEED}/noise/{service}/{day}")  # noqa: S311 - data, not a secret
        if dice.choice(PROBERS) == prober:
            failed.update(_strays(dice, day, _FALSE_FAILURE))
            lost.update(_strays(dice, day, _LOST_SAMPLE))
    return failed, lost


def _strays(dice: random.Random, day: int, chance: float) -> list[int]:
    """Up to three scrapes of a day, away from midnight, where the other prober's day begins."""
    a_day = _DAY_S // PROBE_INTERVAL_S
    return [day * a_day + 5 + int(dice.random() * (a_day - 10)) for _ in range(3) if dice.random() < chance]


def _maintenance(window: Interval) -> Iterator[str]:
    """The planner exposes a service only in windows that hold work on it."""
    near = [one for one in plan.planned_work() if one.start < window.end and one.end > window.start]
    for service in sorted({one.service for one in near}):
        spans = [one.interval for one in near if one.service == service]
        yield _series(
            f'maintenance_active{{job="planner",service="{service}"}}',
            lambda at, spans=spans: float(any(one.start <= at < one.end for one in spans)),  # type: ignore[misc]
            _scrapes("planner", window, PROBE_INTERVAL_S),
        )


# --- everything else ----------------------------------------------------------------------


def _service_desk(window: Interval) -> Iterator[str]:
    times = _scrapes("servicedesk", window, SCRAPE_INTERVAL_S)
    for name, counter in (("opened", activity.opened), ("resolved", activity.resolved)):
        yield f"# TYPE tickets_{name} counter\n"
        for queue, kind in activity.ticket_labels():
            labels = f'job="servicedesk",queue="{queue}",kind="{kind}"'
            yield _series(f"tickets_{name}_total{{{labels}}}", _restarted(counter(queue, kind)), times)
    yield "# TYPE tickets_open gauge\n"
    for queue in activity.queues():
        yield _series(f'tickets_open{{job="servicedesk",queue="{queue}"}}', activity.still_open(queue), times)
    yield "# TYPE tickets_requesters gauge\n"
    for department in activity.departments():
        labels = f'job="servicedesk",department="{department}"'
        yield _series(f"tickets_requesters{{{labels}}}", activity.people_of_the_month(department), times)
    yield "# TYPE ticket_resolution_seconds histogram\n"
    for queue in activity.queues():
        yield from _resolution(queue, times)


def _resolution(queue: str, times: Sequence[tuple[float, str]]) -> Iterator[str]:
    labels = f'job="servicedesk",queue="{queue}"'
    name = "ticket_resolution_seconds"
    for edge in (*map(float, activity.RESOLUTION_EDGES_S), math.inf):
        le = "+Inf" if edge == math.inf else f"{edge}"
        within = activity.resolved_within(queue, edge)
        yield _series(f'{name}_bucket{{{labels},le="{le}"}}', _restarted(within), times)
    yield _series(f"{name}_sum{{{labels}}}", _restarted(activity.resolution_seconds(queue)), times)
    yield _series(f"{name}_count{{{labels}}}", _restarted(activity.resolved_within(queue, math.inf)), times)


def _other_counters(window: Interval) -> Iterator[str]:
    counters = {
        "sign_ins": ("sso", activity.sign_ins()),
        "password_resets": ("sso", activity.resets(self_service=False)),
        "password_resets_self_service": ("sso", activity.resets(self_service=True)),
        "mail_received": ("gateway", activity.received()),
        "mail_spam": ("gateway", activity.spam()),
        "payslips_sent": ("payroll", activity.payslips()),
        "it_working_hours": ("hours", activity.working_hours()),
        "it_focus_hours": ("hours", activity.focus_hours()),
    }
    for name, (job, counter) in counters.items():
        yield f"# TYPE {name} counter\n"
        yield _series(f'{name}_total{{job="{job}"}}', counter, _scrapes(job, window, SCRAPE_INTERVAL_S))


def _gauges(window: Interval) -> Iterator[str]:
    yield "# TYPE sign_in_typical_seconds gauge\n"
    times = _scrapes("sso", window, SCRAPE_INTERVAL_S)
    yield _series('sign_in_typical_seconds{job="sso"}', activity.sign_in_typical_seconds, times)
    yield "# TYPE access_wait_typical_seconds gauge\n"
    yield _series('access_wait_typical_seconds{job="sso"}', activity.access_wait_typical_seconds, times)
    yield "# TYPE probe_ssl_earliest_cert_expiry gauge\n"
    for host in activity.certificate_hosts():
        yield _series(
            f'probe_ssl_earliest_cert_expiry{{job="certificates",instance="https://{host}.acme.example/"}}',
            activity.certificate_not_after(host),
            _scrapes("certificates", window, SCRAPE_INTERVAL_S),
        )


def _scrapes(job: str, window: Interval, interval_s: int) -> list[tuple[float, str]]:
    """When a job is scraped, as a number and as text; never while the monitoring is away."""
    phase = _phase(f"job/{job}", interval_s)
    seconds, milliseconds = divmod(phase, 1000)
    times = [n * interval_s + seconds for n in _numbers(window, phase, interval_s)]
    away = [one.interval for one in plan.BLIND if not one.service and one.start < window.end]
    seen = [at for at in times if not any(one.start <= at + milliseconds / 1000 < one.end for one in away)]
    return [(at + milliseconds / 1000, f"{at}.{milliseconds:03d}\n") for at in seen]


def _series(name: str, reading: Reading, times: Sequence[tuple[float, str]]) -> str:
    return "".join([f"{name} {reading(at)} {text}" for at, text in times])


def _restarted(counter: activity.Cumulative) -> activity.Cumulative:
    """The counter as its exporter shows it: from 0 after each of the exporter's restarts."""
    restarts = service_desk_restarts()
    bases = [counter(at) for at in restarts]

    def shown(at: float) -> int:
        last = bisect_right(restarts, at) - 1
        return counter(at) - bases[last]

    return shown


@cache
def service_desk_restarts() -> tuple[float, ...]:
    """When the bridge to the service desk was restarted: once in most months, at night."""
    found = [plan.local("2024-06-01 00:00:00")]
    for month in plan.months():
        dice = random.Random(f"{plan.SEED}/restart/{month.label}")  # noqa: S311 - data, not a secret
        if dice.random() < 0.8:
            found.append(month.start_s + (1 + int(dice.random() * 26)) * _DAY_S + 2.5 * 3600)
    return tuple(found)
