"""A help desk's CSV export to the tickets of a month: exact, strict, and silent about customers."""

from __future__ import annotations

import json
import random
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from newsletter.collect.decode import snapshot_of
from newsletter.collect.encode import snapshot_json
from newsletter.collect.helpdesk.month import measure
from newsletter.collect.node import Node
from newsletter.config.helpdesk import CsvSource
from newsletter.errors import ContentError, SourceError
from newsletter.model import Evidence
from newsletter.period import month
from tests.helpdesk_export import OCTOBER, ROME, Ticket, instant, later, local, tickets, truth, written
from tests.unit.edition_samples import snapshot

COLUMNS = {"id": "Ticket", "created": "Opened", "resolved": "Closed", "queue": "Group", "kind": "Type"}
RATING = {"column": "Rating", "satisfied": ["4", "5"], "unsatisfied": ["1", "2", "3"]}


def source(path: Path, **fields: Any) -> CsvSource:
    given = {"path": path, "columns": COLUMNS, "edges_s": [3600.0, 14400.0, 86400.0]}
    return CsvSource.model_validate(given | fields)


def measured(path: Path, *, period=OCTOBER, now: datetime | None = None, **fields: Any) -> tuple[Any, Evidence]:
    found, evidence = measure(source(path, **fields), period, zone=ROME, now=now or later(period))
    return found, evidence["tickets/export"]


def of(found: Any) -> dict[str, Any]:
    """A measured month in the form of the truth."""
    every = found.resolution[""]
    return {
        "opened": found.opened.by,
        "resolved": found.resolved.by,
        "open_at_end": found.open_at_end.by,
        "within": {edge: round(share * every.count) for edge, share in every.share_within_s.items()},
        "median": every.median_s,
        "satisfied": found.satisfaction.satisfied,
        "answers": found.satisfaction.answers,
        "by_week": [found.opened.weeks, found.resolved.weeks],
    }


FORMS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "ISO with an offset, commas": ({}, {}, "utf-8"),
    "ISO without an offset, in UTC": (
        {"when": lambda at: local(at, ZoneInfo("UTC"), "%Y-%m-%d %H:%M:%S")},
        {"timezone": ZoneInfo("UTC")},
        "utf-8",
    ),
    "semicolons, a byte order mark": ({"delimiter": ";"}, {}, "utf-8-sig"),
    "tabs in UTF-16": ({"delimiter": "\t"}, {"encoding": "utf-16"}, "utf-16"),
    "a declared format and Windows-1252": (
        {"delimiter": ";", "when": lambda at: local(at, ROME, "%d/%m/%Y %H.%M.%S %z")},
        {"dates": "%d/%m/%Y %H.%M.%S %z", "encoding": "windows-1252", "delimiter": "semicolon"},
        "windows-1252",
    ),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("seed", [1, 2])
def test_an_export_in_any_form_gives_the_numbers_that_really_were(tmp_path, seed, form):
    """Opened, resolved, open, shares, median and answers, by queue and kind."""
    written_as, read_as, encoding = FORMS[form]
    found = tickets(seed)
    path = tmp_path / "export.csv"
    path.write_bytes(written(found, **written_as).encode(encoding))
    got, evidence = measured(path, satisfaction=RATING, **read_as)
    assert of(got) == truth(found)
    assert got.opened.total == sum(truth(found)["opened"].values())
    assert evidence.warnings == ()
    assert evidence.coverage == 1.0
    assert evidence.origin == "export"


def test_rows_in_any_order_and_written_twice_give_the_same_numbers(tmp_path):
    """A ticket is its id, not its row."""
    found = tickets(3)
    shuffled = [*found, *found[:40]]
    random.Random(3).shuffle(shuffled)
    path = tmp_path / "export.csv"
    path.write_text(written(shuffled), encoding="utf-8")
    got, evidence = measured(path, satisfaction=RATING)
    assert of(got) == truth(found)
    assert "40 rows stood there before and were counted once" in evidence.warnings


@pytest.mark.parametrize("label", ["2026-02", "2026-03", "2026-10", "2026-12"])
def test_any_month_of_one_growing_export_can_be_counted(tmp_path, label):
    """Local midnight to local midnight, on both sides of a clock change."""
    period = month(label, ROME)
    found = tickets(4, period=period)
    (tmp_path / f"{label}.csv").write_text(written(found), encoding="utf-8")
    got, _ = measured(tmp_path / "{month}.csv", period=period, satisfaction=RATING)
    assert of(got) == truth(found, period)


