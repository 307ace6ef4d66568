"""`editions/2026-10/edition.yaml`: what the editors decided about an edition as a whole. The file is optional."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field

from newsletter.config import Config
from newsletter.config.faults import Model, validate
from newsletter.config.strict_yaml import parse
from newsletter.config.surroundings import Surroundings
from newsletter.config.texts import Line, LocalisedText
from newsletter.errors import ContentError
from newsletter.model import Ask, Editorial, Pulse

NAME = "edition.yaml"


class _Ask(Model):
    text: LocalisedText
    button: LocalisedText


class _Pulse(Model):
    question: LocalisedText


class _Editorial(Model):
    pin: list[Line] = Field(default=[])
    mute: list[Line] = Field(default=[])
    subject: Annotated[int, Field(ge=1, le=3)] = 1
    ask: _Ask | None = None
    pulse: _Pulse | None = None


def load_editorial(folder: Path, *, config: Config) -> Editorial:
    """The decisions about one edition; without a file the defaults.

    Args:
        folder: the edition's folder, `editions/2026-10`.
        config: names the locales that texts may be written in.

    Raises:
        ContentError: with one line a fault, `edition.yaml:3: subject: must be ...`.
    """
    path = folder / NAME
    if not path.exists():
        return Editorial()
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise ContentError(f"{path}: cannot be read: {error}", "Save it as UTF-8 text.") from error
    parsed = parse(text)
    if parsed.data is None and not parsed.faults:
        return Editorial()  # nothing but comments
    given, faults = validate(_Editorial, parsed, Surroundings(file=path, locales=tuple(config.locales)))
    if given is None:
        lines = "\n".join(fault.tell(str(path)) for fault in faults)
        hint = "It may hold pin, mute, subject (1 to 3), ask (text and button) and pulse (question)."
        raise ContentError(lines, hint, located=[fault.located(str(path)) for fault in faults])
    ask = Ask(text=given.ask.text, button=given.ask.button) if given.ask else None
    pulse = _versioned(given.pulse.question) if given.pulse else None
    return Editorial(pin=tuple(given.pin), mute=tuple(given.mute), subject=given.subject, ask=ask, pulse=pulse)


def _versioned(question: str | Mapping[str, str]) -> Pulse:
    """Another wording is another question: answers to it must not be held against those to the first."""
    wording = json.dumps(question, sort_keys=True, ensure_ascii=False)
    return Pulse(id=f"pulse-{hashlib.sha256(wording.encode()).hexdigest()[:4]}", question=question)
