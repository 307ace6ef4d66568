"""What changed since an edition was approved: words letter by letter, and the files that people wrote."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from newsletter import approval, pipeline
from newsletter.approval import Approved
from newsletter.model import Edition
from newsletter.pipeline import Draft
from newsletter.studio.reading import Reading


def changes_json(reading: Reading, draft: Draft, *, whole: Collection[str]) -> dict[str, Any]:
    """Everything that is not as it was approved; nothing where nobody approved, or nobody kept the words.

    Args:
        reading: the edition.
        draft: its letters.
        whole: the names of all of them; without one of them the edition has no digest.
    """
    approvals, kept = approval.read(reading.folder), approval.kept(reading.folder)
    now = pipeline.approved_words(reading.config, draft).texts
    return {
        "approved": approvals.digest if approvals else None,
        "now": draft.digest if draft.variants.keys() == set(whole) else None,
        "kept": kept is not None,
        "variants": [{"id": name, "diff": _diff(kept, name, text)} for name, text in now.items()],
        "files": [{"file": name, "added": added, "removed": removed} for name, added, removed in _files(reading, kept)],
    }


def changed_files(reading: Reading, kept: Approved | None) -> frozenset[str]:
    """Files of the edition that are not as they were approved, by their names below its folder."""
    return frozenset(name for name, _, _ in _files(reading, kept))


def changed_sections(edition: Edition, text: str, kept: Approved | None) -> frozenset[str]:
    """The sections of a letter whose words are not those that were approved.

    Args:
        edition: the letter.
        text: its text part, with the names of fields in braces.
        kept: what was approved.
    """
    before = kept.texts.get(edition.variant) if kept else None
    if before is None or before == text:
        return frozenset()
    lines = text.splitlines()
    starts = list(_starts(edition, lines))
    matcher = difflib.SequenceMatcher(None, before.splitlines(), lines, autojunk=False)
    found = set()
    for what, _, _, first, last in matcher.get_opcodes():
        if what != "equal":
            for line in range(first, max(last, first + 1)):
                found.add(next((kind for start, kind in reversed(starts) if start <= line), ""))
    return frozenset(found - {""})


def _starts(edition: Edition, lines: list[str]) -> Iterator[tuple[int, str]]:
    """(line, section) of each heading of the text part, in order."""
    at = 0
    for section in edition.sections:
        found = next((line for line in range(at, len(lines)) if section.title.startswith(lines[line] or "\0")), None)
        if found is not None:
            yield found, section.kind
            at = found + 1


def _diff(kept: Approved | None, name: str, now: str) -> str | None:
    before = kept.texts.get(name) if kept else None
    if before is None or before == now:
        return None
    lines = difflib.unified_diff(before.splitlines(), now.splitlines(), "approved", "now", lineterm="", n=2)
    return "\n".join(lines)


def _files(reading: Reading, kept: Approved | None) -> Iterator[tuple[str, int, int]]:
    """(name, lines added, lines removed) of each file that changed."""
    if kept is None:
        return
    now: Mapping[str, str] = pipeline.written_files(reading.folder)
    for name in sorted({*now, *kept.files}):
        before, after = kept.files.get(name, ""), now.get(name, "")
        if before != after or (name in now) != (name in kept.files):
            lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0))[2:]
            yield name, sum(line[0] == "+" for line in lines), sum(line[0] == "-" for line in lines)
