"""The sample company's folder: the repository itself, or the copy that an installed wheel carries."""

from __future__ import annotations

import shutil
from pathlib import Path

from newsletter.errors import ConfigError, UsageError

PARTS = ("config.yaml", "audience.csv", "managers.csv", "editions", "templates")

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


def copy_workspace(target: Path) -> Path:
    """Copy the sample into `target`, without anything that a run left behind.

    Returns:
        The copied config.yaml.

    Raises:
        UsageError: `target` holds something already.
        ConfigError: the installation is incomplete.
    """
    source = sample_workspace()
    if target.is_dir() and any(target.iterdir()):
        raise UsageError(f"{target} is not empty", "Name a new folder, or leave --directory out.")
    target.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        if (source / part).is_dir():
            shutil.copytree(
                source / part, target / part, ignore=shutil.ignore_patterns("approval.json", "approved.json", ".*")
            )
        else:
            shutil.copyfile(source / part, target / part)
    return target / "config.yaml"
