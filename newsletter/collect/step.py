"""What a collection tells of itself while it runs."""

from __future__ import annotations

from msgspec import Struct


class Step(Struct, frozen=True):
    """What is being done, in a few words; `done` of `total` hours of services, where there is something to count."""

    what: str
    done: int = 0
    total: int = 0
