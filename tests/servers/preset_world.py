"""A month of every exporter that has a preset, written from events whose number is the truth.

Each part decides first what happens (renewals, backups, sign-ins, ...), then writes the samples that the
exporter would have shown, with restarts, renamed instances and gaps. Nothing here asks the collector.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from newsletter.period import month

OCTOBER = month("2026-10", ZoneInfo("Europe/Rome"))
START, END = OCTOBER.start_s, OCTOBER.end_s
DAY = 86400.0
STEP = 300.0
FIRST, LAST = START - 1.5 * DAY, END + DAY / 2
GAP = (START + 6.2 * DAY, START + 6.4 * DAY)  # nothing was recorded

Samples = list[tuple[float, float]]


def ticks(begin: float = FIRST, end: float = LAST, phase: float = 17.0) -> Iterator[float]:
    """The scrapes between `begin` and `end`."""
    for k in range(int((LAST - FIRST) / STEP)):
        at = FIRST + phase + STEP * k
        if begin <= at < end and not GAP[0] <= at < GAP[1]:
            yield at


@dataclass
class World:
    """`series` by their text; `truth` by what is asked."""

    rng: random.Random
    series: dict[str, Samples] = field(default_factory=dict)
    truth: dict[str, float] = field(default_factory=dict)

    def gauge(self, text: str, value: Callable[[float], float | None], begin: float = FIRST, end: float = LAST) -> None:
        """A series whose value at each scrape is known."""
        samples = [(at, found) for at in ticks(begin, end) if (found := value(at)) is not None]
        assert text not in self.series
        self.series[text] = samples

    def times(self, count: int, apart: float = 2 * STEP) -> list[float]:
        """Instants in the month, clear of each other, of its edges and of the gap."""
        found: list[float] = []
        while len(found) < count:
            at = START + 2 * STEP + self.rng.random() * (END - START - 4 * STEP)
            if not GAP[0] - apart < at < GAP[1] + apart and all(abs(at - other) > apart for other in found):
                found.append(at)
        return sorted(found)

    def write(self, file: Path) -> None:
        """OpenMetrics text, family by family."""
        with file.open("w", encoding="utf-8") as out:
            family = ""
            for text in sorted(self.series, key=lambda text: (text.partition("{")[0], text)):
                if (name := text.partition("{")[0]) != family:
                    out.write(f"# TYPE {name} unknown\n")
                    family = name
                out.writelines(f"{text} {value:.17g} {at:.3f}\n" for at, value in self.series[text])
            out.write("# EOF\n")


def latest(times: Iterable[float], before: float) -> Callable[[float], float]:
    """The last of some instants, as an exporter of "when it last happened" shows it."""
    known = sorted(times)
    return lambda at: max((one for one in known if one <= at), default=before)


def counter(world: World, labels: str, events: list[float], restarts: list[float], begin: float = FIRST) -> None:
    """A counter with some history that restarts at 0 now and then."""
    history = world.rng.randrange(50, 500) if begin == FIRST else 0

    def value(at: float) -> float:
        since = max((one for one in restarts if one <= at), default=None)
        if since is None:
            return history + sum(one <= at for one in events)
        return sum(since < one <= at for one in events)

    world.gauge(labels, value, begin)


def restarts_clear_of(world: World, events: list[float], count: int) -> list[float]:
    """Restarts that lose nothing: a scrape lies between every event and the restart after it."""
    return [at for at in world.times(40) if all(abs(at - one) > 2 * STEP for one in events)][:count]


# --- the exporters --------------------------------------------------------------------------------


def certificates(world: World) -> None:
    """Two probers of one address, an address behind two servers, one that is new, one that ends soon."""
    renewed = world.times(2)

    def expiry(at: float) -> float:
        return START + 60 * DAY + 90 * DAY * sum(one <= at for one in renewed)

    for prober in ("p1", "p2"):
        world.gauge(f'probe_ssl_earliest_cert_expiry{{instance="a",prober="{prober}"}}', expiry)
    turn = world.times(1)[0]
    flapping = lambda at: START + (80 + 10 * (int(at / STEP) % 2)) * DAY + (90 * DAY if at >= turn else 0)  # noqa: E731
    world.gauge('probe_ssl_earliest_cert_expiry{instance="b",prober="p1"}', flapping)
    world.gauge(
        'probe_ssl_earliest_cert_expiry{instance="new",prober="p1"}', lambda _: END + 300 * DAY, START + 9 * DAY
    )
    world.gauge('probe_ssl_earliest_cert_expiry{instance="soon",prober="p1"}', lambda _: END + 12 * DAY)
    world.truth |= {"certificates_renewed": 3, "certificates_expiring": 1}
    for name, days in (("site", 12.0), ("shop", 70.0)):
        world.gauge(f'monitor_cert_days_remaining{{monitor_name="{name}"}}', lambda at, d=days: d + (END - at) / DAY)  # type: ignore[misc]
        seconds = f'gatus_results_certificate_expiration_seconds{{key="{name}"}}'
        world.gauge(seconds, lambda at, d=days: d * DAY + END - at)  # type: ignore[misc]
    world.truth |= {"kuma_certificates_expiring": 1, "gatus_certificates_expiring": 1}
    turn = world.times(1)[0]
    world.gauge('traefik_tls_certs_not_after{cn="x",serial="1"}', lambda _: START + 20 * DAY, FIRST, turn)
    world.gauge('traefik_tls_certs_not_after{cn="x",serial="2"}', lambda _: START + 110 * DAY, turn)
    world.truth["traefik_certificates_renewed"] = 1


def machines(world: World) -> None:
    """Boots with a clock that is corrected, a renamed job, a new machine; updates whose series come and go."""
    total = 0
    for number in range(4):
        boots = world.times(number)
        total += number
        jitter = random.Random(number)
        boot = latest(boots, START - 40 * DAY)
        world.gauge(
            f'node_boot_time_seconds{{job="node",instance="m{number}"}}',
            lambda at, b=boot, j=jitter: b(at) + j.choice((0, 1)),  # type: ignore[misc]
        )
    born = START + 20 * DAY
    world.gauge('node_boot_time_seconds{job="node",instance="new"}', lambda _: born - 60, born)
    world.truth["reboots"] = total + 1
    for number, waits in enumerate((0, 1, 1)):
        world.gauge(f'node_reboot_required{{instance="m{number}"}}', lambda _, w=waits: w)  # type: ignore[misc]
    world.truth["reboots_pending"] = 2
    for tool in ("apt", "yum"):
        done, clean = updates(world, f"{tool}_upgrades_pending")
        world.truth |= {f"{tool}_patches_applied": done, f"{tool}_machines_patched": clean / 3}


def updates(world: World, metric: str) -> tuple[float, int]:
    """Updates arrive in one or two origins and are installed; an origin without any has no series."""
    done, clean = 0.0, 0
    for machine in ("m0", "m1", "m2"):
        waiting = {"security": 2.0, "updates": 0.0}
        shown: dict[str, Samples] = {"": [], "security": [], "updates": []}
        happenings = iter([*world.times(8, DAY / 2), float("inf")])
        due = next(happenings)
        arriving = clean_at_end = False
        for at in ticks():
            if at >= due:
                due = next(happenings)
                if arriving:
                    waiting[world.rng.choice(("security", "updates"))] += world.rng.randrange(1, 9)
                else:
                    done += sum(waiting.values())
                    waiting = dict.fromkeys(waiting, 0.0)
                arriving = not arriving
            for origin, count in waiting.items():
                if count:
                    shown[origin].append((at, count))
            if not any(waiting.values()):
                shown[""].append((at, 0.0))
            clean_at_end = not any(waiting.values()) if at < END else clean_at_end
        clean += clean_at_end
        for origin, samples in shown.items():
            if samples:
                world.series[f'{metric}{{job="node",instance="{machine}",origin="{origin}"}}'] = samples
    return done, clean


def backups(world: World) -> None:
    """restic shows each snapshot as a series of its own, borg one time for each repository."""
    made = world.times(25)
    snapshots = [START - 0.7 * DAY, *made]
    for number, at in enumerate(snapshots):
        gone = snapshots[number + 1] if number + 1 < len(snapshots) else LAST
        name = f'restic_backup_timestamp{{client_hostname="db",snapshot_hash="{number:04x}"}}'
        world.gauge(name, latest([at], at), at, gone)
    first = START + 11 * DAY
    later = [at for at in world.times(9) if at > first + DAY]
    world.gauge(
        'restic_backup_timestamp{client_hostname="new",snapshot_hash="n"}', latest([first, *later], first), first + 5
    )
    world.truth["restic_backups"] = len(made) + 1 + len(later)
    made = world.times(17)
    world.gauge('borg_last_backup_timestamp{instance="b:1",repository="r"}', latest(made, START - DAY))
    world.truth["borg_backups"] = len(made)


def alerts(world: World) -> None:
    """Some fire, one only is pending, one fires over the start of the month, one over a gap in the recording."""
    spans = [(at, at + 3 * 3600) for at in world.times(3, DAY)]
    spans += [(GAP[0] - 3600, GAP[1] + 3600)]
    before = (START - 7200, START + 1200)
    name = 'alertname="Slow",severity="page"'
    active: Samples = []
    firing: Samples = []
    for begin, end in [before, *sorted(spans)]:
        for at in ticks(begin, end):
            active.append((at, begin))
            if at >= begin + 2 * STEP:
                firing.append((at, 1.0))
    world.series[f"ALERTS_FOR_STATE{{{name}}}"] = active
    world.series[f'ALERTS{{{name},alertstate="firing"}}'] = firing
    pending = world.times(1)[0]
    world.gauge('ALERTS_FOR_STATE{alertname="Odd",severity="page"}', lambda _: pending, pending, pending + 7200)
    world.gauge('ALERTS{alertname="Odd",severity="page",alertstate="pending"}', lambda _: 1, pending, pending + 7200)
    world.truth["alerts_raised"] = len(spans)


def sign_ins(world: World) -> None:
    """Counters with restarts; failures appear with the first one."""
    for number, realm in enumerate(("staff", "partners")):
        events = world.times(60 + 40 * number, 1.0)
        old = 'keycloak_logins_total{provider="keycloak",'
        for metric in ('keycloak_user_events_total{event="login",error="",', old):
            counter(world, f'{metric}realm="{realm}"}}', events, restarts_clear_of(world, events, 2))
    world.truth |= {"keycloak_sign_ins": 160, "keycloak_spi_sign_ins": 160}
    failures = world.times(7)
    # old ones count from the first failure ever, new ones show their errors beside what went well
    counter(world, 'keycloak_failed_login_attempts{realm="staff"}', failures, [])
    credentials = 'keycloak_user_events_total{event="login",error="invalid_user_credentials",realm="staff"}'
    counter(world, credentials, failures, [], failures[0])
    counter(world, 'keycloak_user_events_total{event="logout",error="",realm="staff"}', world.times(20), [])
    world.truth |= {"keycloak_sign_ins_failed": 7, "keycloak_spi_sign_ins_failed": 7}
    served = world.times(90, 1.0)
    counter(world, 'nginx_http_requests_total{instance="web:9113"}', served, restarts_clear_of(world, served, 1))
    world.truth["nginx_requests"] = 90


def help_desks(world: World) -> None:
    """Jira and OTRS show what exists; the project's own metrics count."""
    for metric, key, values, states in (
        ("jira_bugs_total", "project_key", ("APP", "WEB"), ('done="true"', 'done="false"')),
        ("otrs_ticket_total", "queue", ("desk", "net"), ('status="closed successful"', 'status="open"')),
    ):
        for value in values:
            opened = world.times(30, 1.0)
            closed = world.rng.sample(opened, 20)
            closed = [min(at + 3 * STEP, END - 1) for at in closed]
            base = world.rng.randrange(100, 300)
            labels = f'{metric}{{{key}="{value}",'
            world.gauge(f"{labels}{states[0]}}}", lambda at, b=base, c=closed: b + sum(one <= at for one in c))  # type: ignore[misc]
            world.gauge(
                f"{labels}{states[1]}}}",
                lambda at, o=opened, c=closed: 5 + sum(one <= at for one in o) - sum(one <= at for one in c),  # type: ignore[misc]
            )
    for queue in ("desk", "net"):
        for metric, count in (("tickets_opened_total", 33), ("tickets_resolved_total", 21)):
            events = world.times(count)
            labels = f'{metric}{{queue="{queue}",kind="incident"}}'
            counter(world, labels, events, restarts_clear_of(world, events, 1))
        world.gauge(f'tickets_open{{queue="{queue}"}}', lambda _: 12)
        times = world.times(21)
        for edge, share in (("3600", 7), ("14400", 14), ("+Inf", 21)):
            counter(world, f'ticket_resolution_seconds_bucket{{queue="{queue}",le="{edge}"}}', times[:share], [])
    for rating, count in (("satisfied", 17), ("unsatisfied", 3)):
        counter(world, f'ticket_ratings_total{{rating="{rating}"}}', world.times(count), [])