def test_the_evidence_names_file_checksum_and_rows_and_no_customer(tmp_path):
    """What was read can be found again; who wrote it cannot."""
    found = tickets(5)
    path = tmp_path / "export.csv"
    path.write_text(written(found), encoding="utf-8")
    got, evidence = measured(path)
    start, end = OCTOBER.start_s, OCTOBER.end_s
    rows = sum(start <= t.created < end or (t.resolved is not None and start <= t.resolved < end) for t in found)
    assert evidence.samples == rows
    assert evidence.query.startswith("export.csv, 900 rows, sha256 ")
    assert len(evidence.query.rpartition(" ")[2]) == 64
    whole = replace(snapshot(tickets=got), evidence={"tickets/export": evidence})
    text = json.dumps(snapshot_json(whole))
    assert "SECRET" not in text
    assert str(tmp_path) not in text
    again = snapshot_of(Node(json.loads(text)))
    assert again.tickets == got
    assert again.evidence["tickets/export"] == evidence


# --- one ticket, several rows -------------------------------------------------------------

BACKGROUND = [
    Ticket("old", instant("2026-09-10T08:00"), instant("2026-09-11T08:00"), "access", "request"),
    Ticket("new", instant("2026-11-02T08:00"), None, "access", "request"),
]


def with_rows(folder: Path, *rows: tuple[str, ...], header: str = "Ticket,Opened,Closed", **fields: Any):
    """The month of `BACKGROUND` and these rows, in UTC."""
    path = folder / "export.csv"
    lines = [header]
    lines += [f"{t.id},{_utc(t.created)},{_utc(t.resolved) if t.resolved else ''}" for t in BACKGROUND]
    path.write_text("\n".join([*lines, *(",".join(row) for row in rows), ""]), encoding="utf-8")
    columns = {"id": "Ticket", "created": "Opened", "resolved": "Closed"}
    given: dict[str, Any] = {"columns": columns, "timezone": ZoneInfo("UTC")}
    return measured(path, **(given | fields))


def _utc(at: int) -> str:
    return local(at, ZoneInfo("UTC"), "%Y-%m-%d %H:%M")


REOPENED = {
    "resolved twice in the month": (
        [("A", "2026-10-05 08:00", "2026-10-05 10:00"), ("A", "2026-10-07 08:00", "2026-10-07 09:00")],
        (1, 1, 0, 49 * 3600.0),
    ),
    "one opening, two resolutions": (
        [("A", "2026-10-05 08:00", "2026-10-05 10:00"), ("A", "2026-10-05 08:00", "2026-10-06 08:00")],
        (1, 1, 0, 24 * 3600.0),
    ),
    "reopened and still open": (
        [("A", "2026-10-05 08:00", "2026-10-05 10:00"), ("A", "2026-10-07 08:00", "")],
        (1, 0, 1, None),
    ),
    "reopened only after the month": (
        [("A", "2026-10-05 08:00", "2026-10-05 10:00"), ("A", "2026-11-02 08:00", "2026-11-02 09:00")],
        (1, 1, 0, 2 * 3600.0),
    ),
    "resolved again after the month": (
        [("A", "2026-10-05 08:00", "2026-10-05 10:00"), ("A", "2026-10-05 08:00", "2026-11-02 09:00")],
        (1, 0, 1, None),
    ),
    "opened long before": ([("A", "2026-09-20 08:00", "2026-10-20 08:00")], (0, 1, 0, 30 * 86400.0)),
    "resolved after the month": ([("A", "2026-10-20 08:00", "2026-11-02 08:00")], (1, 0, 1, None)),
}


