"""How often one thing may be asked in a minute: counted in memory, for a bounded number of things."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

WINDOW_S = 60.0
_MOST = 10_000


class Throttle:
    """Counts by key in windows of a minute; usable by several threads.

    Who knows ever new keys is not held back by this, so the keys must be ones that we gave out.
    """

    def __init__(self, per_minute: int, *, most: int = _MOST, clock: Callable[[], float] = time.monotonic) -> None:
        """At most `per_minute` for each key; the least lately seen of more than `most` keys is forgotten."""
        self._per_minute = per_minute
        self._most = most
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def allows(self, key: str) -> bool:
        """Whether it may be asked once more now; counts."""
        now = self._clock()
        with self._lock:
            since, count = self._seen.pop(key, (now, 0))
            if now - since >= WINDOW_S:
                since, count = now, 0
            self._seen[key] = (since, count + 1)
            if len(self._seen) > self._most:
                self._seen.popitem(last=False)
            return count < self._per_minute
