"""What `collect` says about its numbers: what is news, and what is not."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter import pipeline
from newsletter.config import Config, load
from newsletter.model import Evidence, Snapshot, TicketMonth
from newsletter.period import month

CONFIG = """\
organisation: Acme
timezone: Europe/Rome
locales: [en]
prometheus: {url: "http://127.0.0.1:9"}
tickets: TICKETS
smtp: {from: "IT <it@acme.example>"}
"""
PRESET, BY_HAND = (
    "{preset: ticket_contract}",
    "{satisfaction: {part: a_total, total: b_total}, opened: {counter: c_total}}",
)
SATISFACTION, OPENED = "tickets/satisfaction", "tickets/opened"


def config(folder: Path, tickets: str) -> Config:
    path = folder / "config.yaml"
    path.write_text(CONFIG.replace("TICKETS", tickets), encoding="utf-8")
    return load(path)


def measured(config: Config, label: str, samples: int) -> Snapshot:
    """A month of two counters, each of which has so many samples."""
    evidence = {
        key: Evidence(
            id=key,
            query="x",
            evaluated_at=datetime(2026, 11, 1, tzinfo=UTC),
            samples=samples,
            coverage=1.0 if samples else 0.0,
            warnings=() if samples else (f"no series match {key}",),
        )
        for key in (SATISFACTION, OPENED)
    }
    return Snapshot(
        edition=label,
        period=month(label, config.timezone),
        source="http://127.0.0.1:9",
        services={},
        tickets=TicketMonth(),
        figures={},
        evidence=evidence,
    )


@pytest.mark.parametrize(
    ("tickets", "a_month_ago", "told"),
    [(PRESET, None, False), (PRESET, 0, False), (PRESET, 31, True), (BY_HAND, None, True), (BY_HAND, 0, True)],
)
def test_a_part_that_the_exporter_never_had_is_no_news(tmp_path, tickets, a_month_ago, told):
    """It is where it was there a month ago, or somebody asked for it; and what no exporter may lack is always told."""
    written = config(tmp_path, tickets)
    if a_month_ago is not None:
        pipeline.freeze(measured(written, "2026-09", a_month_ago), tmp_path / "editions/2026-09/snapshot.json")
    remarks = pipeline.remarks_on(written, measured(written, "2026-10", 0))
    assert (f"{SATISFACTION}: no series match {SATISFACTION}" in remarks) == told
    assert f"{OPENED}: no series match {OPENED}" in remarks
