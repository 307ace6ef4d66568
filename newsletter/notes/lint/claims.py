"""Rules about what can be believed: numbers, absolutes, causes, blame."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

from newsletter.model import REFERENCE, Finding
from newsletter.notes.lint.context import Context
from newsletter.notes.lint.numbers import contradicted, mentions, nearest
from newsletter.notes.lint.sourced import Printed


def numbers(context: Context) -> Iterator[Finding]:
    """Each number is a fact of the month, or has a reference; and it is the right one."""
    for passage in context.passages:
        for one in mentions(passage.prose, context.words.numbers):
            right = contradicted(one, context.subjects, context.sourced)
            if right and context.note.kind != "correction":  # which must quote what was wrong
                said = f'"{one.text}" disagrees with {right.fact}, which is {_written(right)}'
                do = f"Write {_written(right)}{_or_better(right)}."
                yield context.wrong("number-disagrees", passage, one.start, said, do)
            elif not context.backed and not context.sourced.holds(one.value, one.unit):
                near = nearest(one, context.sourced)
                hint = f" Near it is {near.fact}: {_written(near)}." if near else ""
                do = (
                    f'Write {{{{ n("...") }}}} with a fact of the month, or name `evidence:` in the front matter.{hint}'
                )
                yield context.wrong("number-unsourced", passage, one.start, f'"{one.text}" has no source', do)


def references(context: Context) -> Iterator[Finding]:
    """A reference names a fact of the month."""
    for passage in context.passages:
        for one in REFERENCE.finditer(passage.text):
            name = one["id"].strip()
            if name not in context.sourced.facts:
                do = "List the facts of the month with: newsletter facts"
                if near := get_close_matches(name, context.sourced.facts, n=1):
                    do = f"Did you mean {near[0]}?"
                yield context.wrong("reference-unknown", passage, one.start(), f'"{name}" is no fact of this month', do)


def _written(number: Printed) -> str:
    plain = f"{number.value:,}"
    return {"percent": f"{plain}%", "count": plain}.get(number.unit, f"{plain} {number.unit}")


def _or_better(number: Printed) -> str:
    """The reference that fills in the number by itself, where there is one."""
    form = "n" if number.unit == "count" else "fact"
    return f', or better {{{{ {form}("{number.fact}") }}}}, which is always right' if number.own else ""


# --- words that claim ---------------------------------------------------------------------------


def absolutes(context: Context) -> Iterator[Finding]:
    """Never, always, 100 %: only with facts that prove it."""
    named = context.sourced.facts.intersection(context.note.facts)
    tell = context.warn if context.note.kind == "tip" else context.wrong  # advice is no promise
    for passage in context.passages:
        for one in context.words.absolutes.found(passage.prose, passage.starts):
            whole = "100" in one[0] and context.subjects & context.sourced.whole
            if not named and not whole and not _asks(passage.prose, one.end()):
                do = "Say what was measured (how often, since when), or name the facts that prove it under `facts:`."
                yield tell("absolute", passage, one.start(), f'"{one[0]}" promises too much', do)


def praise(context: Context) -> Iterator[Finding]:
    """Words that praise ourselves."""
    for passage in context.passages:
        for one in context.words.praise.found(passage.prose, passage.starts):
            do = "Leave it out, or say what the reader can do now that was not possible before."
            yield context.wrong("self-praise", passage, one.start(), f'"{one[0]}" praises and says nothing', do)


def causes(context: Context) -> Iterator[Finding]:
    """A cause needs its reference; who thanks people names none."""
    if context.note.because or context.note.evidence or context.note.kind == "people":
        return
    do = "Add `because:` with `text` and `ref` (a change or ticket number), or leave the cause out."
    for passage in context.passages:
        for one in context.words.causal.found(passage.prose, passage.starts):
            if _asks(passage.prose, one.end()):
                continue
            tell = context.wrong if context.note.kind == "incident" else context.warn
            yield tell("cause-unproved", passage, one.start(), f'"{one[0]}" names a cause without a reference', do)


def _asks(prose: str, offset: int) -> bool:
    """Whether the sentence is a question; in some languages "why" and "because" are one word."""
    end = re.search(r"[.!?؟]", prose[offset:])
    return end is not None and end[0] in "?؟"


def blame(context: Context) -> Iterator[Finding]:
    """An incident note tells what happened, never whose fault it was."""
    if context.note.kind != "incident":
        return
    for passage in context.passages:
        for one in context.words.blame.found(passage.prose, passage.starts):
            do = "Say what the system allowed to happen, and what changes now."
            yield context.wrong("blame", passage, one.start(), f'"{one[0]}" looks for somebody to blame', do)
        for person in context.words.person.finditer(passage.prose):
            do = "Name the team, or nobody."
            yield context.wrong("staff-name", passage, person.start(), f'"{person[0]}" is a person\'s name', do)
