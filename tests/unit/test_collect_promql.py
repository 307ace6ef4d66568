"""What people write never becomes PromQL that they did not mean."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.collect.promql import batches, duration, earlier, equals, metric, one_of, parse, quoted
from newsletter.errors import ConfigError

texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(texts)
def test_a_value_ends_only_where_its_string_ends(value: str) -> None:
    assert re.fullmatch(r'"(?:[^"\\\n]|\\["\\/bfnrtu])*"', quoted(value))
    assert json.loads(quoted(value)) == value


@given(st.lists(texts, min_size=1), texts)
def test_a_list_of_values_matches_these_and_nothing_else(values: list[str], other: str) -> None:
    pattern = json.loads(one_of("service", values).partition("=~")[2])
    for value in [*values, other]:
        assert bool(re.fullmatch(pattern, value)) is (value in values)


def test_a_hostile_service_stays_a_string() -> None:
    assert equals("service", "x'} or vector(1) #\"") == 'service="x\'} or vector(1) #\\""'


def test_characters_beyond_ascii_stay_readable() -> None:
    assert str(metric("up", {"job": "café 🚀"})) == 'up{job="café 🚀"}'


@pytest.mark.parametrize("label", ["", "1a", "a-b", "a b", 'x"', "x=~", "é", "a}"])
def test_a_label_that_prometheus_cannot_name_is_refused(label: str) -> None:
    with pytest.raises(ConfigError, match="is not a Prometheus label"):
        equals(label, "x")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("up", "up"),
        (" probe_success { } ", "probe_success"),
        ('up{job="a"}', 'up{job="a"}'),
        ("up{job='a',x!~`b.*`,}", "up{job='a',x!~`b.*`}"),
        ('{__name__="up", a != "}"}', '{__name__="up",a != "}"}'),
        (r'up{a="\"} or up{b=\""}', r'up{a="\"} or up{b=\""}'),
        ("job:up:rate5m", "job:up:rate5m"),
    ],
)
def test_a_plain_selector_is_kept_and_can_be_narrowed(text: str, kept: str) -> None:
    selector = parse(text)
    assert str(selector) == kept
    narrowed = str(selector.where('service="x"'))
    assert narrowed == (kept[:-1] + ',service="x"}' if kept.endswith("}") else kept + '{service="x"}')


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sum(up)",
        "up[5m]",
        "up or vector(1)",
        'up{job="a"} # and',
        "up{",
        "up}",
        'up{job="a',
        'up{job="a"b="c"}',
        'up{job="a"}}',
        'up{job="a"},{x="y"}',
        "up{job=a}",
        'up{job=="a"}',
        'up{job="a\nb"}',
        'up{} or up{x="1"}',
        "up{,}",
        "1up",
        "up offset 5m",
    ],
)
def test_anything_but_a_plain_selector_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="is not a selector"):
        parse(text)


@given(texts)
def test_whatever_is_parsed_stands_within_its_braces(text: str) -> None:
    try:
        selector = str(parse(text))
    except ConfigError:
        return
    outside = re.sub(r'"(?:[^"\\]|\\.)*"' + r"|'(?:[^'\\]|\\.)*'|`[^`]*`", "", selector)
    assert re.fullmatch(r"[A-Za-z0-9_:]*(\{[^{}#()\[\]]*\})?", outside)


def test_a_range_is_in_whole_milliseconds() -> None:
    assert duration(2682000) == "[2682000000ms]"
    assert duration(0.1 + 0.2) == "[300ms]"


def test_ranges_look_further_back_and_strings_stay_as_they_are() -> None:
    query = "count_over_time(a{b=\"[5ms]\",c=~'x[7ms]'}[3600000ms]) != 60 or last_over_time(d[60000ms])"
    assert earlier(query, 59.001) == (
        "count_over_time(a{b=\"[5ms]\",c=~'x[7ms]'}[3600000ms] offset 59001ms) != 60"
        " or last_over_time(d[60000ms] offset 59001ms)"
    )


def test_names_are_split_so_that_a_query_stays_short() -> None:
    names = [f"service-{number:04d}.é" for number in range(3000)]
    parts = batches(names)
    assert [name for part in parts for name in part] == names
    assert 1 < len(parts) < 12
    assert all(len(one_of("service", part).encode()) < 11_000 for part in parts)
    assert batches([]) == []
    assert batches(["x" * 50_000, "y"]) == [["x" * 50_000], ["y"]]
