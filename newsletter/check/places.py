"""Which file the words of a letter come from: a note, config.yaml, or a template."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property

from newsletter import notes, pipeline
from newsletter.config import Config
from newsletter.errors import ContentError
from newsletter.model import Period, Place
from newsletter.notes import Manuscript
from newsletter.render.checks import Letter, Problem
from newsletter.render.origin import Trace

_SHORTEST = 4  # letters: fewer stand in too many places


class Places:
    """The files of one edition; they are read when something has to be found in them.

    Args:
        config: where notes, config and templates are.
        month: the edition.
    """

    def __init__(self, config: Config, month: Period) -> None:
        self._config = config
        self._month = month
        self._traces: dict[str, Trace] = {}

    def of(self, letter: Letter, problem: Problem) -> Place | None:
        """Where to mend a problem, as far as it can be told; who wrote the words comes before who laid them out."""
        for one in () if problem.by_layout else problem.written:
            if len(one) < _SHORTEST or one.startswith("<"):
                continue
            if place := self._in_notes(one, problem.excerpt, letter.edition.locale) or self._in_config(one):
                return place
        return self._in_templates(letter, problem) if problem.offset >= 0 else None

    def _in_notes(self, words: str, excerpt: str, locale: str) -> Place | None:
        pattern = _loosely(words)
        for one in self._manuscripts:
            if one.note is None or one.note.locale == locale:
                for passage in one.passages:
                    if found := pattern.search(passage.text):
                        within = max(0, found[0].find(excerpt))
                        return passage.place(one.file, found.start() + within)
        return None

    def _in_config(self, words: str) -> Place | None:
        for number, line in enumerate(self._config_lines, 1):
            at = line.find(words)
            if at >= 0 and "#" not in line[:at]:
                return Place(str(self._config.path), number, at + 1)
        return None

    def _in_templates(self, letter: Letter, problem: Problem) -> Place | None:
        variant = letter.rendered.variant
        if variant not in self._traces:
            self._traces[variant] = pipeline.renderer(self._config).traced(letter.edition)
        found = self._traces[variant].place(letter.html, problem.offset, problem.written)
        return Place(str(found.file), found.line) if found and found.file else None

    @cached_property
    def _manuscripts(self) -> Sequence[Manuscript]:
        folder = pipeline.edition_folder(self._config, self._month) / "notes"
        try:
            return notes.manuscripts(folder, config=self._config, now=self._month.end)
        except ContentError:
            return ()

    @cached_property
    def _config_lines(self) -> Sequence[str]:
        try:
            return self._config.path.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError):
            return ()


def _loosely(words: str) -> re.Pattern[str]:
    """The words with any blanks and line breaks between them, as they may stand in a file."""
    return re.compile(r"\s+".join(map(re.escape, words.split())))
