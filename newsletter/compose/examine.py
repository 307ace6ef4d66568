"""A letter in words, examined before it is laid out: its length, and what must not stand in it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from msgspec.structs import replace

from newsletter.compose.context import letter_of
from newsletter.config import Config, Letter
from newsletter.errors import ContentError
from newsletter.language.readability import words
from newsletter.model import Edition, Finding, Section, SectionKind, Snapshot
from newsletter.model.finding import fault

WORD_BUDGET: Mapping[Letter, int] = {"staff": 600, "managers": 250}
"""How many words of running sentences a letter may hold; rows, labels and axes are looked at, not read.

The managers' budget is that of the brief they pass on: "How we measure" below it is for looking up.
"""

RULES = ("word-budget", "leftover", "host-name")
"""What is looked for."""

_LOOKED_UP: Mapping[Letter, tuple[SectionKind, ...]] = {"staff": (), "managers": ("measure",)}
_LEFTOVER = re.compile(r"\{\{|\}\}|\{%|%\}")
_SHORTEST_LABEL = 4  # a job called "up" or "web" is also a word


def examine(edition: Edition, *, config: Config, snapshot: Snapshot) -> Iterator[Finding]:
    """What is wrong with one variant of an edition; the finding names the variant.

    Args:
        edition: the letter.
        config: the services' names, and the labels that select their series.
        snapshot: the services that were measured, listed or not.
    """
    texts = tuple(_texts(edition))
    letter = letter_of(edition.variant.partition(".")[0], config)
    yield from _length(edition, letter)
    whole = "\n".join(texts)
    if leftover := _LEFTOVER.search(whole):
        near = whole[max(0, leftover.start() - 20) : leftover.end() + 30].replace("\n", " ")
        yield _wrong(
            edition, "leftover", f'"{near}" would be mailed as it stands', "Take it out of the note or config."
        )
    for label in _labels(config, snapshot):
        if re.search(rf"(?<![\w-]){re.escape(label)}(?![\w-])", whole):
            do = "Give the service a `name` in config.yaml, or say in the note what people use."
            yield _wrong(edition, "host-name", f'"{label}" is a label of the monitoring', do)


def _wrong(edition: Edition, check: str, what: str, do: str) -> Finding:
    return replace(fault(check, ContentError(what, do)), variant=edition.variant)


def budgeted_words(edition: Edition, letter: Letter) -> int:
    """How many words of a letter count against its `WORD_BUDGET`."""
    return sum(len(words(text)) for text in running(edition, without=_LOOKED_UP[letter]))


def _length(edition: Edition, letter: Letter) -> Iterator[Finding]:
    count, budget = budgeted_words(edition, letter), WORD_BUDGET[letter]
    if count > budget:
        do = "Shorten the longest notes, or leave sections out under `sections:`."
        yield _wrong(edition, "word-budget", f"{count} words of running text; {budget} are read", do)


def running(edition: Edition, *, without: Collection[SectionKind] = ()) -> Iterator[str]:
    """The running sentences of a letter: no titles, rows, labels, axes, links and no imprint."""
    yield edition.lead
    yield from (row.sentence for row in edition.minute)
    for section in edition.sections:
        if section.kind not in without:
            yield from sentences_of(section)


def sentences_of(section: Section) -> Iterator[str]:
    """The running sentences of one section."""
    yield section.intro
    for card in section.incidents:
        yield from (sentence for _, sentence in card.steps)
        yield card.body_markdown
    yield from (f"{card.number} {card.sentence}" for card in section.cards)
    yield from (note.body_markdown for note in section.notes)
    for one in section.heard:
        yield from (one.quote, one.body_markdown)
    for point in section.points:
        yield from (point.number, point.first, point.rest_markdown)
    if section.divided:
        yield from (section.divided.sentence, section.divided.note)
    yield section.table_note
    yield from section.paragraphs


def _texts(edition: Edition) -> Iterator[str]:
    """Every word of the letter that comes from config or notes."""
    yield from (edition.subject, edition.preheader, edition.headline, *running(edition))
    for section in edition.sections:
        yield section.title
        yield from (card.heading for card in section.incidents)
        yield from (tile.label for tile in section.tiles)
        yield from (f"{row.name}\n{row.outcome}" for row in section.services)
        yield from (" ".join(part) for part in section.closing)
        yield from (row.key for row in section.notes)
        yield from (row.service for row in section.targets)


def _labels(config: Config, snapshot: Snapshot) -> list[str]:
    """Job labels, and the ids of services without a name, as far as they look like labels and not like words."""
    jobs = {value for source in config.availability for value in source.match.values()}
    unnamed = {name for name in snapshot.services if name not in config.services and re.search(r"[\d_.:/-]", name)}
    return sorted(one for one in jobs | unnamed if len(one) >= _SHORTEST_LABEL)
