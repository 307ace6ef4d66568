"""Files that are replaced as a whole: a process killed anywhere on the way leaves the old one or the new one."""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from newsletter import approval, notes, pipeline
from newsletter.errors import FileError
from newsletter.facts import memory
from newsletter.render import packaged
from newsletter.replacing import create_files, replace_file
from newsletter.starter import Answers, create
from tests.unit.edition_samples import OCTOBER, config, snapshot

NOW = datetime(2026, 11, 2, tzinfo=UTC)

KILLED = """
import os, pathlib, signal, sys, tempfile
from newsletter.replacing import replace_file

def killed(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)

where, name = {"mkstemp": (tempfile, "mkstemp"), "write": (os, "fdopen"), "sync": (os, "fsync"),
               "rename": (pathlib.Path, "replace"), "folder": (os, "open")}[sys.argv[1]]
real = getattr(where, name)
if sys.argv[1] == "folder":  # mkstemp opens, too
    killed, before = (lambda *a, **k: real(*a, **k) if a[1] & os.O_CREAT else before()), killed
setattr(where, name, killed)
replace_file(pathlib.Path(sys.argv[2]), b"new" * 100_000)
"""


@pytest.mark.parametrize("moment", ["mkstemp", "write", "sync", "rename", "folder"])
def test_a_kill_leaves_the_old_file_or_the_new_one_and_the_next_write_succeeds(tmp_path, moment):
    """And what the killed one had begun goes away as soon as nobody can be writing it."""
    path = tmp_path / "snapshot.json"
    path.write_bytes(b"old")
    done = subprocess.run([sys.executable, "-c", KILLED, moment, str(path)], check=False, timeout=60)
    assert done.returncode == -9
    assert path.read_bytes() == (b"new" * 100_000 if moment == "folder" else b"old")
    replace_file(path, b"newer")
    for draft in tmp_path.glob(".snapshot.json.*"):
        os.utime(draft, (1, 1))
    replace_file(path, b"newest")
    assert [one.name for one in tmp_path.iterdir()] == ["snapshot.json"]
    assert path.read_bytes() == b"newest"


def test_a_draft_that_somebody_may_be_writing_stays(tmp_path):
    """Two runs at once: the later one wins, and neither loses its file."""
    draft = tmp_path / ".snapshot.json.abcd"
    draft.write_bytes(b"half")
    replace_file(tmp_path / "snapshot.json", b"whole")
    assert draft.exists()


def test_a_folder_that_is_not_there_is_an_error_with_what_to_do(tmp_path):
    """Not a traceback."""
    gone = Path(tmp_path / "gone")
    with pytest.raises(FileError, match=r"approval\.json: cannot be written: No such file or directory"):
        approval.approve(gone, digest="d", variants={}, by="Head of IT", at=datetime.now(UTC))
    with pytest.raises(FileError, match=r"told\.json: cannot be written: No such file or directory"):
        memory.write(gone, "2026-10", ["mail.availability"])


# --- no room ------------------------------------------------------------------------------


@contextlib.contextmanager
def files_of_at_most(size: int):
    """The operating system cuts what is written at `size` bytes, then refuses."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_new_files_are_there_all_or_none_and_never_over_what_is_there(tmp_path):
    files = {tmp_path / "a": b"fits", tmp_path / "b" / "c": b"too long" * 20}
    with files_of_at_most(100), pytest.raises(OSError, match=r"File too large.*b/c"):
        create_files(files)
    assert not any(path.is_file() for path in tmp_path.rglob("*"))
    (tmp_path / "b" / "c").write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        create_files(files)
    assert [path.name for path in tmp_path.iterdir()] == ["b"]
    assert (tmp_path / "b" / "c").read_bytes() == b"mine"
    (tmp_path / "b" / "c").unlink()
    create_files(files)
    assert {path: path.read_bytes() for path in files} == files


def begin_workspace(folder: Path) -> None:
    create(folder, Answers(), None, now=NOW)


def begin_note(folder: Path) -> None:
    notes.begin(folder, "tip", "Disk", config=config(), month=OCTOBER)


def export_templates(folder: Path) -> None:
    packaged.export([], folder)


def write_build(folder: Path) -> None:
    unread: Any = None
    draft = pipeline.Draft(
        month=OCTOBER,
        snapshot=snapshot(),
        facts=(),
        selection=unread,
        past=(),
        unexplained=(),
        editions={},
        variants={},
    )
    pipeline.write_build(config(), draft, folder)


@pytest.mark.parametrize("write", [begin_workspace, begin_note, export_templates, write_build])
def test_a_full_disk_is_told_and_leaves_no_empty_file_behind(tmp_path, monkeypatch, write):
    def full(_handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileError, match="No space left on device") as caught:
        write(tmp_path)
    assert caught.value.hint == "Free space on that disk."
    assert not any(path.is_file() for path in tmp_path.rglob("*"))
    monkeypatch.undo()
    write(tmp_path)
