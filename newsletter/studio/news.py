"""What an open page has not been told yet."""

from __future__ import annotations

import asyncio
from typing import Any

from msgspec import Struct


class Event(Struct, frozen=True):
    """One message to a page; `rev` counts the states of the edition."""

    name: str
    data: dict[str, Any]
    rev: int


class News:
    """The newest event of each kind, oldest first: a page that does not read costs no more than one of each.

    An event ends the older one of its kind and takes its place at the end, so that what a page hears last is what
    happened last: after an error, its mending and another error it hears of the mending, then of the error.
    """

    def __init__(self) -> None:
        """Nothing yet."""
        self._untold: dict[tuple[str, object], Event] = {}
        self._any = asyncio.Event()

    def put(self, event: Event) -> None:
        """Tell this as soon as the page reads; those about letters are of a kind for each `id`."""
        kind = (event.name, event.data.get("id"))
        self._untold.pop(kind, None)
        self._untold[kind] = event
        self._any.set()

    async def get(self) -> Event:
        """The next event, once there is one; for one reader."""
        await self._any.wait()
        event = self._untold.pop(next(iter(self._untold)))
        if not self._untold:
            self._any.clear()
        return event
