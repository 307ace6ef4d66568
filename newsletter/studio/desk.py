"""The desk: one edition, its last good pictures, and everybody who looks at them.

A save is answered in this order: the letter that somebody looks at; when the browser has painted it, the
checks of it (a second picture if they find something else than before), the edition around it, then all
other letters. A newer save ends what an older one has not begun yet.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from msgspec import Struct, field

from newsletter.errors import NewsletterError
from newsletter.studio.frame import View
from newsletter.studio.news import Event, News
from newsletter.studio.proofs import Proofs

log = logging.getLogger("newsletter")

Value = TypeVar("Value")

HEARTBEAT_S = 15.0
SECOND_LOOK_S = 0.06
"""Editors save in two steps: a fault that mends itself within this time was never one."""

PAINTING_S = 0.08
"""What a browser takes to show a picture; work of ours meanwhile would take its share of the processor from it."""

_CHANGE_S = 2.0


class _Watcher(Struct, eq=False):
    """An open page: what it looks at, and what it has not been told yet."""

    view: View
    news: News = field(default_factory=News)


class Desk:
    """Keeps one edition up to date for the pages that look at it."""

    def __init__(self, proofs: Proofs) -> None:
        self.proofs = proofs
        self.rev = 0
        self.ms = 0.0
        # Letters are made in one thread of their own, so that pages are answered meanwhile, and one by one.
        self._hand = ThreadPoolExecutor(max_workers=1, thread_name_prefix="letters")
        self._watchers: set[_Watcher] = set()
        self._work: asyncio.Task[None] | None = None
        self._turned = asyncio.Event()

    async def by_hand(self, work: Callable[..., Value], *given: object) -> Value:
        """`work(*given)` in the thread in which letters are made.

        What it needs of the proofs it has to ask there: a save read meanwhile takes letters away.
        """
        return await asyncio.get_running_loop().run_in_executor(self._hand, work, *given)

    def close(self) -> None:
        """End the thread."""
        self._hand.shutdown(wait=False, cancel_futures=True)

    # --- a save ---------------------------------------------------------------------------

    def saved(self) -> None:
        """A file changed: what an older save began is not worth finishing."""
        if self._work is not None:
            self._work.cancel()
        self._work = asyncio.get_running_loop().create_task(self.refresh())

    async def settled(self) -> None:
        """Wait until the last save is answered."""
        while self._work is not None and not self._work.done():
            await asyncio.wait({self._work})

    async def refresh(self, *, others: bool = True) -> None:
        """Read anew, then tell every page, the picture on show first; `others`: and then all other letters."""
        began = time.perf_counter()
        was_wrong = self.proofs.error is not None
        await self._or_tell(self._pictures(began, was_wrong))
        if others and self.proofs.error is None:
            await self.look_at_others()

    async def look_at_others(self) -> None:
        """Make the letters that nobody looks at, and what only all of them together tell."""
        await self._or_tell(self._others())

    async def _or_tell(self, work: Awaitable[None]) -> None:
        """`work`; what goes wrong is shown on the page."""
        try:
            await work
        except NewsletterError as error:
            self._wrong(error)
        except Exception as error:  # even a bug must not end the watching of files in silence
            log.exception("a bug in newsletter")
            self._wrong(NewsletterError(f"a bug: {type(error).__name__}: {error}", "The terminal shows where."))

    async def _pictures(self, began: float, was_wrong: bool) -> None:
        pictures = await self._first_look()
        self.proofs.mended()
        self._turn()
        self.ms = (time.perf_counter() - began) * 1000
        log.info("picture %d in %d ms", self.rev, self.ms)
        if was_wrong:
            self._tell("mended", {})
        for watcher in self._watchers:
            if watcher.view in pictures:
                self._tell_one(watcher, "picture", self._stamped(pictures[watcher.view]))
        if pictures:
            await asyncio.sleep(PAINTING_S)
        await self._second_look(pictures)
        await self.tell_edition()

    async def _first_look(self) -> dict[View, dict[str, Any]]:
        """What is shown now; what looks at fault is looked at twice."""
        with contextlib.suppress(NewsletterError):
            await self.by_hand(self.proofs.read)
            if not self.proofs.worse:
                return await self._first_pictures()
        await asyncio.sleep(SECOND_LOOK_S)
        await self.by_hand(self.proofs.read)
        return await self._first_pictures()

    async def _first_pictures(self) -> dict[View, dict[str, Any]]:
        pictures = {}
        for view in {watcher.view for watcher in self._watchers}:
            if picture := await self.by_hand(self.proofs.first_picture, view):
                pictures[view] = picture
        return pictures

    async def _second_look(self, pictures: dict[View, dict[str, Any]]) -> None:
        """Examine what is on show by now: the checks take half as long as the picture, and few saves change what they find."""
        for view, first in pictures.items():
            examined = await self.by_hand(self.proofs.picture, view)
            if examined and examined["findings"] != first["findings"]:
                for watcher in self._watchers:
                    if watcher.view == view:
                        self._tell_one(watcher, "picture", self._stamped(examined))

    async def _others(self) -> None:
        """The letters that nobody looks at, one by one, so that a picture asked for meanwhile need not wait for all.

        Raises:
            NewsletterError: of the first letter at fault; all others were told before.
        """
        first: NewsletterError | None = None
        for variant in self.proofs.names():
            try:
                await self.by_hand(self.proofs.look_at, variant)
            except NewsletterError as error:
                first = first or error
                continue
            self._tell("variant", self.proofs.variant_json(variant))
        if first is not None:
            raise first
        await self.by_hand(self.proofs.look_at_all)
        await self.tell_edition()

    def _wrong(self, error: NewsletterError) -> None:
        self.proofs.failed(error)
        self._turn()
        log.warning("%s", error.message)
        self._tell("error", self.proofs.error_json() or {})

    async def newer_than(self, rev: int) -> int:
        """The first state after `rev`, or the present one if no file changed after all."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CHANGE_S):
                while self.rev <= rev:
                    await self._turned.wait()
        return self.rev

    def _turn(self) -> None:
        """The edition is in another state from now on."""
        self.rev += 1
        self._turned.set()
        self._turned = asyncio.Event()

    # --- pages ----------------------------------------------------------------------------

    async def edition(self) -> dict[str, Any]:
        """The edition around the letters."""
        return self._stamped(await self.by_hand(self.proofs.edition_json))

    async def tell_edition(self) -> None:
        """Something around the letters is known now that was not before."""
        self._tell("edition", await self.edition())

    async def picture(self, view: View) -> dict[str, Any] | None:
        """One letter, as the view asks for it; None if there is no such letter."""
        try:
            picture = await self.by_hand(self.proofs.picture, view)
        except NewsletterError as error:
            self.proofs.failed(error)
            picture = await self.by_hand(self.proofs.last_picture, view)
        return self._stamped(picture) if picture else None

    def _stamped(self, data: dict[str, Any]) -> dict[str, Any]:
        return {"rev": self.rev, "ms": round(self.ms)} | data

    def _tell(self, name: str, data: dict[str, Any]) -> None:
        for watcher in self._watchers:
            self._tell_one(watcher, name, data)

    def _tell_one(self, watcher: _Watcher, name: str, data: dict[str, Any]) -> None:
        watcher.news.put(Event(name, data, self.rev))

    async def news(self, view: View, seen: int | None = None) -> AsyncIterator[Event | None]:
        """What a page has to know from now on; None as a heartbeat between.

        Args:
            view: what it looks at.
            seen: the last state it has seen, if it was here before.
        """
        watcher = _Watcher(view)
        self._watchers.add(watcher)
        try:
            yield Event("edition", await self.edition(), self.rev)
            if seen != self.rev:
                for event in await self._greeting(view):
                    yield event
            while True:
                try:
                    yield await asyncio.wait_for(watcher.news.get(), HEARTBEAT_S)
                except TimeoutError:
                    yield None
        finally:
            self._watchers.discard(watcher)

    async def _greeting(self, view: View) -> list[Event]:
        greeting = []
        picture = await self.picture(view)
        if picture is not None:
            greeting.append(Event("picture", picture, self.rev))
        if wrong := self.proofs.error_json():
            greeting.append(Event("error", wrong, self.rev))
        return greeting
