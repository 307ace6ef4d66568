"""Reading config.yaml with all faults at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from newsletter.config.faults import validate
from newsletter.config.models import Config
from newsletter.config.strict_yaml import parse
from newsletter.config.surroundings import Surroundings
from newsletter.errors import ConfigError

_MAX_BYTES = 1_000_000
_REFERENCE = "docs/config.md explains every key."


def load(path: Path) -> Config:
    """Read, check and complete a config file.

    Paths in it become absolute, starting from its folder. Secrets stay references: they are
    read when they are used.

    Raises:
        ConfigError: with one line a fault, `config.yaml:12: smtp.port: must be a whole number, ...`,
            all faults at once, in the order of the file.
    """
    return loads(_text(path), path)


def loads(text: str, path: Path) -> Config:
    """Check and complete the text of a config file that stands, or will stand, at `path`.

    Raises:
        ConfigError: as `load`.
    """
    parsed = parse(text)
    config, faults = validate(Config, parsed, Surroundings(file=path, locales=_locales(parsed.data)))
    if config is None:
        hint = _REFERENCE if len(faults) == 1 else f"Mend these {len(faults)} faults; {_REFERENCE}"
        located = [fault.located(str(path)) for fault in faults]
        raise ConfigError("\n".join(fault.tell(str(path)) for fault in faults), hint, located=located)
    return config


def _text(path: Path) -> str:
    hint = "Begin a workspace with `newsletter init`, or name the file with --config."
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
        text = content.decode("utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file", hint) from None
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None
    if len(content) > _MAX_BYTES:
        raise ConfigError(f"{path}: is larger than a megabyte, so it cannot be a config file", hint)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _unreadable(path: Path, error: OSError | ValueError) -> ConfigError:
    if isinstance(error, UnicodeDecodeError):
        line = error.object.count(b"\n", 0, error.start) + 1
        return ConfigError(f"{path}:{line}: is not UTF-8 text", "Save the file with the encoding UTF-8.")
    if isinstance(error, IsADirectoryError):
        return ConfigError(f"{path}: is a folder, not a file", f"Name the file in it: --config {path / 'config.yaml'}")
    reason = error.strerror if isinstance(error, OSError) else "its name holds a character that no name can hold"
    return ConfigError(f"{path}: cannot be read ({reason})", "Check the path and the rights of the file.")


def _locales(data: Any) -> tuple[str, ...]:
    """The locales that texts may use; none where they are at fault themselves, so that each fault is told once."""
    locales = data.get("locales", ["en"]) if isinstance(data, dict) else None
    if isinstance(locales, list) and all(isinstance(locale, str) for locale in locales):
        return tuple(locales)
    return ()
