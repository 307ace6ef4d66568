"""Secrets by reference: the config says where a secret stands, never what it is."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from msgspec import Struct
from pydantic import BeforeValidator, ValidationInfo

from newsletter.config.refusals import fault
from newsletter.config.surroundings import surroundings_of
from newsletter.config.texts import one_line
from newsletter.errors import ConfigError

_ENVIRONMENT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MAX_BYTES = 65_536


class Secret(Struct, frozen=True, kw_only=True):
    """A secret by reference: `env:NAME` or `file:PATH` (relative to config.yaml).

    It is read only when it is used, so that an edition can be built and previewed on a machine
    that has no passwords, and so that no repr, dump or error can show it.

    Args:
        reference: `env:NAME` or `file:PATH`.
        base: the folder that a relative PATH starts from.
        key: the key of config.yaml that asks for it, for messages.
    """

    reference: str
    base: Path = Path()
    key: str = ""

    def reveal(self) -> str:
        """The secret itself, read now; one line break at the end of a file is left out.

        Raises:
            ConfigError: the variable or file is missing, empty or not one line of text.
        """
        value = self.reveal_text()
        if any(ord(character) < 32 or 127 <= ord(character) < 160 for character in value):
            raise self._error("is not one line of text (it holds a line break or another control character)")
        return value

    def reveal_text(self) -> str:
        """The secret itself, of any number of lines: a private key.

        Raises:
            ConfigError: the variable or file is missing or empty.
        """
        kind, _, name = self.reference.partition(":")
        value = self._from_environment(name) if kind == "env" else self._from_file(self.base / name)
        if not value:
            raise self._error("is empty")
        return value

    @property
    def path(self) -> Path | None:
        """The file it stands in; None for a variable."""
        kind, _, name = self.reference.partition(":")
        return self.base / name if kind == "file" else None

    def _from_environment(self, name: str) -> str:
        value = os.environ.get(name)
        if value is None:
            raise self._error("is not set")
        return value

    def _from_file(self, path: Path) -> str:
        try:
            with path.open("rb") as file:
                content = file.read(_MAX_BYTES + 1)
            text = content.decode("utf-8-sig")
        except OSError as error:
            raise self._error(f"cannot be read ({error.strerror})") from None
        except UnicodeDecodeError:
            raise self._error("is not UTF-8 text") from None
        if len(content) > _MAX_BYTES:
            raise self._error("is larger than 64 KiB, so it cannot be a secret")
        return text.removesuffix("\n").removesuffix("\r")

    def _error(self, what: str) -> ConfigError:
        kind, _, name = self.reference.partition(":")
        if kind == "env":
            subject, hint = f"the environment variable {name}", f"Set {name} for the account that runs newsletter."
        else:
            subject = f"the file {self.base / name}"
            hint = "Write the secret into it, readable for the account that runs newsletter."
        return ConfigError(f"{self.key or 'secret'}: {subject} {what}", hint)


def is_reference(text: str) -> bool:
    """Whether `text` is meant as a reference to a secret."""
    return text.startswith(("env:", "file:"))


def reference_fault(text: str) -> str:
    """What is wrong with a reference; empty if nothing. Never echoes it: it may be a password by mistake."""
    kind, _, name = text.partition(":")
    if not is_reference(text):
        return "must not stand here in plain text: write env:NAME or file:PATH"
    if kind == "env" and not _ENVIRONMENT_NAME.fullmatch(name):
        return "after env: comes the name of an environment variable (letters, digits, _)"
    if kind == "file" and (not name.strip() or not name.isprintable()):
        return "after file: comes the path of a file"
    return ""


def secret(key: str) -> BeforeValidator:
    """A required reference `env:NAME` or `file:PATH`; `key` is told when it cannot be revealed."""

    def check(value: Any, info: ValidationInfo) -> Secret:
        if isinstance(value, Secret):
            return value
        if not isinstance(value, str) or not value:
            raise fault("must be env:NAME or file:PATH")
        if wrong := reference_fault(value):
            raise fault(wrong)
        around = surroundings_of(info)
        return Secret(reference=value, base=around.folder if around else Path(), key=key)

    return BeforeValidator(check)


def plain_or_secret(key: str) -> BeforeValidator:
    """One line of text, or a reference to a secret. The text is never echoed."""

    def check(value: Any, info: ValidationInfo) -> str | Secret:
        if isinstance(value, Secret):
            return value
        if not isinstance(value, str):
            raise fault("must be text: put it in quotes")
        if not is_reference(value):
            return one_line(value)
        if wrong := reference_fault(value):
            raise fault(wrong)
        around = surroundings_of(info)
        return Secret(reference=value, base=around.folder if around else Path(), key=key)

    return BeforeValidator(check)
