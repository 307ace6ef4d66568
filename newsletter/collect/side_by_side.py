"""The same done for many things on several threads: results in the order of the things, a failure at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from queue import SimpleQueue
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def side_by_side(pool: Executor, do: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """Begin to `do` all of `items` on the threads of `pool`, and give the results in their order.

    `Executor.map` tells a failure only when its turn comes: behind a slow item that is long after everything
    was in vain.

    Raises:
        Exception: of the first item that failed, whichever it is; what was not begun then never is.
    """
    told: SimpleQueue[BaseException | None] = SimpleQueue()
    tasks: deque[Future[R]] = deque()
    for item in items:
        tasks.append(pool.submit(do, item))
        tasks[-1].add_done_callback(lambda task: told.put(None if task.cancelled() else task.exception()))
    return _in_order(tasks, told)


def _in_order(tasks: deque[Future[R]], told: SimpleQueue[BaseException | None]) -> Iterator[R]:
    try:
        while tasks:
            while not tasks[0].done():
                if failure := told.get():
                    raise failure
            yield tasks.popleft().result()  # and let go of
    finally:
        for task in tasks:
            task.cancel()
