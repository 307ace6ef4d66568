"""The plain-language lint: what stands in a note that a reader would stumble over, or could not believe.

Pure: a manuscript and the numbers of the month in, findings out. A rule is a function of the
context; `RULES` is the list of them. docs/plain-language.md tells each to the people who write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from newsletter.model import Finding
from newsletter.notes.lint import claims, form, wording
from newsletter.notes.lint.context import Context
from newsletter.notes.lint.sourced import Sourced, sourced
from newsletter.notes.manuscript import Manuscript

__all__ = ["NAMES", "RULES", "Context", "Sourced", "lint", "sourced"]

Rule = Callable[[Context], Iterator[Finding]]

RULES: tuple[Rule, ...] = (
    claims.numbers,
    claims.references,
    claims.absolutes,
    claims.praise,
    claims.causes,
    claims.blame,
    wording.plain_words,
    wording.acronyms,
    wording.long_sentences,
    wording.passive,
    wording.readability,
    form.looks,
    form.leftovers,
    form.hosts,
)

NAMES = (
    *("absolute", "acronym", "blame", "capitals", "cause-unproved", "host-name", "image-alt", "jargon", "leftover"),
    *("link-text", "long-sentence", "number-disagrees", "number-unsourced", "officialese", "passive", "readability"),
    *("reference-unknown", "self-praise", "shouting", "staff-name"),
)
"""What the rules call what they find."""


def lint(manuscript: Manuscript, sourced: Sourced, *, known: frozenset[str] = frozenset()) -> list[Finding]:
    """Everything wrong with one note, in the order of its lines.

    Args:
        manuscript: a note that could be read.
        sourced: the numbers of the month.
        known: words in capitals that need no explanation, and hosts that readers know.
    """
    if manuscript.note is None:
        return []
    quoted = manuscript.note.kind == "heard"  # the title is what somebody else said, in their own words
    passages = tuple(one for one in manuscript.passages if not (quoted and one.part == "title"))
    context = Context(manuscript.file, manuscript.note, passages, sourced, known)
    found = [finding for rule in RULES for finding in rule(context)]
    return sorted(found, key=_in_order)


def _in_order(finding: Finding) -> tuple[int, int]:
    return (finding.place.line, finding.place.column) if finding.place else (0, 0)
