"""snapshot.json: what is written comes back; anything else is refused with its place."""

from __future__ import annotations

import copy
import errno
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from newsletter import pipeline
from newsletter.collect import snapshot as file
from newsletter.errors import ContentError, FileError
from newsletter.model import (
    Count,
    Evidence,
    Exclusion,
    Figure,
    Interval,
    Latency,
    Outage,
    Policy,
    Resolution,
    Rule,
    ServiceMonth,
    Snapshot,
    TicketMonth,
    Times,
)
from newsletter.period import month
from tests.unit.edition_samples import config

ROME = ZoneInfo("Europe/Rome")
PERIOD = month("2026-10", ROME)
START = PERIOD.start_s


def example() -> Snapshot:
    """A bit of everything; the service's outage crosses the change of the clock."""
    mail = ServiceMonth(
        id="mail",
        availability=0.99811,
        up_s=999900.0,
        down_s=1890.25,
        excluded_s=7200.0,
        unknown_s=119.75,
        coverage=0.99995,
        outages=(
            Outage(start=START, end=START + 60, down_s=60.0, continues_before=True, continues_after=True),
            Outage(
                start=START + 2073600.0,
                end=START + 2077230.25,
                down_s=1830.25,
                stretches=(
                    Interval(start=START + 2073600.0, end=START + 2075400.0),
                    Interval(start=START + 2077200.0, end=START + 2077230.25),
                ),
            ),
        ),
        excluded=(Exclusion(start=START + 7200, end=START + 14400, reason="hours"),),
        lifetime=Interval(start=START + 1_672_890.0, end=PERIOD.end_s),
        unknown=(Interval(start=START + 20000.125, end=START + 20119.875),),
        evidence=("availability/mail",),
        latency=Latency(quantile=0.95, seconds=0.38, evidence="availability/mail", show=True),
    )
    lost = replace(
        mail,
        id="lost",
        availability=None,
        up_s=mail.up_s + mail.down_s,
        down_s=0.0,
        outages=(),
        evidence=(),
        latency=None,
    )
    return Snapshot(
        edition="2026-10",
        period=PERIOD,
        source="http://127.0.0.1:9090",
        services={"lost": lost, "mail": mail},
        tickets=TicketMonth(
            opened=Count(total=5715, by={"desktop/incident": 1201, "größe/…": 3}, weeks=(700, 1300, 1315, 1200, 1200)),
            resolved=None,
            open_at_end=Count(total=0),
            resolution={
                "": Resolution(count=100, share_within_s={14400.0: 0.62, 0.5: 0.1}, median_between_s=(7200.0, 14400.0)),
                "desktop": Resolution(count=3, share_within_s={14400.0: 0.0}, median_between_s=(14400.0, None)),
                "none": Resolution(count=0, share_within_s={}, median_between_s=None),
            },
            evidence={"opened": "tickets/opened"},
        ),
        figures={
            "logins": Figure(id="logins", value=214300.0, unit="count", kind="count", evidence=("figures/logins",)),
            "share": Figure(id="share", value=None, unit="ratio", kind="ratio", numerator=0.5, denominator=0.0),
        },
        evidence={
            key: Evidence(
                id=key,
                query='probe_success{service=~"mail"}[2682000000ms]',
                evaluated_at=PERIOD.end,
                samples=44700,
                coverage=1.0,
                warnings=("1 sample was not a number",),
            )
            for key in ("availability/mail", "figures/logins", "tickets/opened")
        },
        policy=Policy(
            timezone="Europe/Rome",
            rules=(
                Rule(interval_s=60, vote="majority", merge_within_s=300, maintenance=True),
                Rule(interval_s=30, vote="any"),
            ),
            hours={"mail": Times(texts=("Mo-Fr 07:00-19:00",), timezone="Asia/Kolkata")},
            holidays=("12-25",),
            maintenance={"": Times(texts=("Su 02:00-04:00",), timezone="Europe/Rome")},
            coverage_fail=0.9,
        ),
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "2026-10" / "snapshot.json"


def test_what_is_written_is_read_back(path: Path) -> None:
    file.write(example(), path)
    assert file.read(path) == example()


def test_the_same_snapshot_is_the_same_bytes_in_any_order_of_its_parts(path: Path) -> None:
    file.write(example(), path)
    first = path.read_bytes()
    turned = replace(example(), services=dict(reversed(list(example().services.items()))))
    file.write(turned, path)
    assert path.read_bytes() == first
    file.write(file.read(path), path)
    assert path.read_bytes() == first


def test_the_file_is_the_documented_one(path: Path) -> None:
    file.write(example(), path)
    found = json.loads(path.read_text())
    assert found["schema"] == 1
    assert found["edition"] == "2026-10"
    assert found["period"] == {
        "start": "2026-10-01T00:00:00+02:00",
        "end": "2026-11-01T00:00:00+01:00",
        "seconds": 2682000,
        "timezone": "Europe/Rome",
    }
    mail = found["services"]["mail"]
    assert (mail["availability"], mail["up_s"], mail["evidence"]) == (0.99811, 999900, ["availability/mail"])
    assert mail["outages"][1] == {
        "start": "2026-10-25T00:00:00+02:00",
        "end": "2026-10-25T01:00:30.250+02:00",
        "down_s": 1830.25,
        "continues_before": False,
        "continues_after": False,
        "stretches": [
            {"start": "2026-10-25T00:00:00+02:00", "end": "2026-10-25T00:30:00+02:00"},
            {"start": "2026-10-25T01:00:00+02:00", "end": "2026-10-25T01:00:30.250+02:00"},
        ],
    }
    assert mail["excluded"] == [
        {"start": "2026-10-01T02:00:00+02:00", "end": "2026-10-01T04:00:00+02:00", "reason": "hours"}
    ]
    assert found["services"]["lost"]["availability"] is None
    assert found["tickets"]["opened"] == {
        "total": 5715,
        "by": {"desktop/incident": 1201, "größe/…": 3},
        "weeks": [700, 1300, 1315, 1200, 1200],
    }
    assert found["tickets"]["open_at_end"] == {"total": 0, "by": {}}
    assert found["tickets"]["resolved"] is None
    assert found["tickets"]["resolution"][""] == {
        "count": 100,
        "share_within_s": {"0.5": 0.1, "14400": 0.62},
        "median_between_s": [7200, 14400],
    }
    assert found["evidence"]["availability/mail"]["evaluated_at"] == "2026-11-01T00:00:00+01:00"


def test_a_snapshot_of_the_documented_shape_without_optional_parts_is_read(path: Path) -> None:
    path.parent.mkdir()
    least = {
        "schema": 1,
        "edition": "2026-10",
        "period": {
            "start": "2026-10-01T00:00:00+02:00",
            "end": "2026-11-01T00:00:00+01:00",
            "seconds": 2682000,
            "timezone": "Europe/Rome",
        },
        "services": {},
        "tickets": {"opened": None, "resolved": None, "open_at_end": None, "resolution": {}},
        "figures": {},
        "evidence": {},
    }
    path.write_text(json.dumps(least))
    assert file.read(path).period == PERIOD


def places(value: Any, where: str = "$") -> Iterator[tuple[str, list[str | int]]]:
    """Every place of a JSON document, as the message writes it and as keys."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        here = f"{where}[{key}]" if isinstance(key, int) else f"{where}.{key}"
        yield here, [key]
        for deeper, keys in places(inner, here):
            yield deeper, [key, *keys]


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("document") / "snapshot.json"
    file.write(example(), path)
    return json.loads(path.read_text())


FREE_TEXT = ("source", "query", "warnings", "evidence", "unit", "edition")
garbage = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.just(10**400),
    st.text(max_size=5),
    st.just([[]]),
    st.just({"a": {}}),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_garbage_anywhere_is_read_as_meant_or_refused_with_its_place(
    tmp_path: Path, document: Any, data: st.DataObject
) -> None:
    broken = copy.deepcopy(document)
    where, keys = data.draw(st.sampled_from(list(places(document))))
    inner = broken
    for key in keys[:-1]:
        inner = inner[key]
    inner[keys[-1]] = data.draw(garbage)
    path = tmp_path / "broken.json"
    path.write_text(json.dumps(broken))
    try:
        file.read(path)
    except ContentError as error:
        told = error.message.removeprefix(f"{path}").lstrip(": ")
        if told.startswith("was written by a newer version"):
            assert where == "$.schema"
            return
        assert told.startswith("$")
        place = told.partition(" ")[0]
        around = ".".join(where.split(".")[:3])  # what contradicts a number may be told at the number it contradicts
        assert where.startswith((place, "$.period", "$.evidence")) or place.startswith((where, around))


@pytest.mark.parametrize(
    ("keys", "value", "told"),
    [
        (["schema"], 2, "was written by a newer version of newsletter (schema 2, this version reads 1)"),
        (["schema"], 0, "$.schema is 0, this version reads 1"),
        (["tickets", "opened", "total"], -5, "$.tickets.opened.total is not a whole number of 0 or more"),
        (["services", "mail", "down_s"], -5, "$.services.mail.down_s is not a number of 0 or more"),
        (["services", "mail", "availability"], 1.2, "$.services.mail.availability is not a number from 0 to 1"),
        (["services", "mail", "availability"], True, "$.services.mail.availability is not a number"),
        (["services", "mail", "outages", 0, "start"], "now", "$.services.mail.outages[0].start is not a time"),
        (["services", "mail", "outages", 0, "start"], "2026-10-01", "is a time without its offset"),
        (["services", "mail", "outages", 0, "end"], "2026-09-30T00:00:00+02:00", "outages[0] ends before it starts"),
        (["services", "mail", "outages", 0, "continues_after"], 1, "is not true or false"),
        (["tickets", "opened", "total"], 1.5, "$.tickets.opened.total is not a whole number"),
        (["tickets", "resolution", "", "median_between_s"], [1], "median_between_s is not a pair"),
        (["tickets", "resolution", "", "share_within_s"], {"x": 1}, "share_within_s.x does not stand under a number"),
        (["figures", "logins", "kind"], "guess", "$.figures.logins.kind is none of count, ratio"),
        (["period", "timezone"], "Mars/Base", "$.period is no period"),
        (["period", "timezone"], "../../etc/passwd", "$.period is no period"),
        (["period", "seconds"], 2678400, "$.period.seconds is not the 2.682e+06 seconds"),
        (["period", "end"], "2026-10-01T00:00:00+02:00", "$.period is no period"),
        (["evidence", "availability/mail", "samples"], "many", "samples is not a whole number"),
        (["services"], [], "$.services is not an object"),
    ],
)
def test_a_wrong_value_is_named_by_its_path(path: Path, document: Any, keys: list[Any], value: Any, told: str) -> None:
    broken = copy.deepcopy(document)
    inner = broken
    for key in keys[:-1]:
        inner = inner[key]
    inner[keys[-1]] = value
    path.parent.mkdir()
    path.write_text(json.dumps(broken))
    with pytest.raises(ContentError) as caught:
        file.read(path)
    assert str(path) in caught.value.message
    assert told in caught.value.message


MAIL = ["services", "mail"]


@pytest.mark.parametrize(
    ("keys", "value", "told"),
    [
        ([*MAIL, "evidence"], [], "$.services.mail.evidence is empty, but there is a number to prove"),
        ([*MAIL, "evidence"], ["x"], "$.services.mail.evidence names 'x', which is not in $.evidence"),
        (["figures", "logins", "evidence"], [], "$.figures.logins.evidence is empty"),
        (["tickets", "evidence", "opened"], "y", "$.tickets.evidence.opened names 'y'"),
        ([*MAIL, "outages"], [], "$.services.mail.down_s is 1890.25, but outages has 0 s"),
        (
            [*MAIL, "outages", 1, "end"],
            "2026-11-02T00:00:00+01:00",
            "$.services.mail.outages[1] lies outside the month",
        ),
        ([*MAIL, "outages", 0, "end"], "2026-10-26T00:00:00+01:00", "outages[1] begins before the one above it ends"),
        ([*MAIL, "outages", 0, "down_s"], 61, "outages[0].down_s is longer than the outage"),
        ([*MAIL, "outages", 1, "stretches", 0, "start"], "2026-10-24T00:00:00+02:00", "[0] lies outside the outage"),
        ([*MAIL, "unknown_s"], 3, "$.services.mail has states of 1008993.25 s together, the lifetime has 1009110 s"),
        ([*MAIL, "up_s"], 2.7e6, "$.services.mail has states of 2709210 s together, the lifetime has 1009110 s"),
        ([*MAIL, "lifetime"], None, ""),
        ([*MAIL, "excluded"], [], "$.services.mail.excluded_s is 7200, but excluded has 0 s"),
        ([*MAIL, "availability"], 0.9, "$.services.mail.availability is not up_s / (up_s + down_s)"),
        ([*MAIL, "excluded", 0, "reason"], "rain", "reason is none of hours, maintenance"),
        (["tickets", "opened", "weeks"], [5715], "$.tickets.opened.weeks has 1 week, the month has 5"),
        (["tickets", "opened", "weeks", 0], 701, "$.tickets.opened.weeks adds up to 5716, the total is 5715"),
        (
            ["tickets", "opened", "weeks"],
            [None, None, 1, 2, 5713],
            "$.tickets.opened.weeks adds up to 5716, the total is 5715",
        ),
        (["policy", "rules", 0, "vote"], "most", "$.policy.rules[0].vote is none of majority, any, all"),
    ],
)
def test_numbers_that_contradict_one_another_are_refused(
    path: Path, document: Any, keys: list[Any], value: Any, told: str
) -> None:
    broken = copy.deepcopy(document)
    inner = broken
    for key in keys[:-1]:
        inner = inner[key]
    inner[keys[-1]] = value
    path.parent.mkdir()
    path.write_text(json.dumps(broken))
    if not told:
        assert file.read(path).services["mail"].lifetime is None
        return
    with pytest.raises(ContentError, match=re.escape(told)) as caught:
        file.read(path)
    assert str(path) in caught.value.message


def test_a_key_written_twice_is_refused(path: Path, document: Any) -> None:
    path.parent.mkdir()
    path.write_text(json.dumps(document).replace('"down_s": 0,', '"down_s": 0, "down_s": 0,'))
    with pytest.raises(ContentError, match="has the key 'down_s' twice in one object"):
        file.read(path)


def test_older_snapshots_without_policy_and_reasons_are_read(path: Path, document: Any) -> None:
    older = copy.deepcopy(document)
    del older["policy"]
    for service in older["services"].values():
        service["excluded"] = [{key: one[key] for key in ("start", "end")} for one in service["excluded"]]
    path.parent.mkdir()
    path.write_text(json.dumps(older))
    assert file.read(path).policy is None
    assert file.read(path).services["mail"].excluded[0].reason == "maintenance"


@pytest.mark.parametrize("key", ["schema", "edition", "period", "services", "tickets", "figures", "evidence"])
def test_a_missing_part_is_named(path: Path, document: Any, key: str) -> None:
    path.parent.mkdir()
    path.write_text(json.dumps({name: value for name, value in document.items() if name != key}))
    with pytest.raises(ContentError, match=f"{key!r} is missing"):
        file.read(path)


@pytest.mark.parametrize("content", [b"", b"{", b"null", b"\xff\xfe", b"[" * 200_000, b'{"schema": NaN}', b"[1]"])
def test_a_file_that_is_no_snapshot_is_refused(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(ContentError, match=r"snapshot\.json"):
        file.read(path)


def test_a_file_cut_off_anywhere_is_told_with_its_last_line_and_how_to_get_it_back(tmp_path: Path) -> None:
    path = tmp_path / "2026-09" / "snapshot.json"
    file.write(example(), path)
    whole = path.read_bytes()
    for size in range(1, len(whole.rstrip()), 13):
        path.write_bytes(whole[:size])
        with pytest.raises(ContentError) as caught:
            file.read(path)
        assert caught.value.message == f"{path}: is cut off at line {len(whole[:size].rstrip().splitlines())}"
        assert "Restore it from your backup or version control" in caught.value.hint
        assert "newsletter collect --month 2026-09" in caught.value.hint


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b'{\n"a" 1\n}\n', "is not JSON (line 2: Expecting ':' delimiter)"),
        (b'{\n"a": 1}\n}', "is not JSON (line 3: Extra data)"),
        (b'{\n"a": "\xff"}', "is not JSON (line 2: not UTF-8)"),
        (b'{"a": "\xc3', "is cut off at line 1"),
    ],
)
def test_a_file_that_is_not_json_is_told_with_its_line(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "snapshot.json"
    path.write_bytes(content)
    with pytest.raises(ContentError) as caught:
        file.read(path)
    assert caught.value.message == f"{path}: {told}"


def test_a_file_without_the_right_to_read_it_is_not_collected_anew(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_path: Path) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refused)
    with pytest.raises(ContentError, match="Permission denied") as caught:
        file.read(path)
    assert caught.value.hint.startswith("Check its rights")


def test_what_is_no_file_is_told_as_such() -> None:
    with pytest.raises(ContentError, match="/dev/null is not a file"):
        pipeline.read_snapshot(config(), PERIOD, Path("/dev/null"))


def test_a_missing_file_says_how_to_make_it(path: Path) -> None:
    with pytest.raises(ContentError, match="No such file") as caught:
        file.read(path)
    assert "newsletter collect" in caught.value.hint


def test_a_failed_write_leaves_the_old_file_and_no_other(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write(example(), path)
    old = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileError, match="No space left on device"):
        file.write(replace(example(), source="other"), path)
    assert path.read_bytes() == old
    assert [entry.name for entry in path.parent.iterdir()] == ["snapshot.json"]


def test_reading_a_snapshot_needs_no_network_library() -> None:
    import subprocess
    import sys

    code = "import newsletter.collect.snapshot, sys; print({'requests', 'prometheus_api_client'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
