"""Asking the server that a person named, before anything is written."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from newsletter.collect.discover import Discovery, discover
from newsletter.starter.answers import Answers
from newsletter.starter.config_text import checked, config_text


def look(answers: Answers, folder: Path, *, now: datetime) -> Discovery:
    """What the server of `answers` holds.

    Args:
        answers: with `prometheus`.
        folder: where the workspace will be: paths of secrets start from it.
        now: the present (aware).

    Raises:
        UsageError: an answer cannot stand in the configuration.
        ConfigError: a secret is missing.
        SourceError: the server gives no answer, or a partial one.
    """
    written = checked(config_text(answers, None, now=now), folder)
    return discover(written.prometheus, now=now.timestamp())
