"""The series of 0 and 1 that availability and maintenance are read from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct, field

from newsletter.collect.promql import Selector, one_of
from newsletter.errors import SourceError
from newsletter.presets import State as Meaning

HOUR = 3600.0
TICK = 0.001  # windows end a millisecond early: ranges are closed at both ends before Prometheus 3


BINARY: Mapping[float, Meaning] = {1.0: "up", 0.0: "down"}


class Watch(Struct, frozen=True):
    """Who the series speak about, who speaks, how often (seconds), and what each value means.

    The only value that means up is 1.
    """

    selector: Selector
    service_label: str
    prober_label: str
    interval_s: float
    meanings: Mapping[float, Meaning] = field(default_factory=lambda: BINARY)

    @property
    def binary(self) -> bool:
        """Whether every value means up or down."""
        return self.meanings.keys() <= BINARY.keys()

    @property
    def tells_excluded(self) -> bool:
        """Whether a value means that the time does not count."""
        return "excluded" in self.meanings.values()

    @property
    def due(self) -> int:
        """Samples of a healthy series in an hour."""
        return max(round(HOUR / self.interval_s), 1)

    @property
    def hour_s(self) -> float:
        """Seconds that count as an hour: those of the samples `due`, so that every hour holds as many."""
        return self.due * self.interval_s

    @property
    def reach(self) -> float:
        """Seconds a sample speaks for, to either side."""
        return 0.75 * self.interval_s

    @property
    def pad(self) -> float:
        """Seconds to read beyond a stretch on both sides.

        The stretch decides over the instants within reach of its ends; they have samples within reach,
        and how far these reach depends on their neighbours.
        """
        return 3 * self.reach

    def service(self, labels: Mapping[str, str]) -> str:
        """Who a series speaks about; "" if it does not say."""
        return labels.get(self.service_label, "")

    def voter(self, labels: Mapping[str, str]) -> str:
        """Who speaks: the prober, under whatever instance; a series without that label is its own voter."""
        return labels.get(self.prober_label) or repr(sorted(labels.items()))

    def only(self, services: Iterable[str]) -> Selector:
        """The series of `services`."""
        return self.selector.where(one_of(self.service_label, services))

    def failing(self, window: str) -> str:
        """PromQL for the series that are not up at every sample of the range selector `window`; 1 if all are down.

        Of 0 and 1 the mean tells it in one pass, and that a sample is not a number, too. With further
        values, 0 and 2 would have a mean of 1.
        """
        if self.meanings == BINARY:
            return f"(avg_over_time({window}) != 1) == bool 0"
        return f"(avg_over_time({window}) != 1 or max_over_time({window}) != 1) == bool 1"

    def amiss(self, seconds: float) -> str:
        """PromQL for how many samples of each series are not up; more than that where values are further off than 1.

        It is the sum of (value - 1) squared: of 0 and 1, of the zeros; of whole numbers, at least 1 for each
        that is not 1. As mean square = variance + square of the mean, it takes no subquery.
        """
        window = self.selector.over(seconds)
        if self.meanings == BINARY:
            return f"count_over_time({window}) - sum_over_time({window})"
        return f"count_over_time({window}) * (stdvar_over_time({window}) + (avg_over_time({window}) - 1) ^ 2)"

    def meaning(self, value: float) -> Meaning:
        """What a sample says.

        Raises:
            SourceError: nobody knows.
        """
        try:
            return self.meanings[value]
        except KeyError:
            known = ", ".join(f"{known:g} ({meaning})" for known, meaning in self.meanings.items())
            hint = f"Use a series, or a recording rule, of {known}."
            raise SourceError(f"{self.selector} has the value {value:g}", hint) from None

    def is_down(self, value: float) -> bool | None:
        """Whether a sample says down; None where it says neither that nor up."""
        return {"up": False, "down": True}.get(self.meaning(value))

    def is_excluded(self, value: float) -> bool:
        """Whether a sample says that the time does not count."""
        return self.meaning(value) == "excluded"
