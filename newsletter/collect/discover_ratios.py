"""Which services a server could tell of by what was asked of them, and which of these something else measures already.

A service must not stand in the letter twice. That two ids are one service can only be guessed where they
differ ("https://shop.acme.example/" and "shop-ingress"), so whoever reads the config is told of each guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import Struct

from newsletter import presets
from newsletter.collect import looking, promql
from newsletter.collect.looking import MANY_SERVICES
from newsletter.collect.promql import Selector
from newsletter.collect.watch import HOUR, TICK, Watch

if TYPE_CHECKING:
    from newsletter.collect.prometheus import Prometheus

_DAY = 86400.0
_BACK_DAYS = 62  # the last complete month began no longer ago
_HOST = re.compile(r"[\w-]+(\.[\w-]+)*\.[a-z]{2,}(:\d+)?")
_KIND_WORDS = frozenset(
    {"www", "web", "http", "https", "ingress", "ing", "backend", "be", "bk", "svc", "service", "server", "slo"}
    | {"requests", "availability", "errors", "prod", "production"}
)
"""Words that say what kind of thing an id is of, not which service it serves."""


class FoundRatio(Struct, frozen=True, kw_only=True):
    """Series of one preset that count what was asked of services.

    Args:
        preset: its name.
        service_label: the label whose values are the services.
        services: those that nothing else measures, sorted; empty if all are.
        measured: the others, each with the id it has elsewhere.
        by: what measures these.
        remarks: what is strange about them, as sentences.
    """

    preset: str
    service_label: str
    services: tuple[str, ...]
    measured: Mapping[str, str]
    by: tuple[str, ...]
    remarks: tuple[str, ...] = ()


def find_ratios(
    prometheus: Prometheus, fitting: Sequence[presets.RatioPreset], taken: Mapping[str, str], now: float
) -> tuple[FoundRatio, ...]:
    """What each preset of `fitting` could tell, the series that people declared as promises before plain counters.

    Args:
        prometheus: asked.
        fitting: presets whose metrics have samples.
        taken: the services that are measured already, each with what measures it.
        now: seconds since the epoch.

    Raises:
        SourceError: no answer, or a partial one.
    """
    taken = dict(taken)
    found = []
    for preset in sorted(fitting, key=lambda one: (one.basis == "requests", one.name)):
        ratio = _find(prometheus, preset, taken, now)
        if ratio is not None:
            found.append(ratio)
            taken |= dict.fromkeys(ratio.services, preset.name)
    return tuple(found)


def lately(prometheus: Prometheus, selector: Selector, label: str, now: float) -> frozenset[str]:
    """The services of the last weeks, looked at once a day: `collect` reads a month, whoever has gone since."""
    watch = Watch(selector, promql.label_name(label), "", HOUR)
    return frozenset(looking.look(prometheus, watch, now - _BACK_DAYS * _DAY, now, _DAY).seen)


def whole(preset: presets.RatioPreset) -> Selector:
    """The series that a service has if it can be told at all."""
    return promql.parse(preset.total or preset.failed)


def double_of(service: str, taken: Iterable[str]) -> str | None:
    """The one of `taken` that is `service` itself or, by its words, the same service; None if there is none."""
    ids = sorted(taken)
    if service in ids:
        return service
    words = _words(service)
    return next((one for one in ids if _words(one) == words), None)


def _find(
    prometheus: Prometheus, preset: presets.RatioPreset, taken: Mapping[str, str], now: float
) -> FoundRatio | None:
    selector = whole(preset)
    label, present = _services(prometheus, selector, preset.service_label, now)
    if not present:
        return None
    every = present | lately(prometheus, selector, label, now) - {""}
    measured = {one: double for one in sorted(every) if (double := double_of(one, taken))}
    services = tuple(sorted(present - measured.keys()))
    many = f"{len(services):,} values of {label}: more services than a letter can tell of"
    return FoundRatio(
        preset=preset.name,
        service_label=label,
        services=services,
        measured=measured,
        by=tuple(sorted({taken[double] for double in measured.values()})),
        remarks=(many,) if len(services) > MANY_SERVICES else (),
    )


def _services(prometheus: Prometheus, selector: Selector, label: str, now: float) -> tuple[str, set[str]]:
    """The label that names services, and its values in the last hour.

    A target's own label of that name pushes the exporter's aside, to `exported_...`:
    https://prometheus.io/docs/prometheus/latest/configuration/configuration/ (honor_labels).
    """
    exported = f"exported_{label}"
    query = f"count by ({label}, {exported}) (last_over_time({selector.over(HOUR)}))"
    labels = [series.labels for series in prometheus.instant(query, now - TICK).series]
    chosen = exported if labels and all(one.get(exported) for one in labels) else label
    return chosen, {one.get(chosen, "") for one in labels} - {""}


def _words(service: str) -> frozenset[str]:
    """What remains of an id without its provider ("@docker"), its domain, and words for kinds of things."""
    text = service.casefold()
    if "://" in text:
        text = urlsplit(text).hostname or text
    text = text.partition("@")[0]
    if _HOST.fullmatch(text):
        text = text.removeprefix("www.").partition(".")[0]
    words = [word for word in re.split(r"[\W_]+", text) if word]
    return frozenset(word for word in words if word not in _KIND_WORDS) or frozenset(words)
