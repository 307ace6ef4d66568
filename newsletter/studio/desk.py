"""What lies on the desk: the last good letters, the error over them, and who waits for news."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from newsletter.errors import NewsletterError

log = logging.getLogger("newsletter")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One variant, made out to the sample reader: exactly the parts that are mailed."""

    variant: str
    locale: str
    subject: str
    preheader: str
    sender: str
    html: str
    text: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letters:
    """All variants of one edition, and whether they may be sent as they are."""

    month: str
    title: str
    approval: str
    variants: Mapping[str, Letter]


@dataclass(slots=True)
class Desk:
    """Builds letters and tells every open page about it.

    A failed build keeps the last good letters; its error is shown above them.
    """

    build: Callable[[], Letters]
    letters: Letters | None = None
    error: NewsletterError | None = None
    rev: int = 0
    ms: float = 0.0
    _waiting: set[asyncio.Queue[dict[str, Any]]] = field(default_factory=set)

    def rebuild(self) -> None:
        """Build now; never raises: what went wrong is shown on the page.

        Even a bug must not end the watching of files in silence, while the page still looks alive.
        """
        began = time.perf_counter()
        try:
            self.letters, self.error = self.build(), None
        except NewsletterError as error:
            self.error = error
        except Exception as error:
            log.exception("a bug in newsletter")
            self.error = NewsletterError(f"a bug: {type(error).__name__}: {error}", "The terminal shows where.")
        self.ms = (time.perf_counter() - began) * 1000
        self.rev += 1

    async def refresh(self) -> None:
        """Rebuild beside the event loop, then tell every page."""
        await asyncio.to_thread(self.rebuild)
        # Editors save by rename or in two steps: a fault that mends itself at once was never one.
        if self.error is not None:
            await asyncio.sleep(0.06)
            await asyncio.to_thread(self.rebuild)
        for queue in self._waiting:
            queue.put_nowait(self.state())

    def state(self) -> dict[str, Any]:
        """What the page needs to draw itself, as JSON."""
        letters = self.letters
        return {
            "rev": self.rev,
            "ms": round(self.ms),
            "month": letters.month if letters else "",
            "title": letters.title if letters else "",
            "approval": letters.approval if letters else "",
            "variants": [_summary(one) for one in letters.variants.values()] if letters else [],
            "error": {"message": self.error.message, "fix": self.error.hint} if self.error else None,
        }

    @contextmanager
    def _listener(self) -> Any:
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._waiting.add(queue)
        try:
            yield queue
        finally:
            self._waiting.discard(queue)

    async def news(self, heartbeat_s: float = 15) -> AsyncIterator[dict[str, Any] | None]:
        """The state now and after each build; None as a heartbeat between."""
        with self._listener() as queue:
            yield self.state()
            while True:
                try:
                    yield await asyncio.wait_for(queue.get(), heartbeat_s)
                except TimeoutError:
                    yield None


def _summary(letter: Letter) -> dict[str, Any]:
    return {
        "id": letter.variant,
        "locale": letter.locale,
        "subject": letter.subject,
        "preheader": letter.preheader,
        "sender": letter.sender,
        "bytes": len(letter.html.encode()),
        "digest": letter.digest,
    }
