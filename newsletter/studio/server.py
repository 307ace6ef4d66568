"""Runs the preview on loopback and watches the files it is made of."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from newsletter.asgi import listening
from newsletter.errors import NewsletterError, UsageError
from newsletter.render import template_folders
from newsletter.studio import readers
from newsletter.studio.app import studio_app
from newsletter.studio.desk import Desk
from newsletter.studio.proofs import Proofs

if TYPE_CHECKING:
    from starlette.applications import Starlette

log = logging.getLogger("newsletter")

_TAKEN = "Another preview may be running; choose another: --port 0"
Roots = frozenset[tuple[Path, bool]]

_NOTICE_MS = 4
"""A save is noticed when nothing has changed for one to two of these; at 4 ms, looking takes 15 ms of a second."""

_UNFINISHED_S = 0.02
"""How much longer a file may take that is empty or gone: editors empty or remove it before they write."""


def serve(path: Path, label: str | None, *, port: int, ready: Callable[[str], None]) -> None:
    """Show an edition until interrupted, and follow every saved file.

    Args:
        path: the config.
        label: the month; None is the last complete one.
        port: on 127.0.0.1 and ::1; 0 takes a free one.
        ready: called with the address once pages are answered.

    Raises:
        UsageError: the port is taken.
    """
    import uvicorn

    sockets = _listen(port)
    bound = sockets[0].getsockname()[1]
    desk = Desk(Proofs(path, label))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await desk.refresh(others=False)
        followed = asyncio.Event()
        work = [asyncio.create_task(_watch(desk, path, followed)), asyncio.create_task(_count(desk))]
        await followed.wait()
        work.append(asyncio.create_task(_settle(desk)))
        ready(f"http://127.0.0.1:{bound}/")
        try:
            yield
        finally:
            for task in work:
                task.cancel()
            desk.close()

    app = studio_app(desk, token=secrets.token_urlsafe(32), port=lambda: bound, lifespan=lifespan)
    settings = uvicorn.Config(
        app, log_level="warning", server_header=False, ws="none", http="h11", timeout_graceful_shutdown=1
    )
    try:
        uvicorn.Server(settings).run(sockets=sockets)
    except KeyboardInterrupt:
        log.debug("preview stopped")
    finally:
        for one in sockets:
            one.close()


def _listen(port: int) -> list[socket.socket]:
    """This machine by both of its names; IPv6 where there is any."""
    first = listening(socket.AF_INET, "127.0.0.1", port, hint=_TAKEN)
    sockets = [first]
    with contextlib.suppress(UsageError, OSError):  # no IPv6, or its port is taken: the address shown is the other one
        sockets.append(listening(socket.AF_INET6, "::1", first.getsockname()[1], hint=_TAKEN))
    return sockets


async def _count(desk: Desk) -> None:
    """Read the lists beside everything else: a long one takes its time."""
    reading = desk.proofs.reading
    if reading is not None:
        desk.proofs.people(await asyncio.to_thread(readers.listed, reading.config))
        await desk.tell_edition()


async def _settle(desk: Desk) -> None:
    """What is there once all letters were made mostly stays: garbage is not looked for in it at every tenth save."""
    await desk.settled()
    gc.collect()
    gc.freeze()


async def _watch(desk: Desk, path: Path, followed: asyncio.Event) -> None:
    """Follow the files, and other ones as soon as the config names others; `followed` from when on no save is missed."""
    while True:
        watched = _roots(desk, path)
        moved = asyncio.Event()
        following = [asyncio.create_task(one) for one in _followed(desk, watched, moved)]
        await asyncio.sleep(0)  # each follows when its task has taken its first step
        desk.saved()  # what was saved after it was read and before it was followed
        followed.set()
        try:
            await _until_moved(desk, path, watched, moved)
        finally:
            for task in following:
                task.cancel()


async def _until_moved(desk: Desk, path: Path, watched: Roots, moved: asyncio.Event) -> None:
    await desk.settled()
    while _roots(desk, path) == watched:
        await moved.wait()
        moved.clear()
        await desk.settled()


def _roots(desk: Desk, path: Path) -> Roots:
    """The config, the logo, and every folder that letters are made from, with whether it is a folder by now."""
    found = [path]
    reading = desk.proofs.reading
    if reading is not None:
        if logo := reading.config.theme.logo:
            found.append(logo.path)
        found.append(reading.config.editions)
        with contextlib.suppress(NewsletterError):  # the folder is gone: the picture says so
            found += template_folders(reading.config.templates)
    return frozenset((one.resolve(), one.is_dir()) for one in found)


def _followed(desk: Desk, watched: Roots, saved: asyncio.Event) -> Iterator[Coroutine[Any, Any, None]]:
    """Folders with all below them; single files through their folders, which see renames."""
    folders = frozenset(root for root, whole in watched if whole)
    files = frozenset(root for root, whole in watched if not whole)
    if folders:
        yield _follow(desk, folders, saved, recursive=True, wanted=lambda _: True)
    places = {one.parent for one in files if one.parent.is_dir()}
    yield _follow(desk, places, saved, recursive=False, wanted=lambda one: one in files)


async def _follow(
    desk: Desk, places: Collection[Path], saved: asyncio.Event, *, recursive: bool, wanted: Callable[[Path], bool]
) -> None:
    """Tell the desk of every save in these folders."""
    from watchfiles import awatch

    async for changes in awatch(
        *places,
        watch_filter=lambda _, name: wanted(Path(name)),
        recursive=recursive,
        debounce=_NOTICE_MS,
        step=_NOTICE_MS,
        rust_timeout=0,
    ):
        names = sorted(name for _, name in changes)
        log.debug("saved: %s", ", ".join(names))
        if not all(map(_written, names)):
            await asyncio.sleep(_UNFINISHED_S)
        desk.saved()
        saved.set()


def _written(name: str) -> bool:
    try:
        return Path(name).stat().st_size > 0
    except OSError:
        return False
