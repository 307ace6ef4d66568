"""What a value cannot know by itself: where paths start from, which locales there are."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct
from pydantic import ValidationInfo


class Surroundings(Struct, frozen=True, kw_only=True):
    """The context of a validation. `locales` is empty where they are at fault themselves."""

    file: Path
    locales: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """The absolute folder that relative paths start from."""
        return self.file.absolute().parent


def surroundings_of(info: ValidationInfo) -> Surroundings | None:
    """The surroundings that a validation was given, if any."""
    return info.context if isinstance(info.context, Surroundings) else None
