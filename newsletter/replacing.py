"""Files that are there as a whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

_REMEDIES = {
    errno.EROFS: "It is on a disk that is read-only: name a place that can be written to.",
    errno.ENOSPC: "Free space on that disk.",
    errno.EDQUOT: "Free space on that disk.",
    errno.EFBIG: "The file would be larger than is allowed here: raise the limit.",
}

_FORGOTTEN_S = 3600.0  # no write takes as long


def replace_file(path: Path, content: bytes) -> None:
    """Put `content` under `path` so that a crash leaves the old file or the new one, even one of the machine.

    Raises:
        OSError: the folder cannot be written; the old file is as it was.
    """
    _clear_up(path)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)  # the new name itself
    finally:
        os.close(directory)


def create_files(files: Mapping[Path, bytes]) -> None:
    """Write new files and the folders they stand in: all of the files or none, and never over what is there.

    Raises:
        OSError: one is there already or cannot be written, with its name.
    """
    begun: list[Path] = []
    path = Path()
    try:
        for path, content in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                begun.append(path)
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
    except BaseException as error:
        for one in begun:
            one.unlink(missing_ok=True)
        if isinstance(error, OSError):
            error.filename = error.filename or str(path)  # a write does not know its file
        raise


def what_to_do(error: OSError, otherwise: str) -> str:
    """The remedy for a file that cannot be written: rights are no cure for a full disk."""
    return _REMEDIES.get(error.errno or 0, otherwise)


def is_of_the_disk(error: OSError) -> bool:
    """Whether the disk, or the rights on it, are in the way, and not the program."""
    return error.errno in _REMEDIES or isinstance(error, PermissionError)


def _clear_up(path: Path) -> None:
    """Take away what runs that were killed had begun to write; another one may be writing now."""
    for draft in path.parent.iterdir():
        if draft.name.startswith(f".{path.name}."):
            with contextlib.suppress(FileNotFoundError):
                if time.time() - draft.stat().st_mtime > _FORGOTTEN_S:
                    draft.unlink()
