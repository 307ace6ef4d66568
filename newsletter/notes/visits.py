"""The visit log: which departments were visited in the months before."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from newsletter import period
from newsletter.config import Config
from newsletter.model import Note, Period
from newsletter.notes.loader import load

VISIT_MONTHS = 6
"""A department is invited when nobody visited it for this many months."""


def visits(editions: Path, month: Period, *, config: Config) -> Mapping[str, tuple[Note, ...]]:
    """The `visit` notes of the five months before `month`, by edition; months without notes are not in it.

    A month without a folder of notes says nothing: nobody may conclude that no visit took place.

    Raises:
        ContentError: a note is at fault.
    """
    found: dict[str, tuple[Note, ...]] = {}
    for back in range(1, VISIT_MONTHS):
        earlier = period.previous(month, config.timezone, back)
        folder = editions / earlier.label / "notes"
        if folder.is_dir():
            notes = load(folder, config=config, now=earlier.end)
            found[earlier.label] = tuple(note for note in notes if note.kind == "visit")
    return found
