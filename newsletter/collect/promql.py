"""PromQL as text: selectors, matchers, durations. Pure; nothing from outside is pasted unescaped.

Grammar: https://prometheus.io/docs/prometheus/latest/querying/basics/
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from newsletter.errors import ConfigError

_METRIC = re.compile(r"[A-Za-z_:][A-Za-z0-9_:]*")
_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_STRING = r"""(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`)"""
_MATCHER = re.compile(rf"\s*(?:(?:[A-Za-z_][A-Za-z0-9_]*\s*(?:=~|!~|!=|=)\s*)?{_STRING})\s*")
NAMES_BYTES = 10_000  # VictoriaMetrics refuses queries over 16 KiB, written out in full, unless told otherwise
_HINT = 'Write a metric with matchers, such as probe_success{job="blackbox"}, without functions or a range.'


def quoted(value: str) -> str:
    """`value` as a PromQL string literal.

    PromQL strings follow Go's escapes, of which JSON's are a part; JSON's surrogate pairs are not,
    so characters beyond ASCII stay as they are.
    """
    return json.dumps(value, ensure_ascii=False)


def label_name(name: str) -> str:
    """`name` itself, if it can stand in a matcher or in `by (...)`.

    Raises:
        ConfigError: it cannot.
    """
    if not _LABEL.fullmatch(name):
        raise ConfigError(f"{name!r} is not a Prometheus label", "Label names are letters, digits and underscores.")
    return name


def equals(label: str, value: str) -> str:
    """The matcher label="value"."""
    return f"{label_name(label)}={quoted(value)}"


def one_of(label: str, values: Iterable[str]) -> str:
    """The matcher that accepts exactly `values` (RE2, which Prometheus anchors at both ends)."""
    return f"{label_name(label)}=~{quoted('|'.join(re.escape(value) for value in values))}"


def none_of(label: str, values: Iterable[str]) -> str:
    """The matcher that accepts anything but `values`."""
    return one_of(label, values).replace("=~", "!~", 1)


def batches(values: Sequence[str]) -> list[list[str]]:
    """`values` in as few parts as keep a query that names one of them all within the limits of servers."""
    parts: list[list[str]] = []
    room = 0
    for value in values:
        size = len(quoted(re.escape(value)).encode())
        if size > room:
            parts.append([])
            room = NAMES_BYTES
        parts[-1].append(value)
        room -= size
    return parts


def duration(seconds: float) -> str:
    """A range in whole milliseconds, `[2682000000ms]`: exact where `[31d]` is not a month."""
    return f"[{round(seconds * 1000)}ms]"


_RANGE = re.compile(rf"{_STRING}|(?P<range>\[\d+ms\])")


def earlier(query: str, seconds: float) -> str:
    """`query` with all its ranges, as `duration` writes them, moved into the past by so many seconds.

    What merely looks like a range within a string stays as it is.
    """
    offset = f" offset {round(seconds * 1000)}ms"
    return _RANGE.sub(lambda found: found[0] + (offset if found["range"] else ""), query)


class Selector(Struct, frozen=True):
    """A plain instant vector selector: a metric (may be empty) and its matchers, each already PromQL."""

    metric: str
    matchers: tuple[str, ...] = ()

    def where(self, *matchers: str) -> Selector:
        """The same series, narrowed by further matchers."""
        return replace(self, matchers=(*self.matchers, *matchers))

    def suffixed(self, suffix: str) -> Selector:
        """The sibling metric, such as `_bucket` of a histogram."""
        return replace(self, metric=self.metric + suffix)

    def over(self, seconds: float) -> str:
        """The range selector of that length."""
        return f"{self}{duration(seconds)}"

    def __str__(self) -> str:
        """PromQL."""
        return f"{self.metric}{{{','.join(self.matchers)}}}" if self.matchers else self.metric


def metric(name: str, match: Mapping[str, str]) -> Selector:
    """The selector of one metric whose labels equal those of `match`."""
    return Selector(name, tuple(equals(label, value) for label, value in match.items()))


def parse(text: str) -> Selector:
    """Read a selector from the configuration.

    Only a plain selector is accepted: whatever else stands in `text` (a function, a comment, an
    unbalanced quote) would change the meaning of the query it is put into.

    Raises:
        ConfigError: `text` is no plain selector.
    """
    rest = text.strip()
    name = _METRIC.match(rest)
    rest = rest[name.end() :].lstrip() if name else rest
    if not rest and name:
        return Selector(name[0])
    if not (rest.startswith("{") and rest.endswith("}")):
        raise ConfigError(f"{text!r} is not a selector", _HINT)
    return Selector(name[0] if name else "", tuple(_matchers(rest[1:-1], text)))


def _matchers(inside: str, text: str) -> list[str]:
    found: list[str] = []
    at = 0
    while at < len(inside.rstrip()):
        matcher = _MATCHER.match(inside, at)
        if not matcher or (matcher.end() < len(inside) and inside[matcher.end()] != ","):
            raise ConfigError(f"{text!r} is not a selector", _HINT)
        found.append(matcher[0].strip())
        at = matcher.end() + 1
    return found


def narrowed(text: str, match: Mapping[str, str]) -> Selector:
    """A selector of the configuration, with the labels of `match` besides.

    Raises:
        ConfigError: `text` is no plain selector, or a label of `match` is none.
    """
    return parse(text).where(*metric("", match).matchers)