@pytest.mark.parametrize("case", REOPENED)
def test_a_ticket_is_resolved_in_the_month_of_its_last_resolution(tmp_path, case):
    """As it stood at the end of the month; its time counts from its first opening."""
    rows, expected = REOPENED[case]
    # a ticket of every day, so that the month is not silent
    daily = [(f"d{day}", f"2026-10-{day:02} 12:00", f"2026-10-{day:02} 12:00") for day in range(1, 32)]
    got, _ = with_rows(tmp_path, *daily, *rows)
    alone, _ = with_rows(tmp_path, *daily)
    took = got.resolution[""].count - alone.resolution[""].count
    assert (
        got.opened.total - alone.opened.total,
        got.resolved.total - alone.resolved.total,
        got.open_at_end.total - alone.open_at_end.total,
    ) == expected[:3]
    assert took == expected[1]
    if expected[3] is not None:
        only, _ = with_rows(tmp_path, *rows)
        assert only.resolution[""].median_s == expected[3]


# --- rows that make no sense --------------------------------------------------------------

BAD = {
    "Closed: lies before Opened": ("A", "2026-10-05 10:00", "2026-10-05 09:59"),
    "Opened: is empty": ("A", "", "2026-10-05 09:59"),
    "Ticket: is empty": ("", "2026-10-05 10:00", ""),
    'Opened: "2027-01-05 10:00" lies in the future': ("A", "2027-01-05 10:00", ""),
    'Opened: "1970-01-01 00:00" lies before 1990': ("A", "1970-01-01 00:00", ""),
    'Opened: "31.10.2026 10:00" is not written like 2026-10-31 23:45': ("A", "31.10.2026 10:00", ""),
    'Opened: "2026-10-05" is not written like': ("A", "2026-10-05", ""),
    'Opened: "0000-00-00 00:00:00" is not written like': ("A", "0000-00-00 00:00:00", ""),
    "Opened: the cell is not written like": ("A", "Dear Sir or Madam", ""),
    "has more or fewer cells than the header": ("A", "2026-10-05 10:00", "", "more"),
    "contradicts an earlier row of the same ticket": ("old", "2026-09-10 08:00", ""),
}


@pytest.mark.parametrize("why", BAD)
def test_a_row_that_makes_no_sense_is_told_with_its_line_and_stops(tmp_path, why):
    """Nothing is guessed, and nothing a customer wrote is repeated."""
    with pytest.raises(ContentError) as caught:
        with_rows(tmp_path, ("B", "2026-10-06 08:00", ""), BAD[why])
    assert f"line 5: {why}" in caught.value.message
    assert "Sir" not in caught.value.message
    assert "max_bad_rows" in caught.value.hint


def test_bad_rows_are_left_out_up_to_the_declared_number_and_counted(tmp_path):
    """One more than declared stops."""
    bad = [BAD["Opened: is empty"], BAD["Closed: lies before Opened"]]
    good = ("B", "2026-10-06 08:00", "2026-10-06 09:00")
    got, evidence = with_rows(tmp_path, good, *bad, max_bad_rows=2)
    assert got.opened.total == 1
    assert "2 bad rows were left out" in evidence.warnings
    with pytest.raises(ContentError, match=r"3 rows make no sense \(2 may be left out\)"):
        with_rows(tmp_path, good, *bad, bad[0], max_bad_rows=2)


def test_an_answer_in_neither_list_is_a_bad_row_and_an_empty_one_is_no_answer(tmp_path):
    """ "n/a" is not dissatisfaction."""
    path = tmp_path / "export.csv"
    found = [
        *tickets(6),
        Ticket("X", instant("2026-10-05T08:00"), instant("2026-10-05T09:00"), "access", "request", "n/a"),
    ]
    path.write_text(written(found), encoding="utf-8")
    with pytest.raises(ContentError, match="Rating: is in neither list"):
        measured(path, satisfaction=RATING)


# --- the clock ----------------------------------------------------------------------------


def test_a_time_that_the_clock_shows_twice_is_the_earlier_one_and_told(tmp_path):
    """Unless that would resolve a ticket before it was opened."""
    got, evidence = with_rows(
        tmp_path,
        ("A", "2026-10-25 01:30", "2026-10-25 02:30"),  # 23:30 UTC to 00:30 UTC: one hour
        ("B", "2026-10-25 01:00", "2026-10-25 02:45"),
        timezone=ROME,
    )
    assert got.resolution[""].median_s == (3600 + 6300) / 2
    assert "2 times were shown twice by the clock and taken as the earlier one" in evidence.warnings
    later_one, _ = with_rows(tmp_path, ("A", "2026-10-25 02:50", "2026-10-25 02:10"), timezone=ROME)
    assert later_one.resolution[""].median_s == 20 * 60


