"""Samples as they come back from Prometheus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct


class Series(Struct, frozen=True):
    """One label set; `times` in seconds since the epoch, ascending, one for each of `values`.

    All values are finite: `dropped` counts those that were not (NaN and the infinities measure nothing).
    """

    labels: Mapping[str, str]
    times: Sequence[float]
    values: Sequence[float]
    dropped: int = 0


class Answer(Struct, frozen=True):
    """All series of one query, and what the server remarked about it."""

    series: tuple[Series, ...]
    infos: tuple[str, ...] = ()
