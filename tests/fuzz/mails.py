"""Rendered mails: each value arrives in the document as it was written, and nothing else changes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property

from msgspec.structs import replace

from newsletter.errors import ContentError
from newsletter.model import Edition
from newsletter.render import Renderer, fill_html, fill_text, markdown
from tests.fuzz.dom import Event, arriving, comparable, difference, events, fragment, in_attribute
from tests.golden import editions, hostile

ADDRESS = "recipient.address"
LINK = "https://x.example/"

_MARK = re.compile(r"q(\d{4})q")
# All that a note may become, whatever is written in it.
_NOTE_TAGS = {"p", "br", "strong", "em", "a", "ul", "ol", "li", "code", "pre", "blockquote", "bdi"}


class Mail:
    """One edition whose every text can be replaced.

    The document of harmless marks says where each value has to be found, once and for all.
    """

    def __init__(self, name: str, edition: Edition) -> None:
        self.name = name
        self._edition = edition
        self.places: dict[str, hostile.Kind] = {
            ".".join(map(str, path)): kind for path, kind in hostile.places(edition).items()
        } | {ADDRESS: "address"}
        self._marks = {place: f"q{number:04}q" for number, place in enumerate(self.places)}
        self._numbers = list(self.places)

    def html(self, values: Mapping[str, str]) -> str:
        """The mail of one reader, with these values and marks in all other places."""
        return fill_html(Renderer().render(self._with(values)), self._reader(values))

    def _reader(self, values: Mapping[str, str]) -> dict[str, str]:
        return {"address": arriving(values.get(ADDRESS, self._marks[ADDRESS]))}  # lists of recipients hold no controls

    def check(self, values: Mapping[str, str]) -> str | None:
        """What went wrong with these values, or nothing."""
        if refusal := self._refusal(values):
            return refusal
        taken = {place: text for place, text in values.items() if not _refused(self.places[place], text)}
        rendered, reader = Renderer().render(self._with(taken)), self._reader(taken)
        wrong = difference(self.expected(taken), comparable(events(fill_html(rendered, reader))))
        return wrong or self._wrong_text(taken, fill_text(rendered, reader))

    def _refusal(self, values: Mapping[str, str]) -> str | None:
        """Markdown beyond the caps has to be refused, by an error that says which text and what to do."""
        for place, text in values.items():
            if _refused(self.places[place], text):
                try:
                    Renderer().render(self._with({place: text}))
                except ContentError as error:
                    if "the text beginning " in error.message and error.hint:
                        continue
                return f"{place}: no clear refusal"
        return None

    def expected(self, values: Mapping[str, str]) -> list[Event]:
        """The harmless document with the values in their places."""
        found: list[Event] = []
        in_title = False
        for event, marked in self._harmless:
            kind, words, attributes = event
            if not marked:
                found.append(event)
            elif kind == "text":
                found += self._text(words, values, flat=in_title)
            else:
                found.append((kind, words, tuple((name, self._attribute(one, values)) for name, one in attributes)))
            in_title = event[:2] == ("start", "title")  # it becomes a label, so it is on one line too
        return comparable(found)

    @cached_property
    def _harmless(self) -> list[tuple[Event, bool]]:
        document = comparable(events(self.html({})))
        return [(event, bool(_MARK.search(event[1] + str(event[2])))) for event in document]

    @cached_property
    def _harmless_text(self) -> str:
        return fill_text(Renderer().render(self._with({})), self._reader({}))

    def _with(self, values: Mapping[str, str]) -> Edition:
        def changed(path: hostile.Path, text: str) -> str:
            place = ".".join(map(str, path))
            if place not in self.places or not text:
                return text
            return _in_place(self.places[place], values.get(place, self._marks[place]))

        return hostile.changed(self._edition, changed)

    def _attribute(self, text: str, values: Mapping[str, str]) -> str:
        return in_attribute(self._filled(text, values))

    def _filled(self, text: str, values: Mapping[str, str]) -> str:
        return _MARK.sub(lambda mark: arriving(values.get(self._numbers[int(mark[1])], mark[0])), text)

    def _text(self, words: str, values: Mapping[str, str], *, flat: bool) -> list[Event]:
        """The words with plain values in them, cut where Markdown brings elements."""
        found: list[Event] = []
        end = 0
        for mark in _MARK.finditer(words):
            place = self._numbers[int(mark[1])]
            if place in values and self.places[place] == "markdown":
                found.append(("text", self._filled(words[end : mark.start()], values), ()))
                found += _note(values[place])
                end = mark.end()
        rest = self._filled(words[end:], values)
        return [*found, ("text", in_attribute(rest) if flat else rest, ())]

    def _wrong_text(self, values: Mapping[str, str], text: str) -> str | None:
        def written(mark: re.Match[str]) -> str:
            place = self._numbers[int(mark[1])]
            if place in values and self.places[place] == "markdown":
                return markdown.to_text(values[place])
            return arriving(values.get(place, mark[0]))

        expected, found = letters(_MARK.sub(written, self._harmless_text)), letters(text)
        if expected == found:
            return None
        at = next((i for i, (a, b) in enumerate(zip(expected, found, strict=False)) if a != b), len(expected))
        shown = slice(max(0, at - 40), at + 80)
        return f"plain text: expected {expected[shown]!a}, found {found[shown]!a}"


def letters(text: str) -> str:
    """A plain text without its layout: no blanks, rules, or signs of quotes, whose number is that of the lines."""
    return "".join(re.sub(r"[-=>]", "", text).split())


def _in_place(kind: hostile.Kind, text: str) -> str:
    match kind:
        case "link":
            return LINK + text
        case "line":
            return f"{text} {{address}}"
        case _:
            return text


def _refused(kind: hostile.Kind, text: str) -> bool:
    if kind != "markdown":
        return False
    try:
        markdown.check(text)
    except ContentError:
        return True
    return False


def _note(text: str) -> list[Event]:
    """What a note becomes: no other elements than those allowed, with links as their only attributes."""
    found = fragment(markdown.to_html(text))
    for kind, tag, attributes in found:
        if kind == "start":
            assert tag in _NOTE_TAGS, f"a note became <{tag}>"
            others = [name for name, _ in attributes if name not in ({"href", "style"} if tag == "a" else {"style"})]
            assert not others, f"a note's <{tag}> has {others}"
            assert all(one.startswith(("https://", "mailto:")) for name, one in attributes if name == "href")
    return [(kind, words, tuple((n, in_attribute(v)) for n, v in attributes)) for kind, words, attributes in found]


def mails() -> list[Mail]:
    """Every kind of section and both letters, and one from right to left."""
    arabic = replace(editions.rich(), variant="staff.ar", locale="ar", direction="rtl")
    found = (editions.rich(), editions.bad(), editions.managers(), editions.quiet(), arabic)
    return [Mail(edition.variant, edition) for edition in found]
