"""Rules about form: shouting, links, pictures, leftovers, names of machines."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter.hosts import MACHINE
from newsletter.language.links import says_nothing
from newsletter.model import REFERENCE, Finding
from newsletter.notes.lint.context import Context
from newsletter.notes.lint.wording import CAPITALS

_LEFTOVER = re.compile(r"\{\{.*?\}\}|\{\{|\}\}|\{%|%\}|\b(?:TODO|FIXME|XXX)\b|[Ll]orem ipsum")
_LINK = re.compile(r"(?<!!)\[([^\]\n]+)\]\(")
_IMAGE = re.compile(r"!\[\s*\]\(")
_MARKS = re.compile(r"!{2,}|\?!+|!\?+|\?{2,}")
_TOKEN = re.compile(r"\S+")
_HOST_HINT = re.compile(r"\d|=|\.\w")


def looks(context: Context) -> Iterator[Finding]:
    """Shouting, and links and pictures that say nothing without eyes."""
    for passage in context.passages:
        for marks in _MARKS.finditer(passage.prose):
            yield context.warn("shouting", passage, marks.start(), f'"{marks[0]}" shouts', "One mark, or a full stop.")
        for capitals in CAPITALS.finditer(passage.prose):
            if not set(capitals[0].split()) <= context.known | context.words.acronyms:
                what = f'"{capitals[0]}" is in capitals'
                yield context.warn("capitals", passage, capitals.start(), what, "Write it in small letters.")
    for link in _LINK.finditer(context.body.text):
        if says_nothing(link[1], context.note.locale):
            do = "Make the link of the words that say where it leads."
            what = f'the link "{link[1]}" says nothing to whom it is read out'
            yield context.warn("link-text", context.body, link.start(1), what, do)
    for image in _IMAGE.finditer(context.body.text):
        do = "Say between the brackets what it shows."
        yield context.wrong("image-alt", context.body, image.start(), "a picture without a text for it", do)


def leftovers(context: Context) -> Iterator[Finding]:
    """What should have been filled in or taken out."""
    for passage in context.passages:
        text = REFERENCE.sub(lambda found: " " * len(found[0]), passage.text)
        for one in _LEFTOVER.finditer(text):
            do = 'Only {{ fact("id") }} and {{ n("id") }} are filled in; take the rest out.'
            yield context.wrong("leftover", passage, one.start(), f'"{one[0]}" would be mailed as it stands', do)


def hosts(context: Context) -> Iterator[Finding]:
    """Names of machines and of measurements mean nothing to readers."""
    do = "Say what people use: the name of the service."
    for passage in context.passages:
        for token in _TOKEN.finditer(passage.prose):
            if _HOST_HINT.search(token[0]) and (one := _machine(token[0], context.known)):
                start = token.start() + one.start()
                yield context.wrong("host-name", passage, start, f'"{one[0]}" is the name of a machine', do)


def _machine(token: str, known: frozenset[str]) -> re.Match[str] | None:
    found = MACHINE.search(token)
    return found if found and found[0].lower() not in known else None