def monitors(world: World) -> None:
    """Uptime Kuma with every state, and Gatus."""
    begin = START + 3 * DAY
    spans = {0: (begin, begin + 7200), 2: (begin - 1800, begin), 3: (begin + 4 * DAY, begin + 4 * DAY + 14400)}

    def status(at: float) -> float:
        return next((value for value, (low, high) in spans.items() if low <= at < high), 1)

    world.gauge('monitor_status{monitor_name="mail",monitor_type="http"}', status)
    world.gauge('monitor_status{monitor_name="paused",monitor_type="http"}', lambda _: 3)
    # as many samples pending as down in every hour: their mean is that of a healthy monitor
    world.gauge('monitor_status{monitor_name="odd",monitor_type="http"}', lambda at: 2 * (int(at / STEP) % 2))
    world.gauge(
        'gatus_results_endpoint_success{name="site",group="web"}', lambda at: float(not begin <= at < begin + 3600)
    )


def web_servers(world: World) -> None:
    """Requests in counters that restart; failures that appear in the month, or never, or where nobody asked."""
    forms = {
        "ingress_nginx": 'nginx_ingress_controller_requests{{ingress="{name}",status="{code}",pod="p"}}',
        "traefik": 'traefik_service_requests_total{{service="{name}",code="{code}",method="GET"}}',
        "haproxy": 'haproxy_backend_http_responses_total{{proxy="{name}",code="{code}"}}',
    }
    for preset, form in forms.items():
        good, bad = ("2xx", "5xx") if preset == "haproxy" else ("200", "503")
        for name, requests, failures in (("shop", 90, 3), ("calm", 40, 0), ("idle", 0, 0)):
            events, failed = world.times(requests, 1.0), world.times(failures)
            counter(world, form.format(name=name, code=good), events, restarts_clear_of(world, events, 2))
            if failed:
                # a burst: three at once, in a series that nobody has seen before
                counter(world, form.format(name=name, code=bad), [at for at in failed for _ in range(3)], [], failed[0])
            world.truth[f"{preset}/{name}/total"] = requests + 3 * failures
            world.truth[f"{preset}/{name}/failed"] = 3 * failures
    world.gauge('nginx_ingress_controller_requests{ingress="",status="404",pod="p"}', lambda at: at - FIRST)


