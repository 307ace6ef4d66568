"""The frozen numbers of this month and of earlier ones."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from msgspec import structs

from newsletter import period
from newsletter.config import Config
from newsletter.errors import ContentError
from newsletter.model import Period, Snapshot
from newsletter.model.same import Same
from newsletter.pipeline.months import RATINGS_NAME, SNAPSHOT_NAME, edition_folder
from newsletter.versions import Version, version_of


def read_snapshot(config: Config, month: Period, path: Path | None = None) -> Snapshot:
    """The frozen numbers of a month.

    Raises:
        ContentError: there is no such file, or it is no file or of another month.
    """
    found = path or edition_folder(config, month) / SNAPSHOT_NAME
    if not found.is_file() and found.exists():
        raise ContentError(f"{found} is not a file", "Name the snapshot.json of a month, which collect writes.")
    if not found.is_file():
        raise ContentError(f"no snapshot for {month.label} ({found})", _missing_hint(config, month))
    read = _read(found)
    if read.edition != month.label:
        raise ContentError(
            f"{found}: the numbers of {read.edition}, not of {month.label}", f"Use --month {read.edition}."
        )
    return _with_all_counted(config, read)


def _read(path: Path) -> Snapshot:
    """A snapshot file; a second look at one that has not changed costs nothing, which a preview does at every save."""
    return _read_once(path, version_of(path))


@lru_cache(maxsize=64)
def _read_once(path: Path, _: Version) -> Snapshot:
    from newsletter.collect import snapshot

    return snapshot.read(path)


def _with_all_counted(config: Config, snapshot: Snapshot) -> Snapshot:
    """The month with what is in no snapshot file: what people entered, and what readers said about the edition before."""
    before = config.editions / period.previous(snapshot.period, config.timezone).label
    rated = _with_ratings(Same(snapshot), before, version_of(before / RATINGS_NAME))
    return _with_figures_by_hand(config, rated)


@lru_cache(maxsize=64)  # the same object for the same files, which other caches know a month by
def _with_ratings(snapshot: Same[Snapshot], before: Path, _: Version) -> Snapshot:
    from newsletter import feedback

    month = snapshot.value
    ratings = feedback.read_ratings(before)
    if ratings is None:
        return month
    evidence = {one.id: one for one in feedback.evidence(ratings)}
    return structs.replace(month, ratings=ratings, evidence={**month.evidence, **evidence})


def _with_figures_by_hand(config: Config, snapshot: Snapshot) -> Snapshot:
    """The month with what people entered for it, which stands in its folder and in no snapshot file."""
    from newsletter.notes import by_hand

    figures, evidence = by_hand.load(config.editions / snapshot.edition / by_hand.FILE_NAME, config=config)
    if not figures:
        return snapshot
    return structs.replace(
        snapshot, figures={**snapshot.figures, **figures}, evidence={**snapshot.evidence, **evidence}
    )


def figures_to_enter(config: Config, month: Period) -> tuple[str, ...]:
    """The figures entered by hand that nobody has entered for the month."""
    from newsletter.notes import by_hand

    entered, _ = by_hand.load(edition_folder(config, month) / by_hand.FILE_NAME, config=config)
    return tuple(name for name, figure in config.figures.items() if figure.by_hand and name not in entered)


def _missing_hint(config: Config, month: Period) -> str:
    known = [folder.parent.name for folder in sorted(config.editions.glob(f"*/{SNAPSHOT_NAME}"))]
    collect = f"Run: newsletter collect --month {month.label}"
    return f"{collect} (the newest one here is --month {known[-1]})" if known else collect


def past_snapshots(config: Config, month: Period) -> tuple[Snapshot, ...]:
    """The frozen numbers of all earlier months, oldest first."""
    earlier = sorted(path for path in config.editions.glob(f"*/{SNAPSHOT_NAME}") if path.parent.name < month.label)
    return tuple(_with_all_counted(config, _read(path)) for path in earlier)
