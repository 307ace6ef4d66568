"""The service desk's own metrics, by the names that are documented for anyone to export."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from newsletter.collect import looking
from newsletter.collect.promql import Selector

if TYPE_CHECKING:
    from newsletter.collect.prometheus import Prometheus

# key of `tickets` in config.yaml: (how it is read, metric, labels that a letter can split it by)
_CONTRACT: Final = {
    "opened": ("counter", "tickets_opened_total", ("queue", "kind")),
    "resolved": ("counter", "tickets_resolved_total", ("queue", "kind")),
    "open": ("gauge", "tickets_open", ("queue",)),
    "resolution": ("histogram", "ticket_resolution_seconds", ("queue",)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundTickets:
    """One part of `tickets` in config.yaml: `key: {form: metric, by: [...]}`."""

    key: str
    form: str
    metric: str
    by: tuple[str, ...]


def metrics() -> list[str]:
    """The series whose presence tells that there is a service desk."""
    return [_series(form, name) for form, name, _ in _CONTRACT.values()]


def tickets(prometheus: Prometheus, present: Collection[str], now: float) -> tuple[FoundTickets, ...]:
    """The parts that have series, split by those labels that all their series carry."""
    found = []
    for key, (form, name, labels) in _CONTRACT.items():
        if _series(form, name) in present:
            series = looking.last_values(prometheus, Selector(_series(form, name)), now).series
            by = tuple(label for label in labels if all(one.labels.get(label) for one in series))
            found.append(FoundTickets(key=key, form=form, metric=name, by=by))
    return tuple(found)


def _series(form: str, name: str) -> str:
    return f"{name}_bucket" if form == "histogram" else name
