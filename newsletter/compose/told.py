"""What people wrote: new for you, what we heard, coming up, a tip, people."""

from __future__ import annotations

import re
from collections.abc import Sequence

from newsletter.compose.context import Context, note_error
from newsletter.compose.feedback import invitation
from newsletter.compose.minute import as_range, as_title, coming_notes
from newsletter.language.formats import ended
from newsletter.model import Heard, Note, NoteRow, Section, SectionKind

_MARKDOWN_SIGNS = frozenset("\\`*_{}[]<>()#+-.!|~&")
_NO_SENTENCE = re.compile(r"[-+*]\s|\d+[.)]\s|[#>|]|```|~~~|[^\n]*\n\s*(?:=+|-+)\s*(?:\n|$)")
"""Markdown that must begin a line: a list, a heading, a quotation, a table, code."""


def wins_section(context: Context) -> Section | None:
    """Changes that people notice, with who made them and the reference."""
    rows = [_row(context, note) for note in context.notes_of("win", "service")]
    return _section(context, "wins", rows)


def coming_section(context: Context) -> Section | None:
    """Dates ahead, the nearest first."""
    return _section(context, "coming", [_coming(context, note) for note in coming_notes(context)])


def tip_section(context: Context) -> Section | None:
    """One tip, a segment's own before the common one; more would not be read.

    Raises:
        ContentError: two are ready, and only a person can say which one is told.
    """
    tips = context.notes_of("tip")
    own = tuple(note for note in tips if note.segments and "all" not in note.segments)
    tips = own or tips
    ready = [note for note in tips if not _is_draft(note)]
    if len(ready) > 1:
        raise note_error(
            ready[1],
            f"a second tip, beside {ready[0].source}",
            "An edition has one. Set status: draft in the other, or move it to next month's notes.",
        )
    rows = [NoteRow(key="", body_markdown=_titled_body(note), source="", draft=_is_draft(note)) for note in tips]
    return _section(context, "tip", rows)


def people_section(context: Context) -> Section | None:
    """Who joined, left or deserves thanks."""
    return _section(context, "people", [_row(context, note) for note in context.notes_of("people")])


def heard_section(context: Context) -> Section | None:
    """What departments told us and what came of it, and what we learned in the meetings we were invited to."""
    heard = tuple(_heard(context, note) for note in context.notes_of("heard"))
    visits = tuple(_visit(context, note) for note in context.notes_of("visit"))
    if not heard and not visits:
        return None
    button, href = invitation(context)
    return Section(
        kind="heard",
        title=context.text("section.heard"),
        heard=heard,
        notes=visits,
        button_text=button,
        button_href=href,
    )


def _section(context: Context, kind: SectionKind, rows: Sequence[NoteRow]) -> Section | None:
    return Section(kind=kind, title=context.text(f"section.{kind}"), notes=tuple(rows)) if rows else None


def _row(context: Context, note: Note) -> NoteRow:
    return NoteRow(
        key=as_title(note.title), body_markdown=note.body, source=_source(context, note), draft=_is_draft(note)
    )


def _coming(context: Context, note: Note) -> NoteRow:
    dated = note.date is not None
    return NoteRow(
        key=context.formats.short_weekday(context.formats.local(note.date)) if note.date else as_title(note.title),
        key_small=as_range(context, note.time),
        body_markdown=_titled_body(note) if dated else note.body,
        source=_source(context, note),
        draft=_is_draft(note),
    )


def _titled_body(note: Note) -> str:
    """The title as a first sentence, then the body, which may already begin with it; a list begins a line of its own.

    A title is plain text, so whatever Markdown would read as a sign in it is escaped.
    """
    title = note.title.strip()
    if note.body.casefold().startswith(as_title(title).casefold()):
        return note.body
    sentence = "".join(f"\\{sign}" if sign in _MARKDOWN_SIGNS else sign for sign in title)
    body = note.body.strip()
    between = "\n\n" if _NO_SENTENCE.match(body) else " "
    return f"{ended(sentence)}{between}{body}".strip()


def _source(context: Context, note: Note) -> str:
    """Who answers for it, and the change or ticket behind it; a fact's id is no reference for a reader."""
    reference = note.because.ref if note.because else "" if note.evidence in context.facts else note.evidence
    return context.text("note.source", owner=note.owner, ref=reference) if reference else note.owner


def _visit(context: Context, note: Note) -> NoteRow:
    """Where we were and what we learned there; a visit to no single department goes by its title."""
    return NoteRow(
        key=note.department or as_title(note.title),
        key_small=context.text("heard.visited"),
        body_markdown=note.body,
        source="",
        draft=_is_draft(note),
    )


def _heard(context: Context, note: Note) -> Heard:
    if not note.answer:
        raise note_error(note, "what we heard has no answer", "Add `answer: done`, `answer: planned` or `answer: no`.")
    return Heard(
        quote=context.text("heard.quote", quote=note.title.strip().strip("\"'“”„«» \u00a0\u202f")),
        department=note.department,
        mark=note.answer,
        mark_text=context.text(f"heard.{note.answer}"),
        body_markdown=note.body,
        draft=_is_draft(note),
    )


def _is_draft(note: Note) -> bool:
    return note.status != "ready"
