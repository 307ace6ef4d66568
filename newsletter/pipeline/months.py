"""Which month a command is about, and where its files stand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter import period
from newsletter.config import Config
from newsletter.model import Period

if TYPE_CHECKING:
    from newsletter.collect.step import Step


Progress = Callable[["Step"], None]


SNAPSHOT_NAME = "snapshot.json"
RATINGS_NAME = "ratings.json"


def resolve_month(config: Config, label: str | None, now: datetime) -> Period:
    """The month a command is about: the one named, or the last complete one."""
    if label is None:
        return period.last_complete(now, config.timezone)
    return period.require_complete(period.month(label, config.timezone), now)


def edition_folder(config: Config, month: Period) -> Path:
    """Where an edition's notes, snapshot and approvals stand."""
    return config.editions / month.label
