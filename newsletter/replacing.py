"""Files that are there as a whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from pathlib import Path

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


def _clear_up(path: Path) -> None:
    """Take away what runs that were killed had begun to write; another one may be writing now."""
    for draft in path.parent.iterdir():
        if draft.name.startswith(f".{path.name}."):
            with contextlib.suppress(FileNotFoundError):
                if time.time() - draft.stat().st_mtime > _FORGOTTEN_S:
                    draft.unlink()
