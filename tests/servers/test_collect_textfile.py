"""A help desk's export through Prometheus: what `newsletter textfile` writes gives the same month."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from newsletter.collect import tickets as from_metrics
from newsletter.collect.helpdesk import exposition
from newsletter.collect.helpdesk.month import measure
from newsletter.collect.prometheus import Prometheus
from newsletter.config import PrometheusConfig, TicketsConfig
from newsletter.config.helpdesk import CsvSource
from newsletter.demo.private_prometheus import private_prometheus
from newsletter.errors import ContentError, SourceError
from newsletter.model import Resolution, TicketMonth
from newsletter.period import weeks
from tests.helpdesk_export import OCTOBER, ROME, Ticket, later, tickets, written

pytestmark = pytest.mark.servers

HOUR = 3600
STEP = 6 * HOUR
EDGES = (*(int(week.start) for week in weeks(OCTOBER, ROME)), int(OCTOBER.end_s))
CONTRACT: dict[str, Any] = {
    "opened": {"counter": "tickets_opened_total", "by": ["queue", "kind"]},
    "resolved": {"counter": "tickets_resolved_total", "by": ["queue", "kind"]},
    "open": {"gauge": "tickets_open", "by": ["queue"]},
    "resolution": {"histogram": "ticket_resolution_seconds", "by": ["queue"]},
    "satisfaction": {"part": 'ticket_ratings_total{rating="satisfied"}', "total": "ticket_ratings_total"},
}
COLUMNS = {"id": "Ticket", "created": "Opened", "resolved": "Closed", "queue": "Group", "kind": "Type"}
RATING = {"column": "Rating", "satisfied": ["4", "5"], "unsatisfied": ["1", "2", "3"]}


def source(path: Path, **fields: Any) -> CsvSource:
    return CsvSource.model_validate({"path": path, "columns": COLUMNS, "satisfaction": RATING, **fields})


def as_of(found: list[Ticket], at: float) -> list[Ticket]:
    """What the help desk would have exported at that moment."""
    return [
        one if one.resolved is not None and one.resolved < at else replace(one, resolved=None, rating="")
        for one in found
        if one.created < at
    ]


def recorded(folder: Path, found: list[Ticket]) -> str:
    """The textfile as Prometheus would have scraped it every six hours and right at the ends of each week."""
    start, end = int(OCTOBER.start_s), int(OCTOBER.end_s)
    scrapes = sorted({*range(start - 4 * STEP, end + 4 * STEP, STEP), *(edge - 1 for edge in EDGES)})
    export, output = folder / "export.csv", folder / "tickets.prom"
    series: dict[str, list[str]] = {}
    for at in scrapes:
        export.write_text(written(as_of(found, at)), encoding="utf-8")
        exposition.write(source(export), output, zone=ROME, now=datetime.fromtimestamp(at, UTC))
        for line in output.read_text(encoding="utf-8").splitlines():
            name = re.match(r"\w+", line)
            if name:
                series.setdefault(name[0], []).append(f"{line} {at}")
    lines = [f"# TYPE {name} unknown\n" + "\n".join(samples) for name, samples in series.items()]
    return "\n".join([*lines, "# EOF", ""])


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """An export, and the address of a Prometheus that scraped its textfile for a month."""
    folder = tmp_path_factory.mktemp("tickets")
    found = [
        one
        for one in tickets(21, count=500)
        # what happens in the second between the last scrape and the end of a week no scrape can see
        if not any(edge - 1 <= at < edge for edge in EDGES for at in (one.created, one.resolved or 0))
    ]
    samples = folder / "samples.om"
    samples.write_text(recorded(folder, found), encoding="utf-8")
    export = folder / "export.csv"
    export.write_text(written(found), encoding="utf-8")
    with private_prometheus([samples]) as url:
        yield export, url


def without_median(month: TicketMonth) -> TicketMonth:
    """Only the export knows each ticket's own time; and the evidence differs, of course."""

    def plain(one: Resolution) -> Resolution:
        return structs.replace(one, median_s=None)

    return structs.replace(month, resolution={key: plain(one) for key, one in month.resolution.items()}, evidence={})


def test_the_export_and_its_textfile_in_prometheus_give_the_same_month(world):
    """Opened, resolved, open, every share, and the answers; by queue and kind."""
    export, url = world
    direct, _ = measure(source(export), OCTOBER, zone=ROME, now=later(OCTOBER))
    with Prometheus(PrometheusConfig(url=url)) as prometheus:
        scraped, _ = from_metrics.measure(prometheus, TicketsConfig.model_validate(CONTRACT), OCTOBER)
    assert direct.opened is not None
    assert direct.opened.total > 200
    assert without_median(scraped) == without_median(direct)


# --- the file -----------------------------------------------------------------------------


