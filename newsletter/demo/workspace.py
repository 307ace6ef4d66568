"""The sample company's folder: the repository itself, or the copy that an installed wheel carries."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from newsletter.errors import ConfigError, FileError, UsageError
from newsletter.replacing import what_to_do

PARTS = ("config.yaml", "audience.csv", "managers.csv", "editions", "templates")

_ELSEWHERE = "Name a folder with room by --directory, or set TMPDIR."

_PACKAGE = Path(__file__).parents[1]


def sample_workspace(package: Path = _PACKAGE) -> Path:
    """Where the sample's config.yaml stands.

    Args:
        package: the folder of the installed package.

    Raises:
        ConfigError: neither place has it, so the installation is incomplete.
    """
    for folder in (package / "workspace", package.parent):
        if all((folder / part).exists() for part in PARTS):
            return folder
    raise ConfigError(f"the sample company is missing beside {package}", "Install the package again.")


def temporary_workspace() -> Path:
    """A copy of the sample in a temporary folder of its own; what cannot be copied as a whole leaves nothing behind.

    Returns:
        The copied config.yaml.

    Raises:
        FileError: there is no room.
    """
    try:
        folder = Path(tempfile.mkdtemp(prefix="newsletter-demo-"))
    except OSError as error:
        raise FileError(f"there is no temporary folder: {error.strerror}", _ELSEWHERE) from error
    try:
        return copy_workspace(folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def copy_workspace(target: Path) -> Path:
    """Copy the sample into `target`, without anything that a run left behind.

    Returns:
        The copied config.yaml.

    Raises:
        UsageError: `target` holds something already.
        ConfigError: the installation is incomplete.
        FileError: a file cannot be written.
    """
    source = sample_workspace()
    if target.is_dir() and any(target.iterdir()):
        raise UsageError(f"{target} is not empty", "Name a new folder, or leave --directory out.")
    target.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        if (source / part).is_dir():
            left_out = shutil.ignore_patterns("approval.json", "approved.json", ".*")
            shutil.copytree(source / part, target / part, ignore=left_out, copy_function=_copy)
        else:
            _copy(source / part, target / part)
    return target / "config.yaml"


def _copy(source: str | Path, target: str | Path) -> None:
    """The first file that cannot be written is the error; `copytree` would go on and list every one."""
    try:
        shutil.copyfile(source, target)
    except OSError as error:
        raise FileError(f"{target}: {error.strerror}", f"{what_to_do(error, '')} {_ELSEWHERE}".lstrip()) from error
