"""What the rules of the lint look at, and how they tell what they find."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from msgspec import Struct, field

from newsletter.errors import ContentError
from newsletter.language.readability import Sentence, sentences
from newsletter.model import Finding, Note
from newsletter.model.finding import fault, warning
from newsletter.notes.lint.sourced import Sourced
from newsletter.notes.lint.vocabulary import Vocabulary, vocabulary
from newsletter.notes.manuscript import Passage


class Context(Struct, frozen=True, dict=True):
    """Everything the rules look at.

    Args:
        known: words in capitals that need no explanation: names of services and of the organisation; hosts.
    """

    file: str
    note: Note
    passages: tuple[Passage, ...]
    sourced: Sourced
    known: frozenset[str] = field(default_factory=frozenset)

    @cached_property
    def words(self) -> Vocabulary:
        """The word lists of the note's language."""
        return vocabulary(self.note.locale)

    @cached_property
    def body(self) -> Passage:
        """The Markdown below the front matter."""
        return self.passages[-1]

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """Those of the body."""
        return tuple(sentences(self.body.prose, self.words.abbreviations))

    def sentences_of(self, passage: Passage) -> Iterable[Sentence]:
        """Those of any passage."""
        return self.sentences if passage is self.body else sentences(passage.prose, self.words.abbreviations)

    @cached_property
    def subjects(self) -> frozenset[str]:
        """What the note is about: its service, and the subjects of the facts it names."""
        named = {self.note.service} if self.note.service else set()
        return frozenset(named | {fact.split(".", 1)[0] for fact in self.note.facts})

    @property
    def backed(self) -> bool:
        """Whether the note says what it rests on: a reference, or facts of the month."""
        return bool(self.note.because or self.note.evidence or self.sourced.facts.intersection(self.note.facts))

    def warn(self, check: str, passage: Passage, offset: int, what: str, do: str) -> Finding:
        """Something to write better."""
        return warning(check, what, do, passage.place(self.file, offset))

    def wrong(self, check: str, passage: Passage, offset: int, what: str, do: str) -> Finding:
        """Something that must not be sent."""
        return fault(check, ContentError(what, do), passage.place(self.file, offset))