def test_a_time_that_the_clock_skips_is_refused(tmp_path):
    """Half past two on the last Sunday of March never was."""
    with pytest.raises(ContentError, match=r"line 4: Opened: 2026-03-29 02:30 does not exist in Europe/Rome"):
        with_rows(tmp_path, ("A", "2026-03-29 02:30", ""), timezone=ROME)


# --- files that must not be believed ------------------------------------------------------


def test_an_export_made_before_the_month_was_over_is_refused(tmp_path):
    """A silence at the end that is longer than any other in the month."""
    found = [t for t in tickets(7) if t.created < instant("2026-10-28T12:00")]
    cut = [
        Ticket(
            t.id, t.created, t.resolved if (t.resolved or 0) < instant("2026-10-28T12:00") else None, t.queue, t.kind
        )
        for t in found
    ]
    path = tmp_path / "export.csv"
    path.write_text(written(cut), encoding="utf-8")
    with pytest.raises(
        SourceError, match=r"the newest entry is of 2026-10-28 1\d:\d\d, so it was made before 2026-10 was over"
    ):
        measured(path)


def test_an_export_without_an_entry_after_the_month_is_flagged(tmp_path):
    """It may be whole, but nothing in it proves that."""
    end = int(OCTOBER.end_s) - 60
    found = [t for t in tickets(8) if t.created < end]
    cut = [Ticket(t.id, t.created, t.resolved if (t.resolved or 0) < end else None, t.queue, t.kind) for t in found]
    path = tmp_path / "export.csv"
    path.write_text(written(cut), encoding="utf-8")
    got, evidence = measured(path)
    assert "nothing in it proves that it was made after the month" in evidence.warnings[0]
    assert got.opened.total == sum(truth(cut)["opened"].values())
    assert 0.99 < evidence.coverage < 1


def test_an_export_of_another_month_is_refused_and_never_zero(tmp_path):
    """Nothing in a month is no number at all."""
    path = tmp_path / "export.csv"
    path.write_text(written(tickets(9)), encoding="utf-8")
    for label in ("2026-06", "2026-12"):
        period = month(label, ROME)
        with pytest.raises(SourceError, match=f"nothing was opened or resolved in {label}"):
            measured(path, period=period, now=later(month("2026-12", ROME)))


def test_an_export_without_older_tickets_tells_only_what_was_opened(tmp_path):
    """Solved and open ones among the older tickets are not in it."""
    found = tickets(10)
    path = tmp_path / "export.csv"
    path.write_text(written([t for t in found if t.created >= OCTOBER.start_s]), encoding="utf-8")
    got, evidence = measured(path, satisfaction=RATING)
    assert got.opened.by == truth(found)["opened"]
    assert (got.resolved, got.open_at_end, got.satisfaction, got.resolution) == (None, None, None, {})
    assert "no ticket opened before the month" in evidence.warnings[0]
    assert set(got.evidence) == {"opened"}


def test_a_missing_export_names_the_file_of_the_month(tmp_path):
    with pytest.raises(SourceError, match=r"2026-10\.csv cannot be read: No such file"):
        measured(tmp_path / "{month}.csv")


FILES = {
    "is empty": b"",
    "line 1: no column is called Opened, Closed, Ticket, Group, Type; there are: Number, Created": b"Number,Created\n1,2\n",
    "line 1: column Opened stands there twice": b"Ticket,Opened,Closed,Group,Type,Opened\n",
    "line 3: not UTF-8": b"Ticket,Opened,Closed,Group,Type\n\n\xff\xfe\n",
    "after line 2: unexpected end of data": b'Ticket,Opened,Closed,Group,Type\n1,2,3,4,5\n1,"2,3,4,5\n',
    "nothing was opened or resolved": b"Ticket,Opened,Closed,Group,Type\n",
}


@pytest.mark.parametrize("why", FILES)
def test_a_file_that_is_no_such_table_is_refused(tmp_path, why):
    """With its line where there is one."""
    path = tmp_path / "export.csv"
    path.write_bytes(FILES[why])
    with pytest.raises((ContentError, SourceError)) as caught:
        measured(path, max_bad_rows=9)
    assert why in caught.value.message
