"""Runs the preview on loopback and watches the files it is made of."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter.errors import UsageError
from newsletter.studio.app import studio_app
from newsletter.studio.desk import Desk, Letters

if TYPE_CHECKING:
    from starlette.applications import Starlette

log = logging.getLogger("newsletter")


def serve(
    build: Callable[[], Letters],
    *,
    folders: Sequence[Path],
    files: Sequence[Path],
    port: int,
    ready: Callable[[str], None],
) -> None:
    """Show the letters until interrupted, and build them again when a file changes.

    Args:
        build: makes the letters anew from the files.
        folders: watched with everything below them (missing ones are left out).
        files: single files, watched through their folder so that a save by rename is seen.
        port: on 127.0.0.1; 0 takes a free one.
        ready: called with the address once pages are answered.

    Raises:
        UsageError: the port is taken.
    """
    import uvicorn

    listening = _listen(port)
    bound = listening.getsockname()[1]
    desk = Desk(build)
    desk.rebuild()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        watching = asyncio.create_task(_watch(desk, folders, files))
        ready(f"http://127.0.0.1:{bound}/")
        try:
            yield
        finally:
            watching.cancel()

    app = studio_app(desk, port=lambda: bound, lifespan=lifespan)
    settings = uvicorn.Config(app, log_level="warning", ws="none", http="h11", timeout_graceful_shutdown=1)
    try:
        uvicorn.Server(settings).run(sockets=[listening])
    except KeyboardInterrupt:
        log.debug("preview stopped")
    finally:
        listening.close()


def _listen(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
        listening.listen(128)  # so that a second preview on this port is refused, not silently beside us
    except OSError as error:
        listening.close()
        raise UsageError(
            f"port {port} is taken ({error.strerror})", "Another preview may be running; choose another: --port 0"
        ) from error
    return listening


async def _watch(desk: Desk, folders: Sequence[Path], files: Sequence[Path]) -> None:
    from watchfiles import Change, awatch

    exact = {path.resolve() for path in files}
    below = [path.resolve() for path in folders if path.is_dir()]

    def ours(_: Change, name: str) -> bool:
        path = Path(name)
        return path in exact or any(path.is_relative_to(folder) for folder in below)

    async def follow(paths: Sequence[Path], recursive: bool) -> None:
        async for _ in awatch(*paths, watch_filter=ours, recursive=recursive, debounce=10, step=10):
            await desk.refresh()
            if desk.error is not None:
                log.warning("%s", desk.error.message)
            else:
                log.info("picture %d in %d ms", desk.rev, desk.ms)

    tasks = []
    if below:
        tasks.append(follow(below, recursive=True))
    if exact:
        tasks.append(follow(sorted({path.parent for path in exact}), recursive=False))
    await asyncio.gather(*tasks)
