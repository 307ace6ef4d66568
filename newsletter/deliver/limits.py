"""How fast mail may leave."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Throttle:
    """At most `per_minute` permits in any minute, evenly spaced, over all threads.

    A token bucket that holds one token: a burst after a quiet time would exceed the limit of a
    relay that counts over a sliding minute.
    """

    def __init__(self, per_minute: float | None, *, clock: Callable[[], float] = time.monotonic) -> None:
        """`per_minute` None means no limit; `clock` tells seconds."""
        self._interval = 60.0 / per_minute if per_minute else 0.0
        self._clock = clock
        self._lock = threading.Lock()
        self._next = clock()

    def wait(self, stop: threading.Event) -> bool:
        """Sleep until one message may leave; False if `stop` was set meanwhile."""
        if not self._interval:
            return not stop.is_set()
        with self._lock:
            now = self._clock()
            at = max(now, self._next)
            self._next = at + self._interval
        return not stop.wait(at - now)
