"""Numbers in what people write: `{{ fact("files.availability") }}` and `{{ n("tickets.opened") }}`.

A number typed by hand is right once; a reference is right in every language and after every
correction. This is a replacer of two forms and nothing else: a note is never a template.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from difflib import get_close_matches

from msgspec.structs import replace

from newsletter.compose.context import Context, note_error
from newsletter.compose.figures import written
from newsletter.language.formats import NO_BREAK_SPACE
from newsletter.model import REFERENCE, Because, Fact, Note, Quoted

_MARKUP = re.compile(r"[\[\](){}*_`#>|\\\n]")
_WORDS_BEFORE = 60


def with_values(context: Context) -> Context:
    """The context with the references in its notes replaced.

    Raises:
        ContentError: a reference names no fact, or one without a number this month; with the file.
    """
    return replace(context, notes=tuple(_resolved(context, note) for note in context.notes))


def quoted(context: Context) -> tuple[Quoted, ...]:
    """Every number that the notes take from a fact, note by note.

    Args:
        context: with the references still in its notes.

    Raises:
        ContentError: as `with_values`.
    """
    return tuple(one for note in context.notes for text in _texts(note) for one in _quoted(context, note, text))


def _texts(note: Note) -> Iterator[str]:
    yield from (note.title, note.body)
    if note.because:
        yield note.because.text
    yield from (sentence for _, sentence in note.steps)


def _quoted(context: Context, note: Note, text: str) -> Iterator[Quoted]:
    for found in REFERENCE.finditer(text):
        before = REFERENCE.sub(_writer(context, note), text[: found.start()])
        words = _MARKUP.split(before)[-1][-_WORDS_BEFORE:]
        yield Quoted(fact=found["id"].strip(), text=_writer(context, note)(found), before=words)


def _writer(context: Context, note: Note) -> Callable[[re.Match[str]], str]:
    return lambda found: _value(context, note, found)


def _resolved(context: Context, note: Note) -> Note:
    value = _writer(context, note)

    def text(given: str) -> str:
        return context.catalogue.prose(REFERENCE.sub(value, given))

    return replace(
        note,
        title=text(note.title),
        body=text(note.body),
        because=Because(text=text(note.because.text), ref=note.because.ref) if note.because else None,
        steps=tuple((clock, text(sentence)) for clock, sentence in note.steps),
    )


def _value(context: Context, note: Note, found: re.Match[str]) -> str:
    form, name = found["form"], found["id"].strip()
    fact = context.facts.get(name)
    if fact is None:
        near = get_close_matches(name, context.facts, n=1)
        hint = f"Did you mean {near[0]}?" if near else "List the facts of the month with: newsletter facts"
        raise note_error(note, f'{form}("{name}") names no fact of this month', hint, line=_line(note, found))
    if fact.value is None:
        raise note_error(
            note,
            f'{form}("{name}") has no number this month: too little was measured',
            "Say it in words, or leave it out.",
            line=_line(note, found),
        )
    return _WRITERS[form](context, fact)


def _line(note: Note, found: re.Match[str]) -> int | None:
    """Where in the file a reference stands; of a text in the front matter, where its key does."""
    parts = {"body": note.body, "title": note.title, "because": note.because.text if note.because else ""}
    part = next((name for name, text in parts.items() if text == found.string), "steps")
    first = note.line(part)
    return first and first + found.string.count("\n", 0, found.start())


def _in_full(context: Context, fact: Fact) -> str:
    """With its unit: "99.78%", "97 minutes", "1,283"."""
    value = fact.value or 0.0
    figure = context.config.figures.get(fact.subject)
    if figure is not None:
        return written(context, fact, value, figure, short=False)
    if fact.unit == "ratio":
        return (
            context.formats.percent(value)
            if fact.id.endswith(".availability")
            else context.formats.ratio(value, "floor")
        )
    if fact.unit == "seconds":
        return context.formats.downtime(value)
    return context.formats.number(value)


def _plain(context: Context, fact: Fact) -> str:
    """The number alone: minutes of a duration, percent without its sign."""
    value = fact.value or 0.0
    if fact.unit == "seconds":
        return context.formats.number(value / 60)
    if fact.unit == "ratio":
        return _in_full(context, fact).strip("%٪").rstrip(NO_BREAK_SPACE)
    return context.formats.number(value)


_WRITERS: dict[str, Callable[[Context, Fact], str]] = {"fact": _in_full, "n": _plain}
