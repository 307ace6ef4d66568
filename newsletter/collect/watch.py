"""The series of 0 and 1 that availability and maintenance are read from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from newsletter.collect.promql import Selector, one_of

HOUR = 3600.0
TICK = 0.001  # windows end a millisecond early: ranges are closed at both ends before Prometheus 3


@dataclass(frozen=True, slots=True)
class Watch:
    """Who the series speak about, who speaks, and how often (seconds)."""

    selector: Selector
    service_label: str
    prober_label: str
    interval_s: float

    @property
    def reach(self) -> float:
        """Seconds a sample speaks for, to either side."""
        return 0.75 * self.interval_s

    @property
    def pad(self) -> float:
        """Seconds to read beyond a stretch on both sides: a sample's reach depends on its neighbours."""
        return 2 * self.reach

    def service(self, labels: Mapping[str, str]) -> str:
        """Who a series speaks about; "" if it does not say."""
        return labels.get(self.service_label, "")

    def voter(self, labels: Mapping[str, str]) -> str:
        """Who speaks: the prober, under whatever instance; a series without that label is its own voter."""
        return labels.get(self.prober_label) or repr(sorted(labels.items()))

    def only(self, services: Iterable[str]) -> Selector:
        """The series of `services`."""
        return self.selector.where(one_of(self.service_label, services))