def run(folder: Path, found: list[Ticket], **fields: Any) -> tuple[str, exposition.Textfile]:
    """One run of the writer on an export of these tickets."""
    export = folder / "export.csv"
    export.write_text(written(found), encoding="utf-8")
    done = exposition.write(source(export, **fields), folder / "tickets.prom", zone=ROME, now=later(OCTOBER))
    return (folder / "tickets.prom").read_text(encoding="utf-8"), done


def value(text: str, series: str) -> float:
    (line,) = (one for one in text.splitlines() if one.startswith(series + " "))
    return float(line.rpartition(" ")[2])


def test_promtool_finds_nothing_to_say_about_the_textfile(tmp_path):
    """Neither an error nor a remark on names, help and types; quotes and umlauts in a queue included."""
    text, _ = run(tmp_path, tickets(22))
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_same_export_gives_the_same_bytes(tmp_path):
    """However often the timer runs."""
    first, _ = run(tmp_path, tickets(23))
    again, done = run(tmp_path, tickets(23))
    assert again == first
    assert done.held == 0
    assert list(tmp_path.glob(".*")) == []


def test_no_counter_falls_when_tickets_are_deleted_reopened_or_moved(tmp_path):
    """A fall would be a restart to Prometheus, which would count everything anew."""
    found = tickets(24)
    first, _ = run(tmp_path, found)
    changed = [replace(one, resolved=None, rating="") if at % 50 == 0 else one for at, one in enumerate(found[5:])]
    changed[7] = replace(changed[7], queue="access" if changed[7].queue == "desktop" else "desktop")
    second, done = run(tmp_path, changed)
    falling = re.compile(r"(tickets_(opened|resolved)_total|ticket_resolution_seconds\w*|ticket_ratings_total)\{")
    before = {line.rpartition(" ")[0] for line in first.splitlines() if falling.match(line)}
    assert len(before) > 30
    assert [one for one in before if value(second, one) < value(first, one)] == []
    assert 5 <= done.held <= 6
    still_open = sum(
        value(second, line.rpartition(" ")[0]) for line in second.splitlines() if line.startswith("tickets_open{")
    )
    assert still_open == sum(one.resolved is None for one in changed)


def test_part_of_an_export_is_refused_and_leaves_the_file(tmp_path):
    """The last 30 days, or a renamed queue, would otherwise stop or double the counters."""
    found = tickets(25)
    first, _ = run(tmp_path, found)
    with pytest.raises(SourceError, match=r"the export holds \d+ tickets fewer than were counted into") as caught:
        run(tmp_path, found[300:])
    assert "renamed" in caught.value.hint
    assert (tmp_path / "tickets.prom").read_text(encoding="utf-8") == first


def command(*args: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "newsletter", "textfile", *args]
    return subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)


CONFIG = """\
organisation: Acme
timezone: Europe/Rome
prometheus: {{url: "http://127.0.0.1:1"}}
smtp: {{from: "IT <it@acme.example>"}}
tickets: {{csv: {{path: "{path}", columns: {{id: Ticket, created: Opened, resolved: Closed}}}}}}
"""


def test_the_command_prints_the_path_and_asks_no_server(tmp_path):
    """And wants one growing export, not one a month."""
    export = tmp_path / "all.csv"
    export.write_text(written(tickets(26)[:50]), encoding="utf-8")
    config = tmp_path / "config.yaml"
    config.write_text(CONFIG.format(path="{month}.csv"), encoding="utf-8")
    output = str(tmp_path / "tickets.prom")
    refused = command(output, "--config", str(config))
    assert refused.returncode == 2
    assert "--export" in refused.stderr
    done = command(output, "--config", str(config), "--export", str(export))
    assert (done.returncode, done.stdout.strip()) == (0, output), done.stderr
    assert "50 tickets" in done.stderr


def test_a_file_that_the_collector_would_not_read_is_refused(tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text(CONFIG.format(path="a.csv"), encoding="utf-8")
    done = command(str(tmp_path / "tickets.txt"), "--config", str(config))
    assert done.returncode == 2
    assert "end in .prom" in done.stderr


def test_without_an_export_in_the_config_the_command_says_so(tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text(CONFIG.format(path="a.csv").replace("tickets:", "#"), encoding="utf-8")
    done = command(str(tmp_path / "tickets.prom"), "--config", str(config))
    assert done.returncode == 78
    assert "tickets.csv" in done.stderr


def test_a_file_of_something_else_is_never_overwritten(tmp_path):
    (tmp_path / "tickets.prom").write_text("dear diary\n", encoding="utf-8")
    with pytest.raises(ContentError, match="was not written by this command"):
        run(tmp_path, tickets(27))
    assert (tmp_path / "tickets.prom").read_text(encoding="utf-8") == "dear diary\n"