def objectives(world: World) -> None:
    """sloth knows nothing at night; pyrra knows how much was asked."""
    ratios: list[float] = []
    asked = failed = 0.0

    def error(at: float) -> float:
        quiet = int(at / 3600) % 24 < 6
        value = float("nan") if quiet else 0.004 * (int(at / STEP) % 3)
        if START <= at < END and not quiet:
            ratios.append(value)
        return value

    world.gauge('slo:sli_error:ratio_rate5m{sloth_id="web-errors",sloth_service="web",sloth_slo="errors"}', error)
    world.gauge('slo:objective:ratio{sloth_id="web-errors",sloth_service="web",sloth_slo="errors"}', lambda _: 0.995)
    world.truth["sloth"] = 1 - sum(ratios) / len(ratios)
    for at in ticks(START, END):
        asked += 1 + int(at / 3600) % 24
        failed += 0.002 * (int(at / 3600) % 24)
    world.gauge('pyrra_requests:rate5m{slo="api"}', lambda at: 1 + int(at / 3600) % 24)
    world.gauge('pyrra_errors:rate5m{slo="api"}', lambda at: 0.002 * (int(at / 3600) % 24))
    world.gauge('pyrra_requests:rate5m{slo="calm"}', lambda _: 7)
    world.gauge('pyrra_objective{slo="api"}', lambda _: 0.99)
    world.truth["pyrra"] = 1 - failed / asked


def made(seed: int) -> World:
    """The month."""
    world = World(random.Random(seed))
    for part in (certificates, machines, backups, alerts, sign_ins, help_desks, monitors, web_servers, objectives):
        part(world)
    return world
