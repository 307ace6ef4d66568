"""One letter as the page shows it: its document, its sections, and where its numbers and findings stand."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from msgspec import Struct

from newsletter import compose
from newsletter.config import Config
from newsletter.model import Edition, Finding, Recipient, Section
from newsletter.pipeline import sample_fields
from newsletter.render import fill_html
from newsletter.studio.faults import place_json, relative_text
from newsletter.studio.frame import View, document
from newsletter.studio.reading import Letter
from newsletter.studio.visible import Visible, text_of

_SEVERITY = {"fault": "error", "warning": "warning", "hint": "hint"}
_QUOTED = re.compile(r'"([^"]+)" ')
MINUTE = "minute"
"""The id of the first screen's rows in the list of sections."""


class Shown(Struct, frozen=True, kw_only=True):
    """What a picture is made of.

    Args:
        view: what the page asked for.
        reader: who it is made out to.
        letter: what is shown, maybe with drafts.
        sent: what would be sent; the same one without drafts.
        findings: of the letter that would be sent, and of its notes.
        changed: sections that differ from what was approved.
    """

    view: View
    reader: Recipient
    letter: Letter
    sent: Letter
    findings: Sequence[Finding]
    changed: frozenset[str]


def picture_json(shown: Shown, config: Config, facts: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """The picture; `facts` maps the facts of the month to their evidence."""
    edition, sent = shown.letter.edition, shown.sent.rendered
    html = document(fill_html(shown.letter.rendered, sample_fields(shown.reader)), shown.view)
    visible = Visible(text_of(html))
    root = config.path.absolute().parent
    kind = compose.letter_of(edition.variant.partition(".")[0], config)
    return {
        "variant": edition.variant,
        "digest": sent.digest,
        "bytes": sent_bytes(shown.sent, shown.reader),
        "subject": sent.subject,
        "subjects": [
            {"nth": nth, "text": text, "chosen": text == edition.subject}
            for nth, text in enumerate(edition.subjects, 1)
        ],
        "preheader": sent.preheader,
        "sender": config.smtp.sender,
        "words": compose.budgeted_words(shown.sent.edition, kind),
        "budget": compose.WORD_BUDGET[kind],
        "html": html,
        "sections": list(_sections(edition, visible, shown.changed)),
        "numbers": list(_numbers(edition, visible, facts)),
        "findings": [finding_json(one, root, visible) for one in shown.findings],
        "drafts": drafts_in(edition),
    }


def sent_bytes(letter: Letter, reader: Recipient) -> int:
    """Bytes of the HTML part as this reader would get it."""
    return len(fill_html(letter.rendered, sample_fields(reader)).encode())


@lru_cache(maxsize=4096)  # a save leaves most sentences what they were
def word_count(text: str) -> int:
    """Words of a text, as the budget counts them."""
    from newsletter.language.readability import words

    return len(words(text))


# --- sections -----------------------------------------------------------------------------


def _sections(edition: Edition, visible: Visible, changed: frozenset[str]) -> Iterator[dict[str, Any]]:
    at = 0
    for kind, title, words, draft in _parts(edition):
        found = visible.find(title, at)
        at = found.end if found else at
        yield {
            "id": kind,
            "title": title,
            "words": words,
            "draft": draft,
            "changed": kind in changed,
            "heading_nth": found.nth if found else None,
        }


def _parts(edition: Edition) -> Iterator[tuple[str, str, int, bool]]:
    if edition.minute:
        yield MINUTE, edition.minute_title, sum(word_count(row.sentence) for row in edition.minute), False
    for section in edition.sections:
        words = sum(word_count(text) for text in compose.sentences_of(section))
        yield section.kind, section.title, words, bool(_drafts(section))


def drafts_in(edition: Edition) -> int:
    """How many notes of the letter are not ready."""
    return sum(_drafts(section) for section in edition.sections)


def _drafts(section: Section) -> int:
    drafts = [one.draft for one in section.incidents] + [one.draft for one in section.notes]
    return sum(drafts) + sum(one.draft for one in section.heard)


# --- numbers ------------------------------------------------------------------------------


def _numbers(edition: Edition, visible: Visible, facts: Mapping[str, tuple[str, ...]]) -> Iterator[dict[str, Any]]:
    """Every printed number whose fact is known, in the order of the text."""
    places: dict[tuple[str, int], dict[str, Any]] = {}
    at = 0
    for section in edition.sections:
        heading = visible.find(section.title, at)
        at = heading.end if heading else at
        end = at
        for told in compose.printed(section):
            found = visible.find(told.text, end, told.before) or visible.find(told.text, at, told.before)
            if found is None:
                continue
            end = found.end
            places.setdefault((found.text, found.nth), _number(told.fact, facts, found.text, found.nth) | {"at": end})
    for quoted in (*edition.minute_quoted, *edition.quoted):
        found = visible.find(quoted.text, 0, quoted.before)
        if found:
            places.setdefault(
                (found.text, found.nth), _number(quoted.fact, facts, found.text, found.nth) | {"at": found.end}
            )
    for one in sorted(places.values(), key=lambda place: int(place["at"])):
        yield {key: value for key, value in one.items() if key != "at"}


def _number(fact: str, facts: Mapping[str, tuple[str, ...]], text: str, nth: int) -> dict[str, Any]:
    return {"fact": fact, "evidence": next(iter(facts.get(fact, ())), ""), "text": text, "nth": nth}


# --- findings -----------------------------------------------------------------------------


def finding_json(finding: Finding, root: Path, visible: Visible | None = None) -> dict[str, Any]:
    """A finding; with its place in the letter where its words stand in it."""
    place = None
    words = finding.excerpt or _quoted(finding.what)
    if visible is not None and words:
        count = visible.text.count(words)
        if count:
            place = {"text": words, "nth": finding.nth if finding.nth < count else 0}
    return {
        "id": finding_id(finding),
        "severity": _SEVERITY[finding.status],
        "rule": finding.check,
        "message": relative_text(finding.what, root),
        "excerpt": finding.excerpt,
        "fix": relative_text(finding.do, root),
        **place_json(finding.place, root),
        "variant": finding.variant or None,
        "place": place,
    }


def _quoted(what: str) -> str:
    """The words of a note that a finding begins with: `"never again" promises too much`."""
    found = _QUOTED.match(what)
    return found[1] if found else ""


def finding_id(finding: Finding) -> str:
    """The same for the same finding at every save, so that the page keeps its mark on it."""
    parts = (finding.check, finding.variant, finding.what, str(finding.place or ""), finding.excerpt, str(finding.nth))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def worst(findings: Sequence[Finding]) -> str:
    """The gravest of them: error, warning, hint or ok."""
    severities = {_SEVERITY[one.status] for one in findings}
    return next((one for one in ("error", "warning", "hint") if one in severities), "ok")
