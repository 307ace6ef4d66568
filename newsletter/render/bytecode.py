"""Compiled templates kept from one run to the next, in the user's own cache folder.

Compiling takes ten times as long as rendering. What is kept is code (marshal, as in Python's own .pyc files), and
whoever could write it could run anything. So it is only read from a folder that belongs to the user who runs this
and that nobody else can write to, through an open handle on that folder, from files of the same kind: who can write
those is the user already. A checksum tells half a file from a whole one, for half of it could end the process.
Nothing here ever fails: without a safe folder templates are compiled anew.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_FOLDER = "newsletter"
_MOST = 400
"""Files kept; a set of templates is about 60."""

_READ = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


class Store:
    """Compiled templates of one state of all template files.

    Args:
        templates: every file that a template may be compiled from; a change of any of them makes a new state, because
            templates are checked against one another when they are compiled.
        program: what else decides the code: versions, and the source of what extends the compiler.
        cache: where programs of this user keep what they can make again; None keeps nothing.
    """

    def __init__(self, templates: Collection[Path], program: str, cache: Path | None) -> None:
        self._cache = cache
        self._templates = sorted(templates)
        self._seen = self._stamps()
        self._is_current = True
        self._state = self._hashed(program)

    def refresh(self) -> None:
        """See whether the templates are still in that state: once a letter, for there are as many as reads."""
        self._is_current = self._stamps() == self._seen

    def read(self, key: str) -> bytes | None:
        """What was written under the key; nothing if there is nothing that can be trusted."""
        if not self._is_current:
            return None
        with suppress(OSError), self._folder(create=False) as folder:
            found = os.open(self._name(key), _READ, dir_fd=folder)
            with os.fdopen(found, "rb") as file:
                if not _is_ours(os.fstat(found)):
                    return None
                checksum, data = file.read(32), file.read()
            return data if hashlib.sha256(data).digest() == checksum else None
        return None

    def write(self, key: str, data: bytes) -> None:
        """Keep `data`, as a whole or not at all."""
        with suppress(OSError), self._folder(create=True) as folder:
            if self._stamps() != self._seen:
                return
            _make_room(folder)
            half = f"{os.getpid()}.half"
            opened = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=folder)
            try:
                with os.fdopen(opened, "wb") as file:
                    file.write(hashlib.sha256(data).digest() + data)
                os.rename(half, self._name(key), src_dir_fd=folder, dst_dir_fd=folder)
            except OSError:
                os.unlink(half, dir_fd=folder)

    @contextmanager
    def _folder(self, *, create: bool) -> Iterator[int]:
        """An open handle on our folder.

        Raises:
            OSError: there is none, or it is not the user's alone.
        """
        base = self._cache
        if base is None:
            raise FileNotFoundError
        if create:
            base.mkdir(mode=0o700, parents=True, exist_ok=True)
            with suppress(FileExistsError):
                (base / _FOLDER).mkdir(mode=0o700)
        handle = os.open(base / _FOLDER, _READ | os.O_DIRECTORY)
        try:
            if not _is_ours(os.fstat(handle)):
                raise PermissionError
            yield handle
        finally:
            os.close(handle)

    def _name(self, key: str) -> str:
        return hashlib.sha256(f"{self._state}\n{key}".encode()).hexdigest()

    def _stamps(self) -> list[tuple[int, int, int]]:
        with suppress(OSError):
            found = [path.stat() for path in self._templates]
            return [(one.st_mtime_ns, one.st_size, one.st_ino) for one in found]
        return []

    def _hashed(self, program: str) -> str:
        hashed = hashlib.sha256(f"{program}\n{sys.version}".encode())
        with suppress(OSError):
            for path in self._templates:
                data = path.read_bytes()
                hashed.update(f"\n{path}\n{len(data)}\n".encode() + data)
            return hashed.hexdigest()
        return os.urandom(16).hex()  # a file that cannot be read: nothing fits


def cache_home() -> Path | None:
    """Where programs of this user keep what they can make again (XDG Base Directory Specification)."""
    if not hasattr(os, "geteuid") or os.open not in os.supports_dir_fd:
        return None
    named, home = (Path(os.environ.get(name, "")) for name in ("XDG_CACHE_HOME", "HOME"))
    if named.is_absolute():  # a relative one is to be ignored
        return named
    return home / ".cache" if home.is_absolute() else None


def _is_ours(found: os.stat_result) -> bool:
    return found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _make_room(folder: int) -> None:
    """Forget what was written longest ago."""
    names = os.listdir(folder)
    if len(names) < _MOST:
        return
    aged = sorted((os.stat(name, dir_fd=folder).st_mtime_ns, name) for name in names)
    for _, name in aged[: _MOST // 2]:
        os.unlink(name, dir_fd=folder)
