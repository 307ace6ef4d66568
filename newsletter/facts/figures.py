"""Any other number of the config, with its verdict when it has a target and a good direction."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.config import Config, FigureConfig
from newsletter.language.formats import exact
from newsletter.model import Fact, Figure, Snapshot


def figure_facts(snapshot: Snapshot, before: Snapshot | None, config: Config) -> Iterator[Fact]:
    """A fact for each configured figure that the snapshot knows, in the order of the config."""
    for figure_id, wanted in config.figures.items():
        figure = snapshot.figures.get(figure_id)
        if figure is not None:
            yield _fact(figure, before.figures.get(figure_id) if before else None, wanted)


def _fact(figure: Figure, before: Figure | None, wanted: FigureConfig) -> Fact:
    met = _met(figure.value, wanted)
    return Fact(
        id=f"{figure.id}.{figure.kind}",
        type="value" if met is None else "target_met" if met else "target_missed",
        subject=figure.id,
        value=figure.value,
        unit=figure.unit,
        previous=before.value if before else None,
        target=wanted.target,
        met=met,
        level="number" if met is None else "target",
        evidence=figure.evidence,
        detail={"kind": figure.kind, "part": figure.numerator, "whole": figure.denominator},
    )


def _met(value: float | None, wanted: FigureConfig) -> bool | None:
    """Whether the target was met; without a good direction a number is neither good nor bad."""
    if value is None or wanted.target is None or wanted.good == "none":
        return None
    reached, target = exact(value), exact(wanted.target)
    return reached >= target if wanted.good == "up" else reached <= target
